$system = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
@{
    registry = Read-Settings @{
        InactivityTimeoutSecs = "$system|InactivityTimeoutSecs"
        DontDisplayLastUserName = "$system|DontDisplayLastUserName"
        MaxInactivityTimeDeviceLock = 'HKLM:\SOFTWARE\Microsoft\PolicyManager\current\device\DeviceLock|MaxInactivityTimeDeviceLock'
        LockOnResume = 'HKLM:\SOFTWARE\Policies\Microsoft\Power\PowerSettings\0e796bdb-100d-47d6-a2d5-f7d2daa51f51|ACSettingIndex'
    }
    users = @(foreach ($user in @(Get-LoadedUser | Select-Object -First 500)) {
        $policy = "Registry::HKEY_USERS\$user\Software\Policies\Microsoft\Windows\Control Panel\Desktop"
        $own = "Registry::HKEY_USERS\$user\Control Panel\Desktop"
        $row = Read-Settings @{
            policy_active = "$policy|ScreenSaveActive"
            policy_secure = "$policy|ScreenSaverIsSecure"
            policy_timeout = "$policy|ScreenSaveTimeOut"
            active = "$own|ScreenSaveActive"
            secure = "$own|ScreenSaverIsSecure"
            timeout = "$own|ScreenSaveTimeOut"
        }
        $row.user = $user
        $row
    })
}
