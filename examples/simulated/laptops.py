"""What simulated Windows laptops send of themselves: snapshots, section by section.

The sections are the recorded ones of the tests, which somebody wrote after the documentation of Windows' classes. Each
laptop has an identity of its own, and its days stand in the week of its snapshot. Applications are invented.
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from examples.simulated.names import SEED
from scanner.probes.windows.audit import NAMES
from scanner.query import Query
from scanner.transports.windows_document import canonical
from tests.lab import windows as lab

RECORDED, TAKEN = "laptop-11-23h2", datetime(2026, 11, 23, 4, 0, 3, tzinfo=UTC)
_MOMENT = re.compile(r'"(20\d\d-\d\d-\d\d)(T[0-9:]{8}Z)?"')
PREFIX = "windows_"
FIRST, REST = 0x0CCE9210, "-69AE-11D9-BED3-505054503030"  # ids of subcategories (MS-GPAC 2.2.1.3)
Section = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LaptopState:
    """One laptop when it looked at itself last. ``ill``: words of ``timeline.DEFECTS``."""

    name: str
    at: datetime
    ill: frozenset[str]

    def has(self, defect: str) -> bool:
        return defect in self.ill


def answer(laptop: LaptopState, query: Query) -> bytes:
    """Raises ``KeyError`` for a section that it does not have."""
    name = query.name.removeprefix(PREFIX)
    told = _shifted(name, laptop.at.date())
    changes = _CHANGES.get(name)
    return canonical({**told, **changes(laptop, told)} if changes else told)


@cache
def _shifted(section: str, day: date) -> Section:
    """The recorded section with all of its days moved by as much as the snapshot is older or newer."""
    by = day - TAKEN.date()

    def moved(found: re.Match[str]) -> str:
        return f'"{date.fromisoformat(found[1]) + by}{found[2] or ""}"'

    told: Section = json.loads(_MOMENT.sub(moved, json.dumps(_recorded()[section])))
    return told


@cache
def _recorded() -> Mapping[str, Any]:
    return lab.recorded(RECORDED)


def _identity(laptop: LaptopState, told: Section) -> dict[str, Any]:
    dice = Random(f"{SEED} {laptop.name} identity")

    def own() -> str:
        return str(uuid.UUID(int=dice.getrandbits(128)))

    sid = f"S-1-5-21-{dice.randrange(10**9)}-{dice.randrange(10**9)}-{dice.randrange(10**9)}"
    return {
        "product": {"UUID": own(), "IdentifyingNumber": f"SIM{dice.randrange(10**8):08d}"},
        "registry": {"MachineGuid": own()},
        "accounts": [{"SID": f"{sid}-500"}, {"SID": f"{sid}-501"}],
        "device": f"CN={own()}",
        "adapters": [{**one, "MACAddress": _address(dice)} for one in told["adapters"]],
    }


def _address(dice: Random) -> str:
    return ":".join(f"{part:02X}" for part in (2, *dice.randbytes(5)))  # locally administered


def _applications(laptop: LaptopState, told: Section) -> dict[str, Any]:
    names = ("Harbour Browser", "Quill Office", "Lantern Agent")
    return {
        "items": [
            {
                **told["items"][0],
                "name": name,
                "version": "2.4.1",
                "publisher": "Vale Simulated Software",
                "on": f"{laptop.at - timedelta(days=30):%Y%m%d}",
                "key": name,
            }
            for name in names
        ]
    }


def _settings(told: Section, **values: object) -> dict[str, Any]:
    return {"registry": told["registry"] | values}


def _accounts(laptop: LaptopState, told: Section) -> dict[str, Any]:
    """Without the maker's account, unless nobody took it away."""
    kept = told["accounts"] if laptop.has("maker-account") else told["accounts"][:-1]
    return {"accounts": kept, "administrators": told["administrators"][:1]}


def _names(laptop: LaptopState, told: Section) -> dict[str, Any]:
    adapters = [{**one, "TcpipNetbiosOptions": 2} for one in told["adapters"]]
    return {"adapters": adapters, **_settings(told, EnableMulticast=None if laptop.has("llmnr") else 0)}


def _smb(laptop: LaptopState, told: Section) -> dict[str, Any]:
    signed = not laptop.has("smb-unsigned")
    server = {**told["server"], "RequireSecuritySignature": signed}
    shares = told["shares"][:3]  # the administrative ones
    return {"server": server, "shares": shares, **_settings(told, RequireSecuritySignature=int(signed))}


def _schannel(laptop: LaptopState, told: Section) -> dict[str, Any]:
    old = () if laptop.has("old-tls") else ("TLS 1.0", "TLS 1.1")
    return {"protocols": [{**one, "enabled": 0} if one["protocol"] in old else one for one in told["protocols"]]}


def _audit(_: LaptopState, told: Section) -> dict[str, Any]:
    """Everything is audited."""
    rows = (
        f"PC,System,{name},{{{FIRST + number:08X}{REST}}},Success and Failure," for number, name in enumerate(NAMES)
    )
    return {"lines": [told["lines"][0], *rows]}


def _bitlocker(laptop: LaptopState, told: Section) -> dict[str, Any]:
    system = told["volumes"][0]
    return {
        "volumes": [{**system, "ProtectionStatus": 0, "ConversionStatus": 0} if laptop.has("bitlocker") else system]
    }


def _storage(laptop: LaptopState, told: Section) -> dict[str, Any]:
    volume = told["volumes"][0]
    return {"volumes": [{**volume, "FreeSpace": int(volume["Size"] * (0.04 if laptop.has("disk-full") else 0.5))}]}


def _reboot(laptop: LaptopState, _: Section) -> dict[str, Any]:
    waits = laptop.has("reboot")
    return {"servicing": waits, "update_agent": waits, "file_renames": 0}


def _stability(laptop: LaptopState, told: Section) -> dict[str, Any]:
    if laptop.has("crashes"):
        return {"updates": []}
    return {"bugchecks": [], "power": [], "hangs": [], "updates": [], "oldest_Application": told["oldest_System"]}


def _defender(laptop: LaptopState, told: Section) -> dict[str, Any]:
    return {"products": told["products"] if laptop.has("second-scanner") else told["products"][:1]}


_CHANGES: Mapping[str, Callable[[LaptopState, Section], dict[str, Any]]] = {
    "accounts": _accounts,
    "applications": _applications,
    "audit": _audit,
    "autoplay": lambda _, told: _settings(told, NoDriveTypeAutoRun=255),
    "bitlocker": _bitlocker,
    "defender": _defender,
    "features": lambda _, told: {"features": [{**one, "InstallState": 2} for one in told["features"]]},
    "identity": _identity,
    "lsa": lambda laptop, told: _settings(told, RunAsPPL=0 if laptop.has("lsa-open") else 2),
    "names": _names,
    "ntlm": lambda _, told: _settings(told, LmCompatibilityLevel=5),
    "pending_updates": lambda _laptop, _told: {"updates": []},
    "powershell": lambda _, told: {"version2": [], **_settings(told, EnableScriptBlockLogging=1)},
    "reboot": _reboot,
    "schannel": _schannel,
    "services": lambda _, told: {"services": [one for one in told["services"] if one["Name"] != "AcmeSvc"]},
    "smb": _smb,
    "stability": _stability,
    "storage": _storage,
    "uac": lambda laptop, told: _settings(told, EnableLUA=0 if laptop.has("no-uac") else 1),
}
