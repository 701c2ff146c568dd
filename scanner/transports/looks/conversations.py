"""What is said to each kind of service, and where each answer ends. Pure: bytes in, bytes out.

SMTP: RFC 5321. IMAP: RFC 9051. POP3: RFC 1939, RFC 2449. SMB: MS-CIFS 2.2.4.52, MS-SMB2 2.2.3. RDP: MS-RDPBCGR 2.2.1.1.
LDAP: RFC 4511. PostgreSQL: "Message Flow". MySQL: "Protocol::HandshakeV10". SQL Server: MS-TDS 2.2.6.5. Redis: RESP.
MongoDB: OP_MSG. WinRM: MS-WSMV. DNS: RFC 1035. NTP: RFC 5905, RFC 9327; mode 7 as ntpd's ntp_request.h has it.
"""

import os
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import dns.flags
import dns.message

from inventory.estate import Intrusiveness
from scanner.transports.looks.ldap import ROOT_DSE, UNBIND, below_base, search_ended
from scanner.transports.looks.starttls import PG_SSL_REQUEST, reply_ended
from scanner.transports.looks.web import authority, http_ended, request
from scanner.transports.looks.wire import Ended, Target, line_ended

Sends = Callable[[Target, Sequence[bytes]], bytes | None]  # None: there is nothing more to ask


@dataclass(frozen=True, slots=True)
class Step:
    name: str
    sends: Sends
    ended: Ended | None  # None: nothing is listened to


@dataclass(frozen=True, slots=True)
class Conversation:
    """The steps of one connection."""

    steps: tuple[Step, ...]
    asks: Intrusiveness = Intrusiveness.POLITE


@dataclass(frozen=True, slots=True)
class Packet:
    name: str
    sent: bytes
    answers: Callable[[bytes], bool]


def _says(data: bytes) -> Sends:
    return lambda _target, _heard: data


def sized(at: int, size: int, more: int, order: str = "big") -> Ended:
    """A message whose length stands in ``size`` bytes from ``at``; ``more`` bytes are not counted in it."""

    def ended(got: bytes) -> int | None:
        if len(got) < at + size:
            return None
        whole = int.from_bytes(got[at : at + size], "little" if order == "little" else "big") + more
        return min(whole, MAX_MESSAGE) if len(got) >= min(whole, MAX_MESSAGE) else None

    return ended


MAX_MESSAGE = 65_536
_HELLO = _says(b"EHLO estatecheck.invalid\r\n")
_QUIT = Step("quit", _says(b"QUIT\r\n"), None)


def _tagged(tag: bytes) -> Ended:
    """IMAP: up to the line that begins with the tag."""

    def ended(got: bytes) -> int | None:
        at = 0 if got.startswith(tag) else got.find(b"\n" + tag) + 1
        if not at and not got.startswith(tag):
            return None
        end = got.find(b"\n", at)
        return end + 1 if end >= 0 else None

    return ended


def _listed(got: bytes) -> int | None:
    """POP3: one line for an error, else lines up to a dot alone."""
    if got.startswith(b"-"):
        return line_ended(got)
    at = got.find(b"\r\n.\r\n")
    return at + 5 if at >= 0 else None


_SMTP = Conversation((Step("greeting", _says(b""), reply_ended), Step("ehlo", _HELLO, reply_ended), _QUIT))
# Names that nobody can have (RFC 2606): a server that takes this takes anything. No message is sent.
_RELAY = Conversation(
    (
        Step("relay greeting", _says(b""), reply_ended),
        Step("relay ehlo", _HELLO, reply_ended),
        Step("relay from", _says(b"MAIL FROM:<postmaster@estatecheck.example>\r\n"), reply_ended),
        Step("relay to", _says(b"RCPT TO:<postmaster@elsewhere.example>\r\n"), reply_ended),
        Step("relay reset", _says(b"RSET\r\n"), reply_ended),
        _QUIT,
    ),
    Intrusiveness.INTRUSIVE,
)
_IMAP = Conversation(
    (
        Step("greeting", _says(b""), line_ended),
        Step("capability", _says(b"a CAPABILITY\r\n"), _tagged(b"a ")),
        Step("logout", _says(b"b LOGOUT\r\n"), None),
    )
)
_POP3 = Conversation((Step("greeting", _says(b""), line_ended), Step("capability", _says(b"CAPA\r\n"), _listed), _QUIT))
# NEGOTIATE of SMB 1 with the one dialect NT LM 0.12, inside a session message
_DIALECT = b"\x02NT LM 0.12\0"
_SMB1_BODY = (
    b"\xffSMB\x72" + bytes(4) + b"\x18\x01\x28" + bytes(20) + b"\0" + struct.pack("<H", len(_DIALECT)) + _DIALECT
)
SMB_DIALECTS = (0x0202, 0x0210, 0x0300, 0x0302, 0x0311)
_NBSS = sized(1, 3, 4)


def _smb2(_target: Target, _heard: Sequence[bytes]) -> bytes:
    """NEGOTIATE with every dialect of SMB 2 and 3; 3.1.1 wants a context: SHA-512 (section 2.2.3.1.1)."""
    head = struct.pack("<4sHHIHHIIQIIQ16s", b"\xfeSMB", 64, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, bytes(16))
    dialects = struct.pack(f"<{len(SMB_DIALECTS)}H", *SMB_DIALECTS)
    context = struct.pack("<HHIHHH", 1, 38, 0, 1, 32, 1) + os.urandom(32)
    offset = (64 + 36 + len(dialects) + 7) // 8 * 8
    asked = struct.pack("<HHHHI16sIHH", 36, len(SMB_DIALECTS), 1, 0, 0, os.urandom(16), offset, 1, 0) + dialects
    message = (head + asked).ljust(offset, b"\0") + context
    return len(message).to_bytes(4, "big") + message


_SMB1 = Conversation((Step("smb1", _says(len(_SMB1_BODY).to_bytes(4, "big") + _SMB1_BODY), _NBSS),))
_SMB2 = Conversation((Step("smb2", _smb2, _NBSS),))
# X.224 connection request inside TPKT that offers TLS and no CredSSP: who wants NLA must refuse it
_RDP_TLS = bytes.fromhex("030000130ee000000000000100080001000000")
_RDP = Conversation((Step("x224", _says(_RDP_TLS), sized(2, 2, 0)),))
_LDAP = Conversation(
    (
        Step("root", _says(ROOT_DSE), search_ended),
        Step("below", lambda _target, heard: below_base(heard[-1]), search_ended),
        Step("unbind", _says(UNBIND), None),
    )
)
_OPTIONS = bytes.fromhex("00000b00060100110001ff") + bytes(6) + b"\x02"  # VERSION and ENCRYPTION
_PRELOGIN = b"\x12\x01" + (8 + len(_OPTIONS)).to_bytes(2, "big") + bytes(4) + _OPTIONS
# {listDatabases: 1, nameOnly: true, $db: "admin"} as BSON, in OP_MSG
_BSON = b"\x10listDatabases\0\x01\0\0\0\x08nameOnly\0\x01\x02$db\0\x06\0\0\0admin\0\0"
_BSON = (len(_BSON) + 4).to_bytes(4, "little") + _BSON
_OP_MSG = struct.pack("<iiiiIB", 21 + len(_BSON), 1, 0, 2013, 0, 0) + _BSON


def _http(method: str, path: str) -> Sends:
    return lambda target, _heard: request(method, path, authority(target, target.endpoint.port))


def _one(step: str, sends: Sends, ended: Ended | None) -> tuple[Conversation, ...]:
    return (Conversation((Step(step, sends, ended),)),)


def _axfr(target: Target, _heard: Sequence[bytes]) -> bytes | None:
    """The whole zone (RFC 5936); only the first message of it is listened to."""
    zone = target.endpoint.path.strip("/")
    if not zone:
        return None
    wire = dns.message.make_query(f"{zone}.", "AXFR").to_wire()
    return len(wire).to_bytes(2, "big") + wire


CONVERSATIONS: Mapping[str, tuple[Conversation, ...]] = {
    "dns": _one("transfer", _axfr, sized(0, 2, 2)),
    "elasticsearch": _one("get", _http("GET", "/"), http_ended),
    "imap": (_IMAP,),
    "ldap": (_LDAP,),
    "mongodb": _one("list", _says(_OP_MSG), sized(0, 4, 0, "little")),
    "mysql": _one("greeting", _says(b""), sized(0, 3, 4, "little")),
    "oracle": _one("connect", _says(b""), None),
    "pop3": (_POP3,),
    "postgresql": _one("ssl", _says(PG_SSL_REQUEST), lambda got: 1 if got else None),
    "rdp": (_RDP,),
    "redis": _one("ping", _says(b"PING\r\n"), line_ended),
    "smb": (_SMB2, _SMB1),
    "smtp": (_SMTP, _RELAY),
    "sql-server": _one("prelogin", _says(_PRELOGIN), sized(2, 2, 0)),
    "winrm": _one("identify", _http("POST", "/wsman"), http_ended),
}


def _question(step: str, name: str, kind: str, *, recursion: bool = False, klass: str = "IN") -> Packet:
    query = dns.message.make_query(name, kind, klass, id=int.from_bytes(os.urandom(2), "big"))
    query.flags = dns.flags.RD if recursion else dns.flags.Flag(0)
    number = query.id.to_bytes(2, "big")
    return Packet(step, query.to_wire(), lambda got: len(got) >= 12 and got[:2] == number and bool(got[2] & 0x80))


def dns_packets(target: Target) -> Sequence[Packet]:
    """A name of nobody's estate with recursion, the server's version, and what protects the zone that is named."""
    zone = target.endpoint.path.strip("/")
    packets = [
        _question("recursion", "example.com.", "A", recursion=True),
        _question("version", "version.bind.", "TXT", klass="CH"),
    ]
    if zone:
        packets += [_question("dnskey", f"{zone}.", "DNSKEY"), _question("spf", f"{zone}.", "TXT")]
        packets.append(_question("dmarc", f"_dmarc.{zone}.", "TXT"))
    return packets


def ntp_packets(_target: Target) -> Sequence[Packet]:
    """The time first: only a server that answers that can be said to refuse the others."""
    stamp = os.urandom(8)
    time = b"\x23" + bytes(39) + stamp
    return (
        Packet("time", time, lambda got: len(got) >= 48 and got[24:32] == stamp),
        Packet("control", bytes.fromhex("160200010000000000000000"), lambda got: len(got) >= 12 and got[0] & 7 == 6),
        Packet("monlist", bytes.fromhex("1700032a") + bytes(44), lambda got: len(got) >= 8 and got[0] & 7 == 7),
    )


PACKETS: Mapping[str, Callable[[Target], Sequence[Packet]]] = {"dns": dns_packets, "ntp": ntp_packets}
