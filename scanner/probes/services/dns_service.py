"""DNS servers: recursion for strangers, their version, and what protects the zone (RFC 1035, RFC 5936, RFC 7208)."""

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from inventory.facts.dns_service import DnsEndpoint, DnsService
from scanner.probes.services.probe import Heard, ServiceProbe

MAX_VERSION = 100


def _read(heard: Heard) -> DnsEndpoint:
    zone = heard.url.partition("://")[2].partition("/")[2].strip("/")
    if heard.first.get("state") != "open":
        return DnsEndpoint(heard.url, heard.place, zone, heard.silence(""))
    recursion, version = _message(heard.got("recursion")), _message(heard.got("version"))
    if recursion is None:
        return DnsEndpoint(heard.url, heard.place, zone, "its answer is no DNS message")
    return DnsEndpoint(
        heard.url,
        heard.place,
        zone,
        recursion=_recursion(recursion),
        version=_version(version) if version else None,
        transfer=_transfer(heard),
        unprotected=_unprotected(heard),
    )


def _message(said: bytes | None) -> dns.message.Message | None:
    try:
        return dns.message.from_wire(said, ignore_trailing=True) if said else None
    except (dns.exception.DNSException, ValueError):
        return None


def _recursion(told: dns.message.Message) -> bool | None:
    """Yes when it found out what is not its own; no when it refuses or does not offer it."""
    if not told.flags & dns.flags.RA or told.rcode() == dns.rcode.REFUSED:
        return False
    return True if told.answer else None


def _version(told: dns.message.Message) -> str:
    texts = [rd.to_text().strip('"') for found in told.answer if found.rdtype == dns.rdatatype.TXT for rd in found]
    return texts[0][:MAX_VERSION] if texts else ""


def _transfer(heard: Heard) -> bool | None:
    said = heard.part("transfer")
    if said[1] in ("closed", "reset") and not said[0]:
        return False
    told = _message(heard.got("transfer")[2:]) if heard.got("transfer") else None  # type: ignore[index]  # not None
    if told is None:
        return None
    return told.rcode() == dns.rcode.NOERROR and bool(told.answer)


def _unprotected(heard: Heard) -> tuple[str, ...] | None:
    """None when one of the three questions was not answered, or the server does not answer for the zone."""
    told = {
        name: _message(heard.got(step)) for name, step in (("DNSSEC", "dnskey"), ("SPF", "spf"), ("DMARC", "dmarc"))
    }
    known = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
    if any(one is None or one.rcode() not in known or not one.flags & dns.flags.AA for one in told.values()):
        return None
    marks = {"DNSSEC": "", "SPF": "v=spf1", "DMARC": "v=dmarc1"}
    return tuple(name for name, one in told.items() if one is not None and not _has(one, name, marks[name]))


def _has(told: dns.message.Message, name: str, mark: str) -> bool:
    wanted = dns.rdatatype.DNSKEY if name == "DNSSEC" else dns.rdatatype.TXT
    texts = [rd.to_text().strip('"').lower() for found in told.answer if found.rdtype == wanted for rd in found]
    return any(text.startswith(mark) for text in texts)


DNS_SERVICE = ServiceProbe(
    "dns_service", ("dns",), _read, DnsService, "the inventory names no DNS endpoint of this asset"
)
