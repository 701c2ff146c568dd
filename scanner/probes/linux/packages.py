"""Installed packages: dpkg-query(1), rpm(8) and the data base of apk-tools (apk-installed, wiki "Apk spec").

Only packages with files on disk count: a removed package whose configuration stays (``rc``) is not installed.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from operator import attrgetter

from inventory.facts.packages import Package, Packages
from inventory.remembered import Remembered
from scanner.probes.linux.sections import MANAGER, Parts, bounded, parts
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

MAX_PACKAGES = 50_000  # a full TeX Live desktop has about 8,000
MAX_LOCKS = 1_000
KNOWN_LINES, KNOWN_LENGTH = 16_384, 200  # of package lists that are remembered: at most about 15 MB
_NAME = attrgetter("name")
_BY_NAME = attrgetter("name", "version", "architecture")
NONE = "(none)"  # how rpm writes a tag that is not set

# rpm: the epoch is written only where there is one, which needs no EPOCHNUM (unknown before EL 6);
# MODULARITYLABEL is unknown before EL 8, and an unknown tag fails the whole query.
BODY = (
    MANAGER
    + r"""
case $manager in
deb)
  echo =deb=
  name='${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}'
  dpkg-query -W -f="$name"'\t${source:Package}\t${source:Version}\t${Origin}\n'
  echo "=deb:$?=" ;;
apk)
  echo =apk=
  grep -hE '^([PVAo]:|$)' /lib/apk/db/installed 2>/dev/null || grep -hE '^([PVAo]:|$)' /usr/lib/apk/db/installed
  echo "=apk:$?="
  echo =world=; [ -r /etc/apk/world ] && while read -r one; do echo "$one"; done </etc/apk/world ;;
rpm)
  label=
  case $(rpm --querytags) in *MODULARITYLABEL*) label='%{MODULARITYLABEL}' ;; esac
  echo =rpm=
  rpm -qa --qf '%{NAME}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\t%{VENDOR}\t'"$label"'\n'
  echo "=rpm:$?="
  echo =locks=
  for file in /etc/dnf/plugins/versionlock.list /etc/yum/pluginconf.d/versionlock.list; do
    [ -f "$file" ] && while read -r one; do echo "$one"; done <"$file"
  done
  echo =locks-dnf5=
  [ -f /etc/dnf/versionlock.toml ] && grep -E '^ *name *=' /etc/dnf/versionlock.toml
  echo =locks-zypp=
  [ -f /etc/zypp/locks ] && grep -E '^ *(type|solvable_name) *:' /etc/zypp/locks
  : ;;
esac
exit 0
"""
)


def read_packages(text: str) -> Packages:
    said = parts(text)
    if "deb" in said:
        return _sorted("deb", _deb(said.closed("deb").lines), said)
    if "apk" in said:
        return _sorted("apk", _apk(said.closed("apk").text, said), said)
    if "rpm" in said:
        return _sorted("rpm", _rpm(said.closed("rpm").lines, said), said)
    raise Unreadable("no package manager answered")


def _sorted(manager: str, found: Iterable[Package], said: Parts) -> Packages:
    items = sorted(found, key=_NAME)
    if len({package.name for package in items}) < len(items):
        items.sort(key=_BY_NAME)
    bounded(len(items), MAX_PACKAGES, "packages")
    if not items:  # every host has the package manager's own package, at the least
        raise Unreadable("the package manager lists no package at all")
    return Packages(manager, tuple(items), tuple(said.lines("unknown")))  # only a supplied list has such a part


def _deb(lines: list[str]) -> list[Package]:
    return [package for line in lines if (package := _DEB_LINES[line]) is not None]


def _deb_line(line: str) -> Package | None:
    """Begins with desired action and state: ``ii ``, ``hi ``, ``iF``, ``rc ``. States n and c: no files on disk."""
    state, name, version, architecture, source, source_version, origin = _columns(line, 7)
    if state[1:2] in ("n", "c"):
        return None
    if not name or not version:
        raise Unreadable("the package list has an entry without name or version")
    return Package(name, version, architecture, source, source_version, origin, state[0] == "h")


def _columns(line: str, count: int) -> list[str]:
    columns = line.split("\t")
    if len(columns) != count or not columns[0]:
        raise Unreadable("the package list has a line that is no package")
    return columns


def _apk(text: str, said: Parts) -> Iterator[Package]:
    """Stanzas of ``letter:value`` lines; a version pinned in /etc/apk/world is held."""
    pinned = {name for name, _, rest in (re.split(r"([=<~])", w, maxsplit=1) for w in _pins(said)) if rest}
    for stanza in text.split("\n\n"):
        values = {line[0]: line[2:] for line in stanza.split("\n") if line[1:2] == ":"}
        if not values:
            continue
        if not values.get("P") or not values.get("V"):
            raise Unreadable("the package list has an entry without name or version")
        name = values["P"]
        yield Package(name, values["V"], values.get("A", ""), values.get("o", name), "", "", name in pinned)


def _pins(said: Parts) -> list[str]:
    return [word for word in said.lines("world") if re.search("[=<~]", word)]


def _rpm(lines: list[str], said: Parts) -> Iterable[Package]:
    items = [package for line in lines if (package := _RPM_LINES[line]) is not None]
    bounded(len(said.lines("locks")), MAX_LOCKS, "package locks")
    held = _locked({package.name for package in items}, said)
    if not held:
        return items
    return (replace(package, held=True) if package.name in held else package for package in items)


def _rpm_line(line: str) -> Package | None:
    name, version, architecture, *others = _columns(line, 6)
    if name == "gpg-pubkey":  # a key in the data base, not a package
        return None
    source, vendor, module = ("" if column == NONE else column for column in others)
    return Package(name, version.removeprefix("0:"), architecture, source, "", vendor, module=module)


def _locked(names: set[str], said: Parts) -> set[str]:
    """Names that dnf's or yum's versionlock, or zypper's locks, hold back."""
    patterns = [line for line in said.lines("locks") if not line.startswith(("#", "!"))]
    held = {_name_of(pattern, names) for pattern in patterns}
    plain = [line.partition("=")[2].strip(" \"'") for line in said.lines("locks-dnf5")]
    plain += [line.partition(":")[2].strip() for line in said.lines("locks-zypp") if "solvable_name" in line]
    bounded(len(plain), MAX_LOCKS, "package locks")
    held.update(plain)
    starts = tuple(pattern[:-1] for pattern in plain if pattern.endswith("*"))  # the only glob that anybody writes
    return {name for name in names if name in held or name.startswith(starts)}


def _name_of(pattern: str, names: set[str]) -> str:
    """The package in ``name-epoch:version-release.arch`` or yum's ``epoch:name-version-release.arch``."""
    words = re.sub(r"^[0-9]+:", "", pattern).split("-")[:20]
    tried = ("-".join(words[:count]) for count in range(len(words), 0, -1))
    return next((name for name in tried if name in names), "")


# Hosts of one distribution list the same packages: each line is read once.
_DEB_LINES = Remembered(_deb_line, KNOWN_LINES, KNOWN_LENGTH)
_RPM_LINES = Remembered(_rpm_line, KNOWN_LINES, KNOWN_LENGTH)
PACKAGES = ScriptProbe(
    "packages", Script("packages", BODY, max_bytes=8 * 1024 * 1024), read_packages, "dpkg, rpm or apk"
)
