$policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows NT\DNSClient'
$found = @{
    registry = Read-Settings @{
        EnableMulticast = "$policy|EnableMulticast"
        EnableNetbios = "$policy|EnableNetbios"
        DisableSmartNameResolution = "$policy|DisableSmartNameResolution"
        EnableMDNS = 'HKLM:\SYSTEM\CurrentControlSet\Services\Dnscache\Parameters|EnableMDNS'
        PolicyMDNS = "$policy|EnableMDNS"
        NodeType = 'HKLM:\SYSTEM\CurrentControlSet\Services\NetBT\Parameters|NodeType'
        DisableWpad = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\WinHttp|DisableWpad'
    }
}
try {
    $found.adapters = @(foreach ($adapter in @(Read-Cim 'Win32_NetworkAdapterConfiguration' @('Description', 'MACAddress', 'IPAddress', 'DHCPEnabled', 'TcpipNetbiosOptions', 'SettingID') 'IPEnabled=True')) {
        # what DHCP said of NetBIOS, which counts where the adapter itself says 0
        $read = Read-Value "HKLM:\SYSTEM\CurrentControlSet\Services\NetBT\Parameters\Interfaces\Tcpip_$($adapter.SettingID)" 'DhcpNetbiosOptions'
        if ($read.known) { $adapter.DhcpNetbiosOptions = $read.value }
        $adapter
    })
} catch { $found.adapters_error = "$($_.FullyQualifiedErrorId)" }
$found
