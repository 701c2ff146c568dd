"""Version schemes of network makers other than Cisco. Each names the vendor's document that it follows."""

from checks.firmware.versions import Scheme, form

# 20.4R3-S2.6: release 20.4, R3, service release 2, spin 6. X releases and Evolved are lines of their own.
# Only what was released: A, B and I (alpha, beta, internal) have no form.
JUNOS = Scheme(
    "Junos",
    "Juniper, Junos OS Package Names (m.nZx.y: release, type, version, spin); Junos OS Evolved release notes",
    (
        form(
            r"(?P<release>\d{1,2}\.\d)(?P<type>[RF])(?P<number>\d{1,3})(?:-S(?P<service>\d{1,3}))?"
            r"(?:\.(?P<spin>\d{1,3}))?(?P<evo>-EVO)?",
            "release",
            "number",
            "service",
            train="{type}{evo}",
            build=("spin",),
        ),
        form(
            r"(?P<release>\d{1,2}\.\dX\d{1,3})-D(?P<number>\d{1,4})(?:\.(?P<spin>\d{1,3}))?",
            "number",
            train="{release}",
            build=("spin",),
        ),
    ),
)

# v7.0.5,build0304,220208 (GA); v6.0.11(GA), build285, 2022.03.28. An interim build is not released: no form.
FORTINET = Scheme(
    "Fortinet",
    "FortiOS Release Notes, 'get system status'; Fortinet MIBs, fgSysVersion",
    (
        form(
            r"(?!.*[Ii]nterim)v?(?P<release>\d{1,2}\.\d{1,2}\.\d{1,3})"
            r"(?:\D{1,12}build ?(?P<build>\d{1,6})\b[^\n]{0,60}| \(GA[.\w]{0,4}\))?",
            "release",
            build=("build",),
        ),
        form(
            r"(?P<model>[A-Z0-9]{2,12})-v(?P<release>\d{1,2}\.\d{1,2})-build(?P<build>\d{1,6})",
            "release",
            "build",
            train="{model}",
        ),
    ),
)

# 10.1.6-h3: hotfix 3 of 10.1.6
PANOS = Scheme(
    "PAN-OS",
    "Palo Alto Networks, PAN-OS release notes and End-of-Life Summary: maintenance releases and -h hotfixes, XFR",
    (
        form(
            r"(?P<release>\d{1,2}\.\d{1,2}\.\d{1,3})(?:-h(?P<hotfix>\d{1,3}))?(?:[.-](?P<train>xfr))?",
            "release",
            "hotfix",
            train="{train}",
        ),
    ),
)

# 6.49.10 (long-term), 7.11.2 (stable), 7.16beta3, 7.1rc4. The channel does not order.
ROUTEROS = Scheme(
    "RouterOS",
    "MikroTik, RouterOS help: Upgrading and installation, versioning and release channels",
    (
        form(
            r"(?P<release>\d{1,2}\.\d{1,3}(?:\.\d{1,3})?)(?:(?P<stage>alpha|beta|rc)(?P<candidate>\d{1,3}))?"
            r"(?: \((?:long-term|stable|testing|development|bugfix|current)\))?",
            "release",
            "stage",
            "candidate",
        ),
    ),
)

# 4.28.3M, 4.20.1F: F and M only say whether features or fixes
EOS = Scheme(
    "Arista EOS",
    "Arista, EOS Life Cycle Policy: <major>.<feature>.<maintenance>, F and M",
    (form(r"(?P<release>\d{1,2}\.\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)[FM]?(?:-2GB)?", "release"),),
)

# WC.16.11.0012: the letters are the hardware's; K.14.47, H.10.119 before
ARUBA_SWITCH = Scheme(
    "ArubaOS-Switch",
    "HPE, ArubaOS-Switch Release Notes, Software version prefix for each switch series",
    (
        form(
            r"(?P<train>[A-Z]{1,2})\.(?P<release>\d{2}\.\d{2,3}(?:\.\d{4})?)(?P<letter>[a-z]?)",
            "release",
            "letter",
            train="{train}",
        ),
    ),
)

ARUBA_CX = Scheme(
    "AOS-CX",
    "HPE Aruba Networking, AOS-CX Release Notes: product prefix, major, minor, maintenance",
    (
        form(
            r"(?P<train>[A-Z]{2}|Virtual|ArubaOS-CX_\w{1,20})\.(?P<release>\d{1,2}\.\d{1,2}\.\d{4})(?P<letter>[A-Z]?)",
            "release",
            "letter",
            train="{train}",
        ),
    ),
)

# 8.10.0.12; Instant: 6.4.4.8-4.2.4.12
ARUBA_WIRELESS = Scheme(
    "ArubaOS",
    "HPE Aruba Networking, ArubaOS and Aruba Instant Release Notes",
    (
        form(
            r"(?P<release>\d{1,2}(?:\.\d{1,3}){3})(?:-(?P<second>\d{1,2}(?:\.\d{1,3}){3}))?(?P<fips>-FIPS)?",
            "release",
            "second",
            train="{fips}",
        ),
    ),
)

# 7.1.070 Release 3208P03: the release number orders; Feature and ESS are numbered beside it
COMWARE = Scheme(
    "Comware",
    "H3C and HPE Comware release notes, Version information: Release nnnnPnn",
    (
        form(
            r"(?:Version )?(?P<major>\d{1,2})\.(?P<platform>\d{1,3}(?:\.\d{1,4})?),? (?P<kind>Release|Feature|ESS) "
            r"(?P<letter>[A-Z]?)(?P<release>\d{3,5})(?:P(?P<patch>\d{1,3}))?(?:H(?P<hotfix>\d{1,3}))?",
            "platform",
            "release",
            "patch",
            "hotfix",
            train="Comware {major} {kind}{letter}",
        ),
    ),
)

# 5.170 (V200R019C10SPC500): V product version, R release, C customisation, SPC service pack, SPH patch
VRP = Scheme(
    "Huawei VRP",
    "Huawei, product documentation: version naming VxxxRxxxCxxSPCxxx; display version",
    (
        form(
            r"(?:\d{1,2}\.\d{1,4} \((?:\S{1,30} )?)?V(?P<product>\d{3})R(?P<release>\d{3})C(?P<custom>\d{2})"
            r"(?:SPC(?P<pack>\d{3}))?(?:B(?P<build>\d{3}))?(?:SPH(?P<patch>\d{3}))?\)?",
            "release",
            "custom",
            "pack",
            "patch",
            train="V{product}",
            build=("build",),
        ),
    ),
)

EXOS = Scheme(
    "ExtremeXOS",
    "Extreme Networks, ExtremeXOS Release Notes: 16.2.5.4-patch1-5",
    (
        form(
            r"(?P<release>\d{1,2}(?:\.\d{1,3}){3})(?:-patch(?P<patch>\d{1,2}(?:-\d{1,3})?))?(?: [\w.-]{1,40})?",
            "release",
            "patch",
        ),
    ),
)

HIVEOS = Scheme(
    "HiveOS",
    "Extreme Networks (Aerohive), HiveOS and IQ Engine Release Notes: 10.6r4",
    (
        form(
            r"(?P<release>\d{1,2}\.\d{1,2})r(?P<number>\d{1,2})(?P<letter>[a-z]?)(?: build-\w{1,12})?",
            "release",
            "number",
            "letter",
        ),
    ),
)

# 8.2.3c1; FastIron also writes the image's own build behind it (T231)
BROCADE = Scheme(
    "Brocade",
    "Broadcom, Fabric OS Release Notes (major.minor.maintenance, letter, patch); Ruckus FastIron Release Notes",
    (
        form(
            r"[vV]?(?P<release>\d{1,2}\.\d{1,2}\.\d{1,3})(?P<letter>[a-z]?)(?P<patch>\d{0,2})"
            r"(?:_cd(?P<candidate>\d{1,2}))?(?:T\d{3})?",
            "release",
            "letter",
            "patch",
            "candidate",
        ),
    ),
)

FTOS = Scheme(
    "Dell FTOS",
    "Dell Networking OS Release Notes: 9.14(1.5), 9.9(0.0P9)",
    (
        form(
            r"(?P<release>\d{1,2}\.\d{1,2})\((?P<maintenance>\d{1,2}\.\d{1,3})(?:P(?P<patch>\d{1,3}))?\)",
            "release",
            "maintenance",
            "patch",
        ),
    ),
)

ZYXEL = Scheme(
    "Zyxel",
    "Zyxel firmware release notes: V5.40(AAIG.0), the letters are the model's, the number behind them the revision",
    (
        form(
            r"V?(?P<release>\d{1,2}\.\d{1,2})\((?P<train>[A-Z]{4})\.(?P<revision>\d{1,3})\)(?:C\d)?",
            "release",
            "revision",
            train="{train}",
        ),
    ),
)

SONICOS = Scheme(
    "SonicOS",
    "SonicWall, SonicOS Release Notes: 7.0.1-5145, 6.5.4.4-44n",
    (
        form(
            r"(?:SonicOS )?(?:Enhanced )?(?P<release>\d{1,2}(?:\.\d{1,3}){2,3})-R?(?P<number>\d{1,5})[a-z]{0,2}",
            "release",
            "number",
        ),
    ),
)

SFOS = Scheme(
    "Sophos SFOS",
    "Sophos Firewall release notes: 19.5.3 MR-3-Build652",
    (
        form(
            r"(?:SFOS )?(?P<release>\d{1,2}\.\d{1,2}\.\d{1,2}) (?:GA|MR-?(?P<maintenance>\d{1,2}))"
            r"(?:-(?:\d-)?Build(?P<build>\d{1,5}))?",
            "release",
            "maintenance",
            build=("build",),
        ),
    ),
)

GAIA = Scheme(
    "Check Point",
    "Check Point Gaia release notes; sk173903, Jumbo Hotfix Accumulator takes",
    (form(r"R(?P<release>\d{2}(?:\.\d{2})?)(?:.{1,12}[Tt]ake[_ ](?P<take>\d{1,4}))?", "release", build=("take",)),),
)

PFSENSE = Scheme(
    "pfSense",
    "Netgate, pfSense documentation, Versions of pfSense software and FreeBSD (CE 2.x, Plus yy.mm)",
    (
        form(r"(?P<release>2\.\d{1,2}\.\d{1,2})-RELEASE(?:-p(?P<patch>\d{1,2}))?", "release", "patch", train="CE"),
        form(
            r"(?P<release>2\d\.\d{2}(?:\.\d{1,2})?)-RELEASE(?:-p(?P<patch>\d{1,2}))?", "release", "patch", train="Plus"
        ),
    ),
)

OPNSENSE = Scheme(
    "OPNsense",
    "OPNsense documentation, Releases: yy.m.patch_revision",
    (
        form(
            r"(?P<release>\d{2}\.\d{1,2}(?:\.\d{1,2})?)(?:_(?P<revision>\d{1,3}))?(?:-[0-9a-f]{7,12})?",
            "release",
            "revision",
        ),
    ),
)

ALLIEDWARE_PLUS = Scheme(
    "AlliedWare Plus",
    "Allied Telesis, AlliedWare Plus Release Notes: 5.5.0-2.3",
    (
        form(
            r"(?P<release>\d\.\d{1,2}\.\d{1,2})-(?P<maintenance>\d{1,2}\.\d{1,2})",
            "release",
            "maintenance",
        ),
    ),
)

LCOS = Scheme(
    "LCOS",
    "LANCOM, LCOS Release Notes: 10.72.0484RU6, release updates and security updates",
    (
        form(
            r"(?P<release>\d{1,2}\.\d{2}\.\d{4})(?:(?:Rel|REL|RU|SU|PR)(?P<update>\d{0,2}))?(?: / [\d.]{8,10})?",
            "release",
        ),
    ),
)

# RUT9_R_00.07.06.18: the prefix is the device's
TELTONIKA = Scheme(
    "RutOS",
    "Teltonika Networks wiki, firmware downloads: device prefix and four numbers",
    (form(r"(?P<train>[A-Z0-9]{3,8})_R_(?P<release>\d{2}(?:\.\d{2}){2}(?:\.\d{1,2})?)", "release", train="{train}"),),
)

NETSCALER = Scheme(
    "NetScaler",
    "NetScaler release notes: NS13.1 Build 49.13.nc",
    (
        form(
            r"(?:NetScaler )?NS(?P<release>\d{1,2}\.\d{1,2}):? Build (?P<build>\d{1,3}\.\d{1,3})(?:\.\w{2,6})?",
            "release",
            "build",
        ),
    ),
)

PEPLINK = Scheme(
    "Peplink",
    "Peplink, Firmware release notes: 8.0.0 build 1595, s numbers are special builds",
    (form(r"(?P<release>\d\.\d{1,2}\.\d{1,2})(?: build (?P<build>\d{1,6}))?", "release", build=("build",)),),
)
