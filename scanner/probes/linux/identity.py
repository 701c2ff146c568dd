"""What proves that this is the same machine: machine-id(5), the SMBIOS UUID (DSP0134 7.2.1; only root may read it),
and the fingerprints of the SSH host keys, SHA-256 of the key blob as ssh-keygen(1) prints them (RFC 4253, 6.6)."""

import base64
import binascii
import hashlib
import string

from inventory.facts.identity import Identity
from scanner.probes.linux.sections import bounded, parts
from scanner.probes.script import ScriptProbe, fields
from scanner.query import Script, Unreadable

MAX_KEYS = 50

# Comments of the key files stay on the host.
BODY = r"""
id=
for file in /etc/machine-id /var/lib/dbus/machine-id; do
  [ -z "$id" ] && [ -r $file ] && read -r id <$file
done
echo "machine_id=$id"
uuid=
[ -r /sys/class/dmi/id/product_uuid ] && read -r uuid </sys/class/dmi/id/product_uuid
echo "smbios_uuid=$uuid"
echo =keys=
for file in /etc/ssh/ssh_host_*_key.pub; do
  [ -r "$file" ] && read -r type key comment <"$file" && echo "$type $key"
done
echo =keys:0=
exit 0
"""

# Left in place by makers, so that thousands of boards share them.
COMMON_UUIDS = ("03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009")


def read_identity(text: str) -> Identity:
    said = parts(text)
    head = fields(said.text(""))
    if "machine_id" not in head:
        raise Unreadable("the section on identity did not answer")
    lines = said.closed("keys").lines
    bounded(len(lines), MAX_KEYS, "SSH host keys")
    keys = sorted({print_ for line in lines if (print_ := fingerprint(line))})
    return Identity(_machine_id(head["machine_id"]), _uuid(head.get("smbios_uuid", "")), tuple(keys))


def _machine_id(text: str) -> str | None:
    """32 hexadecimal digits, not all the same; "uninitialized" is what an image carries before its first start."""
    return text.lower() if _hexadecimal(text, 32) and len(set(text)) > 1 else None


def _uuid(text: str) -> str | None:
    plain = text.lower()
    digits = plain.replace("-", "")
    real = len(plain) == 36 and _hexadecimal(digits, 32) and len(set(digits)) > 1
    return plain if real and plain not in COMMON_UUIDS else None


def _hexadecimal(text: str, length: int) -> bool:
    return len(text) == length and all(char in string.hexdigits for char in text)


def fingerprint(line: str) -> str | None:
    """``TYPE BASE64`` as ``SHA256:...``; None for anything that is not a public key of that type."""
    kind, _, encoded = line.partition(" ")
    try:
        blob = base64.b64decode(encoded.split(" ")[0], validate=True)
    except (binascii.Error, ValueError):
        return None
    named = blob[4 : 4 + int.from_bytes(blob[:4], "big")]
    if not kind or named != kind.encode():
        return None
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


IDENTITY = ScriptProbe("identity", Script("identity", BODY), read_identity)
