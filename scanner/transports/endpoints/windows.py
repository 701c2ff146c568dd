"""The first exchange of RDP and of SMB. Nobody logs in."""

import os
import struct

from inventory.watch import Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.faults import Unexpected
from scanner.transports.endpoints.line import Line
from scanner.transports.endpoints.sampling import Seen

# X.224 connection request inside TPKT, with RDP_NEG_REQ for TLS and CredSSP (MS-RDPBCGR, section 2.2.1.1)
RDP_REQUEST = bytes.fromhex("030000130ee000000000000100080003000000")
RDP_PROTOCOLS = {0: "RDP", 1: "TLS", 2: "CredSSP", 8: "CredSSP, extended"}
RDP_REASONS = {1: "TLS is required", 2: "TLS is not allowed", 3: "it has no certificate", 5: "CredSSP is required"}
SMB_DIALECTS = (0x0202, 0x0210, 0x0300, 0x0302)
MAX_SMB = 65_536
SMB_HEADER = 64
NOT_SUPPORTED = 0xC00000BB


async def rdp(watch: Watch, around: Around, seen: Seen) -> None:
    with await Line.open(watch.host, watch.port or 3389, around, seen) as line:
        await line.send(RDP_REQUEST)
        head = await line.receive_exactly(4)
        size = int.from_bytes(head[2:4], "big")
        if head[:2] != b"\x03\x00" or not 11 <= size <= 512:
            raise Unexpected("it does not speak RDP")
        said = head + await line.receive_exactly(size - 4)
    if said[5] & 0xF0 != 0xD0:
        raise Unexpected("it refuses the connection (X.224)")
    seen.notes["security"] = _rdp_security(said[11:])


def _rdp_security(said: bytes) -> str:
    """What it chose, or why it refused: RDP_NEG_RSP or RDP_NEG_FAILURE (sections 2.2.1.2.1 and 2.2.1.2.2)."""
    if len(said) < 8:
        return "RDP"  # an old server that negotiates nothing
    value = int.from_bytes(said[4:8], "little")
    return RDP_PROTOCOLS.get(value, f"protocol {value}") if said[0] == 2 else RDP_REASONS.get(value, f"failure {value}")


async def smb(watch: Watch, around: Around, seen: Seen) -> None:
    """SMB2 NEGOTIATE (MS-SMB2, section 2.2.3)."""
    with await Line.open(watch.host, watch.port or 445, around, seen) as line:
        await line.send(smb_negotiate())
        size = int.from_bytes(await line.receive_exactly(4), "big")
        if not SMB_HEADER <= size <= MAX_SMB:
            raise Unexpected("it does not speak SMB 2")
        said = await line.receive_exactly(min(size, 256))
    if said[:4] != b"\xfeSMB":
        raise Unexpected("it does not speak SMB 2")
    status = int.from_bytes(said[8:12], "little")
    if status == NOT_SUPPORTED:  # it takes 3.1.1 only: it is there all the same
        seen.notes["dialect"] = "none of 2.0.2 to 3.0.2"
        return
    if status or len(said) < SMB_HEADER + 6:
        raise Unexpected(f"it refuses to negotiate (status 0x{status:08x})")
    mode, dialect = struct.unpack_from("<HH", said, 66)
    seen.notes |= {"dialect": f"{dialect >> 8 & 15}.{dialect >> 4 & 15}.{dialect & 15}", "signing": _signing(mode)}


def smb_negotiate() -> bytes:
    head = struct.pack("<4sHHIHHIIQII Q 16s", b"\xfeSMB", 64, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, bytes(16))
    asked = struct.pack("<HHHHI16sQ", 36, len(SMB_DIALECTS), 1, 0, 0, os.urandom(16), 0)
    message = head + asked + struct.pack(f"<{len(SMB_DIALECTS)}H", *SMB_DIALECTS)
    return len(message).to_bytes(4, "big") + message


def _signing(mode: int) -> str:
    return "required" if mode & 2 else "enabled" if mode & 1 else "off"
