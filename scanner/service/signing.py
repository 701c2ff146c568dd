"""The key that signs evidence: Ed25519 (RFC 8032), kept in a file that only its owner can read."""

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from string import hexdigits

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from checks.statements import pre_authentication as pre_authentication  # others know it from here

MAX_PEM = 64 * 1024
ID_LENGTH = 64  # hexadecimal digits of a SHA-256
PAYLOAD_TYPE = "application/vnd.in-toto+json"


class SigningError(Exception):
    """A key cannot be read or made, or a signature does not hold. Never shows key material."""


@dataclass(frozen=True, slots=True)
class Signer:
    key: Ed25519PrivateKey

    @property
    def public_pem(self) -> bytes:
        return public_pem(self.key.public_key())

    @property
    def key_id(self) -> str:
        return key_id(self.key.public_key())

    @property
    def raw_public(self) -> str:
        """The raw public key, 32 bytes in hexadecimal."""
        return self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()

    def signature(self, message: bytes) -> str:
        """Base64."""
        return base64.b64encode(self.key.sign(message)).decode()

    def envelope(self, payload: bytes) -> dict[str, object]:
        """A DSSE envelope (Dead Simple Signing Envelope v1) around the payload."""
        signature = self.key.sign(pre_authentication(PAYLOAD_TYPE, payload))
        return enveloped(payload, signature, self.key.public_key())


def enveloped(payload: bytes, signature: bytes, key: Ed25519PublicKey) -> dict[str, object]:
    """The one way to write a payload, its signature and the key's name as a DSSE envelope."""
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": key_id(key), "sig": base64.b64encode(signature).decode()}],
    }


def key_id(key: Ed25519PublicKey) -> str:
    """sha256 over the raw public key: what two people compare by voice."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def load_or_create(path: Path) -> tuple[Signer, bool]:
    """The signer, and whether its key was made just now. Raises :class:`SigningError`."""
    try:
        return (load(path), False) if path.exists() else (_create(path), True)
    except FileExistsError as fault:
        in_the_way = fault.filename2 or fault.filename
        raise SigningError(f"signing key {path} cannot be made: {in_the_way} is in the way") from fault
    except OSError as fault:
        raise SigningError(f"signing key {path} cannot be made: {fault.strerror}") from fault


def named_key_id(text: str) -> str:
    """The id of a key that somebody named by its id, or by a file with the public key in PEM.

    Raises :class:`SigningError`, and ``OSError`` when it is neither.
    """
    if len(text) == ID_LENGTH and set(text) <= set(hexdigits):
        return text.lower()
    with Path(text).open("rb") as pem:
        return key_id(public_key(pem.read(MAX_PEM)))


def load(path: Path, passphrase: str | None = None) -> Signer:
    """``passphrase`` opens an encrypted key; one that is not needed is refused. Raises :class:`SigningError`."""
    try:
        with path.open("rb") as file:
            shared = os.fstat(file.fileno()).st_mode & 0o077
            pem = file.read(MAX_PEM)
    except OSError as fault:
        raise SigningError(f"signing key {path} cannot be read: {fault.strerror}") from fault
    if shared:
        raise SigningError(f"signing key {path} can be read by others; run: chmod 600 {path}")
    why = ""
    try:
        key = load_pem_private_key(pem, passphrase.encode() if passphrase is not None else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        why = _why_not_opened(pem, given=passphrase is not None)
    if why:  # raised out here: no traceback shows what the key or its passphrase is
        raise SigningError(f"signing key {path} {why}")
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningError(f"signing key {path} is not Ed25519; name another file, or one that is not there yet")
    return Signer(key)


def _why_not_opened(pem: bytes, *, given: bool) -> str:
    encrypted = b"ENCRYPTED" in pem
    if encrypted and given:
        return "cannot be opened: the passphrase is wrong, or the file is damaged"
    if encrypted:
        return "is encrypted; name its passphrase by reference, such as --passphrase file:PATH"
    if given and b"PRIVATE KEY" in pem:
        return "is not encrypted, or is damaged: leave the passphrase away"
    return "is not an unencrypted PEM private key; name another file"


def create(path: Path, passphrase: str | None = None) -> Signer:
    """A new key in a file that is not there yet. Raises :class:`SigningError`."""
    try:
        return _create(path, passphrase)
    except FileExistsError as fault:
        raise SigningError(f"{path} exists already; name another file") from fault
    except OSError as fault:
        raise SigningError(f"signing key {path} cannot be made: {fault.strerror}") from fault


def _create(path: Path, passphrase: str | None = None) -> Signer:
    """A new key under a name of its own first: a full disk must not leave half a key where the next run looks."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    signer = Signer(Ed25519PrivateKey.generate())
    locked = NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
    text = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(text)
        os.link(part, path)  # fails when somebody else has made one meanwhile
    finally:
        part.unlink(missing_ok=True)
    return signer


def public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def public_key(pem: bytes) -> Ed25519PublicKey:
    """Raises :class:`SigningError`."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise SigningError("the public key is not PEM") from fault
    if not isinstance(key, Ed25519PublicKey):
        raise SigningError("the public key is not Ed25519")
    return key


def opened(envelope: dict[str, object], key: Ed25519PublicKey) -> bytes:
    """The payload of a DSSE envelope whose signature by this key holds. Raises :class:`SigningError`."""
    try:
        payload = base64.b64decode(str(envelope["payload"]), validate=True)
        signatures = envelope["signatures"]
        signed = [s["sig"] for s in signatures if s["keyid"] == key_id(key)]  # type: ignore[attr-defined]  # any JSON
        signature = base64.b64decode(signed[0], validate=True)
        key.verify(signature, pre_authentication(str(envelope["payloadType"]), payload))
    except InvalidSignature as fault:
        raise SigningError("the signature does not hold: statement or key was changed") from fault
    except (KeyError, IndexError, TypeError, ValueError) as fault:
        raise SigningError("the envelope is not DSSE with a signature by the key in the file") from fault
    if envelope != enveloped(payload, signature, key):
        raise SigningError("the envelope holds something else than one in-toto statement and its signature")
    return payload
