"""Probe: one device, now, without the record. What it is, and why we think so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inventory.asset import Asset
from inventory.facts.device import Device
from inventory.facts.missing import Missing, Reason
from scanner.engine import Errand, Pace, look, read
from scanner.probes.network.device import DEVICE, joined
from scanner.probes.network.identify import Explanation, explain, unknown_device
from scanner.query import Answer, Attempt, HostKey, Login, Surroundings
from scanner.transports.snmp import SnmpTransport


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
    """The one log-in of this probe, and no host keys at all: SNMP has none."""

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


async def probe(asset: Asset, login: Login, library: str | None = None) -> Probed:
    """Ask the device what it is. Never raises for what it answers."""
    around = Surroundings(_Given(login), _Given(login))
    errands = (Errand(asset, (DEVICE,)),)
    async for looked in look(errands, lambda one: SnmpTransport(one, around, library=library), Pace(workers=1)):
        fact = read(looked).facts[DEVICE.name]
        answers = [answer for answer in looked.given[DEVICE.name] if answer.missing is None]
        device = fact if isinstance(fact, Device) else None
        return Probed(
            attempt=looked.attempt,
            finished_at=looked.finished_at,
            device=device,
            missing=fact if isinstance(fact, Missing) else None,
            explanation=explain(joined(answers)) if device else None,
            unknown=unknown_device(device) if device else None,
            gaps=_gaps(answers),
        )
    raise RuntimeError(f"the visit of {asset.name} was not told of")


def _gaps(answers: Sequence[Answer]) -> tuple[str, ...]:
    """What the transport says in front of a walk that was not ended, as sentences."""
    lines = (line for answer in answers for line in answer.text.splitlines() if line.startswith("#gap|"))
    parts = (line.split("|", 3) for line in lines)
    return tuple(f"under {base}: {Reason(reason).value}: {detail}" for _, base, reason, detail in parts)
