"""Service and socket units, from systemctl(1). Without systemd as process 1 (sd_booted(3)) nothing can be told."""

from collections.abc import Iterator

from inventory.facts.services import Services, Unit
from scanner.probes.linux.sections import Part, bounded, parts
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

MAX_UNITS = 20_000

BODY = r"""
[ -d /run/systemd/system ] || exit 69
echo =units=
systemctl list-units --all --type=service,socket --plain --no-legend --no-pager --full
echo "=units:$?="
echo =files=
systemctl list-unit-files --type=service,socket --no-legend --no-pager --full
echo "=files:$?="
exit 0
"""

TYPES = (".service", ".socket")


def read_services(text: str) -> Services:
    said = parts(text)
    enabled = dict(_files(said.closed("files")))
    units = tuple(sorted(_units(said.closed("units"), enabled), key=lambda unit: unit.name))
    bounded(len(units), MAX_UNITS, "units")
    if not units:
        raise Unreadable("systemctl lists no unit at all")
    return Services(units)


def _units(part: Part, enabled: dict[str, str]) -> Iterator[Unit]:
    """``UNIT LOAD ACTIVE SUB DESCRIPTION``; older systemd puts a dot in front of failed units also with --plain."""
    for line in part.lines:
        columns = line.lstrip("●*○×↻ ").split(None, 4)
        if len(columns) < 4 or not columns[0].endswith(TYPES):
            raise Unreadable("systemctl printed a line that is no unit")
        name, load, active, sub = columns[:4]
        if load != "not-found":  # named by another unit, not on this host
            yield Unit(name, active, sub, enabled.get(name) or enabled.get(_template(name), ""))


def _files(part: Part) -> Iterator[tuple[str, str]]:
    """``FILE STATE [PRESET]``"""
    for line in part.lines:
        name, _, rest = line.partition(" ")
        yield name, rest.split()[0] if rest.split() else ""


def _template(name: str) -> str:
    """getty@tty1.service is enabled through getty@.service."""
    stem, at, rest = name.partition("@")
    return f"{stem}@.{rest.rpartition('.')[2]}" if at else ""


SERVICES = ScriptProbe("services", Script("services", BODY), read_services, "systemd, as process 1,")
