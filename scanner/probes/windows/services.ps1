@{
    services = @(foreach ($service in @(Get-CimInstance -ClassName Win32_Service -OperationTimeoutSec 30 -ErrorAction Stop | Select-Object -First 3000)) {
        $row = Select-Plain $service @('Name', 'StartMode', 'DelayedAutoStart', 'State', 'StartName')
        $row.PathName = ConvertTo-Plain (Hide-Secret $service.PathName)
        $row
    })
}
