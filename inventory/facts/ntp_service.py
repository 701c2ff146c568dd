"""Whether a time server answers questions that are not about the time (RFC 9327). ``None``: could not be seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NtpEndpoint:
    url: str
    place: str
    why: str = ""  # why nothing was seen
    control: bool | None = None  # mode 6, READVAR
    monlist: bool | None = None  # mode 7, MON_GETLIST_1


@dataclass(frozen=True, slots=True)
class NtpService:
    endpoints: tuple[NtpEndpoint, ...]
