"""How an RDP server wants to be spoken to, before anybody logs in (MS-RDPBCGR). ``None``: could not be seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RdpEndpoint:
    url: str
    place: str
    why: str = ""  # why nothing was seen
    reachable: bool | None = None  # RDP was spoken; False: connections are refused
    nla_required: bool | None = None  # it takes nobody who has not proved who they are (CredSSP)
    security: str = ""  # what it chose when TLS alone was offered, or why it refused


@dataclass(frozen=True, slots=True)
class Rdp:
    endpoints: tuple[RdpEndpoint, ...]
