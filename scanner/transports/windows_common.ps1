# What every section may use. PowerShell 5.1, also in constrained language mode: no types but the core ones, no methods
# but those of texts, dates and regular expressions. Nothing here writes anything anywhere.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'
$VerbosePreference = 'SilentlyContinue'

# A moment in UTC as 2026-11-23T04:13:48Z, from numbers: no culture has a say.
function ConvertTo-Moment($when, [bool]$utc = $false) {
    if ($null -eq $when) { return $null }
    $at = [datetime]$when
    if (-not $utc) { $at = $at.ToUniversalTime() }
    '{0:d4}-{1:d2}-{2:d2}T{3:d2}:{4:d2}:{5:d2}Z' -f $at.Year, $at.Month, $at.Day, $at.Hour, $at.Minute, $at.Second
}
function Get-Now { ConvertTo-Moment (Get-Date) }
function ConvertTo-Day($when) {
    if ($null -eq $when) { return $null }
    if ($when -isnot [datetime]) { return "$when" }
    '{0:d4}-{1:d2}-{2:d2}' -f $when.Year, $when.Month, $when.Day
}

# Texts, numbers, true and false and lists of them; an Int32 that is a DWORD becomes the unsigned number it is.
function ConvertTo-Plain($value) {
    if ($null -eq $value -or $value -is [bool]) { return $value }
    if ($value -is [datetime]) { return ConvertTo-Moment $value }
    if ($value -is [int] -and $value -lt 0) { return [int64]$value + 4294967296 }
    if ($value -is [byte] -or $value -is [int16] -or $value -is [uint16] -or $value -is [int] -or $value -is [uint32] -or $value -is [int64] -or $value -is [uint64]) { return $value }
    if ($value -is [array]) {
        $list = @(foreach ($one in @($value | Select-Object -First 500)) { ConvertTo-Plain $one })
        return , $list
    }
    $text = "$value"
    if ($text.Length -gt 4000) { $text = $text.Substring(0, 4000) }
    $text
}
function Select-Plain($object, $names) {
    $found = @{}
    foreach ($name in $names) { $found[$name] = ConvertTo-Plain $object.$name }
    $found
}

# One value of the registry. known: it was read, or is provably not there (then value is null).
function Read-Value($path, $name) {
    try {
        $item = Get-ItemProperty -LiteralPath $path -Name $name -ErrorAction Stop
        @{ known = $true; value = (ConvertTo-Plain $item.$name) }
    } catch {
        $gone = "$($_.CategoryInfo.Category)" -eq 'ObjectNotFound' -or "$($_.FullyQualifiedErrorId)" -like 'System.Management.Automation.PSArgumentException*'
        @{ known = $gone; value = $null }
    }
}
# Many: name -> 'PATH|VALUE'. A name that is not in what comes back could not be read.
function Read-Settings($wanted) {
    $found = @{}
    foreach ($name in @($wanted.Keys)) {
        $place = $wanted[$name] -split '\|', 2
        $read = Read-Value $place[0] $place[1]
        if ($read.known) { $found[$name] = $read.value }
    }
    $found
}
# Whether a key is there; null: it could not be told.
function Test-Key($path) {
    try {
        $null = Get-Item -LiteralPath $path -ErrorAction Stop
        $true
    } catch {
        if ("$($_.CategoryInfo.Category)" -eq 'ObjectNotFound') { $false } else { $null }
    }
}
function Read-Cim($class, $names, $filter, $namespace = 'root/cimv2') {
    $asked = @{ ClassName = $class; Namespace = $namespace; OperationTimeoutSec = 30; ErrorAction = 'Stop' }
    if ($filter) { $asked.Filter = $filter }
    foreach ($one in @(Get-CimInstance @asked)) { Select-Plain $one $names }
}
# SIDs of people whose part of the registry is loaded.
function Get-LoadedUser {
    foreach ($key in @(Get-ChildItem -LiteralPath 'Registry::HKEY_USERS' -ErrorAction SilentlyContinue)) {
        if ($key.PSChildName -match '^S-1-(5-21|12-1)-[0-9-]+$') { $key.PSChildName }
    }
}
function Get-ServiceStart($name) {
    $read = Read-Value "HKLM:\SYSTEM\CurrentControlSet\Services\$name" 'Start'
    if (-not $read.known) { return $null }
    if ($null -eq $read.value) { return 'absent' }
    if ($read.value -notin 0..4) { return 'unknown' }
    @('boot', 'system', 'auto', 'manual', 'disabled')[$read.value]
}
function Get-ServiceRunning($name) {
    $service = @(Get-Service -Name $name -ErrorAction SilentlyContinue)
    if ($service.Count -eq 0) { return $false }
    "$($service[0].Status)" -eq 'Running'
}
# A program of Windows' own, which speaks on its error output at will.
function Invoke-Native($block) {
    $ErrorActionPreference = 'Continue'
    & $block 2>$null
}
# null: it could not be told, as where a rule on applications forbids this program.
function Test-Elevated {
    try {
        $groups = @(Invoke-Native { & "$env:windir\System32\whoami.exe" /groups })
        if (@($groups -match 'S-1-16-').Count -eq 0) { return $null }
        @($groups -match 'S-1-16-(12288|16384)').Count -gt 0
    } catch { $null }
}
# What looks like a secret on a command line stays on the machine: after a switch, after NAME= and in a URL. The path
# of the program stays as it is, whatever it is called.
function Hide-Secret($text) {
    if ($null -eq $text) { return $null }
    $plain = "$text" -replace '(?i)((?<!\S)[-/]{1,2}[a-z_.-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|credential)[a-z_.-]*(?:\s*[=:]\s*|\s+))("[^"]*"|\S+)', '$1***'
    $plain = $plain -replace '(?i)(\b[a-z_.-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|credential)[a-z_.-]*\s*=\s*)("[^"]*"|[^\s;]+)', '$1***'
    $plain -replace '(?i)([a-z][a-z0-9+.-]*://[^/\s:@]+:)[^@\s/]+@', '$1***@'
}

# A fault as a status of docs/windows-snapshot.schema.json, its text cut.
function Get-Fault($record) {
    $exception = $record.Exception
    if ($null -ne $exception.InnerException -and "$($record.FullyQualifiedErrorId)" -notlike '*Constrained*') { $exception = $exception.InnerException }
    $text = "$($record.Exception.Message)"
    $id = "$($record.FullyQualifiedErrorId)"
    $category = "$($record.CategoryInfo.Category)"
    $code = "$($record.Exception.NativeErrorCode)"
    if (-not $code) { $code = "$($exception.NativeErrorCode)" }
    $status = 'error'
    if ($text -match '^(refused|unavailable): ') { $status = $Matches[1] }
    elseif ($id -match 'ConstrainedLanguage|CannotCreateTypeConstrained|CannotCreateComType') { $status = 'refused' }
    elseif ($code -eq 'AccessDenied' -or $category -eq 'PermissionDenied' -or $category -eq 'SecurityError') { $status = 'refused' }
    elseif ($exception.HResult -eq -2147024891 -or $exception.HResult -eq -2147217405) { $status = 'refused' }
    elseif ($id -like 'CommandNotFoundException*' -or $code -eq 'InvalidClass' -or $code -eq 'InvalidNamespace' -or $code -eq 'NotSupported') { $status = 'unavailable' }
    elseif ($exception.HResult -eq -2147221164) { $status = 'unavailable' }
    elseif ($category -eq 'OperationTimeout' -or $id -match 'HRESULT 0x80040004') { $status = 'timeout' }
    $text = (Hide-Secret $text) -replace '\s+', ' '
    if ($text.Length -gt 300) { $text = $text.Substring(0, 300) }
    @{ status = $status; error = $text; data = $null }
}
function Invoke-Section($block) {
    try {
        $data = & $block | Select-Object -Last 1
        if ($data -isnot [hashtable]) { throw 'the section gave nothing' }
        @{ status = 'ok'; error = $null; data = $data }
    } catch { Get-Fault $_ }
}
