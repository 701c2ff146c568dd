"""Windows Defender Firewall, per profile, by what is in force: policy where it is set, else the local setting."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WindowsFirewallProfile:
    name: str  # domain, private, public
    enabled: bool | None
    inbound_blocked: bool | None  # default for connections no rule allows; Windows' own default is to block
    outbound_blocked: bool | None
    shielded: bool | None  # DoNotAllowExceptions: even allowed ones are blocked
    log_dropped: bool | None
    source: str  # policy, local: who decides whether it is on


@dataclass(frozen=True, slots=True)
class WindowsFirewall:
    profiles: tuple[WindowsFirewallProfile, ...]  # always three
    service_running: bool | None  # mpssvc
    active: tuple[str, ...] | None  # profiles that networks are in now: domain, private, public; None unknown

    @property
    def off(self) -> tuple[str, ...]:
        """Profiles that are provably switched off."""
        return tuple(p.name for p in self.profiles if p.enabled is False)

    @property
    def all_on(self) -> bool | None:
        states = [p.enabled for p in self.profiles] + [self.service_running]
        return False if False in states else None if None in states else True
