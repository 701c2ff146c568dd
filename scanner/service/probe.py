"""Probe: one device, now, without the record. What it is, and why we think so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from inventory.asset import Asset
from inventory.facts.device import Device
from inventory.facts.missing import Missing, Reason
from scanner.engine import Errand, Pace, look, read
from scanner.probes import probes_of
from scanner.probes.network.device import joined
from scanner.probes.network.identify import Explanation, explain, unknown_device
from scanner.query import Answer, Attempt, HostKey, HostKeys, Login, Surroundings, Transport
from scanner.transports import WAYS


@dataclass(frozen=True, slots=True)
class Probed:
    """``device`` or ``missing`` is there. ``gaps``: parts of the answer that did not come."""

    attempt: Attempt
    finished_at: datetime
    device: Device | None
    missing: Missing | None
    explanation: Explanation | None
    unknown: str | None  # the sentence for a device that no rule knows
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Given:
    """The one log-in of this probe, and no host keys at all: SNMP and Redfish have none."""

    given: Login

    def login(self, asset: Asset) -> Login:  # noqa: ARG002 (the protocol's shape)
        return self.given

    def pinned(self, address: str, port: int) -> tuple[HostKey, ...]:  # noqa: ARG002
        return ()

    revoked = authorities = pinned

    def may_trust_new(self, address: str, port: int) -> bool:  # noqa: ARG002
        return False

    def pin(self, address: str, port: int, key: HostKey) -> None:
        raise NotImplementedError(f"nothing is pinned by a probe: {address} {port} {key.type}")


async def probe(asset: Asset, login: Login, *, library: str | None = None, host_keys: HostKeys | None = None) -> Probed:
    """Ask the device what it is, over the way in of ``asset``. Never raises for what it answers.

    ``library`` names the one that speaks SNMP; ``host_keys`` are needed where the way in is SSH.
    """
    wanted = probes_of(asset.connection.way)["device"]
    around = Surroundings(_Given(login), host_keys or _Given(login))
    async for looked in look((Errand(asset, (wanted,)),), _opener(around, library), Pace(workers=1)):
        fact = read(looked).facts[wanted.name]
        answers = [answer for answer in looked.given[wanted.name] if answer.missing is None]
        device = fact if isinstance(fact, Device) else None
        explained = EXPLAIN.get(asset.connection.way, _by_itself)
        return Probed(
            attempt=looked.attempt,
            finished_at=looked.finished_at,
            device=device,
            missing=fact if isinstance(fact, Missing) else None,
            explanation=explained(device, answers) if device else None,
            unknown=unknown_device(device) if device else None,
            gaps=_gaps(answers) if asset.connection.way == "snmp" else device.gaps if device else (),
        )
    raise RuntimeError(f"the visit of {asset.name} was not told of")


def _opener(around: Surroundings, library: str | None) -> Callable[[Asset], Transport]:
    def opened(asset: Asset) -> Transport:
        if library is None:
            return WAYS[asset.connection.way](asset, around)
        from scanner.transports.snmp import SnmpTransport

        return SnmpTransport(asset, around, library=library)

    return opened


def _by_table(_device: Device, answers: Sequence[Answer]) -> Explanation:
    return explain(joined(answers))


def _by_itself(device: Device, _answers: Sequence[Answer]) -> Explanation:
    """Of a way in that has no family table: the rule, and where each field stands."""
    fields = tuple(f"{one.field}: {one.raw!r:.80} at {one.oid}" for one in device.evidence)
    return Explanation(device, (f"rule: {device.rule}",), fields)


EXPLAIN: dict[str, Callable[[Device, Sequence[Answer]], Explanation]] = {"snmp": _by_table}  # others: _by_itself


def _gaps(answers: Sequence[Answer]) -> tuple[str, ...]:
    """What the transport says in front of a walk that was not ended, as sentences."""
    lines = (line for answer in answers for line in answer.text.splitlines() if line.startswith("#gap|"))
    parts = (line.split("|", 3) for line in lines)
    return tuple(f"under {base}: {Reason(reason).value}: {detail}" for _, base, reason, detail in parts)
