"""``estatecheck probe``: one device, now, without an inventory."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from scanner.cli.console import SHAPES, Exit, fail, known, note, plain_errors, say, table

if TYPE_CHECKING:
    from inventory.asset import Asset
    from scanner.query import Login
    from scanner.service.probe import Probed

WAYS = {"snmp": 161}  # the schemes, and the port of each
NOBODY = "nobody named (no inventory)"
FIELDS = ("vendor", "os", "model", "version", "serial", "boot_version", "hostname", "uptime_seconds", "rule")
LIBRARIES = ("gufo-snmp", "pysnmp")


def probe(
    target: Annotated[str, typer.Argument(help="What to look at: snmp://HOST or snmp://HOST:PORT.")],
    credential: Annotated[
        str | None, typer.Option(help="Where the log-in is: env:NAME or file:PATH; a community, or a user for SNMPv3.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Which rule matched, and why the others did not.")] = False,
    format: Annotated[str, typer.Option("--format", help="table or json")] = "table",  # noqa: A002
    inventory: Annotated[
        str | None, typer.Option("--inventory", "-i", help="Refuse what no scope of this inventory covers.")
    ] = None,
    authorised_by: Annotated[str | None, typer.Option(help="Who permits it; said in the output.")] = None,
    library: Annotated[
        str | None, typer.Option(help="Ask with gufo-snmp or, for a second opinion, with pysnmp.")
    ] = None,
) -> None:
    """Ask one device what it is. Nothing is stored, and nothing on the device is changed.

    For SNMPv3 the file holds lines such as `user: scan`, `auth: SHA-256`, `auth_password: ...`, `priv: AES-128`,
    `priv_password: ...`, and only its owner may read it.

    Examples:
      COMMUNITY=... estatecheck probe snmp://192.0.2.7 --credential env:COMMUNITY
      estatecheck probe snmp://192.0.2.7:1161 --credential file:~/.snmp-v3 --explain
      estatecheck probe snmp://switch-3 --credential env:COMMUNITY --format json
    """
    known("--format", format, SHAPES)
    if library is not None:
        known("--library", library, LIBRARIES)
    asset = _asset(target)
    permitted = _permission(asset, inventory) if inventory else authorised_by or NOBODY
    login = _login(credential)
    import asyncio

    from scanner.service.probe import probe as ask

    probed = asyncio.run(ask(asset, login, library))
    told = _told(asset, permitted, probed, explain)
    say(json.dumps(told, indent=2) if format == "json" else _table(told))
    if probed.missing is not None:
        note(_safe(f"estatecheck: {asset.name}: {probed.missing.reason}: {probed.missing.detail}"))
        raise typer.Exit(int(Exit.INCOMPLETE))


def _asset(target: str) -> "Asset":
    """Ends with exit code 2 for anything but a scheme, a host and perhaps a port."""
    from inventory.asset import Asset, Connection

    example = "write it as snmp://HOST or snmp://HOST:PORT"
    try:
        parts = urlsplit(target)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise fail(f"{target} is no address; {example}") from None
    if "@" in parts.netloc:
        raise fail("a log-in does not belong into the address: use --credential env:NAME or file:PATH")
    if parts.scheme not in WAYS or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise fail(f"{target} cannot be probed; {example}")
    way = Connection(parts.scheme, host, port or WAYS[parts.scheme], credential="--credential")
    return Asset(host, way, kind="network")


def _permission(asset: "Asset", inventory: str) -> str:
    """Ends with exit code 2 when the inventory does not permit it today."""
    from inventory.scope import covering
    from scanner.cli.settings import SettingsError, resolve
    from scanner.cli.workbench import EXPECTED, Workbench

    with plain_errors(SettingsError, *EXPECTED):
        estate = Workbench(resolve({"inventory": inventory})).estate
    address = asset.connection.address
    of_estate = next((one for one in estate.assets if address in (one.name, one.connection.address)), asset)
    scope = covering(estate, of_estate, datetime.now(UTC).date())
    if scope is None:
        raise fail(
            f"no scope of {inventory} that is valid today covers {address}: add it to one under estatecheck.scopes"
        )
    return f"{scope.authorised_by} ({scope.reference})" if scope.reference else scope.authorised_by


def _login(reference: str | None) -> "Login":
    from scanner.query import SecretUnavailable
    from scanner.secrets.references import resolve
    from scanner.transports.snmp_faults import LoginUnusable
    from scanner.transports.snmp_login import read_credential, snmp_login

    if reference is None:
        raise fail("SNMP needs a log-in: --credential env:NAME (a community) or file:PATH (a user for SNMPv3)")
    with plain_errors(SecretUnavailable):
        text = resolve(reference)
    try:
        login = read_credential(text)
        snmp_login(login)
    except LoginUnusable as fault:
        raise fail(f"--credential: {fault}") from None
    return login


def _told(asset: "Asset", permitted: str, probed: "Probed", explained: bool) -> dict[str, Any]:
    """The one object. Every key is always there, null where it is not known."""
    device = probed.device
    told: dict[str, Any] = {
        "target": f"{asset.connection.way}://{_bracketed(asset.connection.address)}:{asset.connection.port}",
        "asked_at": probed.attempt.started_at.isoformat(),
        "asked_by": probed.attempt.peer or None,
        "permitted_by": permitted,
        **{name: getattr(device, name) if device else None for name in FIELDS},
        "version_kind": device.version_kind.value if device and device.version else None,
        "object_id": device.object_id if device else None,
        "description": device.description if device else None,
        "parts": [asdict(part) for part in device.parts] if device and device.parts is not None else None,
        "evidence": [asdict(source) for source in device.evidence] if device else [],
        "conflicts": [asdict(conflict) for conflict in device.conflicts] if device else [],
        "gaps": list(probed.gaps),
        "unknown": probed.unknown,
        "missing": {"reason": probed.missing.reason.value, "detail": probed.missing.detail} if probed.missing else None,
    }
    if explained:
        found = probed.explanation
        told["explain"] = {"rules": list(found.rules), "fields": list(found.fields)} if found else None
    return told


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _table(told: Mapping[str, Any]) -> str:
    rows = [[name.replace("_", " "), "-" if told[name] is None else str(told[name])] for name in FIELDS]
    parts = [
        [str(part[n] or "-") for n in ("kind", "name", "model", "serial", "software")] for part in told["parts"] or ()
    ]
    blocks = [
        table(("field", "value"), rows),
        table(("part", "name", "model", "serial", "software"), parts) if parts else "",
        "\n".join(f"conflict: {c['field']}: {_sources(c['said'])}" for c in told["conflicts"]),
        "\n".join(f"not read: {gap}" for gap in told["gaps"]),
        told["unknown"] or "",
        _explained(told.get("explain")),
        f"Asked by: {told['asked_by'] or '-'}. Permitted by: {told['permitted_by']}.",
    ]
    first, *rest = (block for block in blocks if block)
    return "\n\n".join((first, *("\n".join(_safe(line) for line in block.split("\n")) for block in rest)))


def _sources(said: list[Mapping[str, str]]) -> str:
    return "; ".join(f"{source['raw']!r:.80} at {source['oid']}" for source in said)


def _explained(found: Mapping[str, list[str]] | None) -> str:
    return "\n".join((*found["fields"], *found["rules"])) if found else ""


def _safe(text: str) -> str:
    from reports.text import safe_text

    return safe_text(text)
