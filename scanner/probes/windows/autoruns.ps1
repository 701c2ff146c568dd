# Get-Item names the values of a key in its property Property, which constrained language may read.
function Get-Run($place, $path, $user) {
    $key = Get-Item -LiteralPath $path -ErrorAction SilentlyContinue
    if ($null -eq $key) { return }
    foreach ($name in @($key.Property | Select-Object -First 200)) {
        if ($name) { @{ place = $place; name = "$name"; command = (ConvertTo-Plain (Hide-Secret (Read-Value $path $name).value)); user = $user } }
    }
}
$windows = 'Software\Microsoft\Windows\CurrentVersion'
$logon = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
@{
    items = @(
        foreach ($run in 'Run', 'RunOnce', 'Policies\Explorer\Run') {
            Get-Run "HKLM $run" "HKLM:\$windows\$run" ''
            Get-Run "HKLM $run (32 bit)" "HKLM:\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\$run" ''
            foreach ($user in @(Get-LoadedUser)) { Get-Run "HKU $run" "Registry::HKEY_USERS\$user\$windows\$run" $user }
        }
        foreach ($name in 'Shell', 'Userinit', 'Taskman') {
            $read = Read-Value "$logon\Winlogon" $name
            if ($read.value) { @{ place = "Winlogon $name"; name = $name; command = "$($read.value)"; user = '' } }
        }
        $read = Read-Value "$logon\Windows" 'AppInit_DLLs'
        if ($read.value) { @{ place = 'AppInit_DLLs'; name = 'AppInit_DLLs'; command = "$($read.value)"; user = '' } }
        foreach ($file in @(Get-ChildItem -LiteralPath "$env:ProgramData\Microsoft\Windows\Start Menu\Programs\StartUp" -ErrorAction SilentlyContinue | Select-Object -First 200)) {
            if ($file.Name -ne 'desktop.ini') { @{ place = 'startup folder'; name = "$($file.Name)"; command = "$($file.FullName)"; user = '' } }
        }
    )
}
