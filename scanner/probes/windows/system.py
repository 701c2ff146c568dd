"""Windows' version, build, edition and channel; licence; optional features and roles."""

from inventory.facts.windows_system import WindowsFeature, WindowsFeatures, WindowsLicence, WindowsSystem
from scanner.probes.windows.reading import Data, chosen, each
from scanner.probes.windows.section import probe
from scanner.query import Unreadable

_FEATURE_STATES = {1: "enabled", 2: "disabled", 3: "absent"}
_ARCHITECTURES = {"AMD64": "x64", "X86": "x86", "ARM64": "arm64"}
# SMBIOS 7.4.1; 30 to 32 tablet, convertible, detachable. 1 and 2 say "other" and "unknown".
_PORTABLE = {8, 9, 10, 11, 12, 14, 18, 21, 30, 31, 32}
_NO_TYPE = {1, 2}
_VIRTUAL = (
    "vmware",
    "virtualbox",
    "innotek",
    "qemu",
    "kvm",
    "xen",
    "parallels",
    "bochs",
    "virtual machine",
    "amazon ec2",
    "google compute engine",
    "openstack",
    "nutanix",
    "ovirt",
    "bhyve",
    "proxmox",
)


def read_system(data: Data) -> WindowsSystem:
    registry, os, machine = data.part("registry"), data.part("os"), data.part("machine")
    build = registry.number("CurrentBuildNumber")
    if build is None:
        raise Unreadable("the section does not say the build of Windows")
    major, minor = _version(registry)
    languages = os.texts("MUILanguages") or ()
    return WindowsSystem(
        build=build,
        ubr=registry.number("UBR"),
        name=os.word("Caption") or registry.word("ProductName"),
        major=major,
        minor=minor,
        edition_id=registry.word("EditionID"),
        installation_type=registry.word("InstallationType"),
        display_version=registry.word("DisplayVersion") or registry.word("ReleaseId"),
        branch=registry.word("BuildBranch"),
        insider=_insider(registry),
        product_type=os.number("ProductType"),
        architecture=_ARCHITECTURES.get(data.word("architecture").upper(), ""),
        hostname=machine.word("DNSHostName") or os.word("CSName"),
        virtual=_virtual(machine),
        portable=_portable(data),
        manufacturer=machine.word("Manufacturer"),
        model=machine.word("Model"),
        language=languages[0] if languages else "",
        elevated=data.flag("elevated"),
        language_mode=data.word("language_mode"),
        powershell=data.word("powershell"),
    )


def _version(registry: Data) -> tuple[int | None, int | None]:
    """Windows 10 and later have two numbers of their own; before, ``CurrentVersion`` was right ("6.3")."""
    major, minor = registry.number("CurrentMajorVersionNumber"), registry.number("CurrentMinorVersionNumber")
    if major is not None:
        return major, minor
    first, _, second = registry.word("CurrentVersion").partition(".")
    return _short(first), _short(second)


def _short(digits: str) -> int | None:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 4 else None


def _insider(registry: Data) -> str | None:
    flighting = registry.setting("IsBuildFlightingEnabled")
    if flighting is None:
        return None
    return registry.setting_text("BranchName") if flighting == 1 else ""


def _virtual(machine: Data) -> bool | None:
    said = f"{machine.word('Manufacturer')} {machine.word('Model')}".lower().strip()
    return any(word in said for word in _VIRTUAL) if said else None


def _portable(data: Data) -> bool | None:
    types = {kind for one in each(data.rows("enclosures")) for kind in one.numbers("ChassisTypes") or ()} - _NO_TYPE
    return bool(types & _PORTABLE) if types else None


def read_licence(data: Data) -> WindowsLicence:
    products = data.needed_rows("products")
    own = [one.number("LicenseStatus") for one in products if not one.flag("LicenseIsAddon")]
    esu = [one.word("Name") for one in products if "ESU" in one.word("Name") and one.number("LicenseStatus") == 1]
    return WindowsLicence(1 if 1 in own else next((s for s in own if s is not None), None), tuple(sorted(esu)))


def read_features(data: Data) -> WindowsFeatures:
    rows = data.needed_rows("features")
    items = (WindowsFeature(one.word("Name"), chosen(one.number("InstallState"), _FEATURE_STATES)) for one in rows)
    return WindowsFeatures(tuple(sorted(items, key=lambda f: f.name)), data.texts("roles"))


SYSTEM = probe("system", read_system)
LICENCE = probe("licence", read_licence, seconds=30)
FEATURES = probe("features", read_features, seconds=30)
