"""Version schemes of servers' firmware, storage, hypervisors and power. Each names the vendor's document."""

from checks.firmware.versions import Scheme, form

ILO = Scheme(
    "HPE iLO",
    "HPE iLO release notes: iLO 5 v2.72; the generation is told over Redfish only",
    (
        form(
            r"(?:iLO ?(?P<generation>\d) ?)?v?(?P<release>\d\.\d{2})(?: \(?[A-Z][a-z]{2} \d{1,2},? \d{4}\)?)?",
            "release",
            train="{generation}",
        ),
    ),
)

# U58 v2.44 (01/17/2025): the family of machines, then the version. Q78 Ver. 01.25.00 on HP's desktops.
HPE_BIOS = Scheme(
    "HPE system ROM",
    "HPE, System ROM release notes; HP, BIOS release notes: family and version",
    (
        form(
            r"(?P<family>[A-Z]\d{2}) (?:v|Ver\. ?)(?P<release>\d{1,2}(?:\.\d{2}){1,2})"
            r"(?: \(\d\d/\d\d/\d{4}\))?",
            "release",
            train="{family}",
        ),
    ),
)

DELL_BIOS = Scheme(
    "Dell BIOS",
    "Dell, BIOS release notes: 2.12.1; A12 on machines before 2013",
    (
        form(r"(?P<release>\d{1,2}\.\d{1,3}\.\d{1,3})", "release"),
        form(r"A(?P<release>\d{2})", "release", train="A"),
    ),
)

# N2CET63W (1.46 ) of ThinkPads, IVE180L-3.30 of ThinkSystems; XClarity Controller: CDI3A4A 9.20
LENOVO = Scheme(
    "Lenovo",
    "Lenovo, UEFI and XCC change histories: build ID (its first letters are the family's) and version",
    (
        form(
            r"(?P<family>[A-Z0-9]{3}[A-Z]{2})\d{2}[A-Z]? ?\((?P<release>\d{1,2}\.\d{1,3}) *\)",
            "release",
            train="{family}",
        ),
        form(
            r"(?:-\[)?(?P<family>[A-Z0-9]{3})[A-Z0-9]{4}[- ](?P<release>\d{1,2}\.\d{1,3})(?:\]-)?",
            "release",
            train="{family}",
        ),
    ),
)

IDRAC = Scheme(
    "Dell iDRAC",
    "Dell, iDRAC release notes: 2.85.85.85, 7.00.00.183",
    (form(r"(?P<release>\d{1,2}\.\d{1,3}\.\d{1,3}\.\d{1,4})", "release"),),
)

ESXI = Scheme(
    "VMware ESXi",
    "Broadcom KB 316595, Build numbers and versions of VMware ESXi and ESX",
    (
        form(
            r"(?:VMware )?(?:ESXi? )?(?P<release>\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)"
            r"(?:[ ,(-]{1,3}(?:Release)?[Bb]uild[- ]?(?P<build>\d{4,9})\)?[^\n]{0,30})?",
            "release",
            build=("build",),
        ),
    ),
)

VCENTER = Scheme(
    "VMware vCenter Server",
    "Broadcom KB 326316, Build numbers and versions of VMware vCenter Server: 7.0.3.00100",
    (form(r"(?P<release>\d{1,2}\.\d{1,2}\.\d{1,2}\.\d{5})", "release"),),
)

# 7.1-42962 Update 2: the build number goes on from 7.1 to 7.1.1
DSM = Scheme(
    "Synology DSM",
    "Synology, DSM release notes: 7.1.1-42962 Update 6",
    (
        form(
            r"(?:DSM )?(?P<release>\d{1,2}\.\d{1,2})(?:\.\d{1,2})?-(?P<build>\d{4,6})"
            r"(?:[ -][Uu]pdate ?(?P<update>\d{1,2}))?",
            "release",
            "build",
            "update",
        ),
    ),
)

QTS = Scheme(
    "QNAP QTS",
    "QNAP, QTS release notes: 5.1.4.2596 build 20231128",
    (
        form(
            r"(?P<release>\d{1,2}\.\d{1,2}\.\d{1,2})(?:\.(?P<number>\d{4}))?"
            r"(?:[ (]{1,2}(?:[Bb]uild )?(?P<day>\d{8})\)?)?",
            "release",
            build=("number", "day"),
        ),
    ),
)

ONTAP = Scheme(
    "NetApp ONTAP",
    "NetApp, ONTAP release notes and support policy: 9.13.1P8, release candidates RC",
    (
        form(
            r"(?:NetApp Release )?(?P<release>\d{1,2}\.\d{1,2}(?:\.\d{1,2})?)(?:P(?P<patch>\d{1,2}))?"
            r"(?P<mode> 7-Mode)?",
            "release",
            "patch",
            train="{mode}",
        ),
    ),
)

TMOS = Scheme(
    "F5 BIG-IP",
    "F5, K8986 and K13123: version, build; engineering hotfixes raise the build",
    (
        form(
            r"(?:BIG-IP )?(?P<release>\d{1,2}(?:\.\d{1,2}){1,3})"
            r"(?:[ ,]{1,2}[Bb]uild (?P<build>\d{1,4}(?:\.\d{1,4}){1,2}))?",
            "release",
            build=("build",),
        ),
    ),
)

# AOS v6.8.2 / App v6.8.0: the card's operating system and its application; 3.0.9.a is a letter behind the number
APC = Scheme(
    "APC Network Management Card",
    "Schneider Electric, Network Management Card release notes: AOS and application firmware modules",
    (
        form(
            r"AOS v(?P<aos>\d{1,2}(?:\.\d{1,2}){1,3})(?:\.(?P<aos_letter>[a-z]))? / "
            r"App v(?P<app>\d{1,2}(?:\.\d{1,2}){1,3})(?:\.(?P<app_letter>[a-z]))?",
            modules=(("aos", "aos_letter"), ("app", "app_letter")),
        ),
        form(r"v(?P<aos>\d{1,2}(?:\.\d{1,2}){1,3})(?:\.(?P<aos_letter>[a-z]))?", "aos", "aos_letter"),
    ),
)
