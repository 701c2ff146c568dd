"""Network interfaces and whether they listen to everything: /sys/class/net/*/flags (netdevice(7), linux/if.h)."""

from inventory.facts.network import Interface, Interfaces
from scanner.probes.linux.sections import bounded, ended
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

BODY = r"""
[ -d /sys/class/net ] || exit 69
echo =flags=
for link in /sys/class/net/*; do
  port=own
  [ ! -e "$link/master" ] && [ ! -e "$link/brport" ] || port=port
  [ -r "$link/flags" ] && read -r flags <"$link/flags" && printf '%s\n' "${link##*/} $flags $port"
done
echo =end=
"""

IFF_UP, IFF_PROMISC = 0x1, 0x100


def read_interfaces(text: str) -> Interfaces:
    lines = ended(text, "flags").lines("flags")
    bounded(len(lines), 50_000, "network interfaces")
    if not lines:
        raise Unreadable("the host shows no network interface, not even loopback")
    return Interfaces(tuple(_interface(line) for line in lines))


def _interface(line: str) -> Interface:
    words = line.split(" ")
    try:
        name, flags, port = words
        bits = int(flags, 16)
    except ValueError:
        raise Unreadable("the flags of a network interface are no number") from None
    return Interface(name, bool(bits & IFF_UP), bool(bits & IFF_PROMISC), port == "port")


INTERFACES = ScriptProbe("interfaces", Script("interfaces", BODY), read_interfaces, tool="sysfs")
