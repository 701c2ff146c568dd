"""The chain a server sent, and OpenSSL's verdict on it, as one fact. Pure: the verdict was made by the transport."""

from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from inventory.facts.tls import TlsCertificate
from scanner.probes.web.records import Record
from scanner.query import Unreadable

# x509_vfy.h of OpenSSL: the chain could not be built to something trusted
NOT_BUILT = {2, 18, 19, 20, 21, 27}
# these are only told of a chain that was built, and each is a finding of its own: expired, not yet valid, weak
BUILT = {0, 9, 10, 62, 64, 66, 67, 68}
UNSENT = {2, 20, 21}
PUBLIC = "2.23.140.1."  # CA/Browser Forum: never issued by a root itself (Baseline Requirements, 4.3.1.1)


def certificate_of(record: Record, name: str) -> TlsCertificate | None:
    """None when no chain came. Raises :class:`Unreadable` for one that is no chain of certificates."""
    try:
        chain = [x509.load_der_x509_certificate(bytes.fromhex(one)) for one in record.get("chain") or ()]
        return _fact(chain, record, name) if chain else None
    except (ValueError, TypeError, UnsupportedAlgorithm) as fault:
        raise Unreadable("the certificates that came cannot be read") from fault


def _fact(chain: Sequence[x509.Certificate], record: Record, name: str) -> TlsCertificate:
    leaf = chain[0]
    verified = record.get("verified") or {}
    code, pinned, names = verified.get("code"), record.get("pinned") is True, _names(leaf)
    begins, ends = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    key, weak = _key(leaf)
    return TlsCertificate(
        subject=leaf.subject.rfc4514_string()[:300],
        issuer=leaf.issuer.rfc4514_string()[:300],
        not_before=_iso(begins),
        not_after=_iso(ends),
        not_after_epoch=int(ends.timestamp()),
        lifetime_days=(ends - begins).days,
        names=names[:100],
        name_matches=_matches(name, names) if name else None,
        key=key,
        weak_key=weak,
        weak_signatures=tuple(told for one in chain if (told := _weak_signature(one))),
        self_signed=_own_issuer(leaf),
        pinned=pinned,
        trusted=True if pinned or code in BUILT else False if code in NOT_BUILT else None,
        chain_complete=_complete(chain, code, str(verified.get("unsent") or "")),
        verdict=_verdict(verified),
        fingerprint=leaf.fingerprint(SHA256()).hex(),
    )


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _verdict(verified: Record) -> str:
    at = verified.get("at")
    when = _iso(datetime.fromtimestamp(at, UTC)) if isinstance(at, int) and 0 <= at < 1 << 40 else "an unknown time"
    said = str(verified.get("message") or "the chain holds")[:200]
    return f"{said}, judged at {when} by {str(verified.get('authorities') or 'no authorities')[:200]}"


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    try:
        told = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(name.lower() for name in told.get_values_for_type(x509.DNSName))


def _matches(name: str, names: Sequence[str]) -> bool:
    """RFC 9525, section 6.3: a star stands for the first label only, and the common name does not count."""
    name = name.lower().rstrip(".")
    _, _, rest = name.partition(".")
    return name in names or ("." in rest and f"*.{rest}" in names)


def _key(leaf: x509.Certificate) -> tuple[str, bool | None]:
    key = leaf.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}", key.key_size < 2048
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}", key.key_size < 256
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}", True
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return type(key).__name__.strip("_").removesuffix("PublicKey"), False
    return "of an unknown kind", None


def _own_issuer(one: x509.Certificate) -> bool:
    if one.subject != one.issuer:
        return False
    try:
        one.verify_directly_issued_by(one)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _weak_signature(one: x509.Certificate) -> str:
    """A root's own signature proves nothing, so that it need not be strong."""
    if one.subject == one.issuer:
        return ""
    hashed = one.signature_hash_algorithm  # None for Ed25519; raises UnsupportedAlgorithm for what is not known
    weak = hashed is not None and hashed.name in ("sha1", "md5", "md2")
    return f"{one.subject.rfc4514_string()[:200]}: {hashed.name}" if weak and hashed else ""


def _complete(chain: Sequence[x509.Certificate], code: object, unsent: str) -> bool | None:
    if unsent and code in UNSENT:
        return False
    if code in BUILT or _own_issuer(chain[-1]):
        return True
    return False if code in UNSENT and len(chain) == 1 and _public(chain[0]) else None


def _public(leaf: x509.Certificate) -> bool:
    try:
        told = leaf.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return False
    return any(one.policy_identifier.dotted_string.startswith(PUBLIC) for one in told)
