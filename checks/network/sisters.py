"""Devices of one model that run older firmware than their sisters: an upgrade that did not reach all."""

from collections.abc import Iterator, Mapping

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.estate import Gathered
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, not_applicable, not_assessed, passed
from checks.firmware.schemes import scheme_of
from checks.firmware.versions import Order, Version, compare
from inventory.asset import Privilege
from inventory.facts import Absent, Missing, Reason
from inventory.facts.device import Device, VersionKind

MODEL = ("vendor", "os", "model")


def _told(device: Device) -> Mapping[str, str]:
    """ "" is: not told."""
    return {
        "kind": device.version_kind.value,
        "model": device.model or "",
        "os": device.os or "",
        "vendor": device.vendor or "",
        "version": (device.version or "") if device.version_kind is VersionKind.SOFTWARE else "",
    }


def _device(
    version: str | None, model: str | None = "C2960X", os: str = "IOS", kind: VersionKind = VersionKind.SOFTWARE
) -> Mapping[str, object]:
    return {"device": partial(Device, vendor="Cisco", os=os, model=model, version=version, version_kind=kind)}


def _among(outcome: Outcome, own: Mapping[str, object], *others: Mapping[str, object], says: str = "") -> Example:
    return Example(outcome, own, says=says or (), others={f"sw{n}": facts for n, facts in enumerate(others, 1)})


SILENT = {"device": Missing(Reason.TIMED_OUT, "no answer")}
NONE = {"device": Absent("it is no device")}


@check(
    id="net.fw.older-than-sisters",
    title="The device runs older firmware than others of its model",
    severity=Severity.LOW,
    theme=Theme.FIRMWARE,
    rationale=(
        "Other devices of this model run newer firmware. Devices of one model that run different versions behave "
        "differently, and an older one can lack fixes that the others have."
    ),
    remedy=Remedy(
        text="Bring this device to the version of the others, or record why it must stay.",
        steps=("Check that the newest version of the others is the approved one", "Plan the upgrade in a window"),
        verify="the next scan of the whole estate finds no newer version on this model",
        risk="A device restarts when its firmware changes.",
    ),
    privilege=Privilege.USER,
    references=("CIS Controls v8 12.1", "NIST SP 800-53 CM-2"),
    gathers=_told,
    examples=(
        _among(
            Outcome.FAIL,
            _device("15.2(7)E3"),
            _device("15.2(7)E8"),
            _device("15.2(7)E3"),
            _device("15.2(7)E4"),
            _device("15.2(7)E8"),
            says="runs 15.2(7)E3; 3 of 5 of this model run older than 15.2(7)E8",
        ),
        _among(
            Outcome.FAIL,
            _device("15.2(7)E3"),
            _device("15.2(7)E8"),
            _device("15.0(2)SE11"),
            SILENT,
            NONE,
            says="runs 15.2(7)E3; 1 of 3 of this model runs older than 15.2(7)E8; "
            "1 of them cannot be compared with it; 1 device of the estate could not be asked",
        ),
        _among(
            Outcome.PASS,
            _device("15.2(7)E8"),
            _device("15.2(7)E3"),
            _device("15.0(2)SE11"),
            NONE,
            says="runs 15.2(7)E8, and none of the 3 of this model runs newer; 1 of them cannot be compared with it",
        ),
        _among(Outcome.PASS, _device("15.2(7)E8"), _device("15.2(7)E8"), _device("15.2(8)E1", "C3560CX")),
        _among(Outcome.PASS, _device("15.2(7)E8"), _device("15.2(7)E8"), _device("15.2(8)E1", os="IOS-XE")),
        _among(
            Outcome.NOT_ASSESSED,
            _device("15.2(7)E8"),
            _device("15.2(7)E3"),
            SILENT,
            SILENT,
            says="runs 15.2(7)E8, the newest known of 2 of this model; 2 devices of the estate could not be asked",
        ),
        _among(
            Outcome.NOT_ASSESSED,
            _device("15.2(7)E8"),
            _device("15.2(7)E3"),
            _device(None),
            says="runs 15.2(7)E8, the newest known of 3 of this model; 1 of them does not tell its version",
        ),
        _among(
            Outcome.NOT_ASSESSED,
            _device("15.2(7)E8"),
            _device("4.19.0", kind=VersionKind.KERNEL),
            says="runs 15.2(7)E8, the newest known of 2 of this model; 1 of them does not tell its version",
        ),
        _among(
            Outcome.NOT_ASSESSED,
            _device("15.2(7)E8"),
            SILENT,
            says="runs 15.2(7)E8, the newest known of 1 of this model; 1 device of the estate could not be asked",
        ),
        _among(
            Outcome.NOT_ASSESSED,
            _device("15.2(7)E8"),
            _device("15.0(2)SE11"),
            says="15.2(7)E8 cannot be compared with any of the 1 others of this model: another train, "
            "or a version that cannot be read",
        ),
        _among(
            Outcome.NOT_ASSESSED,
            _device("1.0", os="Unheard"),
            _device("2.0", os="Unheard"),
            says="how versions of Unheard are ordered is not known",
        ),
        _among(
            Outcome.NOT_ASSESSED,
            _device("odd"),
            _device("15.2(7)E3"),
            says="odd is not written as versions of IOS are",
        ),
        _among(Outcome.NOT_ASSESSED, _device(None), _device("15.2(7)E3"), says="the device does not tell its version"),
        _among(
            Outcome.NOT_ASSESSED,
            _device("5.1", kind=VersionKind.KERNEL),
            _device("15.2(7)E3"),
            says="the device does not tell its version",
        ),
        _among(
            Outcome.NOT_ASSESSED,
            _device("15.2(7)E3", None),
            _device("15.2(7)E8", None),
            says="the device does not tell its model",
        ),
        _among(
            Outcome.NOT_APPLICABLE,
            _device("15.2(7)E3"),
            _device("15.2(8)E1", "C3560CX"),
            says="the only one of its model",
        ),
        _among(Outcome.NOT_ASSESSED, SILENT, _device("15.2(7)E3"), says="no answer"),
        Example(
            Outcome.NOT_ASSESSED,
            _device("15.2(7)E3"),
            says="the other assets of the estate were not looked at",
        ),
    ),
)
def older_than_sisters(estate: Gathered) -> Iterator[Ruling]:
    mine = estate.mine
    if not mine["version"]:
        yield not_assessed(Reason.NOT_TOLD, "the device does not tell its version")
    elif not mine["model"]:
        yield not_assessed(Reason.NOT_TOLD, "the device does not tell its model")
    else:
        yield _beside(estate, estate.counted("version", *MODEL))


def _beside(estate: Gathered, told: Mapping[str, int]) -> Ruling:
    """``told``: how many of its model run each version, "" what is not known."""
    mine, gaps, total = estate.mine, len(estate.peers.gaps), sum(told.values())
    if total == 1 and not gaps:
        return not_applicable("the only one of its model")
    orders = {text: _stands(mine, text) for text in told if text}
    own = orders[mine["version"]]
    if own is None:
        return not_assessed(Reason.OUTPUT_UNREADABLE, _unordered(mine))
    newer = [text for text, order in orders.items() if order is Order.NEWER]
    unlike = sum(told[text] for text, order in orders.items() if order is None)
    beside = f"; {unlike} of them cannot be compared with it" if unlike else ""
    unknown = _unknown(told.get("", 0), gaps)
    if newer:
        newest = _newest(mine, newer)
        older = sum(told[text] for text in orders if _stands({**mine, "version": newest}, text) is Order.OLDER)
        run = "runs" if older == 1 else "run"
        of_all = f"{older} of {total} of this model {run} older than {newest}"
        return failed(f"runs {mine['version']}; {of_all}{beside}{unknown}")
    if unknown:
        known = f"the newest known of {total} of this model"
        return not_assessed(Reason.NOT_ATTEMPTED, f"runs {mine['version']}, {known}{beside}{unknown}")
    if total - unlike == 1:
        alone = f"{mine['version']} cannot be compared with any of the {unlike} others of this model"
        return not_assessed(Reason.OUTPUT_UNREADABLE, f"{alone}: another train, or a version that cannot be read")
    return passed(f"runs {mine['version']}, and none of the {total} of this model runs newer{beside}")


def _stands(mine: Mapping[str, str], other: str) -> Order | None:
    """How another version stands to this one; None: that cannot be told."""
    scheme = scheme_of(mine["vendor"], mine["os"])
    read = [scheme.parse(text) for text in (other, mine["version"])] if scheme else []
    versions = [version for version in read if isinstance(version, Version)]
    found = compare(versions[0], versions[1]) if len(versions) == 2 else None
    return found if isinstance(found, Order) else None


def _newest(mine: Mapping[str, str], versions: list[str]) -> str:
    """All are comparable with this one, and so with each other."""
    newest = versions[0]
    for text in versions[1:]:
        if _stands({**mine, "version": newest}, text) is Order.NEWER:
            newest = text
    return newest


def _unordered(mine: Mapping[str, str]) -> str:
    if scheme_of(mine["vendor"], mine["os"]) is None:
        return f"how versions of {mine['os'] or 'this system'} are ordered is not known"
    return f"{mine['version']} is not written as versions of {mine['os']} are"


def _unknown(untold: int, gaps: int) -> str:
    """What could contradict a pass."""
    silent = (
        f"; {untold} of them {'does' if untold == 1 else 'do'} not tell {'its' if untold == 1 else 'their'} version"
    )
    unasked = f"; {gaps} {'device' if gaps == 1 else 'devices'} of the estate could not be asked"
    return (silent if untold else "") + (unasked if gaps else "")
