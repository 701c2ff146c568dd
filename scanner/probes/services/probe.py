"""What the probes of services have in common: the endpoints of some schemes, read one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from inventory.asset import Asset, Privilege
from scanner.probes.web.records import Record, by_url, unended
from scanner.query import Answer, Query, ServiceLook

E = TypeVar("E")
F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class ServiceProbe(Generic[E, F]):
    name: str
    schemes: tuple[str, ...]
    read: Callable[["Heard"], E]
    made: Callable[[tuple[E, ...]], F]
    nothing_asked: str
    privilege: Privilege = Privilege.NONE

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:
        chosen = tuple(one for one in asset.endpoints if one.scheme in self.schemes)
        return None if so_far or not chosen else ServiceLook(self.name, chosen)

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> F:  # noqa: ARG002 (one shape for all probes)
        return self.made(tuple(self.read(Heard(url, told)) for url, told in by_url(answers[0].output).items()))


class Heard:
    """The records of one endpoint by their steps."""

    def __init__(self, url: str, records: Sequence[Record]) -> None:
        self.url, self.first = url, records[0]
        self.place, self.scheme = str(self.first.get("place", "")), url.partition(":")[0]
        self._steps: Mapping[str, Record] = {str(one.get("step", "")): one for one in records}

    def got(self, step: str) -> bytes | None:
        """What was answered, whole; None when it was not, or the step was not reached."""
        record = self._steps.get(step, {})
        if record.get("state") != "open" or record.get("end", "enough") != "enough":
            return None
        return _bytes(record)

    def part(self, step: str) -> tuple[bytes, str]:
        """What came, and how it ended: "" when the step was not reached."""
        record = self._steps.get(step, {})
        return _bytes(record), str(record.get("end", "")) if record.get("state") == "open" else ""

    def state(self, step: str) -> str:
        return str(self._steps.get(step, {}).get("state", ""))

    @property
    def refused(self) -> bool:
        return self.first.get("state") == "refused"

    def silence(self, otherwise: str) -> str:
        """Why nothing can be said, in words."""
        last = next(
            (one for one in self._steps.values() if one.get("end") not in (None, "enough", "not listened to")), None
        )
        return unended(last or self.first, otherwise)


def _bytes(record: Record) -> bytes:
    try:
        return bytes.fromhex(str(record.get("got", "")))
    except ValueError:
        return b""
