# Installed updates, and what the update agent remembers. The agent is asked what it knows; it asks nobody.
$results = @{ now = Get-Now }
$results.installed = @(foreach ($one in @(Get-CimInstance -ClassName Win32_QuickFixEngineering -OperationTimeoutSec 30 -ErrorAction Stop | Select-Object -First 2000)) {
    # its day is a text that Windows reads as a date, and some installers wrote one that is none
    $on = $null
    try { $on = ConvertTo-Day $one.InstalledOn } catch { $on = $null }
    @{ id = "$($one.HotFixID)"; kind = "$($one.Description)"; on = $on }
})
$root = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages'
try {
    $results.packages = @(foreach ($key in @(Get-ChildItem -LiteralPath $root -ErrorAction Stop | Where-Object { $_.PSChildName -like 'Package_for_*' } | Select-Object -First 2000)) {
        @{ name = $key.PSChildName; state = (Read-Value "$root\$($key.PSChildName)" 'CurrentState').value }
    })
} catch { $results.packages_error = "$($_.FullyQualifiedErrorId)" }
try {
    $agent = New-Object -ComObject Microsoft.Update.AutoUpdate
    $results.last_search = ConvertTo-Moment $agent.Results.LastSearchSuccessDate $true
    $results.last_install = ConvertTo-Moment $agent.Results.LastInstallationSuccessDate $true
} catch { $results.agent_error = "$($_.FullyQualifiedErrorId)" }
try {
    $manager = New-Object -ComObject Microsoft.Update.ServiceManager
    $results.services = @(foreach ($service in @($manager.Services)) {
        @{ id = "$($service.ServiceID)".ToLower(); default = [bool]$service.IsDefaultAUService }
    })
} catch { $results.services_error = "$($_.FullyQualifiedErrorId)" }
try {
    $searcher = (New-Object -ComObject Microsoft.Update.Session).CreateUpdateSearcher()
    $count = [math]::Min(200, $searcher.GetTotalHistoryCount())
    $results.history = @()
    if ($count -gt 0) {
        $results.history = @(foreach ($entry in @($searcher.QueryHistory(0, $count))) {
            @{
                title = ConvertTo-Plain $entry.Title
                at = ConvertTo-Moment $entry.Date $true
                operation = ConvertTo-Plain $entry.Operation
                result = ConvertTo-Plain $entry.ResultCode
                hresult = ConvertTo-Plain $entry.HResult
            }
        })
    }
} catch { $results.history_error = "$($_.FullyQualifiedErrorId)" }
$results
