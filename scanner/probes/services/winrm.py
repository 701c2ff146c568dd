"""WinRM on plain HTTP: an empty POST to /wsman is answered with the ways to log in (MS-WSMV, RFC 9110)."""

import re

from inventory.facts.winrm import Winrm, WinrmEndpoint
from scanner.probes.services.probe import Heard, ServiceProbe

_STATUS = re.compile(rb"\AHTTP/1\.[01] (\d{3})[ \r\n]")
_SCHEME = re.compile(rb"(?im)^www-authenticate:[ \t]*([A-Za-z0-9._-]{1,40})")
ELSEWHERE = (b"301", b"302", b"307", b"308", b"404")


def _read(heard: Heard) -> WinrmEndpoint:
    said, _ = heard.part("identify")
    status = _STATUS.match(said)
    if status is None:
        why = heard.silence("it does not speak HTTP")
        return WinrmEndpoint(heard.url, heard.place, why, False if heard.refused else None)
    if status[1] in ELSEWHERE:
        return WinrmEndpoint(heard.url, heard.place, speaks=False)
    schemes = tuple(dict.fromkeys(found.decode().capitalize() for found in _SCHEME.findall(said)[:10]))
    if not schemes and b"wsman" not in said.lower() and b"microsoft-httpapi" not in said.lower():
        return WinrmEndpoint(heard.url, heard.place, "it speaks HTTP, and whether it is WinRM it does not say")
    return WinrmEndpoint(heard.url, heard.place, speaks=True, schemes=schemes)


WINRM = ServiceProbe("winrm", ("winrm",), _read, Winrm, "the inventory names no WinRM endpoint of this asset")
