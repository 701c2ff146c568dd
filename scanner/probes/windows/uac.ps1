$system = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
$installer = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\Installer'
@{
    registry = Read-Settings @{
        EnableLUA = "$system|EnableLUA"
        ConsentPromptBehaviorAdmin = "$system|ConsentPromptBehaviorAdmin"
        ConsentPromptBehaviorUser = "$system|ConsentPromptBehaviorUser"
        PromptOnSecureDesktop = "$system|PromptOnSecureDesktop"
        FilterAdministratorToken = "$system|FilterAdministratorToken"
        LocalAccountTokenFilterPolicy = "$system|LocalAccountTokenFilterPolicy"
        EnableInstallerDetection = "$system|EnableInstallerDetection"
        AlwaysInstallElevated = "$installer|AlwaysInstallElevated"
    }
}
