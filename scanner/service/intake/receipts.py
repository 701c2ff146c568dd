"""Receipts: what was received, of whom and when: an in-toto Statement in a DSSE envelope, by the record's key."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from checks.lifecycle import canonical
from scanner.service.signing import Signer, SigningError, opened

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://estatecheck.example/snapshot-receipt/v1"
MAX_BYTES = 64 * 1024


class BadReceipt(Exception):
    """The receipt does not say what it should. One plain sentence."""


@dataclass(frozen=True, slots=True)
class Receipt:
    sha256: str  # of the document, unpacked
    host: str  # name of the asset
    collected_at: datetime
    received_at: datetime


def sign(receipt: Receipt, signer: Signer) -> bytes:
    """The same receipt gives the same bytes."""
    payload = canonical(
        {
            "_type": STATEMENT,
            "subject": [{"name": "snapshot", "digest": {"sha256": receipt.sha256}}],
            "predicateType": PREDICATE,
            "predicate": {
                "host": receipt.host,
                "collected_at": _iso(receipt.collected_at),
                "received_at": _iso(receipt.received_at),
            },
        }
    )
    return json.dumps(signer.envelope(payload)).encode()


def verify(raw: bytes, key: Ed25519PublicKey, document: bytes | None = None) -> Receipt:
    """Raises :class:`BadReceipt` when the signature does not hold, or it is of another document."""
    if len(raw) > MAX_BYTES:
        raise BadReceipt("it is too long for a receipt")
    try:
        receipt = _read(json.loads(opened(json.loads(raw), key)))
    except SigningError as fault:
        raise BadReceipt(str(fault)) from None
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        raise BadReceipt("it is no receipt of estatecheck") from None
    if document is not None and hashlib.sha256(document).hexdigest() != receipt.sha256:
        raise BadReceipt("it is the receipt of another document")
    return receipt


def _read(told: Any) -> Receipt:  # noqa: ANN401 (any JSON: what does not fit raises)
    if told["_type"] != STATEMENT or told["predicateType"] != PREDICATE:
        raise ValueError
    [subject], said = told["subject"], told["predicate"]
    times = [datetime.fromisoformat(said[name]) for name in ("collected_at", "received_at")]
    return Receipt(str(subject["digest"]["sha256"]), str(said["host"]), *times)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
