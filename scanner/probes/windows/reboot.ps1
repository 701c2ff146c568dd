$servicing = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'
$names = 'HKLM:\SYSTEM\CurrentControlSet\Control\ComputerName'
$found = @{
    servicing = Test-Key "$servicing\RebootPending"
    in_progress = Test-Key "$servicing\RebootInProgress"
    packages_pending = Test-Key "$servicing\PackagesPending"
    update_agent = Test-Key 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired'
    pending_xml = Test-Path -LiteralPath "$env:windir\WinSxS\pending.xml"
    registry = Read-Settings @{
        active_name = "$names\ActiveComputerName|ComputerName"
        set_name = "$names\ComputerName|ComputerName"
        join_domain = 'HKLM:\SYSTEM\CurrentControlSet\Services\Netlogon|JoinDomain'
        avoid_spn_set = 'HKLM:\SYSTEM\CurrentControlSet\Services\Netlogon|AvoidSpnSet'
    }
}
$read = Read-Value 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager' 'PendingFileRenameOperations'
if ($read.known) { $found.file_renames = @($read.value | Where-Object { $_ }).Count }
$found
