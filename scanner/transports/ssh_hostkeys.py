"""Host keys: reading known_hosts files, and judging the key a host presents. Pure.

Format: sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT". paramiko's own reader passes over ``@revoked`` and
``@cert-authority`` lines without a word; here they are kept apart and count.
"""

import base64
import binascii
import fnmatch
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inventory.facts.missing import Reason
from scanner.query import HostKey
from scanner.transports.ssh_bounds import KEY_TYPES, RSA_SIGNATURES
from scanner.transports.ssh_wire import Fault

REVOKED = "@revoked"
AUTHORITY = "@cert-authority"
MAX_LINE = 64 * 1024
SSH_PORT = 22


@dataclass(frozen=True, slots=True)
class KnownHost:
    """One line. ``marker``: ``""``, ``@revoked`` or ``@cert-authority``."""

    names: str  # patterns, comma-separated, or one hashed name
    key: HostKey
    marker: str = ""

    def covers(self, name: str) -> bool:
        """``name`` as :func:`lookup_name` makes it. A negated pattern that matches wins (sshd(8))."""
        if self.names.startswith("|1|"):
            return _hash_matches(self.names, name)
        patterns = self.names.lower().split(",")
        if any(_pattern_matches(p[1:], name) for p in patterns if p.startswith("!")):
            return False
        return any(_pattern_matches(p, name) for p in patterns if not p.startswith("!"))


@dataclass(frozen=True, slots=True)
class KnownHosts:
    """What one or more known_hosts files say. ``unreadable``: numbers of the lines that are not understood."""

    entries: tuple[KnownHost, ...] = ()
    unreadable: tuple[int, ...] = ()

    def pinned(self, address: str, port: int) -> tuple[HostKey, ...]:
        return self._keys("", address, port)

    def revoked(self, address: str, port: int) -> tuple[HostKey, ...]:
        return self._keys(REVOKED, address, port)

    def authorities(self, address: str, port: int) -> tuple[HostKey, ...]:
        return self._keys(AUTHORITY, address, port)

    def _keys(self, marker: str, address: str, port: int) -> tuple[HostKey, ...]:
        name = lookup_name(address, port)
        return tuple(dict.fromkeys(e.key for e in self.entries if e.marker == marker and e.covers(name)))


def lookup_name(address: str, port: int) -> str:
    """How known_hosts names a host: ``host``, or ``[host]:port`` when the port is not 22."""
    return address.lower() if port == SSH_PORT else f"[{address.lower()}]:{port}"


def read_known_hosts(text: str) -> KnownHosts:
    """Every line that is a name and a key; comments and empty lines are passed over, other lines are numbered."""
    entries: list[KnownHost] = []
    unreadable: list[int] = []
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.split(maxsplit=4) if len(line) <= MAX_LINE else ["?"]
        if not words or words[0].startswith("#"):
            continue
        entry = _entry(words)
        if entry is None:
            unreadable.append(number)
        else:
            entries.append(entry)
    return KnownHosts(tuple(entries), tuple(unreadable))


def _entry(words: Sequence[str]) -> KnownHost | None:
    marker, rest = (words[0], words[1:]) if words[0].startswith("@") else ("", words)
    if marker not in ("", REVOKED, AUTHORITY) or len(rest) < 3 or not _is_key(rest[1], rest[2]):
        return None
    return KnownHost(rest[0], HostKey(rest[1], rest[2]), marker)


def _is_key(kind: str, text: str) -> bool:
    """The base64 blob starts with its own type as an SSH string (RFC 4253 section 6.6)."""
    blob = _decoded(text)
    name = kind.encode()
    return blob is not None and blob[: 4 + len(name)] == len(name).to_bytes(4, "big") + name


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _hash_matches(hashed: str, name: str) -> bool:
    """``|1|salt|hash``: HMAC-SHA1 of the name, keyed with the salt."""
    parts = hashed.split("|")
    if len(parts) != 4:
        return False
    salt, wanted = _decoded(parts[2]), _decoded(parts[3])
    if not salt or wanted is None:
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode(), hashlib.sha1).digest(), wanted)


def _pattern_matches(pattern: str, name: str) -> bool:
    """``*`` and ``?`` only; the brackets of ``[host]:port`` are plain characters."""
    return re.match(fnmatch.translate(pattern.replace("[", "[[]")), name) is not None


def fingerprint(key: HostKey) -> str:
    """As ``ssh-keygen -l`` prints it: SHA256 and base64 without padding."""
    digest = hashlib.sha256(_decoded(key.base64) or b"").digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def wanted_types(pinned: Iterable[HostKey]) -> tuple[str, ...]:
    """The host key algorithms to offer: only those of the pinned keys, all sound ones when nothing is pinned."""
    types = {key.type for key in pinned}
    if "ssh-rsa" in types:
        types.update(RSA_SIGNATURES)
    return tuple(t for t in KEY_TYPES if not types or t in types)


@dataclass(frozen=True, slots=True)
class Trust:
    """What is known of one host's keys before it is met. ``name``: the inventory's, for messages."""

    name: str
    pinned: tuple[HostKey, ...] = ()
    revoked: tuple[HostKey, ...] = ()
    authorities: tuple[HostKey, ...] = ()
    may_trust_new: bool = False

    def check_before(self) -> None:
        """Raises :class:`Fault` when no key the host could present would do."""
        if self.authorities and not self.pinned:
            raise Fault(
                Reason.HOST_KEY_UNKNOWN,
                "a certificate authority is trusted for this host (@cert-authority), and host certificates cannot be"
                f" verified: pin the host's own key with: estatecheck inventory trust {self.name}",
            )
        if self.pinned and not wanted_types(self.pinned):
            kinds = ", ".join(sorted({key.type for key in self.pinned}))
            raise Fault(Reason.WEAK_ALGORITHMS_ONLY, f"the pinned host key is of a type that is not used: {kinds}")

    def is_new(self, presented: HostKey) -> bool:
        """False: the key is pinned. True: it is new and may be pinned. Raises :class:`Fault` for any other."""
        said = f"{fingerprint(presented)} ({presented.type})"
        if presented in (*self.revoked, *self.authorities):
            raise Fault(Reason.HOST_KEY_MISMATCH, f"the host presented the revoked or misused key {said}")
        if presented in self.pinned:
            return False
        if self.pinned:
            known = ", ".join(fingerprint(key) for key in self.pinned)
            raise Fault(
                Reason.HOST_KEY_MISMATCH,
                f"the host key has changed: it presented {said}, pinned is {known}; nothing was sent."
                f" If the host was reinstalled: estatecheck inventory trust {self.name}",
            )
        if not self.may_trust_new:
            raise Fault(
                Reason.HOST_KEY_UNKNOWN,
                f"the host key {said} is not approved: compare it with the host's own (ssh-keygen -l -f), then run"
                f" estatecheck inventory trust {self.name} or estatecheck scan --trust-new",
            )
        return True

    def no_common_type(self) -> Fault:
        """The host offers none of the types that were asked for."""
        kinds = {key.type for key in self.pinned}
        if kinds and kinds != {"ssh-rsa"}:
            return Fault(
                Reason.HOST_KEY_MISMATCH,
                f"the host no longer offers a key of the pinned type ({', '.join(sorted(kinds))}); nothing was sent."
                f" If the host was reinstalled: estatecheck inventory trust {self.name}",
            )
        return Fault(Reason.WEAK_ALGORITHMS_ONLY, "the host offers only host key algorithms that use SHA-1 or DSA")
