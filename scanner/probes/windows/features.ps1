$found = @{ features = @(Read-Cim 'Win32_OptionalFeature' @('Name', 'InstallState')); roles = $null }
try {
    $found.roles = @(Read-Cim 'Win32_ServerFeature' @('Name') | ForEach-Object { "$($_.Name)" })
} catch { $found.roles_error = "$($_.FullyQualifiedErrorId)" }
$found
