"""RDP: the answer to a connection request that offers TLS alone (MS-RDPBCGR, section 2.2.1.2)."""

from inventory.facts.rdp import Rdp, RdpEndpoint
from scanner.probes.services.probe import Heard, ServiceProbe

CONFIRM = 0xD0
CHOSEN, REFUSED = 2, 3
CHOICES = {0: "RDP's own security", 1: "TLS without proof of who connects"}
# of a server that wants no CredSSP it is known that others get in without
REASONS = {
    1: (None, "it wants TLS and does not take the TLS that it was offered"),
    2: (False, "it allows RDP's own security only"),
    3: (False, "it has no certificate, which leaves RDP's own security"),
    4: (None, "it calls the request inconsistent"),
    5: (True, "it wants CredSSP"),
    6: (None, "it wants TLS with a client certificate"),
}


def _read(heard: Heard) -> RdpEndpoint:
    said = heard.got("x224")
    if said is None or len(said) < 11 or said[:2] != b"\x03\x00" or said[5] & 0xF0 != CONFIRM:
        reachable = False if heard.refused else None
        return RdpEndpoint(heard.url, heard.place, heard.silence("it does not speak RDP"), reachable)
    nla, words = _security(said[11:])
    return RdpEndpoint(heard.url, heard.place, reachable=True, nla_required=nla, security=words)


def _security(said: bytes) -> tuple[bool | None, str]:
    if len(said) < 8:
        return False, "RDP's own security, as before 2006: it negotiates nothing"
    value = int.from_bytes(said[4:8], "little")
    if said[0] == CHOSEN:
        return (False, CHOICES[value]) if value in CHOICES else (None, f"protocol {value}, which was not offered")
    return REASONS.get(value, (None, f"failure {value}")) if said[0] == REFUSED else (None, "an unknown answer")


RDP = ServiceProbe("rdp", ("rdp",), _read, Rdp, "the inventory names no RDP endpoint of this asset")
