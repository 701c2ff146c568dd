"""Windows Defender Firewall by profile: what group policy says, else MDM, else the local setting.

What Windows itself calls in force (the ActiveStore) is heard too: a profile is on, and blocks, where both say so. Old
policies write a "standard profile" that stands for two of ours, and other stores are nowhere in the registry.
"""

from collections.abc import Sequence

from inventory.facts.windows_firewall import WindowsFirewall, WindowsFirewallProfile
from inventory.facts.windows_setting import NOT_SET
from scanner.probes.windows.reading import Data, each, first
from scanner.probes.windows.section import probe
from scanner.query import Unreadable

_CATEGORIES = {0: "public", 1: "private", 2: "domain"}  # MSFT_NetConnectionProfile.NetworkCategory
_PLACES = 3


def read_firewall(data: Data) -> WindowsFirewall:
    networks = data.rows("networks")
    active = {_CATEGORIES.get(n) for one in each(networks) if (n := one.number("NetworkCategory")) is not None}
    return WindowsFirewall(
        profiles=tuple(_profile(name, data) for name in ("domain", "private", "public")),
        service_running=data.flag("running"),
        active=None if networks is None else tuple(sorted(filter(None, active))),
    )


def _profile(name: str, data: Data) -> WindowsFirewallProfile:
    places = data.needed_rows(name)
    if len(places) != _PLACES:
        raise Unreadable(f"the {name} profile was not read in its {_PLACES} places")
    active = {row.word("name").lower(): row for row in each(data.rows("in_force"))}.get(name)
    enabled = _in_force(places, "EnableFirewall")
    ruled = first(*(place.setting("EnableFirewall") for place in places[:-1])) != NOT_SET
    if enabled == NOT_SET:
        raise Unreadable(f"the {name} profile is neither on nor off, and Windows sets one of them itself")
    return WindowsFirewallProfile(
        name=name,
        enabled=_both(None if enabled is None else enabled != 0, active, "enabled", "true", "false"),
        inbound_blocked=_both(
            _blocked(_in_force(places, "DefaultInboundAction"), by_default=True), active, "inbound", "block", "allow"
        ),
        outbound_blocked=_blocked(_in_force(places, "DefaultOutboundAction"), by_default=False),
        shielded=_on(_in_force(places, "DoNotAllowExceptions")),
        log_dropped=_on(_in_force(places, "LogDroppedPackets")),
        source="policy" if ruled else "local",
    )


def _in_force(places: Sequence[Data], key: str) -> int | None:
    return first(*(place.setting(key, most=1) for place in places))


def _both(set_to: bool | None, active: Data | None, key: str, good: str, bad: str) -> bool | None:
    """``active`` None, or a word that says neither: by the settings alone."""
    said = active.word(key).lower() if active else ""
    if said == bad or set_to is False:
        return False
    return True if said == good else set_to


def _blocked(action: int | None, *, by_default: bool) -> bool | None:
    return None if action is None else by_default if action == NOT_SET else action == 1


def _on(setting: int | None) -> bool | None:
    return None if setting is None else setting not in (0, NOT_SET)


FIREWALL = probe("firewall", read_firewall)
