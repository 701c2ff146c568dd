"""SSH up to the server's half of the key exchange (RFC 4253, RFC 8731, RFC 4419); then the ways to log in.

The reply to our key exchange brings the host key. We never derive a secret from it: the connection ends there.
"""

import os
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from scanner.transports.looks.ssh_methods import methods
from scanner.transports.looks.wire import NotOpen, Record, Target, Wire, told

BANNER = b"SSH-2.0-estatecheck\r\n"
MAX_PACKET = 35_000  # RFC 4253, section 6.1
MAX_LINE = 4096  # of what is kept of no banner
MAX_BEFORE = 16_384  # other lines may come before the banner
KEXINIT, ECDH_INIT, REPLY, GEX_GROUP, GEX_REQUEST = 20, 30, 31, 31, 34
P = int(  # RFC 3526, section 3: the group of 2048 bits, for servers without an elliptic curve
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AACAA68FFFFFFFFFFFFFFFF",
    16,
)
EASY = (
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group14-sha1",
)
GEX = ("diffie-hellman-group-exchange-sha256", "diffie-hellman-group-exchange-sha1")
# One algorithm a type of key is asked for; RSA has three names.
KEYS = (
    ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"),
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("ssh-dss",),
)


async def look(target: Target) -> list[Record]:
    """Banner and KEXINIT; one more connection for each type of host key (at most 4), one for group exchange,
    one for the ways to log in."""
    first, offered = await _exchange(target, "kexinit")
    if len(offered) < 2:
        return [first]
    records, kex = [first], next((one for one in EASY if one in offered[0]), None)
    for names in KEYS:
        wanted = next((name for name in names if name in offered[1]), None)
        if wanted and kex:
            records.append((await _exchange(target, "host key", kex, wanted))[0])
    gex = next((one for one in GEX if one in offered[0]), None)
    if gex and offered[1]:
        records.append((await _exchange(target, "gex", gex, offered[1][0]))[0])
    return [*records, await methods(target)]


async def _exchange(target: Target, step: str, kex: str = "", key: str = "") -> tuple[Record, list[list[str]]]:
    seen = target.record(step=step, kex=kex, key=key)
    try:
        with await target.connect() as wire:
            return await _spoken(wire, seen, kex, key)
    except NotOpen as fault:
        return {**seen, **told(fault)}, []


async def _spoken(wire: Wire, seen: Record, kex: str, key: str) -> tuple[Record, list[list[str]]]:
    await wire.send(BANNER)
    said, rest, end = await wire.listen(_banner_ended)
    seen = {**seen, "state": "open", "banner": said.hex(), "end": end}
    if end != "enough" or b"SSH-" not in said:
        return {**seen, "banner": said[:MAX_LINE].hex(), "end": end if end != "enough" else "too much"}, []
    packets = Packets(wire, rest)
    init, end = await packets.next()
    seen |= {"kexinit": init.hex(), "end": end}
    lists = name_lists(init)
    if kex and lists:
        await wire.send(_packet(_our_kexinit(lists, kex, key)) + _packet(_our_move(kex)))
        reply, end = await packets.next()
        seen |= {"reply": reply.hex(), "end": end}
    return seen, lists


class Packets:
    """Packets before encryption (RFC 4253, section 6). IGNORE, DEBUG and EXT_INFO are passed over."""

    def __init__(self, wire: Wire, rest: bytes) -> None:
        self._wire, self._rest = wire, rest

    async def next(self) -> tuple[bytes, str]:
        for _ in range(10):
            payload, end = await self._one()
            if end != "enough" or payload[:1] not in (b"\x02", b"\x04", b"\x07"):
                return payload, end
        return b"", "too much"

    async def _one(self) -> tuple[bytes, str]:
        while len(self._rest) < 4 or len(self._rest) < 4 + self._size():
            if len(self._rest) >= 4 and not 2 <= self._size() <= MAX_PACKET:
                return b"", "no packet"
            part, end = await self._wire.chunk()
            if end:
                return b"", end
            self._rest += part
        size, padding = self._size(), self._rest[4]
        payload, self._rest = self._rest[5 : max(5, 4 + size - padding)], self._rest[4 + size :]
        return payload, "enough" if payload else "no packet"

    def _size(self) -> int:
        return int.from_bytes(self._rest[:4], "big")


def _banner_ended(got: bytes) -> int | None:
    at = 0 if got.startswith(b"SSH-") else got.find(b"\nSSH-") + 1
    if got.startswith(b"SSH-") or at:
        end = got.find(b"\n", at)
        return end + 1 if end >= 0 else None
    return len(got) if len(got) > MAX_BEFORE else None


def name_lists(payload: bytes) -> list[list[str]]:
    """The ten name-lists of KEXINIT; empty when it is none."""
    if payload[:1] != bytes([KEXINIT]) or len(payload) < 17:
        return []
    at, lists = 17, list[list[str]]()
    for _ in range(10):
        size = int.from_bytes(payload[at : at + 4], "big")
        if len(payload) < at + 4 + size:
            return []
        lists.append(payload[at + 4 : at + 4 + size].decode("ascii", "replace").split(","))
        at += 4 + size
    return lists


def _our_kexinit(theirs: Sequence[Sequence[str]], kex: str, key: str) -> bytes:
    """Their own first choices, but for key exchange and host key."""
    ours = [kex, key, *(",".join(names[:1]) for names in theirs[2:])]
    return (
        bytes([KEXINIT]) + os.urandom(16) + b"".join(_string(one.encode("ascii", "replace")) for one in ours) + bytes(5)
    )


def _our_move(kex: str) -> bytes:
    if kex in GEX:  # RFC 4419, section 3: at least, wanted, at most
        return bytes([GEX_REQUEST]) + b"".join(bits.to_bytes(4, "big") for bits in (1024, 1024, 8192))
    if kex.startswith("curve25519"):
        return bytes([ECDH_INIT]) + _string(os.urandom(32))
    if kex.startswith("ecdh"):
        point = ec.generate_private_key(ec.SECP256R1()).public_key()
        return bytes([ECDH_INIT]) + _string(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))
    public = pow(2, int.from_bytes(os.urandom(32), "big"), P)
    return bytes([ECDH_INIT]) + _string(public.to_bytes(public.bit_length() // 8 + 1, "big"))  # mpint


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _packet(payload: bytes) -> bytes:
    padding = 8 - (len(payload) + 5) % 8
    padding += 8 if padding < 4 else 0
    return (len(payload) + padding + 1).to_bytes(4, "big") + bytes([padding]) + payload + bytes(padding)
