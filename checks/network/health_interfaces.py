"""Errors and duplex trouble of a device's network interfaces.

A device counts since it was started, or since its counters were cleared. What is judged is the share of all packets
since then: trouble of long ago weighs in, fresh trouble on an old device shows late.
"""

from collections.abc import Iterator
from dataclasses import replace

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import EXAMPLE_ASSET, Example
from checks.finding import Outcome, Ruling, Severity, Subject, failed, passed
from checks.network.health import figure, none_there, not_told, unjudged
from inventory.asset import Asset, Privilege
from inventory.facts import Missing, Reason
from inventory.facts.health import DeviceHealth, Duplex, Gap, Interface
from inventory.thresholds import HealthThresholds

# IANAifType: what has no wire of its own (other, loopback, virtual, tunnels, VLANs, aggregates, bridges)
UNREAL = frozenset({1, 24, 53, 131, 134, 135, 136, 137, 142, 150, 161, 166, 194, 209})
ETHERNET = frozenset({6, 62, 69, 117})
NO_HALF = 1_000_000_000  # bit/s: above it Ethernet has no half duplex (IEEE 802.3)
FAST = 100_000_000
SMALLEST_FRAME = 672  # bits on the wire, with preamble and gap: no more packets a second than speed by this
WRAP = 2**32
FEWEST = 1_000  # packets that a share is taken of
DAY = 86_400

_UP = Interface(
    1,
    "Gi1/0/1",
    type=6,
    admin="up",
    oper="up",
    speed_bps=1_000_000_000,
    duplex=Duplex.FULL,
    in_packets=600_000,
    out_packets=390_000,
    in_errors=0,
    out_errors=0,
    in_discards=0,
    out_discards=0,
)
_BAD = replace(_UP, name="Gi1/0/2", in_errors=4000, out_errors=3000, in_discards=2000, out_discards=1001)
_EDGE = replace(_BAD, out_discards=1000)
_SLOW = replace(_BAD, narrow=True, speed_bps=10_000_000)
_GAP = Gap("interfaces", "1.3.6.1.2.1.2.2.1.14 was not read to its end: timed out")
_STRICT = replace(EXAMPLE_ASSET, thresholds=HealthThresholds(interface_error_ratio=0.005))
_MONTH = 30 * DAY


def _health(*interfaces: Interface, uptime: int | None = _MONTH, gaps: tuple[Gap, ...] = ()) -> dict[str, object]:
    return {"health": DeviceHealth(interfaces=interfaces or None, uptime_seconds=uptime, gaps=gaps)}


def _wired(interface: Interface) -> bool:
    """In use, and with a wire: an interface that is shut, has no link or is only a name has no trouble to find."""
    real = interface.physical is not False and interface.type not in UNREAL
    return real and interface.admin == "up" and interface.oper == "up"


@check(
    id="net.avail.interface-errors",
    title="An interface loses packets to errors or discards",
    severity=Severity.LOW,
    theme=Theme.AVAILABILITY,
    rationale=(
        "Errors come from bad cables, dirty optics, failing ports or a duplex mismatch; discards from a link that is "
        "too narrow. Both slow down everything behind the link long before it fails."
    ),
    remedy=Remedy(
        text="Find the cause at both ends of the link: cable, optic, port or speed.",
        steps=(
            "Compare speed and duplex of both ends",
            "Clean or replace the cable and optic",
            "Clear the counters and watch whether they rise again",
        ),
        verify="the counters stay still under load after they were cleared",
    ),
    privilege=Privilege.USER,
    references=("RFC 2863 (IF-MIB)", "docs/write-an-inventory.md, Thresholds of a device's health"),
    examples=(
        Example(
            Outcome.PASS, _health(_UP), says="1 interfaces with a link have no more errors and discards than allowed"
        ),
        Example(
            Outcome.FAIL,
            _health(_UP, replace(_BAD, alias="uplink")),
            says="Gi1/0/2 (uplink): 7,000 errors and 3,001 discards among 1,000,001 packets are 1 %, more than the "
            "default threshold 1 %, since counting began 30 days ago",
            subjects=("Gi1/0/2",),
        ),
        Example(Outcome.PASS, _health(_EDGE)),
        Example(
            Outcome.FAIL,
            _health(replace(_EDGE, counted_since_seconds=_MONTH - DAY)),
            _STRICT,
            says="Gi1/0/2: 7,000 errors and 3,000 discards among 1,000,000 packets are 1 %, more than the inventory's "
            "threshold 0.5 %, since counting began 1 days ago",
        ),
        Example(
            Outcome.FAIL,
            _health(_BAD, uptime=None),
            says="Gi1/0/2: 7,000 errors and 3,001 discards among 1,000,001 packets are 1 %, more than the "
            "default threshold 1 %, since counting began at a time the device does not tell",
        ),
        Example(
            Outcome.FAIL,
            _health(
                replace(_BAD, in_packets=0, out_packets=0, in_errors=1000, out_errors=0, in_discards=0, out_discards=0)
            ),
        ),
        Example(
            Outcome.NOT_ASSESSED,
            _health(
                replace(_BAD, in_packets=0, out_packets=0, in_errors=998, out_errors=0, in_discards=0, out_discards=1)
            ),
            says="too few packets, or counters that may have run over: Gi1/0/2",
        ),
        Example(Outcome.FAIL, _health(_SLOW, uptime=DAY)),
        Example(Outcome.FAIL, _health(replace(_SLOW, speed_bps=WRAP * SMALLEST_FRAME // 2**20), uptime=2**20)),
        Example(
            Outcome.NOT_ASSESSED,
            _health(replace(_SLOW, speed_bps=WRAP * SMALLEST_FRAME // 2**20 + 1), uptime=2**20),
            says="too few packets, or counters that may have run over: Gi1/0/2",
        ),
        Example(Outcome.NOT_ASSESSED, _health(replace(_SLOW, speed_bps=None), uptime=DAY)),
        Example(Outcome.NOT_ASSESSED, _health(_SLOW, uptime=None)),
        Example(Outcome.PASS, _health(replace(_EDGE, narrow=True), uptime=None)),
        Example(Outcome.PASS, _health(replace(_UP, in_discards=None, out_discards=None, out_errors=None))),
        Example(Outcome.NOT_ASSESSED, _health(replace(_UP, in_errors=None))),
        Example(Outcome.NOT_ASSESSED, _health(replace(_UP, in_packets=None))),
        Example(Outcome.NOT_ASSESSED, _health(replace(_UP, out_packets=None))),
        Example(
            Outcome.NOT_APPLICABLE,
            _health(
                replace(_BAD, admin="down"),
                replace(_BAD, oper="down"),
                replace(_BAD, physical=False),
                *(replace(_BAD, type=one) for one in sorted(UNREAL)),
            ),
            says="the device tells of no interface with a link",
        ),
        Example(Outcome.FAIL, _health(replace(_BAD, physical=True))),
        Example(Outcome.NOT_ASSESSED, _health(_UP, gaps=(_GAP,)), says=_GAP.why),
        Example(Outcome.NOT_ASSESSED, _health(), says="the device does not tell of its interfaces"),
        Example(Outcome.NOT_ASSESSED, {"health": Missing(Reason.TIMED_OUT, "no answer")}),
    ),
)
def loses_packets(health: DeviceHealth, asset: Asset) -> Iterator[Ruling]:
    used = [interface for interface in health.interfaces or () if _wired(interface)]
    if not health.interfaces:
        yield not_told(health, "interfaces", "interfaces")
    elif not used:
        yield none_there(health, "interfaces", "interface with a link")
    else:
        yield from _errors(health, asset, used)


def _errors(health: DeviceHealth, asset: Asset, used: list[Interface]) -> Iterator[Ruling]:
    unsure, bad = [], []
    limit = asset.thresholds.of("interface_error_ratio")
    for interface in used:
        counted = _counted(interface)
        if counted is None or (counted[2] and _doubtful(interface, counted, health.uptime_seconds, limit.value)):
            unsure.append(interface.name)
        elif counted[2] > limit.value * counted[3]:
            bad.append(
                _too_many(interface, counted, health.uptime_seconds, f"{limit.origin} {figure(limit.value * 100)} %")
            )
    gaps = unjudged(health, "interfaces", unsure, "too few packets, or counters that may have run over")
    fine = passed(f"{len(used)} interfaces with a link have no more errors and discards than allowed")
    yield from [*bad, *gaps] or [fine]


Counted = tuple[int, int, int, int]  # errors, discards, both, all packets


def _counted(interface: Interface) -> Counted | None:
    """None without the packets, or without the errors that came in: every agent has these."""
    packets_in, packets_out, errors_in = interface.in_packets, interface.out_packets, interface.in_errors
    if packets_in is None or packets_out is None or errors_in is None:
        return None
    errors = errors_in + (interface.out_errors or 0)
    discards = (interface.in_discards or 0) + (interface.out_discards or 0)
    return errors, discards, errors + discards, packets_in + packets_out + errors + discards


def _doubtful(interface: Interface, counted: Counted, uptime: int | None, limit: float) -> bool:
    """Too few packets to speak of a share; or so many errors by a packet counter of 32 bits that may have run over."""
    if counted[3] < FEWEST:
        return True
    return counted[2] > limit * counted[3] and interface.narrow and _may_have_wrapped(interface, uptime)


def _may_have_wrapped(interface: Interface, uptime: int | None) -> bool:
    if interface.speed_bps is None or uptime is None:
        return True
    return interface.speed_bps * uptime > WRAP * SMALLEST_FRAME


def _too_many(interface: Interface, counted: Counted, uptime: int | None, threshold: str) -> Ruling:
    errors, discards, both, packets = counted
    since = "at a time the device does not tell"
    if uptime is not None:
        since = f"{figure((uptime - (interface.counted_since_seconds or 0)) // DAY)} days ago"
    alias = f" ({interface.alias})" if interface.alias else ""
    return failed(
        f"{interface.name}{alias}: {errors:,} errors and {discards:,} discards among {packets:,} packets are "
        f"{figure(100 * both / packets)} %, more than {threshold}, since counting began {since}",
        Subject("interface", interface.name),
    )


@check(
    id="net.avail.duplex-mismatch-suspected",
    title="A link runs at half duplex, or its ends disagree",
    severity=Severity.LOW,
    theme=Theme.AVAILABILITY,
    rationale=(
        "Half duplex on a link of 100 Mbit/s or more is nearly always a failed negotiation: one end is set by hand, "
        "the other is not. The link works when idle and loses packets under load. Late collisions are its sign at the "
        "end that runs at half duplex."
    ),
    remedy=Remedy(
        text="Set both ends of the link to negotiate, or both to the same speed and full duplex.",
        steps=(
            "Look at speed and duplex of both ends",
            "Set both alike",
            "Replace the cable if negotiation still fails",
        ),
        verify="the interface runs at full duplex, and late collisions no longer rise",
        risk="The link goes down for some seconds.",
    ),
    privilege=Privilege.USER,
    references=("RFC 3635 (EtherLike-MIB)", "IEEE 802.3 clause 28"),
    examples=(
        Example(Outcome.PASS, _health(_UP), says="1 Ethernet links run at full duplex"),
        Example(
            Outcome.FAIL,
            _health(_UP, replace(_UP, name="Gi1/0/2", duplex=Duplex.HALF, speed_bps=100_000_000)),
            says="Gi1/0/2: half duplex at 100 Mbit/s",
            subjects=("Gi1/0/2",),
        ),
        Example(Outcome.FAIL, _health(replace(_UP, duplex=Duplex.HALF)), says="Gi1/0/1: half duplex at 1,000 Mbit/s"),
        Example(Outcome.PASS, _health(replace(_UP, duplex=Duplex.HALF, speed_bps=99_999_999))),
        Example(
            Outcome.FAIL,
            _health(replace(_UP, late_collisions=1, alias="lift")),
            says="Gi1/0/1 (lift): 1 late collisions since counting began",
        ),
        Example(Outcome.PASS, _health(replace(_UP, late_collisions=0))),
        Example(
            Outcome.NOT_ASSESSED,
            _health(_UP, replace(_UP, name="Gi1/0/2", duplex=Duplex.UNKNOWN)),
            says="the device does not tell duplex or speed: Gi1/0/2",
        ),
        Example(Outcome.NOT_ASSESSED, _health(replace(_UP, duplex=None))),
        Example(Outcome.NOT_ASSESSED, _health(replace(_UP, duplex=Duplex.HALF, speed_bps=None))),
        Example(Outcome.PASS, _health(replace(_UP, duplex=None, speed_bps=1_000_000_001))),
        Example(
            Outcome.NOT_APPLICABLE,
            _health(
                replace(_UP, duplex=Duplex.HALF, type=23),
                replace(_UP, duplex=Duplex.HALF, oper="down"),
                replace(_UP, duplex=Duplex.HALF, admin="down"),
                replace(_UP, duplex=Duplex.HALF, physical=False),
            ),
            says="the device tells of no Ethernet interface with a link",
        ),
        *(Example(Outcome.FAIL, _health(replace(_UP, duplex=Duplex.HALF, type=one))) for one in sorted(ETHERNET)),
        Example(Outcome.NOT_ASSESSED, _health(_UP, gaps=(_GAP,)), says=_GAP.why),
        Example(Outcome.NOT_ASSESSED, _health(), says="the device does not tell of its interfaces"),
    ),
)
def half_duplex(health: DeviceHealth) -> Iterator[Ruling]:
    used = [one for one in health.interfaces or () if _wired(one) and one.type in ETHERNET]
    if not health.interfaces:
        yield not_told(health, "interfaces", "interfaces")
    elif not used:
        yield none_there(health, "interfaces", "Ethernet interface with a link")
    else:
        bad = [failed(why, Subject("interface", one.name)) for one in used if (why := _disagrees(one))]
        unsure = [one.name for one in used if _unclear(one)]
        gaps = unjudged(health, "interfaces", unsure, "the device does not tell duplex or speed")
        yield from [*bad, *gaps] or [passed(f"{len(used)} Ethernet links run at full duplex")]


def _disagrees(interface: Interface) -> str:
    """Why the ends of the link seem to disagree, "" if they do not."""
    alias = f" ({interface.alias})" if interface.alias else ""
    if interface.duplex is Duplex.HALF and (interface.speed_bps or 0) >= FAST:
        return f"{interface.name}{alias}: half duplex at {figure((interface.speed_bps or 0) / 1_000_000)} Mbit/s"
    if interface.late_collisions:
        return f"{interface.name}{alias}: {interface.late_collisions:,} late collisions since counting began"
    return ""


def _unclear(interface: Interface) -> bool:
    if interface.duplex is Duplex.FULL or (interface.speed_bps or 0) > NO_HALF:
        return False
    return interface.duplex is not Duplex.HALF or interface.speed_bps is None
