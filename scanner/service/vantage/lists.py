"""The list that a vantage point probes by: taken over only when it is signed, newer, still valid and within limits."""

import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from inventory.watch import Watch
from scanner.service.vantage import sealing
from scanner.service.vantage.folder import write_whole
from scanner.service.vantage.limits import Limits, refusal
from scanner.service.vantage.wire import ProbeList, read, written

MAX_BYTES = 4 << 20
MAX_VALID = 31 * 86400.0  # seconds; a list for ever could not be taken back


class Refused(Exception):
    """A list is not taken. One plain sentence."""


@dataclass
class Lists:
    """``own`` is the id of this vantage point's key."""

    path: Path
    scanner: Ed25519PublicKey
    limits: Limits
    own: str
    kinds: Collection[str]
    now: Callable[[], float]
    current: ProbeList | None = field(default=None, init=False)
    digest: str = field(default="", init=False)

    def load(self) -> str:
        """Take up the list of the last time; why not, when it is there and cannot be used."""
        with contextlib.suppress(FileNotFoundError):
            try:
                self.take(self.path.read_bytes(), keep=False)
            except Refused as fault:
                return str(fault)
        return ""

    def take(self, message: bytes, *, keep: bool = True) -> ProbeList:
        """Raises :class:`Refused`; then the list before stays in use."""
        try:
            found = read(ProbeList, sealing.unseal(sealing.LIST, message, self.scanner))
        except sealing.BadSeal as fault:
            raise Refused(f"the list is refused: {fault}") from fault
        why = self._refusal(found)
        if why:
            raise Refused(f"the list is refused: {why}")
        if keep:
            write_whole(self.path, message)
        self.current, self.digest = found, digest_of(found.watches)
        return found

    def valid(self) -> bool:
        return self.current is not None and self.now() < self.current.until

    def _refusal(self, found: ProbeList) -> str:
        if found.vantage != self.own:
            return "it is meant for another vantage point"
        if self.current and found.serial <= self.current.serial:
            return f"its serial {found.serial} is not above {self.current.serial}, which is in use"
        if found.until <= self.now():
            return "it has expired"
        if found.until > self.now() + MAX_VALID:
            return f"it is valid for more than {MAX_VALID / 86400:.0f} days"
        return refusal(self.limits, found.watches, self.kinds)


def digest_of(watches: tuple[Watch, ...]) -> str:
    """Of what a list says, whatever its serial."""
    return sealing.digest(b"\n".join(written(watch) for watch in watches))
