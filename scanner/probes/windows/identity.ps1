$found = @{
    product = Read-Cim 'Win32_ComputerSystemProduct' @('UUID', 'IdentifyingNumber') | Select-Object -First 1
    registry = Read-Settings @{ MachineGuid = 'HKLM:\SOFTWARE\Microsoft\Cryptography|MachineGuid' }
}
try {
    # a domain controller has no local accounts, so no SID of its own either
    $found.accounts = @(Read-Cim 'Win32_UserAccount' @('SID') 'LocalAccount=True' | Select-Object -First 50)
} catch { $found.accounts_error = "$($_.FullyQualifiedErrorId)" }
try {
    $join = 'HKLM:\SYSTEM\CurrentControlSet\Control\CloudDomainJoin\JoinInfo'
    if (Test-Key $join) {
        # the name of the key is the thumbprint of a certificate whose subject is the device's id
        foreach ($key in @(Get-ChildItem -LiteralPath $join -ErrorAction Stop | Select-Object -First 1)) {
            $found.device = "$((Get-Item -LiteralPath "Cert:\LocalMachine\My\$($key.PSChildName)" -ErrorAction Stop).Subject)"
        }
    }
} catch { $found.device_error = "$($_.FullyQualifiedErrorId)" }
try {
    $found.adapters = @(Read-Cim 'Win32_NetworkAdapter' @('MACAddress') 'PhysicalAdapter=True AND MACAddress IS NOT NULL')
} catch { $found.adapters_error = "$($_.FullyQualifiedErrorId)" }
$found
