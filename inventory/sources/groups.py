"""Groups and hosts as the files tell them: every group with its children, every host with its groups and variables.

Files are read in order; what a later one says of a host or group comes on top, as in Ansible.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from inventory.sources import words
from inventory.sources.document import AssetKeys, LimitKeys, SnapshotKeys, ThresholdKeys, Vars
from inventory.sources.document import Group as GroupKeys
from inventory.sources.errors import Fault, Spot, did_you_mean, shown
from inventory.sources.explain import describe, validate
from inventory.sources.positions import Entry, Step, Value, Vaulted, locate, path_text, plain

MAX_HOSTS = 200_000

Path = tuple[Step, ...]

# Log-in secrets of Ansible. A value in the open, vaulted or looked up: none can be used here.
_SECRETS = (
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_password",
    "ansible_become_pass",
    "ansible_become_password",
    "ansible_sudo_pass",
    "ansible_su_pass",
    "ansible_ssh_private_key_passphrase",
    "ansible_private_key_passphrase",
)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The variables that one place in a file gives to a group, or to one host pattern."""

    file: str
    path: Path  # of the mapping of variables
    value: Value
    vars: Vars

    def spot(self, *steps: Step) -> Spot:
        return locate(self.file, self.value, self.path, steps)

    @property
    def own(self) -> AssetKeys:
        return self.vars.estatecheck or AssetKeys.model_construct()

    @property
    def limits(self) -> LimitKeys:
        return self.own.limits or LimitKeys.model_construct()

    @property
    def thresholds(self) -> ThresholdKeys:
        return self.own.thresholds or ThresholdKeys.model_construct()

    @property
    def snapshots(self) -> SnapshotKeys:
        return self.own.snapshots or SnapshotKeys.model_construct()


@dataclass(slots=True)
class Group:
    name: str
    children: dict[str, Spot] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)


@dataclass(slots=True)
class Host:
    name: str
    spot: Spot
    groups: dict[str, None] = field(default_factory=dict)  # those that name it, in order
    blocks: list[Block] = field(default_factory=list)


class Census:
    """All groups and hosts of all files, and what is wrong with them."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {"all": Group("all")}
        self.hosts: dict[str, Host] = {}
        self.faults: list[Fault] = []
        self.top: dict[str, Spot] = {}  # groups named at the top level, children of all

    def read(self, file: str, entries: Mapping[str, Entry]) -> None:
        """Add one file: its top level without ``estatecheck``."""
        for name, entry in entries.items():
            reader = _Reader(self, file)
            if name == "plugin":
                reader.fault(
                    entry, (name,), "an inventory plugin is not run; give what `ansible-inventory --list --yaml` prints"
                )
                continue
            if name != "all":
                self.top.setdefault(name, reader.spot(entry, (name,)))
            self._group(reader, name, entry, (name,))

    def _group(self, reader: "_Reader", name: str, entry: Entry, path: Path) -> None:
        if not name.isprintable() or not name.strip() or len(name) > 253:
            reader.fault(entry, path, "this cannot be the name of a group; write at most 253 printable characters")
            return
        group = self.groups.setdefault(name, Group(name))
        for key, part in reader.mapping(entry, path, "a mapping of hosts, children and vars").items():
            here = (*path, key)
            if key == "hosts":
                reader.hosts(group, part, here)
            elif key == "children":
                for child, inner in reader.names(part, here).items():
                    group.children.setdefault(child, reader.spot(inner, (*here, child)))
                    self._group(reader, child, inner, (*here, child))
            elif key == "vars":
                if block := reader.block(part, here):
                    group.blocks.append(block)
            else:
                reader.fault(part, here, _unknown_part(key))


class _Reader:
    """Reads the parts of a group of one file into a census."""

    def __init__(self, census: Census, file: str) -> None:
        self.census, self.file = census, file

    def spot(self, entry: Entry, path: Path) -> Spot:
        return Spot(self.file, entry.line, entry.column, path_text(path))

    def fault(self, entry: Entry, path: Path, message: str) -> None:
        self.at(self.spot(entry, path), message)

    def at(self, spot: Spot, message: str) -> None:
        self.census.faults.append(spot.fault(message))

    def mapping(self, entry: Entry, path: Path, allowed: str) -> Mapping[str, Entry]:
        data = entry.value.data
        if data is not None and not isinstance(data, dict):
            self.fault(entry, path, f"{_kind(data)} is not allowed here; allowed: {allowed}")
        return entry.value.entries

    def names(self, entry: Entry, path: Path) -> Mapping[str, Entry]:
        """A mapping whose keys are names; Ansible lets a single name stand as plain text."""
        if isinstance(entry.value.data, str):
            value = entry.value
            return {entry.value.data: Entry(Value(None, value.line, value.column), value.line, value.column)}
        return self.mapping(entry, path, "a mapping: each name on its own line, followed by a colon")

    def hosts(self, group: Group, entry: Entry, path: Path) -> None:
        for pattern, part in self.names(entry, path).items():
            here = (*path, pattern)
            block = self.block(part, here)
            try:
                names = [words.asset_name(n) for n in words.expand(pattern)]
            except ValueError as exc:
                self.fault(part, here, str(exc))
                continue
            spot = self.spot(part, here)
            for name in names:
                self._host(group, name, block, spot)

    def _host(self, group: Group, name: str, block: Block | None, spot: Spot) -> None:
        host = self.census.hosts.get(name)
        if host is None:
            if len(self.census.hosts) >= MAX_HOSTS:
                return
            host = self.census.hosts[name] = Host(name, spot)
            if len(self.census.hosts) == MAX_HOSTS:
                self.at(spot, f"more than {MAX_HOSTS} hosts; split the estate into several inventories")
        host.groups[group.name] = None
        if block:
            host.blocks.append(block)

    def block(self, entry: Entry, path: Path) -> Block | None:
        """Validated variables; None when there are none, or none that can be used."""
        self._secrets(entry.value, path)
        known = {
            k: plain(e.value) for k, e in self.mapping(entry, path, "a mapping of variables").items() if k in _KNOWN
        }
        if known.get("estatecheck", ()) is None:
            del known["estatecheck"]
        if not known:
            return None
        checked, wrong = validate(Vars, known)
        for loc, message, key in wrong:
            self.at(locate(self.file, entry.value, path, loc, key=key), message)
        return Block(self.file, path, entry.value, checked) if checked else None

    def _secrets(self, value: Value, path: Path) -> None:
        """Refuse secrets in the open, wherever they are in the user's variables."""
        if isinstance(value.data, list):
            for i, item in enumerate(value.data):
                self._secrets(item, (*path, i))
            return
        for name, entry in value.entries.items():
            if message := _refused(name, entry.value.data):
                self.at(locate(self.file, value, path, (name,)), message)
            elif isinstance(entry.value.data, (dict, list)):
                self._secrets(entry.value, (*path, name))


_KNOWN = frozenset(Vars.model_fields)


def _refused(name: str, data: object) -> str | None:
    if data is None or isinstance(data, (bool, dict, list)):
        return None
    if name in _SECRETS:
        if isinstance(data, Vaulted):
            return f"a value encrypted with Ansible Vault is not opened here; {words.INSTEAD}"
        if words.has_template(data):
            return f"templates and lookups ({{{{ }}}}) are not evaluated here; {words.INSTEAD}"
        return f"a secret is not read from here; {words.INSTEAD}"
    if words.names_secret(name) and not (
        isinstance(data, Vaulted) or words.has_template(data) or words.is_reference(data)
    ):
        return f"a secret must not stand in the inventory in the open; remove it, or {words.INSTEAD}"
    return None


def _kind(data: object) -> str:
    """What stands there, never its text: it may be a secret in the wrong place."""
    if isinstance(data, Vaulted):
        return describe(data)
    return "a list" if isinstance(data, list) else "a single value"


def _unknown_part(key: str) -> str:
    allowed = tuple(GroupKeys.model_fields)
    return f"{shown(key)} is not known in a group;{did_you_mean(key, allowed)} allowed: {', '.join(allowed)}"
