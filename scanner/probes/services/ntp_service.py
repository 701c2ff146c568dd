"""NTP: whether a server that tells the time also answers control and monitoring questions (RFC 9327)."""

from inventory.facts.ntp_service import NtpEndpoint, NtpService
from scanner.probes.services.probe import Heard, ServiceProbe


def _read(heard: Heard) -> NtpEndpoint:
    if heard.first.get("state") != "open":
        return NtpEndpoint(heard.url, heard.place, heard.silence(""))
    return NtpEndpoint(heard.url, heard.place, control=_answered(heard, "control"), monlist=_answered(heard, "monlist"))


def _answered(heard: Heard, step: str) -> bool | None:
    """Silence is a refusal here: the same server has just told the time. An answer that only refuses is one too."""
    said = heard.got(step)
    if said:
        return not (said[1] & 0x40 if step == "control" else said[4] >> 4)  # error bits
    return False if heard.state(step) in ("no answer", "refused") else None


NTP_SERVICE = ServiceProbe(
    "ntp_service", ("ntp",), _read, NtpService, "the inventory names no NTP endpoint of this asset"
)
