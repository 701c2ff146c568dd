# Whether a password for an automatic log-on stands there; the password itself is not kept for a moment.
$password = $null
$read = Read-Value 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon' 'DefaultPassword'
if ($read.known) { $password = "$($read.value)" -ne '' }
$read = $null
$guard = $null
try {
    $guard = Read-Cim 'Win32_DeviceGuard' @('VirtualizationBasedSecurityStatus', 'SecurityServicesConfigured', 'SecurityServicesRunning') '' 'root/Microsoft/Windows/DeviceGuard' | Select-Object -First 1
} catch { $guard = $null }
$lsa = 'HKLM:\SYSTEM\CurrentControlSet\Control\Lsa'
$wdigest = 'HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\WDigest'
$logon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'
@{
    registry = Read-Settings @{
        RunAsPPL = "$lsa|RunAsPPL"
        PolicyRunAsPPL = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\System|RunAsPPL'
        RestrictAnonymous = "$lsa|RestrictAnonymous"
        RestrictAnonymousSAM = "$lsa|RestrictAnonymousSAM"
        EveryoneIncludesAnonymous = "$lsa|EveryoneIncludesAnonymous"
        RestrictRemoteSAM = "$lsa|RestrictRemoteSAM"
        LimitBlankPasswordUse = "$lsa|LimitBlankPasswordUse"
        DisableDomainCreds = "$lsa|DisableDomainCreds"
        UseLogonCredential = "$wdigest|UseLogonCredential"
        CachedLogonsCount = "$logon|CachedLogonsCount"
        AutoAdminLogon = "$logon|AutoAdminLogon"
    }
    password = $password
    guard = $guard
}
