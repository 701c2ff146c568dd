"""LDAP: does a search without a log-in find an entry (RFC 4511, section 4.5.2)?"""

from inventory.facts.ldap import Ldap, LdapEndpoint
from scanner.probes.services.ber import elements, messages
from scanner.probes.services.probe import Heard, ServiceProbe

ENTRY, DONE = 0x64, 0x65
ENUMERATED = bytes([10, 1])
REFUSING = (1, 8, 48, 49, 50, 53)  # operationsError (Active Directory's), strongerAuthRequired ... unwillingToPerform


def _read(heard: Heard) -> LdapEndpoint:
    root = messages(heard.got("root") or b"")
    if not root:
        return LdapEndpoint(heard.url, heard.place, heard.silence("it does not speak LDAP"))
    base = _first_value(root)
    below = messages(heard.got("below") or b"")
    if any(kind == ENTRY for kind, _ in below):
        return LdapEndpoint(heard.url, heard.place, base=base, anonymous=True)
    told = _result(below if base else root)
    if told in REFUSING:
        return LdapEndpoint(heard.url, heard.place, base=base, anonymous=False)
    if base and told in (0, 32):  # 32: noSuchObject, which also hides what a stranger may not see
        return LdapEndpoint(heard.url, heard.place, base=base, anonymous=False)
    why = "the search was not answered" if base else "it names no base that could be searched"
    return LdapEndpoint(heard.url, heard.place, heard.silence(why), base)


def _result(told: list[tuple[int, bytes]]) -> int | None:
    last = next((content for kind, content in told if kind == DONE), b"")
    return last[2] if last[:2] == ENUMERATED and len(last) > 2 else None


def _first_value(told: list[tuple[int, bytes]]) -> str:
    for kind, content in told:
        parts = elements(content) if kind == ENTRY else []
        attributes = elements(parts[1][1]) if len(parts) > 1 else []
        values = elements(attributes[0][1]) if attributes else []
        found = elements(values[1][1]) if len(values) > 1 else []
        if found:
            return found[0][1].decode("utf-8", "replace")[:300]
    return ""


LDAP = ServiceProbe("ldap", ("ldap",), _read, Ldap, "the inventory names no ldap:// endpoint of this asset")
