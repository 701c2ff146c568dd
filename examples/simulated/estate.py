"""The inventory of the simulated estate, written as YAML and read by the product's own reader.

400 assets in 42 areas: servers, laptops, network devices and web sites, their suppliers, services, contracts, promises,
declared work, approved firmware, a handover, and who permitted looking.
"""

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from examples.simulated.names import ESTATE, MARKING, SEED, SUPPLIERS, Area, Supplier, areas
from inventory.estate import Estate
from inventory.sources.yaml_file import YamlFile

FIRST, LAST = date(2025, 11, 3), date(2026, 10, 30)  # of the scans
HANDOVER = date(2026, 5, 1)  # some areas of the third supplier go to the first
HANDED_OVER = 4  # areas
OLD_SWITCH, NEW_SWITCH = "15.2(7)E7", "15.2(7)E9"
OLD_WALL, NEW_WALL = "v7.2.8,build1639,240313 (GA.M)", "v7.2.11,build1740,250410 (GA.M)"

SERVICES = {
    "case-files": ("Case files", "Head of Case Work", 4),
    "register": ("Case register (being replaced)", "Head of Case Work", 3),
    "fees": ("Fees and payments", "Head of Finance", 4),
    "listing": ("Hearing lists", "Head of Listing", 3),
    "mail": ("Mail", "Head of Premises", 3),
    "public-site": ("Public web site", "Head of Communication", 2),
    "records": ("Records archive", "Keeper of the Records", 2),
}
LINUX = (  # suffix, role, service, software
    ("web", "web", "public-site", ("harbourd", "liblantern", "lantern-agent")),
    ("db", "database", "case-files", ("quillbase", "liblantern", "lantern-agent")),
    ("app", "app", "fees", ("millstone", "harbourd", "liblantern", "lantern-agent")),
    ("list", "app", "listing", ("millstone", "libthimble", "liblantern", "lantern-agent")),
    ("mail", "mail", "mail", ("postbox", "sextant", "liblantern", "lantern-agent")),
    ("files", "files", "records", ("libthimble", "lantern-agent")),
)
LOGGED_IN = 85  # percent of each area
MOVED = 16  # areas that use the new case files already; the others still have the register


@dataclass(frozen=True, slots=True)
class Thing:
    """One asset as the simulation knows it. ``kind``: linux, laptop, switch, firewall, ups or site."""

    name: str
    kind: str
    area: Area
    supplier: Supplier
    handed_over: bool
    address: str
    role: str = ""
    service: str = ""
    software: tuple[str, ...] = ()

    def supplier_on(self, day: date) -> Supplier:
        return SUPPLIERS[0] if self.handed_over and day >= HANDOVER else self.supplier

    @property
    def dice(self) -> random.Random:
        """Its own: the same for the same seed, whatever else there is."""
        return random.Random(f"{SEED} {self.name}")


def things() -> tuple[Thing, ...]:
    """By area, 400 in all."""
    found = []
    for number, (area, supplier) in enumerate(_supplied(areas())):
        handed = supplier is SUPPLIERS[2] and number >= len(areas()) - HANDED_OVER
        for place, (name, kind, role, service, software) in enumerate(_of_area(number, area), 10):
            address = f"10.{40 + number}.0.{place}"
            found.append(Thing(name, kind, area, supplier, handed, address, role, service, software))
    return tuple(found)


def _supplied(all_areas: tuple[Area, ...]) -> Iterator[tuple[Area, Supplier]]:
    shares = [(sum(one.share for one in SUPPLIERS[: n + 1]), one) for n, one in enumerate(SUPPLIERS)]
    for number, area in enumerate(all_areas):
        part = (number + 0.5) / len(all_areas)
        yield area, next(one for until, one in shares if part < until)


def _of_area(number: int, area: Area) -> Iterator[tuple[str, str, str, str, tuple[str, ...]]]:
    for suffix, role, service, software in LINUX:
        moved = number * 5 % len(areas()) < MOVED
        used = "register" if service == "case-files" and not moved else service
        yield f"{area.id}-{suffix}", "linux", role, used, software
    yield f"{area.id}-sw-1", "switch", "", "", ()
    if number % 2:
        yield f"{area.id}-sw-2", "switch", "", "", ()
    else:
        yield f"{area.id}-lap", "laptop", "", "", ()
    yield f"{area.id}-fw", "firewall", "", "", ()
    if number % 4 == 1 or number == 0:
        yield f"{area.id}-ups", "ups", "", "", ()
    if number % 4 == 3:
        yield f"{area.id}-www", "site", "", "public-site", ()


def written(folder: Path, day: date) -> Path:
    """The inventory's file as it is on that day; the clocks and the rules of the verdict beside it."""
    (folder / "clocks.yaml").write_text(json.dumps(_clocks(), indent=1), "utf-8")
    (folder / "accreditation.yaml").write_text(json.dumps(_verdict(), indent=1), "utf-8")
    path = folder / "inventory.yaml"
    path.write_text(json.dumps(_document(things(), day), indent=1), "utf-8")  # JSON is YAML
    return path


def read(path: Path) -> Estate:
    return YamlFile(path).estate()


def _document(all_things: tuple[Thing, ...], day: date) -> dict[str, Any]:
    return {"estatecheck": _estate(all_things), "all": {"hosts": {one.name: _host(one, day) for one in all_things}}}


def _host(one: Thing, day: date) -> dict[str, Any]:
    own: dict[str, Any] = {"site": f"{one.area.id}-hall", "supplier": one.supplier_on(day).id}
    host: dict[str, Any] = {"ansible_host": one.address, "estatecheck": own}
    if one.service:
        own["service"] = one.service
    if one.kind == "linux":
        own |= {"credential": "look", "become": "collector", "roles": [one.role], "owner": f"{one.area.name}, desk"}
        own |= {"expected_ports": _ports(one.role), "backup_marks": ["/var/backups/last-run"]}
    elif one.kind == "laptop":
        host["ansible_connection"] = "snapshot"
        own |= {"kind": "laptop", "platform": "windows", "owner": f"{one.area.name}, desk"}
    elif one.kind == "site":
        host["ansible_connection"] = "endpoint"
        own |= {"endpoints": [f"https://{one.area.id}.vale.example/"], "exposure": "internet", "kind": "endpoint"}
    else:
        host["ansible_connection"] = "snmp"
        own |= {"credential": "devices", "kind": "network"}
    return host


def _ports(role: str) -> list[str]:
    return ["tcp/22", *({"web": ["tcp/443"], "database": ["tcp/5432"]}.get(role, []))]


def _estate(all_things: tuple[Thing, ...]) -> dict[str, Any]:
    return {
        "estate": {"name": ESTATE, "marking": MARKING},
        "areas": {
            one.id: {"name": one.name, "users": one.users, "budget": one.budget, "sites": one.sites} for one in areas()
        },
        "sites": {
            **{
                f"{one.id}-hall": {"name": f"{one.name}, hall", "exposure": "internal", "area": one.id}
                for one in areas()
            },
            "audit-room": {"name": "Audit room", "exposure": "internal", "users": False},
        },
        "scanner": {"site": "audit-room"},
        "suppliers": {one.id: {"name": one.name, "contact": f"desk@{one.id}.example"} for one in SUPPLIERS},
        "contracts": _contracts(),
        "services": {
            key: {"name": name, "owner": owner, "accreditor": "Security Board", "criticality": weight}
            for key, (name, owner, weight) in SERVICES.items()
        },
        "scopes": {"year": _scope()},
        "credentials": {
            "look": {"user": "look", "key": "file:~/.ssh/nobody_has_this_key"},
            "devices": {"user": "look", "auth": "SHA-256", "auth_password": "env:A", "priv": "AES-128"}
            | {"priv_password": "env:P"},
        },
        "policy": {"clocks": "clocks.yaml", "accreditation": "accreditation.yaml"},
        "approved_firmware": list(_approved()),
        "responsibilities": _responsibilities(all_things),
        **_watching(),
    }


def _scope() -> dict[str, Any]:
    return {
        "authorised_by": "A. Fictional, Chief Information Officer",
        "reference": "SIM-2025-001",
        "valid_from": "2025-10-01",
        "valid_until": "2026-12-31",
        "intrusiveness": "polite",
        "groups": ["all"],
    }


def _contracts() -> dict[str, Any]:
    steps = [{"service": name, "below": 99.5, "percent": 2} for name in ("case-files", "fees")]
    deeper = [{"service": name, "below": 98, "percent": 5} for name in ("case-files", "fees")]
    credit = {"currency": "GBP", "most_percent": 15, "availability": [*steps, *deeper]}
    clocks = [{"level": "critical", "percent": 0.4}, {"level": "high", "percent": 0.1}]
    return {
        f"{one.id}-2025": {
            "supplier": one.id,
            "starts": "2025-04-01",
            "ends": "2028-03-31",
            "reference": f"SIM-C-{number}",
            "clocks": ["contract"],
            "credits": {**credit, "monthly_charge": 40_000 * number, "clocks": clocks},
        }
        for number, one in enumerate(SUPPLIERS, 1)
    }


def _approved() -> Iterator[Mapping[str, Any]]:
    by = {"approved_by": "B. Fictional, Head of Networks", "approved_on": "2026-01-15", "reference": "SIM-CHG-7"}
    yield {"model": "WS-C2960X-*", "vendor": "Cisco", "os": "IOS", "minimum": NEW_SWITCH, **by}
    yield {"model": "FortiGate-*", "minimum": "7.2.11", **by}


def _responsibilities(all_things: tuple[Thing, ...]) -> dict[str, Any]:
    hosts = [one.name for one in all_things if one.handed_over]
    before, after = SUPPLIERS[2].id, SUPPLIERS[0].id
    last = date.fromordinal(HANDOVER.toordinal() - 1).isoformat()
    return {
        "before": {"supplier": before, "starts": "2024-04-01", "ends": last, "hosts": hosts},
        "after": {
            "supplier": after,
            "starts": HANDOVER.isoformat(),
            "hosts": hosts,
            "reference": "SIM-C-1, schedule 3",
        },
    }


def _watching() -> dict[str, Any]:
    hours = {"zone": "Europe/London"} | {day: ["08:00-18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
    return {
        "watch": {
            f"{key}-door": {
                "url": f"https://{key}.vale.example/",
                "service": key,
                "every": "60m",
                "confirm": _confirm(),
            }
            for key in SERVICES
        },
        "availability": {
            key: {
                "share": 99.5 if weight == 4 else 98.5,
                "hours": hours,
                "maintenance_hours": 6,
                "claimed": _claimed(key),
            }
            for key, (_, _, weight) in SERVICES.items()
        },
        "maintenance": {
            f"work-{month:%Y-%m}": {
                "starts": f"{month:%Y-%m}-14T20:00:00+00:00",
                "ends": f"{month:%Y-%m}-14T23:00:00+00:00",
                "declared_by": "C. Fictional, Service Manager",
                "reference": f"SIM-CHG-{month:%Y%m}",
                "services": ["case-files", "fees"],
            }
            for month in months()
        },
    }


def _confirm() -> dict[str, Any]:
    return {"probes": 0, "within": "15s", "recover": 1}


def _claimed(service: str) -> dict[str, float]:
    return {f"{month:%Y-%m}": 99.9 if service in ("case-files", "fees") else 99.6 for month in months()}


def months() -> tuple[date, ...]:
    """The first day of each month of the year."""
    return tuple(date(2025 + (number > 12), (number - 1) % 12 + 1, 1) for number in range(11, 23))


def _verdict() -> dict[str, Any]:
    """The rules that ship, but for what a laptop that sends its own snapshots leaves open: nobody logs in to it."""
    rules = yaml.safe_load((resources.files("checks.policy") / "accreditation.yaml").read_text("utf-8"))
    gate = [{**rule, "at_least": LOGGED_IN} if rule["id"] == "logged-in" else rule for rule in rules["gate"]]
    return {**rules, "name": "vale", "source": "invented for this example", "date": "2025-10-01", "gate": gate}


def _clocks() -> dict[str, Any]:
    """Two invented policies: the organisation's own, and the contracts'."""
    common = {"version": "1", "source": "invented for this example", "date": "2025-10-01", "zone": "Europe/London"}
    days = (("critical", 14, ["critical"]), ("high", 28, ["high"]), ("medium", 60, ["medium"]), ("low", 120, ["low"]))
    rules = [{"id": name, "days": limit, "when": {"level": levels}} for name, limit, levels in days]
    pauses = {"no-vendor-fix": 60, "buyer-delay": 30, "force-majeure": 30}
    own = {
        "id": "vale",
        "title": "Clocks of the Tribunals of the Vale",
        "start": "alert",
        "otherwise": ["first-detected"],
        "rules": [*rules[:3], {"id": "low", "days": 180, "when": {"level": ["low"]}}],
    }
    contract = {
        "id": "contract",
        "title": "Clocks of the supply contracts",
        "start": "told-supplier",
        "otherwise": ["first-detected"],
        "rules": rules,
        "pauses": pauses,
        "days": "working",
        "holidays": "GB-ENG",
    }
    return {"use": ["vale"], "policies": [{**common, **own}, {**common, **contract}]}
