$asked = @{ Namespace = 'root/cimv2/Security/MicrosoftVolumeEncryption'; ClassName = 'Win32_EncryptableVolume'; OperationTimeoutSec = 20; ErrorAction = 'Stop' }
@{
    volumes = @(foreach ($volume in @(Get-CimInstance @asked | Select-Object -First 100)) {
        $row = Select-Plain $volume @('DriveLetter', 'VolumeType', 'ProtectionStatus', 'ConversionStatus', 'EncryptionMethod')
        try {
            $ids = @((Invoke-CimMethod -InputObject $volume -MethodName GetKeyProtectors -Arguments @{ KeyProtectorType = [uint32]0 } -ErrorAction Stop).VolumeKeyProtectorID)
            $row.protectors = @(foreach ($id in @($ids | Where-Object { $_ })) {
                ConvertTo-Plain (Invoke-CimMethod -InputObject $volume -MethodName GetKeyProtectorType -Arguments @{ VolumeKeyProtectorID = $id } -ErrorAction Stop).KeyProtectorType
            })
        } catch { $row.protectors_error = "$($_.FullyQualifiedErrorId)" }
        $row
    })
}
