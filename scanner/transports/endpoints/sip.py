"""SIP OPTIONS over UDP (RFC 3261, section 11): is somebody there who would take a call?"""

import re
import secrets
import time

from inventory.watch import Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.datagram import Datagram
from scanner.transports.endpoints.faults import Unexpected
from scanner.transports.endpoints.sampling import Seen

_STATUS = re.compile(rb"SIP/2\.0 ([1-6]\d\d) ")
FINAL = 200  # and above
UNAVAILABLE = 500  # and above: the server says that it cannot


async def sip(watch: Watch, around: Around, seen: Seen) -> None:
    port = watch.port or 5060
    with await Datagram.open(watch.host, port, around, seen) as line:
        call = secrets.token_hex(8)
        sent = time.perf_counter()
        line.send(options(watch.host, port, call, line.here))
        while True:
            said = await line.receive()
            status = _STATUS.match(said)
            if status and call.encode() in said and int(status[1]) >= FINAL:
                break  # anything else answers another question, or is provisional
        seen.timings["answer"] = (time.perf_counter() - sent) * 1e3
    seen.evidence = said.split(b"\r\n\r\n", 1)[0]
    seen.notes["status"] = status[1].decode()
    if int(status[1]) >= UNAVAILABLE:
        raise Unexpected(f"it answers OPTIONS with {status[1].decode()}")


def options(host: str, port: int, call: str, here: tuple[str, int]) -> bytes:
    """``here``: where servers answer that do not know ``rport`` (RFC 3581)."""
    place, back = _bracketed(host), f"{_bracketed(here[0])}:{here[1]}"
    lines = (
        f"OPTIONS sip:{place}:{port} SIP/2.0",
        f"Via: SIP/2.0/UDP {back};branch=z9hG4bK{call};rport",
        "Max-Forwards: 70",
        f"To: <sip:{place}:{port}>",
        f"From: <sip:estatecheck@estatecheck.invalid>;tag={call}",
        f"Call-ID: {call}@estatecheck.invalid",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:estatecheck@{back}>",
        "Accept: application/sdp",
        "Content-Length: 0",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
