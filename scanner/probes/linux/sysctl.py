"""Kernel settings, read from /proc/sys (kernel docs, admin-guide/sysctl)."""

from inventory.facts.sysctl import Sysctl
from scanner.probes.linux.sections import Parts, ended
from scanner.probes.script import ScriptProbe, number
from scanner.query import Script, Unreadable

FILES = {
    "ip_forward": "net/ipv4/ip_forward",
    "ipv6_forwarding": "net/ipv6/conf/all/forwarding",
    "accept_redirects_all": "net/ipv4/conf/all/accept_redirects",
    "accept_redirects_default": "net/ipv4/conf/default/accept_redirects",
    "ipv6_accept_redirects_all": "net/ipv6/conf/all/accept_redirects",
    "ipv6_accept_redirects_default": "net/ipv6/conf/default/accept_redirects",
    "ipv6_disabled": "net/ipv6/conf/all/disable_ipv6",
    "send_redirects_all": "net/ipv4/conf/all/send_redirects",
    "accept_source_route_all": "net/ipv4/conf/all/accept_source_route",
    "accept_source_route_default": "net/ipv4/conf/default/accept_source_route",
    "ipv6_accept_source_route_all": "net/ipv6/conf/all/accept_source_route",
    "rp_filter_all": "net/ipv4/conf/all/rp_filter",
    "rp_filter_default": "net/ipv4/conf/default/rp_filter",
    "tcp_syncookies": "net/ipv4/tcp_syncookies",
    "log_martians_all": "net/ipv4/conf/all/log_martians",
    "randomize_va_space": "kernel/randomize_va_space",
    "ptrace_scope": "kernel/yama/ptrace_scope",
    "suid_dumpable": "fs/suid_dumpable",
    "protected_hardlinks": "fs/protected_hardlinks",
    "protected_symlinks": "fs/protected_symlinks",
    "kptr_restrict": "kernel/kptr_restrict",
    "dmesg_restrict": "kernel/dmesg_restrict",
    "sysrq": "kernel/sysrq",
    "unprivileged_bpf_disabled": "kernel/unprivileged_bpf_disabled",
}

OF_INTERFACES = (
    ("net/ipv4/", "/accept_redirects"),
    ("net/ipv6/", "/accept_redirects"),
    ("net/ipv4/", "/rp_filter"),
)

# Links to guests come and go by the thousand, and get what "default" says: they are passed over.
# A shell that reads byte by byte, as dash does, gets only the first character of such a file: one grep reads them all.
# Kernels before 5.16 show fs.protected_* to root only: such a file exists and cannot be read.
BODY = f"""
cd /proc/sys || exit 69
set -- {" ".join(FILES.values())}
echo =settings=
grep -sH '' "$@"
echo =interfaces=
for link in net/ipv4/conf/*; do
  case ${{link##*/}} in all|default|lo|veth*|cali*|br-*|tap*|vnet*) continue ;; esac
  grep -sH '' "$link/accept_redirects" "$link/rp_filter" "net/ipv6/conf/${{link##*/}}/accept_redirects"
done
echo =denied=
for file; do [ ! -e "$file" ] || [ -r "$file" ] || printf '%s\\n' "$file"; done
echo =end=
"""


def read_sysctl(text: str) -> Sysctl:
    found = ended(text, "settings", "interfaces", "denied")
    said = dict(line.partition(":")[::2] for line in found.lines("settings"))
    denied = tuple(name for name, file in FILES.items() if file in found.lines("denied"))
    values = {name: _value(said[file]) for name, file in FILES.items() if file in said}
    if not values:
        raise Unreadable("the host shows no kernel settings")
    redirects, ipv6_redirects, filters = (_of_interfaces(found, end) for end in OF_INTERFACES)
    return Sysctl(
        **dict.fromkeys(FILES) | values,
        denied=denied,
        accept_redirects_interfaces=max(redirects, default=None),
        ipv6_accept_redirects_interfaces=max(ipv6_redirects, default=None),
        rp_filter_interfaces=min(filters, default=None),
    )


def _of_interfaces(found: Parts, ends: tuple[str, str]) -> list[int]:
    lines = [line.rpartition(":") for line in found.lines("interfaces")]
    return [_value(value) for file, _, value in lines if file.startswith(ends[0]) and file.endswith(ends[1])]


def _value(text: str) -> int:
    value = number(text)
    if value is None:
        raise Unreadable("a kernel setting is no number")
    return value


SYSCTL = ScriptProbe("sysctl", Script("sysctl", BODY), read_sysctl, tool="procfs")
