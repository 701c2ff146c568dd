$found = @{ machine = Read-Cim 'Win32_ComputerSystem' @('PartOfDomain', 'DomainRole', 'Domain') | Select-Object -First 1 }
try {
    $join = 'HKLM:\SYSTEM\CurrentControlSet\Control\CloudDomainJoin\JoinInfo'
    $there = Test-Key $join
    if ($null -ne $there) { $found.entra = $there -and @(Get-ChildItem -LiteralPath $join -ErrorAction Stop).Count -gt 0 }
} catch { $found.entra_error = "$($_.FullyQualifiedErrorId)" }
try {
    $root = 'HKLM:\SOFTWARE\Microsoft\Enrollments'
    $found.enrolled = @()
    if (Test-Key $root) {
        $found.enrolled = @(foreach ($key in @(Get-ChildItem -LiteralPath $root -ErrorAction Stop | Select-Object -First 100)) {
            $provider = (Read-Value "$root\$($key.PSChildName)" 'ProviderID').value
            if ($provider) { @{ provider = "$provider"; state = (Read-Value "$root\$($key.PSChildName)" 'EnrollmentState').value } }
        })
    }
} catch {
    $found.enrolled = $null
    $found.enrolled_error = "$($_.FullyQualifiedErrorId)"
}
$found
