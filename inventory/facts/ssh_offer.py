"""What SSH servers offer before anybody logs in (RFC 4253). ``None``: could not be seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SshEndpoint:
    url: str
    place: str
    why: str = ""  # why nothing was seen
    banner: str = ""
    kex: tuple[str, ...] | None = None
    host_key_algorithms: tuple[str, ...] | None = None
    ciphers: tuple[str, ...] | None = None  # both directions
    macs: tuple[str, ...] | None = None
    weak_kex: tuple[str, ...] | None = None  # SHA-1 or a group of 1024 bits
    weak_ciphers: tuple[str, ...] | None = None
    weak_macs: tuple[str, ...] | None = None
    weak_host_keys: tuple[str, ...] | None = None  # "ssh-rsa 1024"; None: a key that is offered was not seen
    host_keys: tuple[str, ...] = ()  # "ssh-rsa 3072 SHA256:..."
    gex: bool | None = None  # group exchange is offered
    gex_bits: int | None = None  # of the group it gives when 1024 bits are asked for
    terrapin: bool | None = None  # CVE-2023-48795
    pq_hybrid: bool | None = None
    methods: tuple[str, ...] | None = None  # of authentication, as the answer to "none" lists them

    @property
    def password(self) -> bool | None:
        """Passwords are taken, or nothing is asked at all. Behind keyboard-interactive alone may be a second factor."""
        if self.methods is None:
            return None
        if "password" in self.methods or "none" in self.methods:
            return True
        return None if "keyboard-interactive" in self.methods else False


@dataclass(frozen=True, slots=True)
class SshOffer:
    endpoints: tuple[SshEndpoint, ...]
