"""The SSH banner (RFC 4253, section 4.2). Nobody logs in."""

from inventory.watch import Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.faults import Unexpected
from scanner.transports.endpoints.line import Line
from scanner.transports.endpoints.sampling import Seen

MAX_LINE = 1_024  # RFC 4253 has 255
MAX_LINES = 50  # other lines may come first


async def ssh(watch: Watch, around: Around, seen: Seen) -> None:
    with await Line.open(watch.host, watch.port or 22, around, seen) as line:
        for _ in range(MAX_LINES):
            said = await line.receive_line(MAX_LINE)
            if said.startswith(b"SSH-"):
                break
        else:
            raise Unexpected("it does not speak SSH")
    seen.notes["banner"] = said.strip().decode("ascii", "replace")
    if not said.startswith((b"SSH-2.0-", b"SSH-1.99-")):
        raise Unexpected(f"it speaks {seen.notes['banner'][:40]!r} and not SSH 2")
