"""X.509 certificates in files that the inventory names (RFC 5280)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Certificate:
    path: str
    subject: str
    issuer: str
    not_after: str  # ISO 8601, UTC
    not_after_epoch: int
    fingerprint: str  # sha256, lower-case hex


@dataclass(frozen=True, slots=True)
class Certificates:
    items: tuple[Certificate, ...]
    unreadable: tuple[str, ...]  # paths that exist in the inventory and could not be read as a certificate
