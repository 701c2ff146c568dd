$version2 = $null
try {
    $version2 = @(Read-Cim 'Win32_OptionalFeature' @('Name', 'InstallState') "Name LIKE 'MicrosoftWindowsPowerShellV2%' OR Name='PowerShell-V2'")
} catch { $version2 = $null }
$policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\PowerShell'
$shell = 'HKLM:\SOFTWARE\Microsoft\PowerShell\1\ShellIds\Microsoft.PowerShell'
@{
    registry = Read-Settings @{
        EnableScriptBlockLogging = "$policy\ScriptBlockLogging|EnableScriptBlockLogging"
        EnableModuleLogging = "$policy\ModuleLogging|EnableModuleLogging"
        EnableTranscripting = "$policy\Transcription|EnableTranscripting"
        EnableScripts = "$policy|EnableScripts"
        PolicyExecution = "$policy|ExecutionPolicy"
        ExecutionPolicy = "$shell|ExecutionPolicy"
    }
    version2 = $version2
}
