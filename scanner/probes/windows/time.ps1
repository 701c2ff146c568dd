$set = 'HKLM:\SYSTEM\CurrentControlSet\Services\W32Time\Parameters'
@{
    registry = Read-Settings @{
        Type = "$set|Type"
        NtpServer = "$set|NtpServer"
        PolicyType = 'HKLM:\SOFTWARE\Policies\Microsoft\W32Time\Parameters|Type'
        PolicyServer = 'HKLM:\SOFTWARE\Policies\Microsoft\W32Time\Parameters|NtpServer'
    }
    running = Get-ServiceRunning 'W32Time'
    start = Get-ServiceStart 'W32Time'
    # its words are translated; the numbers stand in the same lines in every language
    lines = @(Invoke-Native { & "$env:windir\System32\w32tm.exe" /query /status } | Where-Object { "$_".Trim() } | Select-Object -First 12 | ForEach-Object { ConvertTo-Plain "$_" })
    now = Get-Now
}
