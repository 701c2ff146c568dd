"""OIDs of the standard MIBs that identification reads, by name. The RFC or standard stands beside each group."""

# SNMPv2-MIB (RFC 3418), SNMP-FRAMEWORK-MIB (RFC 3411), HOST-RESOURCES-MIB (RFC 2790)
SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"
SYS_UP_TIME = "1.3.6.1.2.1.1.3.0"
SYS_NAME = "1.3.6.1.2.1.1.5.0"
ENGINE_TIME = "1.3.6.1.6.3.10.2.1.3.0"
HR_SYSTEM_UPTIME = "1.3.6.1.2.1.25.1.1.0"
HR_DEVICE_DESCR_1 = "1.3.6.1.2.1.25.3.2.1.3.1"

ENTERPRISES = "1.3.6.1.4.1"

# ENTITY-MIB (RFC 6933), entPhysicalTable and the columns a poll asks for
ENT_PHYSICAL = "1.3.6.1.2.1.47.1.1.1.1"
ENT_COLUMNS = {
    2: "description",
    5: "class",
    7: "name",
    8: "hardware",
    9: "firmware",
    10: "software",
    11: "serial",
    13: "model",
}

# Printer-MIB (RFC 3805)
PRT_SERIAL = "1.3.6.1.2.1.43.5.1.1.17.1"

# UPS-MIB (RFC 1628), upsIdent
UPS_MANUFACTURER = "1.3.6.1.2.1.33.1.1.1.0"
UPS_MODEL = "1.3.6.1.2.1.33.1.1.2.0"
UPS_SOFTWARE = "1.3.6.1.2.1.33.1.1.3.0"
UPS_AGENT_SOFTWARE = "1.3.6.1.2.1.33.1.1.4.0"

# RMON2-MIB (RFC 4502), probeConfig
PROBE_SOFTWARE = "1.3.6.1.2.1.16.19.2.0"
PROBE_HARDWARE = "1.3.6.1.2.1.16.19.3.0"

# LLDP-EXT-MED-MIB (ANSI/TIA-1057), lldpXMedLocal inventory
MED_HARDWARE = "1.0.8802.1.1.2.1.5.4795.1.2.2.0"
MED_FIRMWARE = "1.0.8802.1.1.2.1.5.4795.1.2.3.0"
MED_SOFTWARE = "1.0.8802.1.1.2.1.5.4795.1.2.4.0"
MED_SERIAL = "1.0.8802.1.1.2.1.5.4795.1.2.5.0"
MED_VENDOR = "1.0.8802.1.1.2.1.5.4795.1.2.6.0"
MED_MODEL = "1.0.8802.1.1.2.1.5.4795.1.2.7.0"

# DOCS-CABLE-DEVICE-MIB (RFC 4639)
DOCS_SERIAL = "1.3.6.1.2.1.69.1.1.4.0"
DOCS_SOFTWARE = "1.3.6.1.2.1.69.1.3.5.0"
