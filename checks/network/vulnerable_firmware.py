"""Known weaknesses of the firmware that a device runs, by its vendor's advisories (docs/network-devices.md)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from checks.advisories.library import Advisories, Feed
from checks.advisories.model import Exploited, FeedNote, line_of
from checks.advisories.table import Table, encode
from checks.advisories.words import counted, some, weaknesses
from checks.check import Context, Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, not_assessed, passed
from checks.firmware.advisory import FIRMWARE, FirmwareAdvisory, row
from checks.firmware.fortios import release_of, shown
from checks.firmware.lookup import Answer, firmware_advisories
from checks.firmware.products import FEEDS, key_of, product_of
from checks.firmware.rating import members_of, targets
from checks.firmware.standing import Judged, Standing
from checks.network.untold import untold
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.device import Device, VersionKind

_HEAP = FirmwareAdvisory(
    "FG-IR-26-001",
    "Heap overflow",
    ("CVE-2026-1",),
    "2026-01-10",
    "2026-01-10",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    listed=(((7, 0, 0), (7, 0, 5)), ((6, 4, 0), (6, 4, 9))),
    fixed=((6, 4, 10), (7, 0, 6)),
)
_LEAK = FirmwareAdvisory(
    "FG-IR-26-002",
    "Information leak",
    ("CVE-2026-2",),
    "2026-01-12",
    "2026-01-12",
    "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N",
    listed=(((6, 4, 0), (6, 4, 9)),),
    whole=((6, 4),),
    fixed=((7, 0, 0),),
)
_SINCE = FirmwareAdvisory("FG-IR-26-003", "Loop", ("CVE-2026-3",), "2026-02-01", listed=(((6, 4, 1), (6, 4, 10)),))
_WORDS = FirmwareAdvisory("FG-IR-26-004", "Protocol flaw", ("CVE-2026-4",), "2026-01-10", raw="FortiOS with IPsec")
_FRESH, _OLD = date(2026, 2, 23), date(2026, 2, 22)


def _feed(*advisories: FirmwareAdvisory, day: date = _FRESH, kev: str = "") -> Advisories:
    """An example's feeds: advisories on FortiOS and, with ``kev``, CISA's list with that CVE."""
    table = Table(encode([("fortinet/fortios", row(advisories))]))
    feeds = [Feed(FeedNote("fortinet", "Fortinet PSIRT", day, len(advisories), ""), {FIRMWARE: table})]
    if kev:
        known = line_of(Exploited("2026-01-12", "2026-02-02", ransomware=False, name="FortiOS"))
        feeds.append(Feed(FeedNote("kev", "CISA", day, 1, ""), {"kev": Table(encode([(kev, known)]))}))
    return Advisories(feeds)


def _device(version: str | None, os: str | None = "FortiOS", vendor: str | None = "Fortinet") -> dict[str, object]:
    kind = VersionKind.SOFTWARE
    return {
        "device": partial(Device, vendor=vendor, os=os, version=version, model=None, version_kind=kind, rule="example")
    }


_KERNEL = partial(Device, vendor="Fortinet", os="FortiOS", version="4.4.0", version_kind=VersionKind.KERNEL)
_AT_7_0_5 = _device("v7.0.5,build0304,220208 (GA)")


@check(
    id="net.fw.version-vulnerable",
    title="The device runs firmware with known weaknesses",
    severity=Severity.HIGH,
    theme=Theme.FIRMWARE,
    rationale=(
        "The vendor says that this very version can be attacked. A device at the border of a network is attacked "
        "first, and often within days of the advisory."
    ),
    remedy=Remedy(
        text="Install the version that the advisories name, or a later one that is approved for this model.",
        steps=(
            "Read the advisories: some name a setting that closes the weakness until the update",
            "Save the configuration",
            "Follow the vendor's upgrade path from the installed version",
        ),
        verify="the device tells the new version",
        risk="The device is away while it restarts; a later train may change how features work.",
    ),
    privilege=Privilege.USER,
    references=("docs/network-devices.md", "https://www.fortiguard.com/psirt"),
    examples=(
        Example(
            Outcome.PASS,
            _device("7.0.6"),
            advisories=_feed(_HEAP, _LEAK),
            says="none of the 2 advisories on FortiOS affects 7.0.6, by the fortinet feed of 2026-02-23",
            subjects=("fortinet/fortios",),
        ),
        Example(
            Outcome.FAIL,
            _AT_7_0_5,
            advisories=_feed(_HEAP, _LEAK, kev="CVE-2026-1"),
            says="FortiOS 7.0.5 has 1 known weakness (CVE-2026-1; 1 exploited by CISA's list), by the fortinet feed of "
            "2026-02-23; the advisories send to 7.0.6",
            subjects=("fortinet/fortios",),
        ),
        Example(
            Outcome.FAIL,
            _device("6.4.10"),
            advisories=_feed(_LEAK, _SINCE),
            says="FortiOS 6.4.10 has 2 known weaknesses (CVE-2026-2, CVE-2026-3), by the fortinet feed of 2026-02-23; "
            "the advisories send to 7.0.0; for 1 of them no fixed version is named",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _device("6.4.11"),
            advisories=_feed(
                _HEAP,
                _SINCE,
                FirmwareAdvisory("FG-IR-26-000", "", (), "2026-01-01", whole=((6, 4),), fixed=((6, 4, 11),)),
            ),
            says="whether 6.4.11 is affected cannot be told of 1 advisory on FortiOS: FG-IR-26-003 (it lists 6.4 up to "
            "6.4.10, a train that was no longer mended by then)",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _device("7.0.6"),
            advisories=_feed(_HEAP, _WORDS, kev="CVE-2026-4"),
            says="whether 7.0.6 is affected cannot be told of 1 advisory on FortiOS (1 exploited by CISA's list): "
            "FG-IR-26-004 (its affected versions cannot be read)",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _device("7.0.6"),
            advisories=_feed(_HEAP, day=_OLD),
            says="the fortinet feed of 2026-02-22 is 8 days old, at most 7 are allowed: what it does not know may be "
            "open all the same",
        ),
        Example(Outcome.NOT_ASSESSED, _AT_7_0_5, says="no advisory feed of Fortinet is loaded"),
        Example(
            Outcome.NOT_ASSESSED,
            _AT_7_0_5,
            advisories=Advisories([]),
            says="no advisory feed of Fortinet is loaded",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _device("7.0.5", "FortiWeb"),
            advisories=_feed(_HEAP),
            says="the advisory feed of Fortinet speaks of no FortiWeb",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _device("17.3.4", "IOS XE", "Cisco"),
            advisories=_feed(_HEAP),
            says="no advisory feed is known for Cisco",
        ),
        Example(Outcome.NOT_ASSESSED, _device("1", None, None), says="the device does not tell who made it"),
        Example(
            Outcome.NOT_ASSESSED,
            _device("v7.4-build0771", "FortiAP"),
            advisories=_feed(_HEAP),
            says="which of Fortinet's products this is cannot be told (FortiAP)",
        ),
        Example(Outcome.NOT_ASSESSED, _device(None), advisories=_feed(_HEAP), says="the device tells no version"),
        Example(
            Outcome.NOT_ASSESSED,
            _device("7.4-build0771"),
            advisories=_feed(_HEAP),
            says="in what the device tells of its version (7.4-build0771) there is no release number",
        ),
        Example(
            Outcome.NOT_ASSESSED,
            {"device": _KERNEL},
            advisories=_feed(_HEAP),
            says="the version that the device tells (4.4.0) is its kernel, which is not what advisories speak of",
        ),
        Example(Outcome.NOT_ASSESSED, {"device": Missing(Reason.TIMED_OUT)}),
    ),
)
def version_vulnerable(device: Device, advisories: Advisories | None, context: Context) -> Iterator[Ruling]:
    try:
        known = _known(device, advisories)
    except _Refused as why:
        yield why.ruling
        return
    affected = known.said.having(Standing.AFFECTED)
    stale = _stale(known, context.today)
    if affected:
        members = members_of(affected, known.feeds, known.said.note.name, context.asset.exposure)
        told = f"{known.product} {known.version} has {weaknesses(members)}, by {known.feed}{_sent(affected)}"
        yield failed(told, known.subject, members[0].severity, members)
    elif stale is None:
        yield from _clear(known)
    yield from filter(None, [stale or _untold(known)])


class _Refused(Exception):
    """Why a device cannot be judged."""

    def __init__(self, reason: Reason, why: str) -> None:
        super().__init__(why)
        self.ruling = not_assessed(reason, why)


@dataclass(frozen=True, slots=True)
class _Known:
    """A device of which its publisher can be asked, and what it says."""

    product: str
    version: str
    key: str  # of the product in the feed's table
    said: Answer
    feeds: Advisories

    @property
    def subject(self) -> Subject:
        """The same for every version: an update makes no other finding. The feed's rows are kept under its key."""
        return Subject("firmware", self.key)

    @property
    def feed(self) -> str:
        return f"the {self.said.note.name} feed of {self.said.note.as_of.isoformat()}"


def _known(device: Device, advisories: Advisories | None) -> _Known:
    """Raises :class:`_Refused` for a device that cannot be judged."""
    if device.vendor is None:
        raise _Refused(*untold(device, "the device does not tell who made it"))
    if device.vendor not in FEEDS:
        raise _Refused(Reason.FEED_MISSING, f"no advisory feed is known for {device.vendor}")
    if device.version is None:
        raise _Refused(*untold(device, "the device tells no version"))
    if device.version_kind is not VersionKind.SOFTWARE:
        what = {VersionKind.KERNEL: "its kernel"}.get(device.version_kind, "the name of a release")
        told = f"the version that the device tells ({device.version}) is {what}, which is not what advisories speak of"
        raise _Refused(Reason.OUTPUT_UNREADABLE, told)
    product, release = product_of(device), release_of(device.version)
    if product is None:
        told = f"which of {device.vendor}'s products this is cannot be told ({device.os})"
        raise _Refused(Reason.OUTPUT_UNREADABLE, told)
    if release is None:
        told = f"in what the device tells of its version ({device.version}) there is no release number"
        raise _Refused(Reason.OUTPUT_UNREADABLE, told)
    if advisories is None or not advisories.has(FIRMWARE):
        raise _Refused(Reason.FEED_MISSING, f"no advisory feed of {device.vendor} is loaded")
    key = key_of(device.vendor, product)
    said = firmware_advisories(advisories, key, release)
    if said is None:
        raise _Refused(Reason.FEED_MISSING, f"the advisory feed of {device.vendor} speaks of no {product}")
    return _Known(product, shown(release), key, said, advisories)


def _sent(affected: Sequence[Judged]) -> str:
    """Where the advisories send the reader."""
    fixes, without = list(targets(affected)), sum(not one.fixed for one in affected)
    told = f"; the advisories send to {some(fixes)}" if fixes else ""
    return told + (f"; for {without} of them no fixed version is named" if without else "")


def _clear(known: _Known) -> Iterator[Ruling]:
    if known.said.settled:
        readable = sum(one.advisory.readable for one in known.said.judged)
        told = f"none of the {counted(readable, 'advisory', 'advisories')} on {known.product} affects {known.version}"
        yield passed(f"{told}, by {known.feed}", known.subject)


def _untold(known: _Known) -> Ruling | None:
    """An advisory whose range nobody can read is no finding, exploited or not."""
    unknown = known.said.having(Standing.UNKNOWN)
    if not unknown:
        return None
    exploited = sum(any(known.feeds.exploited(cve) for cve in one.advisory.cves) for one in unknown)
    by_cisa = f" ({exploited} exploited by CISA's list)" if exploited else ""
    number = counted(len(unknown), "advisory", "advisories")
    named = some(f"{one.advisory.id} ({one.why})" for one in unknown)
    told = f"whether {known.version} is affected cannot be told of {number} on {known.product}{by_cisa}: {named}"
    return not_assessed(Reason.OUTPUT_UNREADABLE, told)


def _stale(known: _Known, today: date) -> Ruling | None:
    age, most = (today - known.said.note.as_of).days, known.feeds.max_age_days
    if age <= most:
        return None
    told = f"{known.feed} is {age} days old, at most {most} are allowed: what it does not know may be open all the same"
    return not_assessed(Reason.FEED_TOO_OLD, told)
