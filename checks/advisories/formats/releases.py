"""Which release of which distribution a publisher's name for it means, and which entitlement stands behind it.

Names of ecosystems: OSV schema 1.7, "Defined ecosystems" (ossf.github.io/osv-schema); Red Hat: the CPE without its
prefix; SUSE: the product's name in its repositories.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fix is published: a release, and the entitlement that reaches it ("" needs none)."""

    release: str
    scope: str = ""


UNKNOWN = "package: unknown ecosystem"
ROLLING = "package: rolling or unnumbered release"
LAYERED = "package: product that is no plain host"

# Ubuntu's code names; the tracker and its package URLs know releases by them only.
CODENAMES = {
    "trusty": "14.04",
    "xenial": "16.04",
    "bionic": "18.04",
    "cosmic": "18.10",
    "disco": "19.04",
    "eoan": "19.10",
    "focal": "20.04",
    "groovy": "20.10",
    "hirsute": "21.04",
    "impish": "21.10",
    "jammy": "22.04",
    "kinetic": "22.10",
    "lunar": "23.04",
    "mantic": "23.10",
    "noble": "24.04",
    "oracular": "24.10",
    "plucky": "25.04",
    "questing": "25.10",
    "resolute": "26.04",
}

# Red Hat's extended streams by the product part of their CPE; the base product needs no entitlement beyond its own.
_RED_HAT = {
    "enterprise_linux": "",
    "enterprise_linux_eus": "eus",
    "rhel_eus": "eus",
    "rhel_eus_long_life": "eus-long-life",
    "rhel_aus": "aus",
    "rhel_e4s": "e4s",
    "rhel_tus": "tus",
    "rhel_els": "els",
    "rhel_els_extension": "els",
    "rhel_extras": "",
    "rhel_extras_rt": "",
}
_CPE = re.compile(r"([a-z0-9_]+):(\d+)(\.\d+)?(?:::?[a-z0-9_]*)?")
_SLE = re.compile(
    r"(?P<product>[A-Za-z].*?) (?P<major>\d+)(?:\.(?P<minor>\d+)| SP(?P<pack>\d+))?"
    r"(?:[- ](?P<suffix>[A-Za-z][A-Za-z ]*))?"
)
# Products that are a SLES host or an extension of one, and what they are entitled to beyond it.
_ON_SLES = (
    (re.compile(r"Linux Enterprise Server for (?:the )?SAP.*", re.IGNORECASE), "sap"),
    (re.compile(r"Linux Enterprise Live Patching"), "live-patching"),
    (
        re.compile(r"Linux Enterprise (?:Server|Module for .+|High Availability.*|Workstation Extension|Real Time.*)"),
        "",
    ),
    (re.compile(r"Linux Enterprise Software Development Kit|Package Hub"), ""),
)
_MICRO = {"Linux Enterprise Micro": "sle-micro", "Linux Micro": "sl-micro"}


def scheme_of(release: str) -> str:
    """How versions of a release compare: deb, rpm or apk."""
    return _SCHEMES.get(release.partition(":")[0], "rpm")


def osv_place(ecosystem: str) -> Place | str:
    """Of an OSV ecosystem; where there is none for us, the reason."""
    family, _, rest = ecosystem.partition(":")
    known = _FAMILIES.get(family)
    return known(rest) if known else UNKNOWN


def suse_place(product: str) -> Place | str:
    """Of a SUSE product: ``Linux Enterprise Server 15 SP3-LTSS``, ``Linux Enterprise Module for Basesystem 15``."""
    match = _SLE.fullmatch(product)
    if match is None:
        return LAYERED
    name, minor = match["product"], match["minor"] or match["pack"]
    number = f"{match['major']}.{minor}" if minor else match["major"]
    if name in _MICRO:
        return Place(f"{_MICRO[name]}:{number}")
    scope = next((scope for pattern, scope in _ON_SLES if pattern.fullmatch(name)), None)
    if scope is None:
        return LAYERED
    return Place(f"sles:{number}", scope or (match["suffix"] or "").lower().replace(" ", "-"))


def red_hat_place(cpe: str) -> Place | str:
    """Of the CPE's end: ``enterprise_linux:8::appstream``, ``rhel_eus:8.2::baseos``."""
    match = _CPE.fullmatch(cpe)
    if match is None or match[1] not in _RED_HAT:
        return LAYERED
    scope = _RED_HAT[match[1]]
    return Place(f"rhel:{match[2]}", f"{scope}:{match[2]}{match[3] or ''}" if scope else "")


def _numbered(release: str, pattern: str) -> Callable[[str], Place | str]:
    number = re.compile(pattern)

    def place(rest: str) -> Place | str:
        match = number.fullmatch(rest)
        return Place(f"{release}:{match[1]}") if match else ROLLING

    return place


_SCHEMES = {"debian": "deb", "ubuntu": "deb", "alpine": "apk"}
_UBUNTU = re.compile(r"(?:Pro(?::(?P<kind>[A-Za-z-]+))?:)?(?P<number>\d\d\.\d\d)(?::LTS)?")


def _ubuntu(rest: str) -> Place | str:
    match = _UBUNTU.fullmatch(rest)
    if match is None:
        return ROLLING
    scope = (match["kind"] or "pro").lower() if rest.startswith("Pro:") else ""
    return Place(f"ubuntu:{match['number']}", scope)


_FAMILIES: dict[str, Callable[[str], Place | str]] = {
    "AlmaLinux": _numbered("almalinux", r"(\d+)"),
    "Alpine": _numbered("alpine", r"v(\d+\.\d+)"),
    "Debian": _numbered("debian", r"(\d+)"),
    "Red Hat": red_hat_place,
    "Rocky Linux": _numbered("rocky", r"(\d+)"),
    "SUSE": suse_place,
    "Ubuntu": _ubuntu,
    "openSUSE": _numbered("opensuse-leap", r"Leap (\d+\.\d+)"),
}
