"""X.509 certificates in files that the inventory names (``certificates``): RFC 5280, PEM as in RFC 7468, DER.

Only complete certificate blocks leave the host, never a key that stands in the same file. Of a file with several
certificates the one that ends first is reported: it is the one that breaks first.
"""

import shlex
from datetime import UTC

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from inventory.asset import Asset, Become, Privilege
from inventory.facts.certificates import Certificate, Certificates
from scanner.probes.linux.sections import ROOT_ONLY, bounded, ended
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

# A block counts only from its BEGIN to its own END with nothing but base64 between, so that a broken file cannot
# carry anything else along. A file without PEM is tried as DER, which openssl turns into PEM only if it is a
# certificate.
BODY = r"""
command -v awk >/dev/null || exit 69
blocks() {
  awk '
    /^-----BEGIN (X509 )?CERTIFICATE-----[ \t\r]*$/ { block = ""; inside = 1; next }
    /^-----END (X509 )?CERTIFICATE-----[ \t\r]*$/ && inside { printf "%s>\n", block; if (++n == 20) exit }
    !/^[A-Za-z0-9+\/=]+[ \t\r]*$/ || length(block) > 65536 { inside = 0 }
    inside { sub(/[ \t\r]+$/, ""); block = block "+ " $0 "\n" }
  '
}
certificate() {
  printf '%s\n' "@ $1"
  [ -f "$1" ] || return 0
  out=$(blocks <"$1")
  [ -n "$out" ] || out=$(openssl x509 -inform DER -in "$1" | blocks)
  [ -z "$out" ] || printf '%s\n' "$out"
}
echo =files=
"""


def ask(asset: Asset) -> Script | None:
    if not asset.certificates:
        return None
    calls = "".join(f"certificate {shlex.quote(path)}\n" for path in asset.certificates)
    text = f"{BODY}{calls}echo =end=\n"
    if asset.connection.become is Become.COLLECTOR:  # a fixed script cannot name this host's files: read as the account
        return Script("certificates", text, Privilege.USER)
    return Script("certificates", ROOT_ONLY + text, Privilege.ROOT)


def read_certificates(text: str) -> Certificates:
    files: dict[str, list[str]] = {}
    blocks: list[str] = []
    block: list[str] = []
    for line in ended(text, "files").lines("files"):
        sign, _, rest = line.partition(" ")
        if sign == "@" and rest:
            blocks = files.setdefault(rest, [])
        elif sign == "+" and files:
            block.append(rest)
        elif line == ">" and files:
            blocks.append("\n".join(block))
            block = []
        else:
            raise Unreadable("a line about certificates cannot be read")
    bounded(sum(map(len, files.values())), 2_000, "certificates")
    first = {path: _first_to_end(path, blocks) for path, blocks in files.items()}
    return Certificates(
        items=tuple(certificate for certificate in first.values() if certificate),
        unreadable=tuple(path for path, certificate in first.items() if certificate is None),
    )


def _first_to_end(path: str, blocks: list[str]) -> Certificate | None:
    """None when one of the file's blocks, or all of them, are no certificate."""
    try:
        read = [_certificate(path, block) for block in blocks]
    except ValueError:
        return None
    return min(read, key=lambda certificate: certificate.not_after_epoch, default=None)


def _certificate(path: str, block: str) -> Certificate:
    """Raises ``ValueError`` for what is no certificate."""
    pem = f"-----BEGIN CERTIFICATE-----\n{block}\n-----END CERTIFICATE-----\n"
    certificate = x509.load_pem_x509_certificate(pem.encode())
    ends = certificate.not_valid_after_utc.astimezone(UTC)
    return Certificate(
        path=path,
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        not_after=ends.isoformat().replace("+00:00", "Z"),
        not_after_epoch=int(ends.timestamp()),
        fingerprint=certificate.fingerprint(SHA256()).hex(),
    )


CERTIFICATES = ScriptProbe(
    "certificates",
    Script("certificates", f"{BODY}echo =end=\n", Privilege.ROOT),
    read_certificates,
    tool="awk",
    script_for=ask,
    nothing_asked="the inventory names no certificate files for this asset",
)
