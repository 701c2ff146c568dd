# Events of the last 30 days by number and source; their texts are translated and stay where they are.
$since = (Get-Date).AddDays(-30)
function Get-Happened($log, $provider, $ids, $nth) {
    $asked = @{ LogName = $log; ProviderName = $provider; Id = $ids; StartTime = $since }
    try {
        foreach ($happened in @(Get-WinEvent -FilterHashtable $asked -MaxEvents 500 -ErrorAction Stop)) {
            $values = @($happened.Properties | ForEach-Object { $_.Value })
            @{ id = $happened.Id; at = ConvertTo-Moment $happened.TimeCreated; values = @(foreach ($n in $nth) { "$(ConvertTo-Plain $values[$n])" }) }
        }
    } catch {
        # nothing like it, or a source that this Windows does not have
        if ("$($_.FullyQualifiedErrorId)" -notmatch 'NoMatchingEventsFound|NoMatchingProvidersFound|NoMatchingLogsFound|LogsAndProvidersDontOverlap') { throw }
    }
}
$found = @{
    now = Get-Now
    booted = (Read-Cim 'Win32_OperatingSystem' @('LastBootUpTime') | Select-Object -First 1).LastBootUpTime
    registry = Read-Settings @{ HiberbootEnabled = 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager\Power|HiberbootEnabled' }
}
foreach ($log in 'System', 'Application') {
    try {
        $first = @(Get-WinEvent -LogName $log -MaxEvents 1 -Oldest -ErrorAction Stop)[0]
        $found["oldest_$log"] = ConvertTo-Moment $first.TimeCreated
    } catch { $found["oldest_${log}_error"] = "$($_.FullyQualifiedErrorId)" }
}
foreach ($part in @(
    @{ key = 'boots'; log = 'System'; provider = 'Microsoft-Windows-Kernel-General'; ids = @(12); nth = @() },
    @{ key = 'bugchecks'; log = 'System'; provider = 'Microsoft-Windows-WER-SystemErrorReporting'; ids = @(1001); nth = @(0) },
    @{ key = 'power'; log = 'System'; provider = 'Microsoft-Windows-Kernel-Power'; ids = @(41); nth = @(0) },
    @{ key = 'hardware'; log = 'System'; provider = 'Microsoft-Windows-WHEA-Logger'; ids = @(1, 18, 20); nth = @() },
    @{ key = 'hangs'; log = 'Application'; provider = 'Application Hang'; ids = @(1002); nth = @(0) },
    @{ key = 'updates'; log = 'System'; provider = 'Microsoft-Windows-WindowsUpdateClient'; ids = @(19, 20); nth = @(0, 1) },
    @{ key = 'servicing'; log = 'Setup'; provider = 'Microsoft-Windows-Servicing'; ids = @(3); nth = @(0) }
)) {
    try { $found[$part.key] = @(Get-Happened $part.log $part.provider $part.ids $part.nth) } catch { $found["$($part.key)_error"] = "$($_.FullyQualifiedErrorId)" }
}
$found
