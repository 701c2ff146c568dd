"""What a directory shows to somebody who does not log in (RFC 4511, RFC 4512). ``None``: could not be seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LdapEndpoint:
    url: str
    place: str
    why: str = ""  # why nothing was seen
    base: str = ""  # that the root DSE names
    anonymous: bool | None = None  # entries below the base are shown to anybody


@dataclass(frozen=True, slots=True)
class Ldap:
    endpoints: tuple[LdapEndpoint, ...]
