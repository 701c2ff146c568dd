"""What is this box, by its own command line? The outputs of a few read-only commands, read by rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inventory.asset import Asset, Privilege
from inventory.facts.device import Conflict, Device, Part, Source
from scanner.probes.cli import blocks, uptime
from scanner.probes.cli.commands import COMMANDS, DETECTION, more
from scanner.probes.cli.reading import RAW, Reading, read, tidy
from scanner.probes.cli.rules import rule_for
from scanner.query import Answer, CliCommand, Query, Unreadable

ROUNDS = 2
_UNNAMED = "name its platform in the inventory (estatecheck: platform)"


@dataclass(frozen=True, slots=True)
class CliDeviceProbe:
    """An asset with a platform is asked once; another one first for its version, then what its system can add."""

    name: str = "device"
    privilege: Privilege = Privilege.USER

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:
        if not so_far:
            commands = COMMANDS.get(asset.platform or "")
            return CliCommand(self.name, commands or DETECTION, until_one_answers=not commands)
        if len(so_far) >= ROUNDS or so_far[0].missing or asset.platform in COMMANDS:
            return None
        said = blocks.read(so_far[0].output)
        commands = more(main.rule.name, said.outputs) if (main := _main(_readings(said))) else ()
        return CliCommand(self.name, commands) if commands else None

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> Device:
        """Raises :class:`Unreadable`."""
        return identify([blocks.read(answer.output) for answer in answers if answer.missing is None], asset.platform)


def identify(said: Sequence[blocks.Said], platform: str | None = None) -> Device:
    """Raises :class:`Unreadable` when no rule knows what the device printed."""
    readings = [reading for one in said for reading in _readings(one)]
    main = _main(readings)
    gaps = tuple(gap for one in said for gap in one.gaps)
    if main is None:
        raise Unreadable(_unknown(said, platform, gaps))
    ordered = [main, *(reading for reading in readings if reading is not main)]
    values: dict[str, Source] = {}
    for reading in ordered:
        values = dict(reading.values) | values
    conflicts = tuple(conflict for reading in ordered for conflict in reading.conflicts)
    kept = {name: source for name, source in values.items() if not _disputed(name, main, conflicts)}
    span = kept.pop("uptime", None)
    return Device(
        vendor=main.rule.vendor,
        os=main.rule.os,
        rule=main.rule.name,
        uptime_seconds=uptime.seconds(span.raw) if span else None,
        version=_raw(kept, "version"),
        model=_raw(kept, "model"),
        serial=_raw(kept, "serial"),
        boot_version=_raw(kept, "boot_version"),
        hostname=_raw(kept, "hostname"),
        parts=_parts(ordered),
        evidence=tuple(kept.values()) + ((span,) if span else ()),
        conflicts=conflicts,
        description=main.first_line[:RAW],
        gaps=gaps,
    )


def _raw(kept: Mapping[str, Source], name: str) -> str | None:
    return kept[name].raw if name in kept else None


def _readings(said: blocks.Said) -> list[Reading]:
    texts = {command: tidy(output) for command, output in said.outputs.items()}
    found = ((command, text, rule_for(command, text)) for command, text in texts.items())
    return [read(rule, command, text) for command, text, rule in found if rule]


def _main(readings: Sequence[Reading]) -> Reading | None:
    """What says who made the device: the first output that does."""
    return next((reading for reading in readings if not reading.rule.adds), None)


def _disputed(name: str, main: Reading, conflicts: Sequence[Conflict]) -> bool:
    """What the main output says in two ways is not taken from another output either: that may be another thing."""
    of_main = name in {conflict.field for conflict in main.conflicts}
    return of_main or (name not in main.values and name in {conflict.field for conflict in conflicts})


def _parts(readings: Sequence[Reading]) -> tuple[Part, ...]:
    """Of the output that tells most."""
    return max((reading.parts for reading in readings), key=len, default=())


def _first_line(said: Sequence[blocks.Said]) -> str:
    lines = (line.strip() for one in said for output in one.outputs.values() for line in output.split("\n"))
    return next((line for line in lines if line), "")


def _unknown(said: Sequence[blocks.Said], platform: str | None, gaps: Sequence[str]) -> str:
    asked = ", ".join(command for one in said for command in one.outputs) or "the commands"
    hint = f"what a device of platform {platform} prints was expected" if platform else _UNNAMED
    rest = f"; {'; '.join(gaps)}" if gaps else ""
    return f"no rule knows what the device printed to {asked} ({_first_line(said)[:120]!r}): {hint}{rest}"


CLI_DEVICE = CliDeviceProbe()
