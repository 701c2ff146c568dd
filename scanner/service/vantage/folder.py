"""A vantage point's folder: its key, the scanner's public key, its limits, its list and its spool."""

import os
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from scanner.service.signing import Signer, SigningError, load, load_or_create
from scanner.service.vantage.limits import BadLimits, Limits, read_limits
from scanner.service.vantage.sealing import BadSeal, public_from, public_text

KEY, SCANNER, LIMITS, LIST, SPOOL = "vantage-key.pem", "scanner.pub", "limits.toml", "list.json", "spool"


class Folder:
    """Raises SigningError, BadSeal, BadLimits and OSError, each with one sentence."""

    def __init__(self, place: Path) -> None:
        self.place = place

    @property
    def list(self) -> Path:
        return self.place / LIST

    @property
    def spool(self) -> Path:
        return self.place / SPOOL

    def signer(self) -> Signer:
        return load(self.place / KEY)

    def scanner(self) -> Ed25519PublicKey:
        with (self.place / SCANNER).open("rb") as file:
            return public_from(file.read(1000).decode("ascii", "replace"))

    def limits(self) -> Limits:
        return read_limits(self.place / LIMITS)


def init(place: Path, scanner_key: str, networks: Sequence[str]) -> tuple[str, bool]:
    """Make what is missing; the vantage point's public key for the inventory, and whether it was made just now.

    Raises SigningError, BadSeal, BadLimits, OSError. An existing limits file stays as it is.
    """
    scanner = public_text(public_from(scanner_key))
    try:
        written = [str(ip_network(one)) for one in networks]
    except ValueError as fault:
        raise BadLimits(f"--allow: {fault}") from fault
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    limits = place / LIMITS
    if not limits.exists() and not written:
        raise BadLimits("say with --allow which networks may be probed from here, such as --allow 10.20.0.0/16")
    signer, made = load_or_create(place / KEY)
    (place / SPOOL).mkdir(exist_ok=True, mode=0o700)
    (place / SCANNER).write_text(scanner + "\n")
    if not limits.exists():
        limits.write_text(_LIMITS.format(networks=", ".join(f'"{one}"' for one in written)))
    read_limits(limits)
    return public_text(signer.key.public_key()), made


def write_whole(path: Path, content: bytes) -> None:
    """All of it or nothing, also when the power fails. Raises OSError."""
    part = path.with_name(path.name + ".part")
    with part.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


_LIMITS = """\
# What this vantage point lets itself be asked for. No list from the scanner can widen it. docs/vantage.md
networks = [{networks}]
max_watches = 500
min_every_seconds = 10
spool_mebibytes = 64
spool_days = 14
# secrets = ["env:PORTAL_PASSWORD"]   # references that watches may use; their values are this machine's
# kinds = ["tcp", "https", "icmp"]    # without it all but call
"""

FAULTS = (SigningError, BadSeal, BadLimits)
