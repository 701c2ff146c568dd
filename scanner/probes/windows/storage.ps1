$found = @{
    system_drive = "$env:SystemDrive"
    volumes = @(Read-Cim 'Win32_LogicalDisk' @('DeviceID', 'FileSystem', 'Size', 'FreeSpace') 'DriveType=3')
}
try {
    $storage = 'root/Microsoft/Windows/Storage'
    $found.disks = @(foreach ($disk in @(Get-CimInstance -Namespace $storage -ClassName MSFT_PhysicalDisk -OperationTimeoutSec 20 -ErrorAction Stop | Select-Object -First 200)) {
        $row = Select-Plain $disk @('DeviceId', 'FriendlyName', 'MediaType', 'BusType', 'Size', 'HealthStatus')
        try {
            $counter = @(Get-CimAssociatedInstance -InputObject $disk -ResultClassName MSFT_StorageReliabilityCounter -OperationTimeoutSec 10 -ErrorAction Stop)[0]
            if ($null -ne $counter) { $row.counter = Select-Plain $counter @('Wear', 'Temperature', 'PowerOnHours', 'ReadErrorsUncorrected', 'WriteErrorsUncorrected') }
        } catch { $row.counter_error = "$($_.FullyQualifiedErrorId)" }
        $row
    })
} catch { $found.disks_error = "$($_.FullyQualifiedErrorId)" }
try {
    $found.drives = @(Read-Cim 'Win32_DiskDrive' @('Index', 'PNPDeviceID'))
    $found.predictions = @(Read-Cim 'MSStorageDriver_FailurePredictStatus' @('InstanceName', 'PredictFailure') '' 'root/wmi')
} catch { $found.predictions_error = "$($_.FullyQualifiedErrorId)" }
$found
