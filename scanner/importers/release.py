"""The release that an SBOM names, in the words of advisories: ``debian:12``, ``rhel:8``, ``sles:15.3``."""

from checks.advisories.releases import FAMILIES

# What trivy calls distributions that call themselves otherwise in os-release.
OTHER_NAMES = {
    "alma": "almalinux",
    "amazon": "amzn",
    "opensuse.leap": "opensuse-leap",
    "oracle": "ol",
    "redhat": "rhel",
    "rockylinux": "rocky",
    "suse linux enterprise server": "sles",
}


def release_named(name: str, version: str) -> str | None:
    """None where the distribution is not known here, or its version is no number (a code name, rolling)."""
    name = name.strip().lower()
    family = FAMILIES.get(OTHER_NAMES.get(name, name))
    numbers = version.split()[0].split(".") if version.strip() else []
    if family is None or not numbers or not numbers[0].isdecimal() or not numbers[0].isascii():
        return None
    return f"{family.name}:{'.'.join(numbers[: family.numbers])}"


def release_of_distro(distro: str, namespace: str) -> str | None:
    """Of a purl's qualifier ``distro``: ``debian-12``, ``opensuse-leap-15.5``, or trivy's ``3.19.0`` of Alpine."""
    name, hyphen, version = distro.rpartition("-")
    return release_named(name if hyphen else namespace, version)
