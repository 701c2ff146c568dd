$policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows NT\Terminal Services'
$server = 'HKLM:\SYSTEM\CurrentControlSet\Control\Terminal Server'
$listener = 'HKLM:\SYSTEM\CurrentControlSet\Control\Terminal Server\WinStations\RDP-Tcp'
@{
    registry = Read-Settings @{
        Policy_fDenyTSConnections = "$policy|fDenyTSConnections"
        Policy_UserAuthentication = "$policy|UserAuthentication"
        Policy_SecurityLayer = "$policy|SecurityLayer"
        Policy_MinEncryptionLevel = "$policy|MinEncryptionLevel"
        Policy_MaxIdleTime = "$policy|MaxIdleTime"
        Policy_MaxDisconnectionTime = "$policy|MaxDisconnectionTime"
        Policy_fDisableCdm = "$policy|fDisableCdm"
        fDenyTSConnections = "$server|fDenyTSConnections"
        UserAuthentication = "$listener|UserAuthentication"
        SecurityLayer = "$listener|SecurityLayer"
        MinEncryptionLevel = "$listener|MinEncryptionLevel"
        PortNumber = "$listener|PortNumber"
        MaxIdleTime = "$listener|MaxIdleTime"
        MaxDisconnectionTime = "$listener|MaxDisconnectionTime"
        fDisableCdm = "$listener|fDisableCdm"
    }
    running = Get-ServiceRunning 'TermService'
}
