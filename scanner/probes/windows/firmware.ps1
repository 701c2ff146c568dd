$found = @{
    bios = Read-Cim 'Win32_BIOS' @('Manufacturer', 'SMBIOSBIOSVersion') | Select-Object -First 1
    board = Read-Cim 'Win32_BaseBoard' @('Manufacturer', 'Product') | Select-Object -First 1
    machine = Read-Cim 'Win32_ComputerSystem' @('SystemSKUNumber') | Select-Object -First 1
    processor = Read-Cim 'Win32_Processor' @('Name') | Select-Object -First 1
    registry = Read-Settings @{
        PEFirmwareType = 'HKLM:\SYSTEM\CurrentControlSet\Control|PEFirmwareType'
        UEFISecureBootEnabled = 'HKLM:\SYSTEM\CurrentControlSet\Control\SecureBoot\State|UEFISecureBootEnabled'
    }
    released_on = $null
    revision = $null
    tpm = $null
    tpm_devices = $null
}
$released = @(Get-CimInstance -ClassName Win32_BIOS -OperationTimeoutSec 20 -ErrorAction Stop)[0].ReleaseDate
$found.released_on = ConvertTo-Day $released
# the microcode in force is binary: its upper four bytes, the last one first
try {
    $bytes = @((Get-ItemProperty -LiteralPath 'HKLM:\HARDWARE\DESCRIPTION\System\CentralProcessor\0' -Name 'Update Revision' -ErrorAction Stop).'Update Revision')
    $high = @($bytes | Select-Object -Last 4)
    $low = @($bytes | Select-Object -First 4)
    if (($high | Measure-Object -Sum).Sum -eq 0) { $high = $low }
    $found.revision = '0x{0:x2}{1:x2}{2:x2}{3:x2}' -f $high[3], $high[2], $high[1], $high[0]
} catch { $found.revision = $null }
try {
    $found.tpm = @(Read-Cim 'Win32_Tpm' @('SpecVersion', 'IsEnabled_InitialValue', 'IsActivated_InitialValue', 'IsOwned_InitialValue') '' 'root/cimv2/Security/MicrosoftTpm')
} catch { $found.tpm_error = "$($_.FullyQualifiedErrorId)" }
# without administrator rights: the device that a TPM 2.0 is (MSFT0101) or, by its class, an older one
try {
    $found.tpm_devices = @(Read-Cim 'Win32_PnPEntity' @('HardwareID') "PNPClass='SecurityDevices'")
} catch { $found.tpm_devices_error = "$($_.FullyQualifiedErrorId)" }
$found
