# The words of its table are translated, the GUIDs are not: what a word means is for the reader to know.
$lines = @(Invoke-Native { & "$env:windir\System32\auditpol.exe" /get /category:* /r } | Where-Object { "$_".Trim() } | Select-Object -First 200)
if (@($lines -match '\{[0-9A-Fa-f-]{36}\}').Count -eq 0) { throw 'refused: auditpol gives its table to administrators only' }
@{
    lines = @($lines | ForEach-Object { ConvertTo-Plain "$_" })
    registry = Read-Settings @{
        SCENoApplyLegacyAuditPolicy = 'HKLM:\SYSTEM\CurrentControlSet\Control\Lsa|SCENoApplyLegacyAuditPolicy'
        CrashOnAuditFail = 'HKLM:\SYSTEM\CurrentControlSet\Control\Lsa|CrashOnAuditFail'
        CommandLines = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\Audit|ProcessCreationIncludeCmdLine_Enabled'
    }
}
