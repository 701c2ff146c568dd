"""What runs, held against what somebody approved for the model.

A version is approved that is named, or that is the approved minimum or newer in its train. Nobody approved anything for
the model: not assessed, since nobody said what should run. Another train than that of a minimum is not approved.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from checks.finding import HOST, Outcome, Ruling, Subject, failed, passed
from checks.firmware.versions import NotComparable, Scheme, Version, at_least, meets
from inventory.facts import Reason
from inventory.policy import ApprovedFirmware, Policy

NOT_SAFE = "approved is not the same as safe: its support and its known weaknesses are judged by themselves"


@dataclass(frozen=True, slots=True)
class Running:
    """Firmware as its device tells it. ``alias`` is a longer way to write it, for devices that tell half a version."""

    vendor: str | None
    model: str | None
    os: str | None
    version: str
    scheme: Scheme | None
    alias: str = ""
    day: str = ""  # of its release, "" unknown

    def __str__(self) -> str:
        return f"{self.version} of {self.day}" if self.day else self.version


@dataclass(frozen=True, slots=True)
class _Held:
    """One block against what runs. ``unsure`` says why that could not be told, "" if it could."""

    block: ApprovedFirmware
    approved: bool
    unsure: str = ""


def concerning(policy: Policy, running: Running) -> tuple[ApprovedFirmware, ...]:
    return tuple(b for b in policy.approved_firmware if b.concerns(running.vendor, running.model, running.os))


def judged(blocks: Sequence[ApprovedFirmware], running: Running, today: date, subject: Subject = HOST) -> Ruling:
    """``blocks`` are those that concern it."""
    if not blocks:
        return unassessed(Reason.NO_BASELINE, _nobody(running), subject)
    held = [_held(block, running) for block in blocks]
    valid = [one for one in held if _valid(one.block, today)]
    if by := next((one.block for one in valid if one.approved), None):
        return passed(f"runs {running}, approved {_by(by)}; {NOT_SAFE}", subject)
    if by := next((one.block for one in held if one.approved), None):
        return failed(f"runs {running}; {_outside(by, today)}", subject)
    if unsure := next((one.unsure for one in valid if one.unsure), ""):
        return unassessed(Reason.NO_BASELINE, f"runs {running}; {unsure}", subject)
    return failed(f"runs {running}; {_approved(one.block for one in held)}", subject)


def unassessed(reason: Reason, why: str, subject: Subject = HOST) -> Ruling:
    return Ruling(Outcome.NOT_ASSESSED, why, subject, reason)


def _nobody(running: Running) -> str:
    named = " ".join(part for part in (running.vendor, running.model) if part) or "a device of unknown model"
    return f"nobody approved any version for {named}; add it under estatecheck.approved_firmware in the inventory"


def _valid(block: ApprovedFirmware, today: date) -> bool:
    return block.approved_on <= today and (block.valid_until is None or today <= block.valid_until)


def _held(block: ApprovedFirmware, running: Running) -> _Held:
    if any(_named(text, running) for text in block.versions):
        return _Held(block, approved=True)
    if block.minimum is None:
        return _Held(block, approved=False)
    if _written(block.minimum, running):
        return _Held(block, approved=True)
    enough = _enough(block.minimum, running)
    return _Held(block, approved=False, unsure=enough) if isinstance(enough, str) else _Held(block, approved=enough)


def _named(text: str, running: Running) -> bool:
    if _written(text, running):
        return True
    ours, theirs = _read(running.version, running.scheme), _read(text, running.scheme)
    return ours is not None and theirs is not None and meets(ours, theirs)


def _written(text: str, running: Running) -> bool:
    return text.strip().lower() in {running.version.strip().lower(), running.alias.strip().lower()}


def _enough(minimum: str, running: Running) -> bool | str:
    """Whether it is the minimum or newer; a sentence where that cannot be told."""
    if running.scheme is None:
        return f"how versions of {running.os or running.model} are ordered is not known: name the approved ones"
    ours, least = _read(running.version, running.scheme), _read(minimum, running.scheme)
    if ours is None or least is None:
        odd = running.version if ours is None else f"the approved minimum {minimum}"
        return f"{odd} is not written as {running.scheme.name} versions are"
    found = at_least(ours, least)
    if isinstance(found, NotComparable):
        return False if ours.train != least.train else f"whether that is the minimum is not known: {found.reason}"
    return found


def _read(text: str, scheme: Scheme | None) -> Version | None:
    made = scheme.parse(text) if scheme else None
    return made if isinstance(made, Version) else None


def _by(block: ApprovedFirmware) -> str:
    return f"by {block.approved_by} on {block.approved_on}" + (f" ({block.reference})" if block.reference else "")


def _outside(block: ApprovedFirmware, today: date) -> str:
    if block.approved_on > today:
        return f"its approval {_by(block)} has not begun"
    return f"its approval {_by(block)} ended on {block.valid_until}"


def _approved(blocks: Iterable[ApprovedFirmware]) -> str:
    return "; ".join(f"approved: {_what(block)}, {_by(block)}" for block in blocks)


def _what(block: ApprovedFirmware) -> str:
    least = [f"{block.minimum} or newer in its train"] if block.minimum else []
    return " or ".join([*(", ".join(block.versions[:10]),), *least]) if block.versions else "".join(least)
