$policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate'
$mdm = 'HKLM:\SOFTWARE\Microsoft\PolicyManager\current\device\Update'
$shown = 'HKLM:\SOFTWARE\Microsoft\WindowsUpdate\UX\Settings'
@{
    registry = Read-Settings @{
        NoAutoUpdate = "$policy\AU|NoAutoUpdate"
        AUOptions = "$policy\AU|AUOptions"
        UseWUServer = "$policy\AU|UseWUServer"
        WUServer = "$policy|WUServer"
        DeferQualityUpdates = "$policy|DeferQualityUpdates"
        DeferQualityUpdatesPeriodInDays = "$policy|DeferQualityUpdatesPeriodInDays"
        DeferFeatureUpdates = "$policy|DeferFeatureUpdates"
        DeferFeatureUpdatesPeriodInDays = "$policy|DeferFeatureUpdatesPeriodInDays"
        TargetReleaseVersion = "$policy|TargetReleaseVersion"
        TargetReleaseVersionInfo = "$policy|TargetReleaseVersionInfo"
        SetDisableUXWUAccess = "$policy|SetDisableUXWUAccess"
        DisableWindowsUpdateAccess = "$policy|DisableWindowsUpdateAccess"
        MdmAllowAutoUpdate = "$mdm|AllowAutoUpdate"
        MdmDeferQuality = "$mdm|DeferQualityUpdatesPeriodInDays"
        MdmDeferFeature = "$mdm|DeferFeatureUpdatesPeriodInDays"
        MdmTargetRelease = "$mdm|TargetReleaseVersion"
        PauseUpdatesExpiryTime = "$shown|PauseUpdatesExpiryTime"
    }
    service = Get-ServiceStart 'wuauserv'
}
