$csp = 'HKLM:\SOFTWARE\Microsoft\Policies\LAPS'
$gpo = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\LAPS'
$local = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\LAPS\Config'
$old = 'HKLM:\SOFTWARE\Policies\Microsoft Services\AdmPwd'
$extension = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\GPExtensions\{D76B9641-3288-4f75-942D-087DE603E3EA}'
@{
    registry = Read-Settings @{
        csp_BackupDirectory = "$csp|BackupDirectory"
        csp_PasswordAgeDays = "$csp|PasswordAgeDays"
        csp_AdministratorAccountName = "$csp|AdministratorAccountName"
        gpo_BackupDirectory = "$gpo|BackupDirectory"
        gpo_PasswordAgeDays = "$gpo|PasswordAgeDays"
        gpo_AdministratorAccountName = "$gpo|AdministratorAccountName"
        local_BackupDirectory = "$local|BackupDirectory"
        local_PasswordAgeDays = "$local|PasswordAgeDays"
        local_AdministratorAccountName = "$local|AdministratorAccountName"
        old_AdmPwdEnabled = "$old|AdmPwdEnabled"
        old_PasswordAgeDays = "$old|PasswordAgeDays"
        old_AdminAccountName = "$old|AdminAccountName"
        extension = "$extension|DllName"
    }
}
