$services = 'HKLM:\SYSTEM\CurrentControlSet\Services'
$product = 'HKLM:\SYSTEM\CurrentControlSet\Control\ProductOptions'
@{
    registry = Read-Settings @{
        LDAPClientIntegrity = "$services\LDAP|LDAPClientIntegrity"
        LDAPServerIntegrity = "$services\NTDS\Parameters|LDAPServerIntegrity"
        LDAPServerEnforceIntegrity = "$services\NTDS\Parameters|LDAPServerEnforceIntegrity"
        LdapEnforceChannelBinding = "$services\NTDS\Parameters|LdapEnforceChannelBinding"
        ProductType = "$product|ProductType"
    }
}
