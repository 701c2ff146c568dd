"""A checkpoint as a small file to hand out, with the proofs that the history goes on from every one before it."""

from datetime import datetime

from checks.lifecycle import canonical
from checks.merkle import consistency_proof
from checks.statements import pre_authentication
from scanner.service.report_pack.export import Pen, checkpoint_envelope
from scanner.service.report_pack.names import HANDED_OUT_TYPE
from scanner.service.report_pack.signed import enveloped, written
from scanner.service.signing import Signer
from scanner.store.checkpoints import Checkpoint
from scanner.store.store import Store

MOST = 500  # older checkpoints that are proven; of more, the newest


def checkpoint_file(store: Store, estate: str, signer: Signer, now: datetime) -> tuple[bytes, Checkpoint]:
    """Raises :class:`StoreError`."""
    made = store.checkpoints.make(Pen(signer), estate, now)
    leaves = store.checkpoints.leaves(made.events)
    older = [one.events for one in store.checkpoints.all() if one.events < made.events][-MOST:]
    proofs = [{"count": n, "proof": [part.hex() for part in consistency_proof(leaves, n)]} for n in older]
    payload = canonical({"checkpoint": checkpoint_envelope(made, signer), "proofs": proofs})
    signature = signer.key.sign(pre_authentication(HANDED_OUT_TYPE, payload))
    envelope = enveloped(payload, HANDED_OUT_TYPE, signature, signer.key.public_key())
    return written({"envelope": envelope, "key": signer.public_pem.decode()}), made
