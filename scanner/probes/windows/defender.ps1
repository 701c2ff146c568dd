$found = @{ now = Get-Now; service = Get-ServiceStart 'WinDefend'; products = $null; status = $null }
try {
    $found.products = @(Read-Cim 'AntiVirusProduct' @('displayName', 'productState') '' 'root/SecurityCenter2')
} catch { $found.products_error = "$($_.FullyQualifiedErrorId)" }
try {
    $status = Get-CimInstance -Namespace 'root/Microsoft/Windows/Defender' -ClassName MSFT_MpComputerStatus -OperationTimeoutSec 20 -ErrorAction Stop | Select-Object -First 1
    $found.status = Select-Plain $status @(
        'AMRunningMode', 'AntivirusEnabled', 'RealTimeProtectionEnabled', 'BehaviorMonitorEnabled', 'IoavProtectionEnabled', 'NISEnabled',
        'IsTamperProtected', 'AntivirusSignatureAge', 'AntivirusSignatureVersion', 'AntivirusSignatureLastUpdated', 'AMEngineVersion',
        'AMProductVersion', 'QuickScanAge', 'FullScanAge'
    )
} catch { $found.status_error = "$($_.FullyQualifiedErrorId)" }
$found
