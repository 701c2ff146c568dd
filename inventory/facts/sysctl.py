"""Kernel settings under /proc/sys (kernel docs, admin-guide/sysctl).

None: this kernel has no such setting, or it has one that may not be read and is named in ``denied``.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sysctl:
    ip_forward: int | None  # net.ipv4.ip_forward
    ipv6_forwarding: int | None  # net.ipv6.conf.all.forwarding
    accept_redirects_all: int | None  # net.ipv4.conf.all.accept_redirects
    accept_redirects_default: int | None
    ipv6_accept_redirects_all: int | None
    ipv6_accept_redirects_default: int | None
    send_redirects_all: int | None
    accept_source_route_all: int | None
    accept_source_route_default: int | None
    ipv6_accept_source_route_all: int | None
    rp_filter_all: int | None
    rp_filter_default: int | None
    tcp_syncookies: int | None
    log_martians_all: int | None
    randomize_va_space: int | None
    ptrace_scope: int | None  # kernel.yama.ptrace_scope
    suid_dumpable: int | None
    protected_hardlinks: int | None
    protected_symlinks: int | None
    kptr_restrict: int | None
    dmesg_restrict: int | None
    sysrq: int | None
    unprivileged_bpf_disabled: int | None
    denied: tuple[str, ...] = ()  # fields that are None only because this account may not read the setting
