"""Cisco's version schemes.

Sources: Cisco IOS and Cisco NX-OS Software Release Reference Guide (release naming: train letters, rebuilds, IOS XE 3.x
and 16 onwards, IOS XR, NX-OS), www.cisco.com/c/en/us/about/security-center/ios-nx-os-reference-guide.html; release
notes of the products.
"""

from checks.firmware.versions import Scheme, form

_GUIDE = "Cisco IOS and Cisco NX-OS Software Release Reference Guide, Release Naming"

# 15.2(7)E3: release 15.2, maintenance 7, train E, rebuild 3. Interim builds (12.4(3.9)T) are not released: no form.
IOS = Scheme(
    "Cisco IOS",
    _GUIDE,
    (
        form(
            r"(?P<release>\d{1,2}\.\d{1,2})\((?P<maintenance>\d{1,3})(?P<letter>[a-z]?)\)"
            r"(?P<train>[A-Z]{0,4})(?P<rebuild>\d{0,3})(?P<suffix>[a-z]?)",
            "maintenance",
            "letter",
            "rebuild",
            "suffix",
            train="{release}{train}",
        ),
        # IOS XE 3.x: 03.07.05E, 03.16.04b.S, 3.16.4bS
        form(
            r"0?(?P<major>[23])\.(?P<release>\d{1,2})\.(?P<rebuild>\d{1,2})(?P<letter>[a-z]?)\.?(?P<train>[A-Z]{1,4})",
            "release",
            "rebuild",
            "letter",
            train="XE {major} {train}",
        ),
        # IOS XE 16 and later are one line: 16.12.05b, 17.03.04a
        form(r"(?P<release>(?:1[6-9]|[2-9]\d)\.\d{1,2}\.\d{1,2})(?P<letter>[a-z]?)", "release", "letter", train="XE"),
    ),
)

# 7.0(3)I7(8): the letter is the platform's train. 9.3(10), 10.2(3)F, 10.2(5)(M): one line; F and M only say what kind.
NXOS = Scheme(
    "Cisco NX-OS",
    _GUIDE,
    (
        form(
            r"(?P<release>\d{1,2}\.\d{1,2})\((?P<maintenance>\d{1,3})(?P<letter>[a-z]?)\)(?: ?\(?[FM]\)?)?",
            "release",
            "maintenance",
            "letter",
        ),
        form(
            r"(?P<release>\d{1,2}\.\d{1,2})\((?P<maintenance>\d{1,3})(?P<letter>[a-z]?)\)"
            r"(?P<train>[A-Z])(?P<platform>\d{1,3})\((?P<rebuild>\d{1,3})(?P<suffix>[a-z]?)\)",
            "release",
            "maintenance",
            "letter",
            "platform",
            "rebuild",
            "suffix",
            train="{train}",
        ),
    ),
)

# 9.16(4)14: interim release 14 of 9.16(4)
ASA = Scheme(
    "Cisco ASA",
    "Release Notes for the Cisco ASA, ASA interim releases; Cisco ASA New Features by Release",
    (
        form(
            r"(?P<release>\d{1,2}\.\d{1,2})\((?P<maintenance>\d{1,3})\)(?P<interim>\d{0,4})",
            "release",
            "maintenance",
            "interim",
        ),
    ),
)

FTD = Scheme(
    "Cisco Firepower Threat Defense",
    "Cisco Secure Firewall Threat Defense release notes: major.maintenance.patch.hotfix-build",
    (
        form(
            r"(?P<release>\d{1,2}\.\d{1,2}\.\d{1,3}(?:\.\d{1,3})?)(?:-(?P<build>\d{1,6}))?", "release", build=("build",)
        ),
    ),
)

# Interim and engineering builds (6.4.1.14I) are not released: no form.
IOS_XR = Scheme("Cisco IOS XR", _GUIDE, (form(r"(?P<release>\d{1,2}\.\d{1,2}\.\d{1,2})", "release"),))

IMC = Scheme(
    "Cisco IMC",
    "Release Notes for Cisco UCS Rack Server Software: 4.1(2f), 4.3(4.240152)",
    (
        form(
            r"(?P<release>\d{1,2}\.\d{1,2})\((?P<maintenance>\d{1,3})(?P<letter>[a-z]?)(?:\.(?P<patch>\d{1,9}))?\)",
            "release",
            "maintenance",
            "letter",
            "patch",
        ),
    ),
)
