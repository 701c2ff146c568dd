$local = 'HKLM:\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy'
$policy = 'HKLM:\SOFTWARE\Policies\Microsoft\WindowsFirewall'
$places = @{
    domain = @("$policy\DomainProfile", "$local\Mdm\DomainProfile", "$local\DomainProfile")
    private = @("$policy\PrivateProfile", "$local\Mdm\StandardProfile", "$local\StandardProfile")
    public = @("$policy\PublicProfile", "$local\Mdm\PublicProfile", "$local\PublicProfile")
}
$found = @{ running = Get-ServiceRunning 'mpssvc'; networks = $null; in_force = $null }
foreach ($name in @($places.Keys)) {
    $found[$name] = @(foreach ($place in $places[$name]) {
        Read-Settings @{
            EnableFirewall = "$place|EnableFirewall"
            DefaultInboundAction = "$place|DefaultInboundAction"
            DefaultOutboundAction = "$place|DefaultOutboundAction"
            DoNotAllowExceptions = "$place|DoNotAllowExceptions"
            LogDroppedPackets = "$place\Logging|LogDroppedPackets"
        }
    })
}
# what is in force of all policies together, also of those that wrote to other places; words that are not translated
try {
    $found.in_force = @(foreach ($one in @(Get-NetFirewallProfile -PolicyStore ActiveStore -ErrorAction Stop)) {
        @{ name = "$($one.Name)"; enabled = "$($one.Enabled)"; inbound = "$($one.DefaultInboundAction)" }
    })
} catch { $found.in_force_error = "$($_.FullyQualifiedErrorId)" }
try {
    $found.networks = @(Read-Cim 'MSFT_NetConnectionProfile' @('NetworkCategory') '' 'root/StandardCimv2')
} catch { $found.networks_error = "$($_.FullyQualifiedErrorId)" }
$found
