"""What Windows Remote Management answers in the clear (MS-WSMV). ``None``: could not be seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WinrmEndpoint:
    url: str
    place: str
    why: str = ""  # why nothing was seen
    speaks: bool | None = None  # it answers on plain HTTP; False: connections are refused
    schemes: tuple[str, ...] = ()  # of authentication: Basic, Negotiate, Kerberos


@dataclass(frozen=True, slots=True)
class Winrm:
    endpoints: tuple[WinrmEndpoint, ...]
