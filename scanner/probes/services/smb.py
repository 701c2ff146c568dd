"""SMB: MS-CIFS, section 2.2.4.52.2; MS-SMB2, section 2.2.4."""

import struct

from inventory.facts.smb import Smb, SmbEndpoint
from scanner.probes.services.probe import Heard, ServiceProbe

NONE_OF_THEM = 0xFFFF  # index of the chosen dialect
NOT_SUPPORTED = 0xC00000BB
SIGNING_REQUIRED_1, SIGNING_REQUIRED_2 = 0x08, 0x0002
HEADER = 4 + 64


def _read(heard: Heard) -> SmbEndpoint:
    said, (old, signs_old) = heard.got("smb2"), _version1(heard)
    new = _version2(said) if said else None
    if new is None and old is None:
        return SmbEndpoint(heard.url, heard.place, heard.silence("it does not speak SMB"))
    if old is None and _hung_up(heard):  # at this question alone: Samba and Windows refuse so
        old = False
    dialect, signs = new or ("", signs_old)
    why = "" if old is not None else "what it answers to SMB 1 is not SMB"
    return SmbEndpoint(heard.url, heard.place, why, old, dialect, signs)


def _hung_up(heard: Heard) -> bool:
    said, end = heard.part("smb1")
    return end in ("closed", "reset") and not said


def _version1(heard: Heard) -> tuple[bool | None, bool | None]:
    """Whether it takes NT LM 0.12, and whether it then wants signatures."""
    said = heard.got("smb1") or b""
    if said[4:8] == b"\xfeSMB":
        return False, None
    if said[4:9] != b"\xffSMB\x72" or len(said) < 4 + 32 + 4:
        return None, None
    status, words, index = int.from_bytes(said[9:13], "little"), said[36], int.from_bytes(said[37:39], "little")
    if status or not words or index == NONE_OF_THEM:
        return False, None
    return (True, bool(said[39] & SIGNING_REQUIRED_1)) if index == 0 else (None, None)


def _version2(said: bytes) -> tuple[str, bool | None] | None:
    if said[4:8] != b"\xfeSMB" or len(said) < HEADER + 6:
        return None
    if int.from_bytes(said[12:16], "little"):
        return None
    _, mode, dialect = struct.unpack_from("<HHH", said, HEADER)
    return f"{dialect >> 8 & 15}.{dialect >> 4 & 15}.{dialect & 15}", bool(mode & SIGNING_REQUIRED_2)


SMB = ServiceProbe("smb", ("smb",), _read, Smb, "the inventory names no SMB endpoint of this asset")
