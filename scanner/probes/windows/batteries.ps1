$found = @{ batteries = @(Read-Cim 'Win32_Battery' @('Name', 'DeviceID', 'EstimatedChargeRemaining')) }
foreach ($part in @(@{ key = 'design'; class = 'BatteryStaticData'; names = @('InstanceName', 'DesignedCapacity') }, @{ key = 'full'; class = 'BatteryFullChargedCapacity'; names = @('InstanceName', 'FullChargedCapacity') }, @{ key = 'cycles'; class = 'BatteryCycleCount'; names = @('InstanceName', 'CycleCount') })) {
    try { $found[$part.key] = @(Read-Cim $part.class $part.names '' 'root/wmi') } catch { $found["$($part.key)_error"] = "$($_.FullyQualifiedErrorId)" }
}
$found
