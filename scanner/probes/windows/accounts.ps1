$os = Read-Cim 'Win32_OperatingSystem' @('ProductType') | Select-Object -First 1
if ($os.ProductType -eq 2) { return @{ domain_controller = $true } }
$found = @{ domain_controller = $false; now = Get-Now; computer = "$env:COMPUTERNAME" }
$found.accounts = @(Read-Cim 'Win32_UserAccount' @('Name', 'SID', 'Disabled', 'Lockout', 'PasswordRequired', 'PasswordExpires') 'LocalAccount=True' | Select-Object -First 2000)
try {
    $found.times = @(foreach ($user in @(Get-LocalUser -ErrorAction Stop | Select-Object -First 2000)) {
        @{ sid = "$($user.SID)"; password_set = ConvertTo-Moment $user.PasswordLastSet; last_logon = ConvertTo-Moment $user.LastLogon }
    })
} catch { $found.times_error = "$($_.FullyQualifiedErrorId)" }
# Members by the SID of the group: its name is translated. A member whose SID nobody knows any more makes the first way
# fail (a fault of Windows); the second knows names only.
function Get-GroupPerson($sid) {
    try {
        foreach ($member in @(Get-LocalGroupMember -SID $sid -ErrorAction Stop | Select-Object -First 500)) {
            @{ name = "$($member.Name)"; sid = "$($member.SID)"; class = "$($member.ObjectClass)"; source = "$($member.PrincipalSource)" }
        }
        return
    } catch { $null = $_ }
    $group = @(Get-CimInstance -ClassName Win32_Group -Filter "LocalAccount=True AND SID='$sid'" -OperationTimeoutSec 20 -ErrorAction Stop)[0]
    $filter = "GroupComponent=""Win32_Group.Domain='$($group.Domain)',Name='$($group.Name)'"""
    foreach ($link in @(Get-CimInstance -ClassName Win32_GroupUser -Filter $filter -OperationTimeoutSec 20 -ErrorAction Stop | Select-Object -First 500)) {
        $part = $link.PartComponent
        @{ name = "$($part.Domain)\$($part.Name)"; sid = ''; class = "$($part.CimClass.CimClassName)"; source = '' }
    }
}
try { $found.administrators = @(Get-GroupPerson 'S-1-5-32-544') } catch { $found.administrators_error = "$($_.FullyQualifiedErrorId)" }
try { $found.remote_desktop = @(Get-GroupPerson 'S-1-5-32-555') } catch { $found.remote_desktop_error = "$($_.FullyQualifiedErrorId)" }
$found
