@{
    logs = @(foreach ($name in 'Security', 'System', 'Application', 'Setup', 'Microsoft-Windows-PowerShell/Operational') {
        $row = @{ name = $name }
        $row.registry = Read-Settings @{
            policy_size = "HKLM:\SOFTWARE\Policies\Microsoft\Windows\EventLog\$name|MaxSize"
            size = "HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\$name|MaxSize"
            retention = "HKLM:\SYSTEM\CurrentControlSet\Services\EventLog\$name|Retention"
        }
        try {
            $log = @(Get-WinEvent -ListLog $name -ErrorAction Stop)[0]
            $row.known = Select-Plain $log @('IsEnabled', 'MaximumSizeInBytes', 'FileSize')
            $row.known.LogMode = "$($log.LogMode)"
        } catch { $row.known_error = "$($_.FullyQualifiedErrorId)" }
        try {
            $first = @(Get-WinEvent -LogName $name -MaxEvents 1 -Oldest -ErrorAction Stop)[0]
            $row.oldest = ConvertTo-Moment $first.TimeCreated
        } catch {
            if ("$($_.FullyQualifiedErrorId)" -like 'NoMatchingEventsFound*') { $row.oldest = $null } else { $row.oldest_error = "$($_.FullyQualifiedErrorId)" }
        }
        $row
    })
}
