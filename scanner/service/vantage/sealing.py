"""What is said between scanner and vantage point is signed with Ed25519 (RFC 8032), and every kind of message apart.

A sealed message is one line of JSON: ``{"key": id, "payload": base64, "signature": base64}``. Signed is the payload
with its kind (DSSE's pre-authentication encoding), so that a batch can never pass for a list.
"""

import base64
import binascii
import hashlib
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scanner.service.signing import Signer, key_id, pre_authentication

LIST = "application/vnd.estatecheck.probe-list+json"
BATCH = "application/vnd.estatecheck.probe-batch+json"
ANSWER = "application/vnd.estatecheck.probe-answer+json"
REQUEST = "application/vnd.estatecheck.probe-request"
PREFIX = "ed25519:"


class BadSeal(Exception):
    """A message is not what it should be, or not from whom it should be. One plain sentence."""


def public_text(key: Ed25519PublicKey) -> str:
    """A public key on one line, for an inventory."""
    return PREFIX + base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def public_from(text: str) -> Ed25519PublicKey:
    """Raises :class:`BadSeal`."""
    try:
        return Ed25519PublicKey.from_public_bytes(base64.b64decode(text.strip().removeprefix(PREFIX), validate=True))
    except (ValueError, binascii.Error) as fault:
        raise BadSeal(f"{text[:80]!r} is no public key: write {PREFIX} and 44 characters of base64") from fault


def seal(kind: str, payload: bytes, signer: Signer) -> bytes:
    signature = signer.key.sign(pre_authentication(kind, payload))
    told = {
        "key": signer.key_id,
        "payload": base64.b64encode(payload).decode(),
        "signature": base64.b64encode(signature).decode(),
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def unseal(kind: str, message: bytes, key: Ed25519PublicKey) -> bytes:
    """The payload. Raises :class:`BadSeal`."""
    try:
        told = json.loads(message)
        payload = base64.b64decode(told["payload"], validate=True)
        signature = base64.b64decode(told["signature"], validate=True)
        named = told["key"]
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise BadSeal("it is not a sealed message") from fault
    if named != key_id(key):
        raise BadSeal("it is signed by another key than the one that is trusted here")
    if not holds(kind, payload, signature, key):
        raise BadSeal("its signature does not hold: it was changed, or meant as something else")
    return payload


def holds(kind: str, payload: bytes, signature: bytes, key: Ed25519PublicKey) -> bool:
    try:
        key.verify(signature, pre_authentication(kind, payload))
    except InvalidSignature:
        return False
    return True


def digest(message: bytes) -> str:
    return hashlib.sha256(message).hexdigest()
