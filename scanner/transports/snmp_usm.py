"""The user-based security model, receiving half: keys, signature, decryption.

Libraries sign and encrypt what we send. What comes back is checked here for every library alike, because an answer
that nobody signed must not become evidence. RFC 3414 (keys, HMAC-96), RFC 7860 (HMAC-SHA-2), RFC 3826 (AES-128); for
AES-256 the extension of short keys by Blumenthal (draft-blumenthal-aes-usm-04) and by Reeder (Cisco, ``-C``).
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from scanner.transports.snmp_ber import SEQUENCE, Message, Pdu, scoped, span
from scanner.transports.snmp_faults import Garbled

AuthName = Literal["MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"]
PrivName = Literal["DES", "AES-128", "AES-256", "AES-256-C"]


@dataclass(frozen=True, slots=True)
class AuthKind:
    hash: str
    mac_bytes: int  # of the digest, what is sent
    weak: str = ""  # why it is not used unless asked


@dataclass(frozen=True, slots=True)
class PrivKind:
    key_bytes: int
    extension: str = ""  # how a short localised key is made longer
    weak: str = ""


AUTH: dict[AuthName, AuthKind] = {
    "MD5": AuthKind("md5", 12, "MD5 is broken (RFC 6151)"),
    "SHA": AuthKind("sha1", 12),
    "SHA-224": AuthKind("sha224", 16),
    "SHA-256": AuthKind("sha256", 24),
    "SHA-384": AuthKind("sha384", 32),
    "SHA-512": AuthKind("sha512", 48),
}
PRIV: dict[PrivName, PrivKind] = {
    "DES": PrivKind(16, weak="the 56-bit key of DES can be found by trying"),
    "AES-128": PrivKind(16),
    "AES-256": PrivKind(32, "blumenthal"),
    "AES-256-C": PrivKind(32, "reeder"),
}
PASSWORD_STRETCH = 1024 * 1024  # octets that a password is repeated to, RFC 3414 appendix A.2


@dataclass(frozen=True, slots=True)
class User:
    """Who asks over SNMPv3. The protocols say the level; the repr shows no password."""

    name: str
    auth: AuthName | None = None
    auth_password: str = field(default="", repr=False)
    priv: PrivName | None = None
    priv_password: str = field(default="", repr=False)

    @property
    def level(self) -> str:
        return "authPriv" if self.priv else "authNoPriv" if self.auth else "noAuthNoPriv"


@lru_cache(maxsize=64)
def master_key(auth: AuthName, password: str) -> bytes:
    """Ku of RFC 3414: one megabyte is hashed, so it is done once a credential and not once a device."""
    octets = password.encode()
    stretched = octets * (PASSWORD_STRETCH // len(octets) + 1)
    return hashlib.new(AUTH[auth].hash, stretched[:PASSWORD_STRETCH]).digest()


def localised(auth: AuthName, key: bytes, engine_id: bytes) -> bytes:
    """Kul: a device that is broken into does not give away the others' keys."""
    return hashlib.new(AUTH[auth].hash, key + engine_id + key).digest()


@dataclass(frozen=True, slots=True)
class Keys:
    """One user's keys on one engine."""

    user: User
    engine_id: bytes
    auth: bytes = field(repr=False)
    priv: bytes = field(repr=False)

    def signed(self, data: bytes, message: Message) -> bool:
        """Does the message carry this user's signature, of full length?"""
        if self.user.auth is None:
            return True
        kind, mac = AUTH[self.user.auth], message.mac
        if mac.stop - mac.start != kind.mac_bytes:
            return False
        blank = data[: mac.start] + bytes(kind.mac_bytes) + data[mac.stop :]
        digest = hmac.digest(self.auth, blank, kind.hash)[: kind.mac_bytes]
        return hmac.compare_digest(digest, data[mac.start : mac.stop])

    def decrypted(self, message: Message) -> Pdu:
        """Raises :class:`Garbled` when the key or the content is wrong."""
        if self.user.priv is None or len(message.salt) != 8:
            raise Garbled("what came is encrypted in a way that was not asked for")
        plain = _decrypt(self.user.priv, self.priv, message)
        return scoped(plain, span(plain, 0, len(plain), SEQUENCE))  # DES leaves padding behind it


def keys(user: User, engine_id: bytes) -> Keys:
    if user.auth is None:
        return Keys(user, engine_id, b"", b"")
    auth = localised(user.auth, master_key(user.auth, user.auth_password), engine_id)
    if user.priv is None:
        return Keys(user, engine_id, auth, b"")
    short = localised(user.auth, master_key(user.auth, user.priv_password), engine_id)
    return Keys(user, engine_id, auth, _long_enough(user.auth, PRIV[user.priv], short, engine_id))


def _long_enough(auth: AuthName, kind: PrivKind, key: bytes, engine_id: bytes) -> bytes:
    while len(key) < kind.key_bytes:
        if kind.extension == "reeder":
            stretched = key * (PASSWORD_STRETCH // len(key) + 1)
            again = hashlib.new(AUTH[auth].hash, stretched[:PASSWORD_STRETCH]).digest()
            key += localised(auth, again, engine_id)
        else:
            key += hashlib.new(AUTH[auth].hash, key).digest()
    return key[: kind.key_bytes]


def _decrypt(priv: PrivName, key: bytes, message: Message) -> bytes:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.decrepit.ciphers.modes import CFB
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    if priv == "DES":
        if len(message.encrypted) % 8:
            raise Garbled("what came is no whole number of DES blocks")
        start = bytes(a ^ b for a, b in zip(key[8:16], message.salt, strict=True))
        opener = Cipher(TripleDES(key[:8] * 3), CBC(start)).decryptor()  # three times the same key is plain DES
    else:
        clock = (message.boots & 0xFFFFFFFF).to_bytes(4) + (message.time & 0xFFFFFFFF).to_bytes(4)
        opener = Cipher(AES(key), CFB(clock + message.salt)).decryptor()
    return opener.update(message.encrypted) + opener.finalize()
