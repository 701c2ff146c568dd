$machine = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\Explorer'
$policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\Explorer'
@{
    registry = Read-Settings @{
        NoDriveTypeAutoRun = "$machine|NoDriveTypeAutoRun"
        NoAutorun = "$machine|NoAutorun"
        NoAutoplayfornonVolume = "$policy|NoAutoplayfornonVolume"
    }
}
