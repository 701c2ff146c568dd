$set = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN'
$policy = 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\WinRM'
$found = @{
    running = Get-ServiceRunning 'WinRM'
    registry = Read-Settings @{
        service_basic = "$set\Service|auth_basic"
        service_unencrypted = "$set\Service|allow_unencrypted"
        client_basic = "$set\Client|auth_basic"
        client_digest = "$set\Client|auth_digest"
        client_unencrypted = "$set\Client|allow_unencrypted"
        trusted_hosts = "$set\Client|trusted_hosts"
        policy_service_basic = "$policy\Service|AllowBasic"
        policy_service_unencrypted = "$policy\Service|AllowUnencryptedTraffic"
        policy_client_basic = "$policy\Client|AllowBasic"
        policy_client_digest = "$policy\Client|AllowDigest"
        policy_client_unencrypted = "$policy\Client|AllowUnencryptedTraffic"
        policy_trusted_hosts = "$policy\Client|TrustedHostsList"
    }
}
try {
    $found.listeners = @()
    if (Test-Key "$set\Listener") {
        $found.listeners = @(foreach ($key in @(Get-ChildItem -LiteralPath "$set\Listener" -ErrorAction Stop)) {
            @{ name = "$($key.PSChildName)"; port = (Read-Value "$set\Listener\$($key.PSChildName)" 'Port').value; enabled = (Read-Value "$set\Listener\$($key.PSChildName)" 'enabled').value }
        })
    }
} catch {
    $found.listeners = $null
    $found.listeners_error = "$($_.FullyQualifiedErrorId)"
}
$found
