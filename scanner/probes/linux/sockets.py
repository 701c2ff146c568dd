"""Listening TCP and UDP sockets: ss(8), else netstat(8), else /proc/net (proc_pid_net(5)).

A plain user sees every socket; the process behind it only of his own.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator

from inventory.facts.network import Listener, Sockets
from scanner.probes.linux.sections import bounded, ended
from scanner.probes.script import ScriptProbe, number
from scanner.query import Script, Unreadable

# busybox netstat may lack -p. UDP sockets listen when they are not connected.
# Any account may name its process so that a line of the list looks like a mark: sed takes that look away.
BODY = r"""
if out=$(ss -ltunp 2>/dev/null); then tool=ss
elif out=$(netstat -ltunp 2>/dev/null) || out=$(netstat -ltun 2>/dev/null); then tool=netstat
else
  [ -r /proc/net/tcp ] && [ -r /proc/net/udp ] || exit 69
  tool=proc out=
  for protocol in tcp tcp6 udp udp6; do
    [ ! -r /proc/net/$protocol ] || while read -r slot local remote state rest; do
      case $protocol$state in tcp*0A|udp*07) out="$out$protocol $local
" ;; esac
    done </proc/net/$protocol
  done
fi
printf '%s\n' "=$tool="
case $out in
  *"
="*) out=$(printf '%s\n' "$out" | sed 's/^=/-=/') || exit 69 ;;
esac
printf '%s\n' "$out"
echo =end=
"""

_PROCESS = re.compile(r'\(\("([^"]{1,64})"')
_PROTOCOL = re.compile(r"(tcp|udp)(?:6|46)?", re.IGNORECASE)
TCP_LISTEN = ("LISTEN", "LISTENING")


def read_sockets(text: str) -> Sockets:
    found = ended(text)
    for tool, reader in (("ss", _from_ss), ("netstat", _from_netstat), ("proc", _from_proc)):
        if tool in found:
            lines = list(_whole(found.lines(tool)))
            bounded(len(lines), 50_000, "listening sockets")
            listeners = {(x.protocol, x.port, x.address, x.process or ""): x for line in lines for x in reader(line)}
            return Sockets(tuple(listeners[key] for key in sorted(listeners)))
    raise Unreadable("the host did not say with what it looked for sockets")


def _whole(lines: list[str]) -> Iterator[str]:
    """Without what follows a line break in the name of a process. A line that starts like a socket always counts."""
    named = False
    for line in lines:
        socket = line.startswith(("tcp", "udp"))
        if socket or not named:
            yield line
        named = "users:((" in line if socket else named


def _from_ss(line: str) -> Iterable[Listener]:
    """``tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))``"""
    words = line.split()
    if words[:1] == ["Netid"]:
        return
    protocol = _PROTOCOL.fullmatch(words[0]) if len(words) >= 6 else None
    if not protocol or words[1] not in ("LISTEN", "UNCONN"):
        raise Unreadable("a line of ss is no listening socket")
    process = _PROCESS.search(line)
    yield _listener(protocol.group(1), words[4], process.group(1) if process else None)


def _from_netstat(line: str) -> Iterable[Listener]:
    """``tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN 123/sshd``; UDP has no state."""
    words = line.split()
    if words[:1] in (["Active"], ["Proto"]):
        return
    protocol = _PROTOCOL.fullmatch(words[0]) if len(words) >= 5 else None
    if not protocol:
        raise Unreadable("a line of netstat is no listening socket")
    rest = words[6:] if len(words) > 5 and words[5] in TCP_LISTEN else words[5:]
    _, slash, name = rest[0].partition("/") if rest else ("", "", "")
    yield _listener(protocol.group(1), words[3], name.rstrip(":") if slash and name else None)


def _from_proc(line: str) -> Iterable[Listener]:
    """``tcp 0100007F:0016``: each 32-bit word of the address in the processor's order, little-endian here."""
    protocol, _, local = line.partition(" ")
    address, _, port = local.partition(":")
    if protocol not in ("tcp", "tcp6", "udp", "udp6"):
        raise Unreadable("a line of /proc/net is no listening socket")
    try:
        raw = bytes.fromhex(address)
        words = [raw[at : at + 4][::-1] for at in range(0, len(raw), 4)]
        shown = str(ipaddress.ip_address(b"".join(words)))
        yield _listener(protocol[:3], f"[{shown}]:{int(port, 16)}", None)
    except ValueError:
        raise Unreadable("a line of /proc/net has no address") from None


def _listener(protocol: str, local: str, process: str | None) -> Listener:
    """``local`` is address:port; IPv6 with or without brackets, an interface behind % or none, * for any."""
    address, _, shown = local.rpartition(":")
    port = number(shown)
    if port is None or not 0 < port < 65_536:
        raise Unreadable("a listening socket has no port")
    bare, _, scope = address.replace("[", "").replace("]", "").partition("%")
    return Listener(protocol.lower(), bare or "::", port, process, scope != "lo" and not _loopback(bare))


def _loopback(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False  # *, or a name: not known to be loopback only
    mapped = getattr(ip, "ipv4_mapped", None)
    return bool(mapped.is_loopback if mapped else ip.is_loopback)


SOCKETS = ScriptProbe("sockets", Script("sockets", BODY), read_sockets, tool="ss, netstat or procfs")
