"""What operating system is this? os-release(5), uname(1), proc(5); containers as systemd-detect-virt(1) finds them."""

import shlex

from inventory.facts.system import System
from scanner.probes.linux.sections import parts
from scanner.probes.script import ScriptProbe, fields, number
from scanner.query import Script, Unreadable

BODY = r"""
echo "architecture=$(uname -m)"
echo "hostname=$(uname -n)"
read -r up rest </proc/uptime && echo "uptime=${up%%.*}"
read -r boot </proc/sys/kernel/random/boot_id && echo "boot_id=$boot"
read -r init </proc/1/comm && echo "init=$init"
if [ -e /.dockerenv ]; then echo container=docker
elif [ -e /run/.containerenv ]; then echo container=podman
elif [ -r /run/systemd/container ]; then echo "container=$(cat /run/systemd/container)"
elif command -v systemd-detect-virt >/dev/null && kind=$(systemd-detect-virt --container); then echo "container=$kind"
else kind=$(grep -soE '/(docker|kubepods|libpod|lxc|containerd)' /proc/1/cgroup) && echo "container=${kind##*/}"
fi
echo "=os-release="
cat /etc/os-release 2>/dev/null || cat /usr/lib/os-release
"""

OS_RELEASE = ("ID", "ID_LIKE", "PRETTY_NAME", "VERSION_CODENAME", "VERSION_ID")


def read_system(text: str) -> System:
    cut = parts(text)
    said = fields(cut.text(""))
    release = fields(cut.text("os-release"))
    names = {key: _unquoted(release[key]) for key in OS_RELEASE if key in release}
    if not names.get("ID"):
        raise Unreadable("the host has no os-release file with an ID")
    return System(
        os_id=names["ID"].lower(),
        os_version=names.get("VERSION_ID", ""),
        os_name=names.get("PRETTY_NAME", names["ID"]),
        os_like=tuple(names.get("ID_LIKE", "").split()),
        codename=names.get("VERSION_CODENAME", ""),
        hostname=said.get("hostname", ""),
        architecture=said.get("architecture", ""),
        uptime_seconds=number(said.get("uptime", "")),
        boot_id=said.get("boot_id", ""),
        container=said.get("container") or None,
        init=said.get("init", ""),
    )


def _unquoted(value: str) -> str:
    """os-release values are shell strings; a broken quote is shown as it stands."""
    try:
        return " ".join(shlex.split(value))
    except ValueError:
        return value


SYSTEM = ScriptProbe("system", Script("system", BODY), read_system)
