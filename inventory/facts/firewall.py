"""The host's packet filter."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Firewall:
    backend: str  # nftables, iptables, "" none found
    filtering: bool  # something on the way in is dropped or rejected, by rule or by policy
    input_policy: str  # accept, drop, reject or "" unknown
    rules: int
