"""Is this the machine we knew? Pure: what a host presented, against what the record knows.

Strong identities are machine-id, SMBIOS UUID and SSH host keys; a name is weak. A strong identity is written as a
token, ``"<kind> <value>"``. Nothing is ever merged here: whatever does not fit becomes a note for a person.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from inventory.facts.device import Device
from inventory.facts.identity import Identity
from inventory.facts.system import System
from inventory.facts.windows_domain import WindowsIdentity
from inventory.facts.windows_system import WindowsSystem

MACHINE_ID = "machine-id"
SMBIOS = "smbios-uuid"
HOST_KEY = "ssh-host-key"
SERIAL = "serial"
IDENTIFIES = ("identity", "device", "windows_identity")  # facts that tell which machine this is

_HEX32 = re.compile(r"[0-9a-f]{32}\Z")
_KEY = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?\Z")
MAX_KEYS = 16
BODIES = ("chassis", "stack", "system")  # kinds of parts that are machines of their own
# What firmware says when nobody gave the board a number (dmidecode(8)); shared by unrelated machines.
_NO_UUID = frozenset({"0" * 32, "f" * 32, "03000200040005000006000700080009", "00020003000400050006000700080009"})


@dataclass(frozen=True, slots=True)
class Known:
    """An asset of the record. ``disputed`` was presented under its name too, but not accepted as its own."""

    uid: str
    name: str  # at its last visit
    accepted: frozenset[str] = frozenset()  # ever
    current: frozenset[str] = frozenset()  # the latest accepted ones of each kind
    disputed: frozenset[str] = frozenset()
    latest: frozenset[str] = frozenset()  # the latest of each kind, accepted or not


@dataclass(frozen=True, slots=True)
class Resolution:
    """Which asset a visit belongs to. ``uid`` None: a new asset. With a ``note`` nothing may be closed."""

    uid: str | None
    note: str = ""
    new_generation: bool = False  # installed anew on the same hardware
    rivals: tuple[str, ...] = ()  # uids that share the identity under another name of the inventory


def identity_in(facts: Mapping[str, object]) -> Identity | None:
    """What these facts say of which machine it is: a host's own identities, or the serial numbers of a device.

    Windows' MachineGuid stands where machine-id(5) does: made by Setup, and shared by copies of one image too.
    """
    identity, device, windows = facts.get("identity"), facts.get("device"), facts.get("windows_identity")
    if isinstance(identity, Identity):
        return identity
    if isinstance(windows, WindowsIdentity):
        return Identity(windows.machine_guid, windows.smbios_uuid, ())
    return Identity(None, None, (), _serials(device)) if isinstance(device, Device) else None


def _serials(device: Device) -> tuple[str, ...]:
    """The device's own, and those of its chassis and stack members: of a stack any may answer for all."""
    bodies = (part.serial for part in device.parts or () if part.kind in BODIES)
    plain = {re.sub(r"\s+", " ", serial).strip().upper() for serial in (device.serial, *bodies) if serial}
    usable = sorted(serial for serial in plain if len(serial) > 3 and len(set(serial) - set(" -.:0")) > 1)
    return tuple(f"{(device.vendor or 'unknown').lower()} {serial}" for serial in usable)


def os_name_in(facts: Mapping[str, object]) -> str:
    """What runs there, as it is shown; "" unknown."""
    system, device, windows = facts.get("system"), facts.get("device"), facts.get("windows_system")
    if isinstance(system, System):
        return system.os_name
    if isinstance(windows, WindowsSystem):
        return " ".join(filter(None, (windows.name, windows.display_version, f"({windows.full_build})")))
    return " ".join(filter(None, (device.os, device.version))) if isinstance(device, Device) else ""


def strong(identity: Identity | None, presented_key: str = "") -> frozenset[str]:
    """Tokens of everything usable. Values that many machines share, or that make no sense, are left out."""
    found: set[str] = set()
    if identity is not None:
        found |= _hexadecimal(MACHINE_ID, identity.machine_id)
        found |= _hexadecimal(SMBIOS, identity.smbios_uuid)
        found |= {f"{HOST_KEY} {key}" for key in identity.ssh_host_keys[:MAX_KEYS] if _KEY.match(key)}
        found |= {f"{SERIAL} {serial}" for serial in identity.serials[:MAX_KEYS]}
    if _KEY.match(presented_key):
        found.add(f"{HOST_KEY} {presented_key}")
    return frozenset(found)


def _hexadecimal(kind: str, value: str | None) -> set[str]:
    plain = (value or "").strip().lower().replace("-", "")
    usable = _HEX32.match(plain) and plain not in _NO_UUID and len(set(plain)) > 1
    return {f"{kind} {plain}"} if usable else set()


def resolve(
    name: str, presented: frozenset[str], holder: Known | None, related: Sequence[Known], planned: Collection[str]
) -> Resolution:
    """Find the asset behind one visit.

    ``holder`` is the asset that last bore ``name``; ``related`` are all assets that ever presented one of the tokens;
    ``planned`` are the names of the inventory of today. Hosts may be saved in any order.
    """
    own = holder.uid if holder else None
    if not presented:
        return Resolution(own)
    rivals = [k for k in related if k.name != name and k.name in planned and presented & k.latest]
    if rivals:
        return Resolution(own, _shared(name, presented, rivals), rivals=tuple(k.uid for k in rivals))
    owners = [k for k in related if presented & k.accepted]
    if len(owners) > 1:
        names = " and ".join(sorted(k.name for k in owners))
        return Resolution(own, f"what {name} presents belongs to several known machines: {names}")
    return _owned(name, presented, holder, owners[0]) if owners else _unowned(name, holder)


def _shared(name: str, presented: frozenset[str], rivals: Sequence[Known]) -> str:
    others = sorted(k.name for k in rivals)
    kinds = sorted({t.partition(" ")[0] for k in rivals for t in presented & k.latest})
    shown = ", ".join(others[:3]) + (f" and {len(others) - 3} more" if len(others) > 3 else "")
    return f"{name} presents the same {' and '.join(kinds)} as {shown}: one machine under several names, or a copy"


def _unowned(name: str, holder: Known | None) -> Resolution:
    """Nobody knows these identities: a new machine, or another machine under a known name."""
    if holder is None or not holder.accepted:
        return Resolution(holder.uid if holder else None)
    return Resolution(holder.uid, f"{name} presents none of the identities it had: another machine under this name")


def _owned(name: str, presented: frozenset[str], holder: Known | None, owner: Known) -> Resolution:
    same_name = holder is not None and holder.uid == owner.uid
    if holder is not None and not same_name and (holder.accepted or holder.disputed):
        return Resolution(holder.uid, f"{name} was another machine before; it now presents what {owner.name} had")
    conflict = _contradiction(owner.current, presented, same_name)
    if conflict:
        return Resolution(holder.uid if holder else None, f"{name}: {conflict}")
    before, now = _of(MACHINE_ID, owner.current), _of(MACHINE_ID, presented)
    return Resolution(owner.uid, new_generation=bool(before and now and not before & now))


def _contradiction(current: frozenset[str], presented: frozenset[str], same_name: bool) -> str:
    """Why a partial match is not the same machine; "" when it is. The board outweighs what is on the disk."""
    kinds = (SMBIOS, MACHINE_ID, HOST_KEY, SERIAL)
    agrees = {kind: _compare(_of(kind, current), _of(kind, presented)) for kind in kinds}
    if agrees[SMBIOS] is not None:
        return "" if agrees[SMBIOS] else "a known installation on other hardware: a copy, or a moved disk"
    if not any(agrees.values()):
        return "it presents only identities that this machine gave up earlier"
    if not same_name and False in agrees.values():
        return "machine-id and SSH host keys point to different machines: a copy of an installation"
    return ""


def _of(kind: str, tokens: frozenset[str]) -> frozenset[str]:
    return frozenset(t for t in tokens if t.startswith(kind + " "))


def _compare(before: frozenset[str], now: frozenset[str]) -> bool | None:
    """None: cannot be compared, one side is not known."""
    return bool(before & now) if before and now else None
