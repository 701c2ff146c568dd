"""paramiko with the bounds it lacks: what a peer sends before and after log-in is limited in size and in effect.

Found by reading paramiko 5.1 and met here: a packet may claim 4 GB; a banner line may never end; an extension count
of four billion is counted to; a channel's window is announced and not enforced; a server may pick an 8192-bit group;
host certificates are accepted without looking who signed them; a handshake costs a timer thread.
"""

import logging
import re
import socket
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, cast

import paramiko
from paramiko.buffered_pipe import BufferedPipe
from paramiko.kex_gex import KexGexSHA256
from paramiko.message import Message
from paramiko.packet import Packetizer

from scanner.transports.ssh_wire import Wire

KEX = (
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "mlkem768x25519-sha256",
    "diffie-hellman-group14-sha256",  # before group16, whose arithmetic stops every other thread for 0.3 s
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group-exchange-sha256",
)
CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
MACS = ("hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-sha2-256", "hmac-sha2-512")
KEY_TYPES = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256")  # of keys of type ssh-rsa; RFC 8332

MAX_LINE = 1024  # RFC 4253 section 4.2 says 255
MAX_EARLY_PACKET = 64 * 1024  # before log-in; RFC 4253 section 6.1 says 35,000
MAX_DATA = 256 * 1024  # of one packet of a channel
MAX_PACKET = MAX_DATA + 4096
MAX_GROUP_BITS = 4096
MAX_EXTENSIONS = 32
READ_SIZE = 64 * 1024

_LOG = "scanner.transports.ssh.paramiko"
logging.getLogger(_LOG).disabled = True  # it would write what peers say, and tracebacks, to stderr

if TYPE_CHECKING:
    _Pipe = BufferedPipe[Any]
else:
    _Pipe = BufferedPipe


class BoundedPacketizer(Packetizer):
    """Reads in few large steps, and no packet or line above its size."""

    def __init__(self, wire: socket.socket) -> None:
        super().__init__(wire)
        self.largest = MAX_EARLY_PACKET
        self._recv = wire.recv
        self._held = b""
        self._at = 0

    def readline(self, timeout: float) -> str:  # noqa: ARG002 - the watchdog keeps the time
        while (end := self._held.find(b"\n", self._at)) < 0:
            if len(self._held) - self._at > MAX_LINE:
                raise paramiko.SSHException("a line without an end came before the SSH banner")
            self._fill(len(self._held) - self._at + 1)
        line = self._held[self._at : end]
        self._at = end + 1
        return line[:MAX_LINE].rstrip(b"\r").decode("utf-8", "replace")

    def read_all(self, n: int, check_rekey: bool = False) -> bytes:  # noqa: ARG002 - only asked when a read times out
        if not 0 <= n <= self.largest:
            raise paramiko.SSHException("a packet of impossible length came")
        end = self._at + n
        if len(self._held) < end:
            self._fill(n)
            end = n
        out = self._held[self._at : end]
        self._at = end
        return out

    def _fill(self, least: int) -> None:
        """Drop what was read already, then hold at least so many bytes."""
        parts = [self._held[self._at :]]
        have = len(parts[0])
        while have < least:
            part = self._recv(max(READ_SIZE, least - have))
            if not part:
                raise EOFError
            parts.append(part)
            have += len(part)
        self._held = b"".join(parts)
        self._at = 0

    def start_handshake(self, timeout: float) -> None:
        """paramiko's own timer would be one more thread; the watchdog keeps the time."""


class BoundedGroupExchange(KexGexSHA256):
    """RFC 4419 with a group of sane size: larger ones hold up every other visit of the process."""

    max_bits = MAX_GROUP_BITS

    def _parse_kexdh_gex_group(self, m: Message) -> None:
        bits = Message(m.asbytes()).get_mpint().bit_length()
        if not self.min_bits <= bits <= self.max_bits:
            raise paramiko.SSHException(f"the host proposed a group of {bits} bits")
        super()._parse_kexdh_gex_group(m)  # type: ignore[misc] # not in the stubs, as the three below


class BoundedTransport(paramiko.Transport):
    """``key_types``: the host key algorithms that are acceptable. ``window``: bytes a channel may be sent."""

    packetizer_class: ClassVar[type[BoundedPacketizer]] = BoundedPacketizer
    # plain values for what paramiko puts together anew at every look
    preferred_kex = KEX
    preferred_ciphers = CIPHERS
    preferred_macs = MACS
    preferred_compression = ("none",)
    _kex_info = {  # noqa: RUF012 - paramiko's own table, with one entry replaced
        **paramiko.Transport._kex_info,  # type: ignore[attr-defined] # noqa: SLF001
        KexGexSHA256.name: BoundedGroupExchange,
    }

    def __init__(self, wire: Wire, key_types: Sequence[str], window: int) -> None:
        super().__init__(
            cast("socket.socket", wire),
            default_window_size=window,
            default_max_packet_size=MAX_DATA,
            packetizer_class=self.packetizer_class,
        )
        self.set_log_channel(_LOG)
        self._key_types = tuple(key_types)
        self.shaken = self.completion_event = threading.Event()  # set when keys are exchanged, or never will be
        self.last_words = ""  # of a host that said why it disconnects

    @property
    def preferred_keys(self) -> Sequence[str]:
        """Without the certificate variants paramiko adds and does not verify."""
        return self._key_types

    def expect_data(self) -> None:
        """After log-in packets may be as large as the channels allow."""
        cast("BoundedPacketizer", self.packetizer).largest = MAX_PACKET

    def get_exception(self) -> Exception | None:
        """What ended the transport's thread; anything a malformed packet raised is an ``SSHException`` here."""
        error = super().get_exception()
        if error is None or isinstance(error, paramiko.SSHException | EOFError | OSError):
            return error
        return paramiko.SSHException(f"the host sent what is not SSH ({type(error).__name__})")

    def _log(self, level: int, msg: object, *args: object) -> None:
        """Nothing: what peers say is not for the log."""

    def _parse_debug(self, m: Message) -> None:
        """RFC 4253 section 11.3: may be ignored. paramiko would spend a millisecond on making it printable."""

    def _parse_ext_info(self, msg: Message) -> None:
        if Message(msg.asbytes()).get_int() > MAX_EXTENSIONS:
            raise paramiko.SSHException("the host announced an impossible number of extensions")
        super()._parse_ext_info(msg)  # type: ignore[misc]

    def _parse_disconnect(self, m: Message) -> None:
        said = Message(m.asbytes())
        said.get_int()
        self.last_words = printable(said.get_string(), 120)


class Sink(_Pipe):
    """Takes a channel's stream as it comes, up to ``cap`` bytes, without waking anybody before it ends."""

    def __init__(self, cap: int, keep: bool, ended: threading.Event) -> None:
        super().__init__()
        self.over = False
        self._left = cap
        self._keep = keep
        self._parts: list[bytes] = []
        self._ended = ended

    def feed(self, data: bytes) -> None:
        if self._keep and self._left:
            self._parts.append(data[: self._left])
        self._left = max(0, self._left - len(data))
        if self._left == 0:
            self.over = True
            self._ended.set()

    def close(self) -> None:
        self._ended.set()

    def taken(self) -> bytes:
        return b"".join(self._parts)


_UNPRINTABLE = re.compile(r"[^ -~]")


def printable(text: str | bytes, most: int) -> str:
    """What a peer said, fit for a report: printable ASCII, at most so long."""
    said = text[: most * 4]
    decoded = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return _UNPRINTABLE.sub("?", decoded).strip()[:most]
