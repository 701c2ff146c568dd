# Sockets that listen. Where Windows has no such classes (before 8), by netstat: its words are translated, its columns
# and addresses are not.
$found = @{ tcp = $null; udp = $null; lines = $null; processes = $null }
try {
    $names = @('LocalAddress', 'LocalPort', 'OwningProcess')
    $found.tcp = @(Read-Cim 'MSFT_NetTCPConnection' $names 'State=2' 'root/StandardCimv2')
    $found.udp = @(Read-Cim 'MSFT_NetUDPEndpoint' $names '' 'root/StandardCimv2')
} catch {
    $found.tcp = $null
    $found.cim_error = "$($_.FullyQualifiedErrorId)"
    $found.lines = @(Invoke-Native { & "$env:windir\System32\netstat.exe" -ano } | Where-Object { "$_" -match '^\s*(TCP\s.*:0|UDP)\s' } | ForEach-Object { "$_".Trim() -replace '\s+', ' ' })
}
# of all that run only the names of those that have such a socket
$owners = @{}
foreach ($row in @($found.tcp) + @($found.udp)) { if ($null -ne $row) { $owners["$($row.OwningProcess)"] = $true } }
foreach ($line in @($found.lines)) { $owners[@("$line" -split ' ')[-1]] = $true }
try {
    $found.processes = @(Read-Cim 'Win32_Process' @('ProcessId', 'Name') | Where-Object { $owners["$($_.ProcessId)"] })
} catch { $found.processes_error = "$($_.FullyQualifiedErrorId)" }
$found
