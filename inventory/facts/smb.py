"""What SMB servers negotiate before anybody logs in (MS-SMB, MS-SMB2). ``None``: could not be seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SmbEndpoint:
    url: str
    place: str
    why: str = ""  # why nothing was seen
    version1: bool | None = None  # it takes the dialect NT LM 0.12
    dialect: str = ""  # of SMB 2 or 3 that it chose, such as 3.1.1
    signing_required: bool | None = None  # of the newest version that it speaks


@dataclass(frozen=True, slots=True)
class Smb:
    endpoints: tuple[SmbEndpoint, ...]
