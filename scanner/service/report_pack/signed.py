"""Signatures as the verifier reads them: Ed25519 (RFC 8032) in DSSE envelopes, public keys in PEM."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from checks.lifecycle import canonical
from checks.statements import pre_authentication


class BadSignature(Exception):
    """A signature does not hold, or a key cannot be read. One sentence."""


def public_key(pem: bytes) -> Ed25519PublicKey:
    """Raises :class:`BadSignature`."""
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as fault:
        raise BadSignature("the public key is not PEM") from fault
    if not isinstance(key, Ed25519PublicKey):
        raise BadSignature("the public key is not Ed25519")
    return key


def raw_key(digits: str) -> Ed25519PublicKey:
    """From its raw 32 bytes in hexadecimal. Raises :class:`BadSignature`."""
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(digits))
    except ValueError as fault:
        raise BadSignature("a public key is not 32 bytes in hexadecimal") from fault


def key_id(key: Ed25519PublicKey) -> str:
    """sha256 over the raw public key."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()


def parsed(data: bytes, what: str) -> dict[str, Any]:
    """A JSON object, or :class:`BadSignature` naming ``what``."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise BadSignature(f"{what} is not JSON") from fault
    if not isinstance(content, dict):
        raise BadSignature(f"{what} is not a JSON object")
    return content


def payload_of(envelope: Mapping[str, Any], payload_type: str, key: Ed25519PublicKey, what: str) -> bytes:
    """The payload of a DSSE envelope that this key signed, and nothing else. Raises :class:`BadSignature`."""
    try:
        payload = base64.b64decode(envelope["payload"], validate=True)
        [one] = envelope["signatures"]
        signature = base64.b64decode(one["sig"], validate=True)
        signer = one["keyid"]
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise BadSignature(f"{what} is not a DSSE envelope with one signature") from fault
    if signer != key_id(key):
        raise BadSignature(f"{what} was signed by key {str(signer)[:16]}, not by key {key_id(key)[:16]} of the pack")
    try:
        key.verify(signature, pre_authentication(payload_type, payload))
    except InvalidSignature as fault:
        raise BadSignature(
            f"the signature of {what} does not hold: the statement or the signature was changed"
        ) from fault
    if envelope != enveloped(payload, payload_type, signature, key):
        raise BadSignature(f"{what} holds something else than one statement and its signature")
    return payload


def enveloped(payload: bytes, payload_type: str, signature: bytes, key: Ed25519PublicKey) -> dict[str, object]:
    return {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": payload_type,
        "signatures": [{"keyid": key_id(key), "sig": base64.b64encode(signature).decode()}],
    }


def written(content: Mapping[str, object]) -> bytes:
    """How a pack writes a small JSON file."""
    return canonical(content) + b"\n"


def holds(key: Ed25519PublicKey, signature: str, message: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True
