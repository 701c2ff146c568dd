"""An inventory in Ansible's YAML form: one file, several, or a directory of them.

Every fault of every file is told at once. Hosts, groups and variables are Ansible's; the keys of estatecheck stand
under ``estatecheck:``, at the top level and in variables (docs/write-an-inventory.md). ``group_vars`` and ``host_vars``
directories, dynamic inventories, Vault and templates are not read.
"""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from inventory.asset import Asset
from inventory.estate import Estate
from inventory.sources import build, links, words
from inventory.sources.errors import Fault, InventoryError
from inventory.sources.groups import Census, Host
from inventory.sources.merge import Hierarchy, Setting, Settings, cycles
from inventory.sources.ownkeys import OWN, OwnKeys
from inventory.sources.positions import Value, read
from inventory.sources.watching import watch_faults, watching
from inventory.watch import Watching

MAX_BYTES = 50 * 1024 * 1024
SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Text:
    """One file as it was read. ``name`` is what messages call it."""

    name: str
    data: bytes


class YamlFile:
    """Reads files, or every ``*.yaml`` and ``*.yml`` of a directory, in the order given, then by name."""

    def __init__(self, *paths: Path | str) -> None:
        self.paths = tuple(map(Path, paths))

    def estate(self, judge: "Judge | None" = None) -> Estate:
        """Raises :class:`InventoryError` with every fault of every file. ``judge`` is asked when there is none."""
        return load(list(texts(self.paths)), str(self.paths[0]) if len(self.paths) == 1 else "", judge)


def texts(paths: Sequence[Path]) -> Iterator[Text]:
    """The files behind the paths. Raises :class:`InventoryError`."""
    for path in paths:
        try:
            files = _yaml_files(path) if path.is_dir() else [path]
            if not files:
                raise InventoryError([Fault(str(path), 0, 0, "", "no *.yaml or *.yml file in this directory")])
            for file in files:
                yield Text(str(file), read_bounded(file))
        except FileNotFoundError as exc:
            message = "there is no such file; `estatecheck init` writes a starter inventory"
            raise InventoryError([Fault(str(exc.filename or path), 0, 0, "", message)]) from exc
        except OSError as exc:
            message = f"cannot be read: {exc.strerror or type(exc).__name__}"
            raise InventoryError([Fault(str(exc.filename or path), 0, 0, "", message)]) from exc


def _yaml_files(directory: Path) -> list[Path]:
    return sorted(p for p in directory.iterdir() if p.suffix in SUFFIXES and not p.name.startswith("."))


def read_bounded(path: Path) -> bytes:
    """A regular file of at most ``MAX_BYTES``. Raises ``OSError`` and :class:`InventoryError`."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO must not block
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise InventoryError([Fault(str(path), 0, 0, "", "is not a regular file")])
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise InventoryError([Fault(str(path), 0, 0, "", f"is larger than {MAX_BYTES // 1024**2} MB")])
    return data


class Misfit(Protocol):
    """What somebody who knows more than the shapes found wrong: in which entry of which table, at which key."""

    @property
    def table(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def steps(self) -> tuple[str, ...]: ...
    @property
    def text(self) -> str: ...


Judge = Callable[[Watching, Mapping[str, str]], Iterable[Misfit]]  # the latter: what each calendar's file holds


def load(files: Sequence[Text], source: str = "", judge: Judge | None = None) -> Estate:
    """The estate that the files describe together. Raises :class:`InventoryError`."""
    census, own = Census(), OwnKeys()
    readable = [_read_file(file, census, own) for file in files]
    included = [*_include(own), *_calendars(own), *_policies(own)]
    _branding(own)
    faults = [*census.faults, *own.faults]
    rings = cycles(census)
    if rings or not all(readable):
        raise InventoryError([*faults, *rings])
    hierarchy = Hierarchy(census)
    effective = {name: hierarchy.effective(host) for name, host in census.hosts.items()}
    faults += _later_faults(census, own, hierarchy, effective)
    faults += watch_faults(own, census.hosts, census.groups)
    if judge and not faults:
        found = judge(watching(own), own.ics)
        faults += [own.spot(one.table, one.name, *one.steps).fault(one.text) for one in found]
    if faults:
        raise InventoryError(faults)
    made = build.estate(
        own,
        _assets(census, own, hierarchy, effective),
        build.group_limits(hierarchy, own),
        {name: made for said in effective.values() for name, made in build.key_file_credentials(said).items()},
        Path(source or files[0].name).stem,
    )
    return replace(made, source=source or ", ".join(f.name for f in files), digest=digest([*files, *included]))


def digest(files: Sequence[Text]) -> str:
    """sha256 of the file; of several, sha256 of the lines ``<sha256>  <file name>`` in their order.

    A file that an inventory names is one of several.
    """
    if len(files) == 1:
        return hashlib.sha256(files[0].data).hexdigest()
    lines = [f"{hashlib.sha256(f.data).hexdigest()}  {Path(f.name).name}\n" for f in files]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _read_file(file: Text, census: Census, own: OwnKeys) -> bool:
    """Adds one file; False when it could not be read as a mapping, so that names from it are lacking."""
    root = _parsed(file, own)
    if root is None:
        return False
    if root.data is not None and not isinstance(root.data, dict):
        message = "an inventory is a mapping of groups, such as `all:`; `estatecheck init` writes a starter"
        own.faults.append(Fault(file.name, root.line, root.column, "", message))
        return False
    entries = dict(root.entries)
    if found := entries.pop(OWN, None):
        own.read(file.name, found)
    census.read(file.name, entries)
    return True


def _parsed(file: Text, own: OwnKeys) -> Value | None:
    """The file as a tree; None and faults when it is none."""
    try:
        text = file.data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        before = file.data[: exc.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        own.faults.append(Fault(file.name, line, column, "", "this is not UTF-8; save the file as UTF-8"))
        return None
    root, faults = read(file.name, text)
    own.faults += faults
    return root


def _include(own: OwnKeys) -> Iterator[Text]:
    """Reads the files of approved firmware that the inventory names; a fault stands where it names them."""
    for wanted in own.approved.files:
        path = Path(wanted.spot.file).parent / wanted.path
        try:
            file = Text(str(path), read_bounded(path))
        except OSError as exc:
            why = "there is no such file" if isinstance(exc, FileNotFoundError) else exc.strerror or type(exc).__name__
            own.faults.append(wanted.spot.fault(f"{path} cannot be read: {why}; the path is relative to this file"))
        except InventoryError as exc:
            own.faults += exc.faults
        else:
            if root := _parsed(file, own):
                own.faults += own.approved.take(file.name, root, ())
            yield file


def _calendars(own: OwnKeys) -> Iterator[Text]:
    """Reads the .ics files that calendars name; a fault stands where one is named."""
    for name, told in own.calendars.items():
        if told.ics is None:
            continue
        spot = own.spot("calendars", name, "ics")
        path = Path(spot.file).parent / told.ics
        try:
            file = Text(str(path), read_bounded(path))
            own.ics[name] = file.data.decode("utf-8-sig")
        except OSError as exc:
            why = "there is no such file" if isinstance(exc, FileNotFoundError) else exc.strerror or type(exc).__name__
            own.faults.append(spot.fault(f"{path} cannot be read: {why}; the path is relative to this file"))
        except UnicodeDecodeError:
            own.faults.append(spot.fault(f"{path} is not UTF-8"))
        except InventoryError as exc:
            own.faults += exc.faults
        else:
            yield file


def _policies(own: OwnKeys) -> Iterator[Text]:
    """Reads the policy files that the inventory names; what is in them is judged where it is used.

    A plain word is the name of a preset, not of a file.
    """
    for name, named in own.policy.items():
        if not isinstance(named, str) or not Path(named).suffix:
            continue
        spot = own.spot("policy", name)
        path = Path(spot.file).parent / named
        try:
            file = Text(str(path), read_bounded(path))
            own.policy_texts[name] = file.data.decode("utf-8-sig")
        except OSError as exc:
            why = "there is no such file" if isinstance(exc, FileNotFoundError) else exc.strerror or type(exc).__name__
            own.faults.append(spot.fault(f"{path} cannot be read: {why}; the path is relative to this file"))
        except UnicodeDecodeError:
            own.faults.append(spot.fault(f"{path} is not UTF-8"))
        except InventoryError as exc:
            own.faults += exc.faults
        else:
            yield file


def _branding(own: OwnKeys) -> None:
    """Makes the path of the folder whole. What is in it is judged where a report is written."""
    named = own.estate.get("branding")
    if not named:
        return
    spot = own.spot("estate", "branding")
    home = Path(spot.file).parent.resolve()
    try:
        folder = (home / named).resolve()
        if not folder.is_relative_to(home):
            own.faults.append(spot.fault(f"{named!r:.80} leads out of the folder of this file; put it there"))
        elif not folder.is_dir():
            own.faults.append(spot.fault(f"there is no folder {folder}; the path is relative to this file"))
        own.estate["branding"] = str(folder)
    except (OSError, RuntimeError, ValueError) as fault:  # a ring of links; a NUL
        own.faults.append(spot.fault(f"{named!r:.80} cannot be looked at: {type(fault).__name__}"))


def _later_faults(
    census: Census, own: OwnKeys, hierarchy: Hierarchy, effective: dict[str, Settings]
) -> Iterator[Fault]:
    """What can only be seen once everything is read: names that do not exist, and chains of bastions."""
    yield from links.table_faults(own)
    yield from links.isolation_faults(own)
    yield from links.responsibility_faults(own)
    yield from links.scope_faults(own, census)
    written = {id(b): b for g in census.groups.values() for b in g.blocks}
    written |= {id(b): b for h in census.hosts.values() for b in h.blocks}
    for block in written.values():
        yield from links.block_faults(block, hierarchy.said(block), own, census)
    bastions: dict[str, Setting] = {}
    for name, said in effective.items():
        if said.get("bastion") and said["bastion"].value is not None and _way(said) in ("ssh", "cli"):
            bastions[name] = said["bastion"]
        yield from _address_faults(census.hosts[name], said)
    yield from links.bastion_faults(bastions)


def _way(said: Settings) -> str:
    return str(build.value(said, "ansible_connection") or "ssh")


def _address_faults(host: Host, said: Settings) -> Iterator[Fault]:
    """A host without ``ansible_host`` is reached by its name, which then must be an address."""
    if _way(said) == "local" or build.value(said, "ansible_host", "ansible_ssh_host") is not None:
        return
    try:
        words.address(host.name)
    except ValueError as exc:
        yield host.spot.fault(f"{exc}; give the host an `ansible_host`")


def _assets(census: Census, own: OwnKeys, hierarchy: Hierarchy, effective: dict[str, Settings]) -> tuple[Asset, ...]:
    sites, defaults, stands = build.sites(own), build.default_limits(own), build.viewpoint(own)
    return tuple(
        replace(build.asset(host, hierarchy.groups_of(host), effective[name], sites, defaults), seen_from=stands)
        for name, host in census.hosts.items()
    )
