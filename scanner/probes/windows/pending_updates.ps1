# What the update agent found at its last own search and has not installed. Online = false: nobody is asked now.
$searcher = (New-Object -ComObject Microsoft.Update.Session).CreateUpdateSearcher()
$searcher.Online = $false
$found = $searcher.Search('IsInstalled=0')
$agent = New-Object -ComObject Microsoft.Update.AutoUpdate
@{
    now = Get-Now
    last_search = ConvertTo-Moment $agent.Results.LastSearchSuccessDate $true
    updates = @(foreach ($update in @($found.Updates | Select-Object -First 500)) {
        @{
            title = ConvertTo-Plain $update.Title
            kbs = @(foreach ($kb in $update.KBArticleIDs) { "$kb" })
            severity = ConvertTo-Plain $update.MsrcSeverity
            categories = @(foreach ($category in $update.Categories) { "$($category.CategoryID)".ToLower() })
            type = ConvertTo-Plain $update.Type
            downloaded = [bool]$update.IsDownloaded
            hidden = [bool]$update.IsHidden
            mandatory = [bool]$update.IsMandatory
            reboot = ConvertTo-Plain $update.InstallationBehavior.RebootBehavior
            published = ConvertTo-Day $update.LastDeploymentChangeTime
        }
    })
}
