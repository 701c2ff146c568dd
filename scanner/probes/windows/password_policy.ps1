# Not by secedit: it can only write a file. The WinNT provider where the language mode has it, else the numbers of
# "net accounts", whose words are translated but whose lines always stand in the same order.
$found = @{ winnt = $null; lines = $null; complexity = $null }
if ("$($ExecutionContext.SessionState.LanguageMode)" -eq 'FullLanguage') {
    try {
        $computer = [ADSI]"WinNT://$env:COMPUTERNAME,computer"
        $found.winnt = @{}
        foreach ($name in 'MinPasswordLength', 'PasswordHistoryLength', 'MaxPasswordAge', 'MinPasswordAge', 'MaxBadPasswordsAllowed', 'AutoUnlockInterval', 'LockoutObservationInterval') {
            $found.winnt[$name] = [int64](@($computer.$name)[0])
        }
    } catch { $found.winnt = $null }
}
if ($null -eq $found.winnt) {
    $found.lines = @(Invoke-Native { & "$env:windir\System32\net.exe" accounts } | Where-Object { "$_".Trim() } | ForEach-Object { @("$_".Trim() -split '\s+')[-1] })
}
try {
    $rules = @(Read-Cim 'RSOP_SecuritySettingBoolean' @('KeyName', 'Setting', 'Precedence') "KeyName='PasswordComplexity' AND Precedence=1" 'root/rsop/computer')
    if ($rules.Count -gt 0) { $found.complexity = [bool]$rules[0].Setting }
} catch { $found.complexity_error = "$($_.FullyQualifiedErrorId)" }
$found
