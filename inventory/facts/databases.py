"""What database servers say to somebody who does not log in. ``None``: could not be seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DatabaseEndpoint:
    url: str
    place: str
    product: str  # as the inventory names it: postgresql, redis
    why: str = ""  # why nothing was seen
    reachable: bool | None = None  # it spoke its protocol; False: connections are refused
    without_login: bool | None = None  # it does what it is asked without a log-in
    tls: bool | None = None  # it offers TLS on this port


@dataclass(frozen=True, slots=True)
class Databases:
    endpoints: tuple[DatabaseEndpoint, ...]
