# Runs the sections one after the other and prints one JSON document, in ASCII: no code page has a say.
$started = Get-Date
$collected = Get-Now
$mode = "$($ExecutionContext.SessionState.LanguageMode)"
$full = $mode -eq 'FullLanguage'
$estatecheckHung = $false
$runspace = $null

function ConvertTo-Ascii($text) {
    $odd = @{}
    foreach ($match in [regex]::Matches($text, '[^\x20-\x7e]')) { $odd[[int][char]$match.Value] = $true }
    foreach ($code in @($odd.Keys)) { $text = $text.Replace([string][char]$code, ('\u{0:x4}' -f $code)) }
    $text
}
function ConvertTo-Line($value) {
    if ($null -eq $value) { return 'null' }
    ConvertTo-Ascii (ConvertTo-Json -InputObject $value -Compress -Depth 8)
}
function Get-Elapsed($since) { [int64]((Get-Date) - $since).TotalMilliseconds }

# In full language each section has a runspace that can be left behind. Constrained language has no such thing: there
# the limits are those of the CIM calls, and whoever runs the script has one of his own.
function Invoke-Bounded($section, $seconds) {
    if ($null -eq $script:runspace) {
        $script:runspace = [runspacefactory]::CreateRunspace()
        $script:runspace.Open()
    }
    $shell = [powershell]::Create()
    $shell.Runspace = $script:runspace
    $null = $shell.AddScript("$common`nInvoke-Section {`n$($section.block)`n}")
    $handle = $shell.BeginInvoke()
    if ($handle.AsyncWaitHandle.WaitOne([int]($seconds * 1000))) {
        $result = @($shell.EndInvoke($handle) | Select-Object -Last 1)[0]
        $shell.Dispose()
        return $result
    }
    $null = $shell.BeginStop($null, $null)
    $script:runspace = $null
    $script:estatecheckHung = $true
    @{ status = 'timeout'; error = "not done within $seconds s"; data = $null }
}
function Invoke-One($section) {
    $left = $budget - (Get-Elapsed $started) / 1000
    if ($left -lt 2) { return @{ status = 'timeout'; error = 'not begun: the time for the whole script was up'; data = $null } }
    if ($PSVersionTable.PSVersion.Major -lt 5) { return @{ status = 'unavailable'; error = 'Windows PowerShell 5.1 is needed'; data = $null } }
    if ($env:PROCESSOR_ARCHITEW6432) { return @{ status = 'error'; error = 'a 32-bit PowerShell on a 64-bit Windows sees another registry'; data = $null } }
    if (-not $full) { return Invoke-Section $section.block }
    try { Invoke-Bounded $section ([math]::Min($section.seconds, [int]$left)) } catch { Get-Fault $_ }
}
function Get-SectionLine($section) {
    $began = Get-Date
    $result = Invoke-One $section
    $line = $null
    try { $line = ConvertTo-Line @{ status = "$($result.status)"; ms = (Get-Elapsed $began); error = $result.error; data = $result.data } } catch { $line = $null }
    if ($null -eq $line -or $line.Length -gt $section.max) {
        $line = ConvertTo-Line @{ status = 'error'; ms = (Get-Elapsed $began); error = 'the section gave more than it may, or what JSON cannot hold'; data = $null }
    }
    '"{0}":{1}' -f $section.name, $line
}
function Get-First($class, $name) {
    try { (Read-Cim $class @($name) | Select-Object -First 1)[$name] } catch { $null }
}

$elevated = Test-Elevated
$zone = $null
try { $zone = "$((Get-TimeZone).Id)" } catch { $zone = $null }
$machine = @{
    name = "$env:COMPUTERNAME"
    domain = Get-First 'Win32_ComputerSystem' 'Domain'
    smbios_uuid = Get-First 'Win32_ComputerSystemProduct' 'UUID'
    serial = Get-First 'Win32_BIOS' 'SerialNumber'
    machine_guid = (Read-Value 'HKLM:\SOFTWARE\Microsoft\Cryptography' 'MachineGuid').value
}
'{{"format":"estatecheck-windows","version":1,"marker":"{0}","script_sha256":"{1}","collected_at":"{2}",' -f $marker, $sha256, $collected
'"language_mode":{0},"elevated":{1},"host":{2},"sections":{{' -f (ConvertTo-Line $mode), (ConvertTo-Line $elevated), (ConvertTo-Line $machine)
$between = ''
foreach ($section in $sections) {
    "$between$(Get-SectionLine $section)"
    $between = ','
}
'}},"clock":{{"utc":"{0}","zone":{1}}},"end":"{2}"}}' -f (Get-Now), (ConvertTo-Line $zone), $marker
