$version = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$insider = 'HKLM:\SOFTWARE\Microsoft\WindowsSelfHost\Applicability'
# of Windows itself: a process that is emulated (x64 on ARM64) is told its own
$architecture = (Read-Value 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager\Environment' 'PROCESSOR_ARCHITECTURE').value
if (-not $architecture) { $architecture = $env:PROCESSOR_ARCHITEW6432 }
if (-not $architecture) { $architecture = $env:PROCESSOR_ARCHITECTURE }
@{
    registry = Read-Settings @{
        CurrentBuildNumber = "$version|CurrentBuildNumber"
        UBR = "$version|UBR"
        EditionID = "$version|EditionID"
        InstallationType = "$version|InstallationType"
        DisplayVersion = "$version|DisplayVersion"
        ReleaseId = "$version|ReleaseId"
        BuildBranch = "$version|BuildBranch"
        CurrentMajorVersionNumber = "$version|CurrentMajorVersionNumber"
        CurrentMinorVersionNumber = "$version|CurrentMinorVersionNumber"
        CurrentVersion = "$version|CurrentVersion"
        ProductName = "$version|ProductName"
        IsBuildFlightingEnabled = "$insider|IsBuildFlightingEnabled"
        BranchName = "$insider|BranchName"
    }
    os = Read-Cim 'Win32_OperatingSystem' @('Caption', 'Version', 'ProductType', 'MUILanguages', 'CSName') | Select-Object -First 1
    machine = Read-Cim 'Win32_ComputerSystem' @('Manufacturer', 'Model', 'DNSHostName') | Select-Object -First 1
    enclosures = @(Read-Cim 'Win32_SystemEnclosure' @('ChassisTypes'))
    architecture = "$architecture"
    elevated = Test-Elevated
    language_mode = "$($ExecutionContext.SessionState.LanguageMode)"
    powershell = "$($PSVersionTable.PSVersion)"
}
