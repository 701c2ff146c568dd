# The lists that Windows itself shows. Never the class for products of Windows Installer, which repairs what it lists.
function Get-Installed($scope, $path, $user) {
    foreach ($key in @(Get-ChildItem -LiteralPath $path -ErrorAction SilentlyContinue | Select-Object -First 4000)) {
        $read = $null
        $where = "$path\$($key.PSChildName)"
        try { $read = Get-ItemProperty -LiteralPath $where -ErrorAction Stop } catch {
            # one value of a broken kind makes the whole key unreadable: then each by itself
            $read = @{}
            foreach ($name in 'DisplayName', 'DisplayVersion', 'Publisher', 'InstallDate', 'SystemComponent', 'ParentKeyName') { $read[$name] = (Read-Value $where $name).value }
        }
        if ($read.DisplayName) {
            @{
                name = ConvertTo-Plain "$($read.DisplayName)"
                version = ConvertTo-Plain "$($read.DisplayVersion)"
                publisher = ConvertTo-Plain "$($read.Publisher)"
                on = ConvertTo-Plain "$($read.InstallDate)"
                key = "$($key.PSChildName)"
                system = "$($read.SystemComponent)" -eq '1'
                parent = "$($read.ParentKeyName)"
                scope = $scope
                user = $user
            }
        }
    }
}
$uninstall = 'Microsoft\Windows\CurrentVersion\Uninstall'
$users = @(Get-LoadedUser)
$found = @{
    items = @(
        Get-Installed 'machine' "HKLM:\SOFTWARE\$uninstall" ''
        Get-Installed 'machine (32 bit)' "HKLM:\SOFTWARE\Wow6432Node\$uninstall" ''
        foreach ($user in $users) { Get-Installed 'user' "Registry::HKEY_USERS\$user\Software\$uninstall" $user }
    )
    users_seen = $users.Count
    registry = Read-Settings @{ Release = 'HKLM:\SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full|Release' }
    native = "$env:PROCESSOR_ARCHITECTURE"
}
if (-not (Test-Key "HKLM:\SOFTWARE\$uninstall")) { throw 'refused: the list of applications could not be read' }
try {
    $found.users_all = @(Read-Cim 'Win32_UserProfile' @('SID') 'Special=False' | Where-Object { $_.SID -match '^S-1-(5-21|12-1)-' }).Count
} catch { $found.users_error = "$($_.FullyQualifiedErrorId)" }
try {
    $found.runtimes = @(foreach ($place in @(@{ path = "$env:ProgramFiles\dotnet\shared"; kind = 'native' }, @{ path = "${env:ProgramFiles(x86)}\dotnet\shared"; kind = 'x86' })) {
        if ($place.path -notlike '\*' -and (Test-Path -LiteralPath $place.path)) {
            foreach ($framework in @(Get-ChildItem -LiteralPath $place.path -ErrorAction Stop)) {
                foreach ($version in @(Get-ChildItem -LiteralPath $framework.FullName -ErrorAction Stop)) { @{ name = "$($framework.Name)"; version = "$($version.Name)"; kind = $place.kind } }
            }
        }
    })
} catch { $found.runtimes_error = "$($_.FullyQualifiedErrorId)" }
$found
