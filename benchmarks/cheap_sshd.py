"""A small SSH server on many loopback addresses that answers every script with a recorded visit.

Only for measuring a client: one key exchange, one cipher, one log-in key, no limits, and nothing is ever executed. It
takes about a tenth of what a real sshd with a real script takes, so that a machine with two cores can be a scanner
and an estate at the same time. RFC 4253 (transport), RFC 4252 (log-in), RFC 4254 (channel), RFC 8731 (curve25519),
RFC 8709 (ed25519), and aes128-gcm@openssh.com (RFC 5647 with OpenSSH's naming).

Usage: python -m benchmarks.cheap_sshd FOLDER HOSTS DELAY. It reads recording.json and user.pub from FOLDER, prints one
line, its port, when it is ready, and ends when its stdin does.
"""

import asyncio
import base64
import gc
import hashlib
import os
import re
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.framing import Stream
from benchmarks.recording import Section, for_host, host_key, load, public_blob

VERSION = b"SSH-2.0-estatecheck_benchmark"
WINDOW = 4 << 20
PORT_TRIES = 20
_MARKER = re.compile(rb"marker=([0-9a-f]{32})")
_CIPHER, _MAC = b"aes128-gcm@openssh.com", b"hmac-sha2-256"
_OFFER = (
    b"curve25519-sha256,curve25519-sha256@libssh.org",
    b"ssh-ed25519",
    *(_CIPHER, _CIPHER),
    *(_MAC, _MAC),
    *(b"none", b"none"),
    *(b"", b""),
)

Answer = Callable[[bytes], bytes]  # the marker in, the stream out


def address(number: int) -> str:
    """Of the host of that number: 100 in one /24."""
    return f"127.1.{number // 100}.{1 + number % 100}"


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _mpint(data: bytes) -> bytes:
    plain = data.lstrip(b"\0")
    return _string(b"\0" + plain if plain and plain[0] & 0x80 else plain)


class Message:
    """Reads one packet's fields in order."""

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._at = 1

    def number(self) -> int:
        self._at += 4
        return int.from_bytes(self._payload[self._at - 4 : self._at], "big")

    def string(self) -> bytes:
        length = self.number()
        self._at += length
        return self._payload[self._at - length : self._at]

    def flag(self) -> bool:
        self._at += 1
        return self._payload[self._at - 1] != 0

    @property
    def before(self) -> bytes:
        return self._payload[: self._at]


class _Sealed:
    """One direction's cipher: the counter in the nonce grows with every packet."""

    def __init__(self, key: bytes, iv: bytes) -> None:
        self._cipher = AESGCM(key)
        self._fixed, self._count = iv[:4], int.from_bytes(iv[4:12], "big")

    def _nonce(self) -> bytes:
        nonce = self._fixed + self._count.to_bytes(8, "big")
        self._count += 1
        return nonce

    def seal(self, length: bytes, data: bytes) -> bytes:
        return self._cipher.encrypt(self._nonce(), data, length)

    def open(self, length: bytes, data: bytes) -> bytes:
        return self._cipher.decrypt(self._nonce(), data, length)


@dataclass(frozen=True, slots=True)
class Host:
    """What the connections to one address share."""

    key: Ed25519PrivateKey
    blob: bytes  # the public half
    user_key: bytes
    answer: Answer
    delay: float


class Session(asyncio.Protocol):
    """One connection, from banner to close."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._held = bytearray()
        self._peer = b""
        self._out: _Sealed | None = None
        self._in: _Sealed | None = None
        self._keys: tuple[_Sealed, _Sealed] | None = None
        self._script = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        offer = b"".join(_string(names) for names in _OFFER)
        self._offer = b"\x14" + os.urandom(16) + offer + b"\0" * 5
        self._transport.write(VERSION + b"\r\n" + self._packet(self._offer))

    def data_received(self, data: bytes) -> None:
        self._held += data
        if not self._peer:
            line, sign, rest = bytes(self._held).partition(b"\n")
            if not sign:
                return
            self._peer, self._held = line.rstrip(b"\r"), bytearray(rest)
        while (payload := self._next()) is not None:
            self._took(payload)

    def _next(self) -> bytes | None:
        tag = 16 if self._in else 0
        length = int.from_bytes(self._held[:4], "big")
        if len(self._held) < 4 or len(self._held) < 4 + length + tag:
            return None
        head, body = bytes(self._held[:4]), bytes(self._held[4 : 4 + length + tag])
        del self._held[: 4 + length + tag]
        plain = self._in.open(head, body) if self._in else body
        return plain[1 : length - plain[0]]

    def _packet(self, payload: bytes) -> bytes:
        block = 16 if self._out else 8
        covered = len(payload) + (1 if self._out else 5)  # the length is outside the cipher of GCM
        padding = block - covered % block
        padding += block if padding < 4 else 0
        body = bytes((padding,)) + payload + bytes(padding)
        length = struct.pack(">I", len(body))
        return length + (self._out.seal(length, body) if self._out else body)

    def _send(self, *payloads: bytes) -> None:
        self._transport.write(b"".join([self._packet(payload) for payload in payloads]))

    def _took(self, payload: bytes) -> None:
        step = self._steps.get(payload[0])
        if step is not None:
            step(self, payload)

    def _key_exchange(self, payload: bytes) -> None:
        self._their_offer = payload

    def _shared_secret(self, payload: bytes) -> None:
        theirs = Message(payload).string()
        own = X25519PrivateKey.generate()
        point = own.public_key().public_bytes_raw()
        secret = _mpint(own.exchange(X25519PublicKey.from_public_bytes(theirs)))
        known = (self._peer, VERSION, self._their_offer, self._offer, self._host.blob, theirs, point)
        digest = hashlib.sha256(b"".join(map(_string, known)) + secret).digest()
        signature = _string(b"ssh-ed25519") + _string(self._host.key.sign(digest))
        self._send(b"\x1f" + _string(self._host.blob) + _string(point) + _string(signature), b"\x15")
        self._id = digest
        key = [hashlib.sha256(secret + digest + bytes((letter,)) + digest).digest() for letter in b"ABCD"]
        self._out = _Sealed(key[3][:16], key[1][:12])
        self._keys = (_Sealed(key[2][:16], key[0][:12]), self._out)

    def _new_keys(self, _: bytes) -> None:
        if self._keys:
            self._in = self._keys[0]

    def _service(self, payload: bytes) -> None:
        self._send(b"\x06" + _string(Message(payload).string()))

    def _log_in(self, payload: bytes) -> None:
        asked = Message(payload)
        asked.string(), asked.string()
        if asked.string() != b"publickey":
            self._send(b"\x33" + _string(b"publickey") + b"\0")
            return
        signed, algorithm, blob = asked.flag(), asked.string(), asked.string()
        if not signed:
            self._send(b"\x3c" + _string(algorithm) + _string(blob))
            return
        covered = _string(self._id) + asked.before
        self._send(b"\x34" if self._let_in(blob, asked.string(), covered) else b"\x33" + _string(b"publickey") + b"\0")

    def _let_in(self, blob: bytes, signature: bytes, covered: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(blob[-32:]).verify(signature[-64:], covered)
        except InvalidSignature:
            return False
        return blob == self._host.user_key

    def _channel(self, payload: bytes) -> None:
        asked = Message(payload)
        asked.string()
        self._number = struct.pack(">I", asked.number())
        self._room, self._largest = asked.number(), asked.number()
        self._send(b"\x5b" + self._number + struct.pack(">III", 0, WINDOW, 32768))

    def _request(self, payload: bytes) -> None:
        asked = Message(payload)
        asked.number(), asked.string()
        if asked.flag():
            self._send(b"\x63" + self._number)

    def _data(self, payload: bytes) -> None:
        asked = Message(payload)
        asked.number()
        self._script += asked.string()

    def _end_of_script(self, _: bytes) -> None:
        if self._host.delay:
            asyncio.get_running_loop().call_later(self._host.delay, self._reply)
        else:
            self._reply()

    def _reply(self) -> None:
        found = _MARKER.search(self._script)
        if found is None or self._transport.is_closing():
            return
        stream = self._host.answer(found[1])
        if len(stream) > self._room:
            raise ValueError("the client's window is smaller than the recorded visit")
        parts = (stream[at : at + self._largest] for at in range(0, len(stream), self._largest))
        status = b"\x62" + self._number + _string(b"exit-status") + b"\0" + struct.pack(">I", 0)
        data = (b"\x5e" + self._number + _string(part) for part in parts)
        self._send(*data, b"\x60" + self._number, status, b"\x61" + self._number)

    def _close(self, _: bytes) -> None:
        self._transport.close()

    _steps: ClassVar[dict[int, Callable[["Session", bytes], None]]] = {
        1: _close,
        5: _service,
        20: _key_exchange,
        21: _new_keys,
        30: _shared_secret,
        50: _log_in,
        90: _channel,
        94: _data,
        96: _end_of_script,
        97: _close,
        98: _request,
    }


def listeners(hosts: int) -> list[socket.socket]:
    """One per address, all on one port that is free on every one of them."""
    for _ in range(PORT_TRIES):
        made: list[socket.socket] = []
        try:
            for number in range(hosts):
                made.append(socket.socket())
                made[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                made[-1].bind((address(number), made[0].getsockname()[1] if number else 0))
                made[-1].listen(16)
        except OSError:
            for one in made:
                one.close()
        else:
            return made
    raise SystemExit("no port was free on all addresses of 127.1.0.0/16")


async def serve(hosts: Sequence[Host], sockets: Sequence[socket.socket]) -> None:
    loop = asyncio.get_running_loop()
    for host, sock in zip(hosts, sockets, strict=True):
        await loop.create_server(partial(Session, host), sock=sock)
    print(sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main(folder: Path, hosts: int, delay: float) -> None:
    recorded = load(folder / "recording.json")
    user_key = base64.b64decode((folder / "user.pub").read_text().split()[1])
    made = [_host(recorded, number, user_key, delay) for number in range(hosts)]
    gc.freeze()
    asyncio.run(serve(made, listeners(hosts)))


def _host(recorded: Sequence[Section], number: int, user_key: bytes, delay: float) -> Host:
    key = host_key(number)
    return Host(key, public_blob(key), user_key, Stream(for_host(recorded, number)).bytes_for, delay)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
