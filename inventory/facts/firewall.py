"""The host's packet filter."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Firewall:
    backend: str  # nftables, iptables, "" none found
    filtering: bool  # what no rule allows is dropped or rejected on its way in, over IPv4 and IPv6 as far as in use
    input_policy: str  # accept, drop, reject or "" unknown
    rules: int
    still_open: tuple[str, ...] = ()  # IPv4, IPv6: in use here, and what no rule forbids comes in
