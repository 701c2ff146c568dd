"""How PostgreSQL, MySQL/MariaDB, Redis and SQL Server greet. Nobody logs in."""

from inventory.watch import Watch
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.faults import Unexpected
from scanner.transports.endpoints.line import Line
from scanner.transports.endpoints.sampling import Seen
from scanner.transports.endpoints.starttls import PG_SSL_REQUEST

MAX_GREETING = 4_096
MYSQL_ERROR = 0xFF
MYSQL_NO_SERVICE = {1040: "it has no connection left", 1053: "it is shutting down"}
REDIS_NO_SERVICE = {
    b"-LOADING": "it is loading its data",
    b"-MASTERDOWN": "it has lost its master",
    b"-MISCONF": "it cannot write to its disk",
    b"-BUSY": "a script keeps it busy",
    b"-ERR max": "it has no connection left",
}
# PRELOGIN with the VERSION and ENCRYPTION options (MS-TDS, section 2.2.6.5)
_OPTIONS = bytes.fromhex("00000b00060100110001ff") + bytes(6) + b"\x02"
TDS_PRELOGIN = b"\x12\x01" + (8 + len(_OPTIONS)).to_bytes(2, "big") + bytes(4) + _OPTIONS
TDS_RESPONSE = 4
TDS_ENCRYPTION = {0: "offered", 1: "on", 2: "not supported", 3: "required"}


async def postgresql(watch: Watch, around: Around, seen: Seen) -> None:
    """SSLRequest ("Message Flow", section 55.2.11): S or N from any server, an error from one older than 7.0."""
    with await Line.open(watch.host, watch.port or 5432, around, seen) as line:
        await line.send(PG_SSL_REQUEST)
        said = await line.receive(16)  # one byte: whoever says more speaks something else
    if said not in (b"S", b"N"):
        raise Unexpected("it does not speak PostgreSQL's protocol")
    seen.notes["tls_offered"] = "yes" if said == b"S" else "no"


async def mysql(watch: Watch, around: Around, seen: Seen) -> None:
    """The server speaks first: Protocol::HandshakeV10, or an error packet."""
    with await Line.open(watch.host, watch.port or 3306, around, seen) as line:
        head = await line.receive_exactly(4)
        size = int.from_bytes(head[:3], "little")
        if not 3 <= size <= MAX_GREETING or head[3]:
            raise Unexpected("it does not greet as MySQL does")
        said = await line.receive_exactly(size)
    _mysql_greeting(said, seen)


def _mysql_greeting(said: bytes, seen: Seen) -> None:
    if said[0] == MYSQL_ERROR:
        code = int.from_bytes(said[1:3], "little")
        if code in MYSQL_NO_SERVICE:
            raise Unexpected(f"{MYSQL_NO_SERVICE[code]} (error {code})")
        seen.notes["refused"] = f"error {code}"  # a server that does not let us in is there all the same
    elif said[0] == 10 and b"\0" in said[1:64]:
        seen.notes["version"] = said[1:].split(b"\0", 1)[0].decode("ascii", "replace")
    else:
        raise Unexpected("it does not greet as MySQL does")


async def redis(watch: Watch, around: Around, seen: Seen) -> None:
    """PING; one that wants a password first says so, and that is an answer."""
    with await Line.open(watch.host, watch.port or 6379, around, seen) as line:
        await line.send(b"PING\r\n")
        said = await line.receive_line(MAX_GREETING)
    for word, meaning in REDIS_NO_SERVICE.items():
        if said.startswith(word):
            raise Unexpected(meaning)
    if not said.startswith((b"+PONG", b"-NOAUTH ", b"-NOPERM ", b"-DENIED ")):
        raise Unexpected("it does not answer as Redis does")
    seen.notes["wants_password"] = "yes" if said.startswith(b"-NOAUTH") else "no"


async def sql_server(watch: Watch, around: Around, seen: Seen) -> None:
    """PRELOGIN (MS-TDS, section 2.2.6.5), answered with the same options."""
    with await Line.open(watch.host, watch.port or 1433, around, seen) as line:
        await line.send(TDS_PRELOGIN)
        head = await line.receive_exactly(8)
        size = int.from_bytes(head[2:4], "big")
        if head[0] != TDS_RESPONSE or not 8 < size <= MAX_GREETING:
            raise Unexpected("it does not answer as SQL Server does")
        said = await line.receive_exactly(size - 8)
    options = _tds_options(said)
    if len(options.get(0, b"")) < 6:
        raise Unexpected("it does not answer as SQL Server does")
    major, minor, build = options[0][0], options[0][1], int.from_bytes(options[0][2:4], "big")
    seen.notes["version"] = f"{major}.{minor}.{build}"
    seen.notes["encryption"] = TDS_ENCRYPTION.get(options.get(1, b"\xff")[0], "not told")


def _tds_options(said: bytes) -> dict[int, bytes]:
    """Token -> its data; of an entry that points outside nothing is kept."""
    told: dict[int, bytes] = {}
    for at in range(0, len(said) - 5, 5):
        if said[at] == 0xFF:
            break
        offset, size = int.from_bytes(said[at + 1 : at + 3], "big"), int.from_bytes(said[at + 3 : at + 5], "big")
        if size and offset + size <= len(said):
            told[said[at]] = said[offset : offset + size]
    return told
