"""Decoders of what publishers give: one file per format, and the list of them. Pure: bytes in, tables out.

To add one: a file with ``decode(files, feed)`` and ``recognises(name, head)``, and its line below.
"""

from collections.abc import Mapping

from checks.advisories.formats import (
    alpine_secdb,
    debian_support,
    distro_info,
    endoflife,
    epss,
    fortinet_cvrf,
    kev,
    msrc_csaf,
    msrc_cvrf,
    osv,
    osv_compact,
    ssvc,
    ubuntu_tracker,
    windows_kb,
)
from checks.advisories.formats.decoded import Decoded as Decoded
from checks.advisories.formats.decoded import Decoder

DECODERS: Mapping[str, Decoder] = {  # a file is read by the first that recognises it
    "kev": Decoder(kev.decode, kev.recognises),
    "epss": Decoder(epss.decode, epss.recognises),
    "ssvc": Decoder(ssvc.decode, ssvc.recognises),
    "vulnrichment": Decoder(ssvc.decode_records, ssvc.recognises_records),
    "endoflife": Decoder(endoflife.decode, endoflife.recognises),
    "distro-info": Decoder(distro_info.decode, distro_info.recognises),
    "debian-support": Decoder(debian_support.decode, debian_support.recognises),
    "fortinet-cvrf": Decoder(fortinet_cvrf.decode, fortinet_cvrf.recognises),
    "alpine-secdb": Decoder(alpine_secdb.decode, alpine_secdb.recognises),
    "ubuntu-cve-tracker": Decoder(ubuntu_tracker.decode, ubuntu_tracker.recognises),
    "osv-compact": Decoder(osv_compact.decode, osv_compact.recognises),
    "msrc-cvrf": Decoder(msrc_cvrf.decode, msrc_cvrf.recognises),
    "msrc-csaf": Decoder(msrc_csaf.decode, msrc_csaf.recognises),
    "windows-kb": Decoder(windows_kb.decode, windows_kb.recognises),
    "osv": Decoder(osv.decode, osv.recognises),
}


def recognise(name: str, head: bytes) -> str | None:
    """The format of a file by its name and first bytes, None when it is none that we know."""
    return next((known for known, decoder in DECODERS.items() if decoder.recognises(name, head)), None)
