"""What TLS servers offer, seen from outside without a log-in. ``None``: it could not be seen, which is never a pass."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TlsCertificate:
    """The server's own certificate and what the chain around it says (RFC 5280)."""

    subject: str
    issuer: str
    not_before: str  # ISO 8601, UTC
    not_after: str
    not_after_epoch: int
    lifetime_days: int
    names: tuple[str, ...]  # DNS names it is for
    name_matches: bool | None  # RFC 6125; None: the inventory gives an address and no name
    key: str  # RSA 2048, EC secp256r1, Ed25519
    weak_key: bool | None  # None: a kind of key that is not known here
    weak_signatures: tuple[str, ...]  # of the chain, roots left out: "CN=x: sha1"
    self_signed: bool
    pinned: bool  # the inventory names its fingerprint
    trusted: bool | None  # by OpenSSL, the system's authorities and the inventory's; None: could not be judged
    chain_complete: bool | None  # None: the authority at its end is not known, so that nobody can tell
    verdict: str  # OpenSSL's words, when it was judged and by which authorities
    fingerprint: str  # sha256, lower-case hex


@dataclass(frozen=True, slots=True)
class TlsEndpoint:
    url: str
    place: str  # host:port
    why: str = ""  # why nothing was seen, or a part was not
    ssl2: bool | None = None
    ssl3: bool | None = None
    tls10: bool | None = None
    tls11: bool | None = None
    tls12: bool | None = None
    tls13: bool | None = None
    null_anon_export: bool | None = None  # accepts a hello that offers nothing else
    rc4_3des: bool | None = None
    no_forward_secrecy: bool | None = None
    weak_suite: str = ""  # what it chose of null, anonymous and export
    old_suite: str = ""  # what it chose of RC4, DES and 3DES
    static_suite: str = ""
    dhe: bool | None = None  # finite-field Diffie-Hellman is used
    dh_bits: int | None = None
    pq_hybrid: bool | None = None
    safe_renegotiation: bool | None = None
    compression: bool | None = None
    certificate: TlsCertificate | None = None

    @property
    def old_ssl(self) -> bool | None:
        return either(self.ssl2, self.ssl3)

    @property
    def old_tls(self) -> bool | None:
        return either(self.tls10, self.tls11)

    @property
    def modern(self) -> bool | None:
        return either(self.tls12, self.tls13)

    @property
    def classic(self) -> bool | None:
        """Speaks a version before 1.3: renegotiation and compression are of these only."""
        return either(self.ssl3, self.tls10, self.tls11, self.tls12)

    @property
    def versions(self) -> str:
        told = {"SSL 2": self.ssl2, "SSL 3": self.ssl3, "TLS 1.0": self.tls10, "TLS 1.1": self.tls11}
        told |= {"TLS 1.2": self.tls12, "TLS 1.3": self.tls13}
        return ", ".join(name for name, seen in told.items() if seen) or "none"


def either(*seen: bool | None) -> bool | None:
    """True when one is; None when that cannot be told."""
    if True in seen:
        return True
    return None if None in seen else False


@dataclass(frozen=True, slots=True)
class Tls:
    endpoints: tuple[TlsEndpoint, ...]
