$server = 'HKLM:\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters'
$client = 'HKLM:\SYSTEM\CurrentControlSet\Services\LanmanWorkstation\Parameters'
$found = @{
    registry = Read-Settings @{
        SMB1 = "$server|SMB1"
        RequireSecuritySignature = "$server|RequireSecuritySignature"
        EncryptData = "$server|EncryptData"
        RejectUnencryptedAccess = "$server|RejectUnencryptedAccess"
        NullSessionShares = "$server|NullSessionShares"
        NullSessionPipes = "$server|NullSessionPipes"
        RestrictNullSessAccess = "$server|RestrictNullSessAccess"
        ClientRequire = "$client|RequireSecuritySignature"
        AllowInsecureGuestAuth = "$client|AllowInsecureGuestAuth"
        PolicyInsecureGuest = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\LanmanWorkstation|AllowInsecureGuestAuth'
        ClientDriver = 'HKLM:\SYSTEM\CurrentControlSet\Services\mrxsmb10|Start'
        ServerDriver = 'HKLM:\SYSTEM\CurrentControlSet\Services\srv|Start'
    }
    server = $null
    client = $null
    shares = $null
}
try {
    $found.server = Read-Cim 'MSFT_SmbServerConfiguration' @('EnableSMB1Protocol', 'RequireSecuritySignature', 'EncryptData', 'RejectUnencryptedAccess') '' 'root/Microsoft/Windows/SMB' | Select-Object -First 1
} catch { $found.server_error = "$($_.FullyQualifiedErrorId)" }
if ($null -eq $found.server) {
    try {
        $found.server = Select-Plain (Get-SmbServerConfiguration -ErrorAction Stop) @('EnableSMB1Protocol', 'RequireSecuritySignature', 'EncryptData', 'RejectUnencryptedAccess')
    } catch { $found.server_error = "$($_.FullyQualifiedErrorId)" }
}
try {
    $found.client = Select-Plain (Get-SmbClientConfiguration -ErrorAction Stop) @('RequireSecuritySignature', 'EnableInsecureGuestLogons')
} catch { $found.client_error = "$($_.FullyQualifiedErrorId)" }
try {
    $found.shares = @(foreach ($share in @(Get-CimInstance -ClassName Win32_Share -OperationTimeoutSec 20 -ErrorAction Stop | Select-Object -First 200)) {
        $row = Select-Plain $share @('Name', 'Path', 'Type')
        try {
            $security = @(Get-CimInstance -ClassName Win32_LogicalShareSecuritySetting -Filter "Name='$("$($share.Name)" -replace "(['\\])", '\$1')'" -OperationTimeoutSec 10 -ErrorAction Stop)[0]
            if ($null -ne $security) {
                $descriptor = (Invoke-CimMethod -InputObject $security -MethodName GetSecurityDescriptor -ErrorAction Stop).Descriptor
                $row.trustees = @(foreach ($entry in @($descriptor.DACL)) { if ($entry.AceType -eq 0) { "$($entry.Trustee.SIDString)" } })
            }
        } catch { $row.trustees_error = "$($_.FullyQualifiedErrorId)" }
        $row
    })
} catch { $found.shares_error = "$($_.FullyQualifiedErrorId)" }
$found
