# Of Windows itself (its application id), and only what a key is installed for: asking for all takes minutes.
@{
    products = @(Read-Cim 'SoftwareLicensingProduct' @('Name', 'Description', 'LicenseStatus', 'LicenseIsAddon') "ApplicationID='55c92734-d682-4d71-983e-d6ec3f16059f' AND PartialProductKey IS NOT NULL")
}
