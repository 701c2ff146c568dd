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
    accept_redirects_interfaces: int | None = None  # the highest of the interfaces there are; None: there is none
    ipv6_accept_redirects_interfaces: int | None = None
    rp_filter_interfaces: int | None = None  # the lowest of them
    ipv6_disabled: int | None = None  # net.ipv6.conf.all.disable_ipv6

    @property
    def accepts_redirects(self) -> bool | None:
        """For some interface. A host that forwards asks "all" and the interface, another "all" or the interface."""
        if self.accept_redirects_all is None or self.accept_redirects_default is None or self.ip_forward is None:
            return None
        interfaces = max(self.accept_redirects_default, self.accept_redirects_interfaces or 0)
        either = max(self.accept_redirects_all, interfaces)
        return (min(self.accept_redirects_all, interfaces) if self.ip_forward else either) > 0

    @property
    def ipv6_accepts_redirects(self) -> bool | None:
        """For some interface; "all" decides nothing here, and a router accepts none. None: it may not be read."""
        if (self.ipv6_disabled or 0) > 0 or (self.ipv6_forwarding or 0) > 0:
            return False
        said = (self.ipv6_accept_redirects_default, self.ipv6_accept_redirects_interfaces)
        known = [value for value in said if value is not None]
        if "ipv6_accept_redirects_default" in self.denied:
            return None
        return max(known, default=0) > 0

    @property
    def filters_reverse_path(self) -> bool | None:
        """On every interface there is and will be: the higher of "all" and the interface counts."""
        if self.rp_filter_all is None or self.rp_filter_default is None:
            return None
        each = self.rp_filter_default if self.rp_filter_interfaces is None else self.rp_filter_interfaces
        return self.rp_filter_all > 0 or min(self.rp_filter_default, each) > 0

    @property
    def forwards(self) -> bool | None:
        """IPv4 or IPv6 packets. None: it may not be read."""
        if self.ip_forward is None or "ipv6_forwarding" in self.denied:
            return None
        return self.ip_forward > 0 or (self.ipv6_forwarding or 0) > 0
