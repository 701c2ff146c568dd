$root = 'HKLM:\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL'
$protocols = @(foreach ($protocol in 'SSL 2.0', 'SSL 3.0', 'TLS 1.0', 'TLS 1.1', 'TLS 1.2', 'TLS 1.3') {
    foreach ($side in 'Client', 'Server') {
        $row = Read-Settings @{
            enabled = "$root\Protocols\$protocol\$side|Enabled"
            disabled_by_default = "$root\Protocols\$protocol\$side|DisabledByDefault"
        }
        $row.protocol = $protocol
        $row.side = $side.ToLower()
        $row
    }
})
$ciphers = @(foreach ($kind in 'Ciphers', 'Hashes', 'KeyExchangeAlgorithms') {
    foreach ($key in @(Get-ChildItem -LiteralPath "$root\$kind" -ErrorAction SilentlyContinue | Select-Object -First 100)) {
        @{ kind = $kind; name = "$($key.PSChildName)"; enabled = (Read-Value "$root\$kind\$($key.PSChildName)" 'Enabled').value }
    }
})
@{
    protocols = $protocols
    ciphers = $ciphers
    registry = Read-Settings @{
        Functions = 'HKLM:\SOFTWARE\Policies\Microsoft\Cryptography\Configuration\SSL\00010002|Functions'
        ServerMinKeyBitLength = "$root\KeyExchangeAlgorithms\Diffie-Hellman|ServerMinKeyBitLength"
        SchUseStrongCrypto = 'HKLM:\SOFTWARE\Microsoft\.NETFramework\v4.0.30319|SchUseStrongCrypto'
        SchUseStrongCrypto32 = 'HKLM:\SOFTWARE\Wow6432Node\Microsoft\.NETFramework\v4.0.30319|SchUseStrongCrypto'
        Fips = 'HKLM:\SYSTEM\CurrentControlSet\Control\Lsa\FipsAlgorithmPolicy|Enabled'
    }
}
