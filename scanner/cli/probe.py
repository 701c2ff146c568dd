"""``estatecheck probe``: one device or endpoint, now, without an inventory."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from scanner.cli.console import SHAPES, Exit, fail, known, note, plain_errors, say, table
from scanner.cli.probe_endpoints import ENDPOINTS, look_once, tell, watch_of
from scanner.cli.probe_ways import SCHEMES, Options, read_login, refuse_others

if TYPE_CHECKING:
    from inventory.asset import Asset
    from scanner.service.probe import Probed

NOBODY = "nobody named (no inventory)"
FIELDS = ("vendor", "os", "model", "version", "serial", "boot_version", "hostname", "uptime_seconds", "rule")


def probe(
    target: Annotated[
        str,
        typer.Argument(
            help="What to look at: snmp://HOST, redfish://HOST, cli://HOST, https://HOST/PATH, tcp://HOST:PORT ..."
        ),
    ],
    credential: Annotated[
        str | None,
        typer.Option(help="Where the log-in is: env:NAME or file:PATH; a community, or user and password."),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Which rule matched, and why the others did not.")] = False,
    format: Annotated[str, typer.Option("--format", help="table or json")] = "table",  # noqa: A002
    inventory: Annotated[
        str | None, typer.Option("--inventory", "-i", help="Refuse what no scope of this inventory covers.")
    ] = None,
    authorised_by: Annotated[str | None, typer.Option(help="Who permits it; said in the output.")] = None,
    library: Annotated[
        str | None, typer.Option(help="snmp: ask with gufo-snmp or, for a second opinion, with pysnmp.")
    ] = None,
    fingerprint: Annotated[
        str | None,
        typer.Option(help="redfish, cli, TLS: the certificate or host key to accept, SHA256:... as a first try shows."),
    ] = None,
    ca: Annotated[
        str | None,
        typer.Option(help="A PEM file of authorities to trust: redfish in place of the system's, TLS besides them."),
    ] = None,
    platform: Annotated[
        str | None, typer.Option(help="cli: whose command line it is, such as cisco_ios; else it is found out.")
    ] = None,
    timeout: Annotated[
        str | None, typer.Option(help="Endpoints: how long to wait, 5s unless told, 60s at most.")
    ] = None,
    send: Annotated[str | None, typer.Option(help="tcp, udp: a text to send, or hex: and hexadecimal digits.")] = None,
    expect: Annotated[
        str | None,
        typer.Option(help="tcp, udp, http(s): a pattern that what comes back must match; dns: an answer."),
    ] = None,
    starttls: Annotated[
        str | None, typer.Option(help="smtp, imap, pop3, ldap, tls: upgrade to TLS, by the protocol named.")
    ] = None,
) -> None:
    """Ask one device what it is, or look once whether an endpoint answers. Nothing is stored or changed there.

    Endpoints are looked at as `serve` does it, without logging in: tcp, udp, icmp, http, https, tls, dns, ntp, ssh,
    smtp(s), imap(s), pop3(s), ldap(s), mysql, postgresql, redis, sql-server, rdp, smb, sip, call. The exit code is 0
    when it is up, 1 when it is down or worse than promised, 3 when this machine could not look.

    For SNMPv3 the file holds lines such as `user: scan`, `auth: SHA-256`, `auth_password: ...`, `priv: AES-128`,
    `priv_password: ...`, for Redfish and a command line `user: scan` and `password: ...`; only its owner may read it.
    To a Redfish service the log-in is sent only when its certificate is accepted: by the system's authorities, --ca or
    --fingerprint; to a command line only when --fingerprint names its SSH host key.

    Examples:
      COMMUNITY=... estatecheck probe snmp://192.0.2.7 --credential env:COMMUNITY
      estatecheck probe snmp://192.0.2.7:1161 --credential file:~/.snmp-v3 --explain
      estatecheck probe snmp://switch-3 --credential env:COMMUNITY --format json
      estatecheck probe redfish://bmc-7 --credential file:~/.redfish --ca ~/bmc-ca.pem
      estatecheck probe https://portal.example/login --expect "Log in"
      estatecheck probe "dns://192.0.2.53/portal.example?type=AAAA"
      estatecheck probe smtp://mail.example --starttls smtp
      estatecheck probe cli://switch-3 --credential file:~/.switches --platform cisco_ios --fingerprint SHA256:...
    """
    options = Options(credential, library, fingerprint, ca, platform, timeout, send, expect, starttls)
    known("--format", format, SHAPES)
    if target.partition("://")[0].lower() in ENDPOINTS:
        raise typer.Exit(int(_endpoint(target, options, format, inventory, authorised_by, explain)))
    asset = _asset(target, options)
    asset, permitted = _permitted(asset, inventory) if inventory else (asset, authorised_by or NOBODY)
    login = read_login(SCHEMES[asset.connection.way], asset.connection.way, options)
    import asyncio

    from scanner.service.probe import probe as ask

    keys = SCHEMES[asset.connection.way].host_keys(asset.connection, options)
    probed = asyncio.run(ask(asset, login, library=library, host_keys=keys))
    told = _told(asset, permitted, probed, explain)
    say(json.dumps(told, indent=2) if format == "json" else _table(told))
    if probed.missing is not None:
        note(_safe(f"estatecheck: {asset.name}: {probed.missing.reason}: {probed.missing.detail}"))
        raise typer.Exit(int(Exit.INCOMPLETE))


def _endpoint(
    target: str, options: Options, shape: str, inventory: str | None, authorised_by: str | None, explain: bool
) -> Exit:
    from inventory.asset import Asset, Connection

    if explain:
        raise fail("--explain is for devices: leave it out")
    watch = watch_of(target, options)
    permitted = authorised_by or NOBODY
    if inventory:
        _, permitted = _permitted(Asset(watch.host, Connection(watch.kind, watch.host, watch.port)), inventory)
    return tell(watch, look_once(watch), permitted, shape)


def _asset(target: str, options: Options) -> "Asset":
    """Ends with exit code 2 for anything but a scheme, a host and perhaps a port."""
    from inventory.asset import Asset, Connection

    example = (
        f"write it as {', '.join(f'{scheme}://HOST' for scheme in SCHEMES)}, with :PORT where it is not the usual one;"
        " an endpoint as https://HOST/PATH, tcp://HOST:PORT or icmp://HOST"
    )
    try:
        parts = urlsplit(target)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise fail(f"{target} is no address; {example}") from None
    if "@" in parts.netloc:
        raise fail("a log-in does not belong into the address: use --credential env:NAME or file:PATH")
    scheme = SCHEMES.get(parts.scheme)
    if scheme is None or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise fail(f"{target} cannot be probed; {example}")
    refuse_others(scheme, parts.scheme, options)
    way = Connection(parts.scheme, host, port or scheme.port, credential="--credential")
    return Asset(host, scheme.connection(way, options), kind="network", platform=options.platform)


def _permitted(asset: "Asset", inventory: str) -> tuple["Asset", str]:
    """The asset with the certificate that the inventory accepts from it, and who permits the probe.

    Ends with exit code 2 when the inventory does not permit it today.
    """
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
    by = f"{scope.authorised_by} ({scope.reference})" if scope.reference else scope.authorised_by
    tls = asset.connection.tls or of_estate.connection.tls
    return replace(asset, connection=replace(asset.connection, tls=tls)), by


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
