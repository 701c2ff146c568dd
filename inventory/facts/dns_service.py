"""What DNS servers answer to a stranger (RFC 1035, RFC 5936, RFC 7208, RFC 7489). ``None``: could not be seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DnsEndpoint:
    url: str
    place: str
    zone: str = ""  # that the inventory names; "": none, and nothing is asked of one
    why: str = ""  # why nothing was seen
    recursion: bool | None = None  # it answered for a name that is not its own
    version: str | None = None  # what version.bind says, "" nothing
    transfer: bool | None = None  # it gave the whole zone away
    unprotected: tuple[str, ...] | None = None  # what the zone lacks of DNSSEC, SPF and DMARC


@dataclass(frozen=True, slots=True)
class DnsService:
    endpoints: tuple[DnsEndpoint, ...]

    @property
    def zones(self) -> tuple[str, ...]:
        """That the inventory names."""
        return tuple(one.zone for one in self.endpoints if one.zone)
