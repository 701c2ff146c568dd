"""``estatecheck vantage``: a process at a site that probes for the scanner, and from where a service is reached."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import SHAPES, fail, known, note, plain_errors, say, table
from scanner.cli.console import app as new_app
from scanner.cli.settings import SettingsError, resolve

if TYPE_CHECKING:
    from scanner.service.vantage.site import Site
    from scanner.service.vantage.web import Doors

app = new_app("Vantage points: places that probe for the scanner (docs/vantage.md).")

Folder = Annotated[Path, typer.Option("--folder", help="The vantage point's own folder: key, limits, list, spool.")]


@app.command()
def key() -> None:
    """Print the scanner's public key, for `vantage init --scanner-key`.

    Examples:
      estatecheck vantage key
    """
    from scanner.service.signing import SigningError, load_or_create
    from scanner.service.vantage.sealing import public_text

    with plain_errors(SettingsError, SigningError):
        signer, made = load_or_create(resolve({}).path("signing_key") or Path("signing-key.pem"))
    if made:
        note("a key was made just now")
    say(public_text(signer.key.public_key()))


@app.command()
def init(
    folder: Folder,
    scanner_key: Annotated[str, typer.Option("--scanner-key", help="What `estatecheck vantage key` prints.")],
    allow: Annotated[list[str] | None, typer.Option("--allow", help="A network that may be probed from here.")] = None,
) -> None:
    """At the site: make the vantage point's key and its limits. Prints the key for the inventory.

    Examples:
      estatecheck vantage init --folder /var/lib/estatecheck-vantage --scanner-key ed25519:... --allow 10.20.0.0/16
    """
    from scanner.service.vantage import folder as place

    try:
        with plain_errors(*place.FAULTS):
            public, made = place.init(folder, scanner_key, allow or ())
    except OSError as fault:
        raise fail(f"{fault.filename or folder} cannot be written: {fault.strerror}") from fault
    note(f"{'a key was made' if made else 'the key stays as it is'}; limits are in {folder / place.LIMITS}")
    note("for the inventory, under estatecheck.vantages.NAME.key:")
    say(public)


@app.command()
def run(
    folder: Folder,
    listen: Annotated[str, typer.Option("--listen", help="HOST:PORT to answer the scanner at.")],
    certificate: Annotated[Path, typer.Option("--certificate", help="Its TLS certificate, PEM.")],
    key: Annotated[Path, typer.Option("--key", help="The certificate's private key, PEM.")],
    for_seconds: Annotated[float | None, typer.Option("--for", help="End after so many seconds.")] = None,
) -> None:
    """At the site: probe by the scanner's signed list, and hand out what was seen; until it is stopped.

    Examples:
      estatecheck vantage run --folder /var/lib/vantage --listen 0.0.0.0:8443 --certificate v.pem --key v.key
    """
    import asyncio

    from scanner.service.vantage.folder import FAULTS
    from scanner.service.vantage.web import BadTls, Doors

    if for_seconds is not None and for_seconds <= 0:
        raise fail("--for must be more than 0 seconds")
    host, port = address_of("--listen", listen)
    try:
        with plain_errors(*FAULTS, BadTls):
            asyncio.run(_run(_site(folder), Doors(host, port, certificate, key), for_seconds))
    except OSError as fault:
        raise fail(f"{fault.filename or listen}: {fault.strerror or fault}") from fault


def address_of(option: str, text: str) -> tuple[str, int]:
    """HOST:PORT; an IPv6 address in brackets."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or len(port) > 5 or int(port) > 65_535:
        raise fail(f"{option} {text}: write HOST:PORT, such as 127.0.0.1:8443 or [::1]:8443")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _site(folder: Path) -> "Site":
    from scanner.cli.serve import tell
    from scanner.secrets.references import resolve as resolve_secret
    from scanner.service.serve_secrets import Secrets, looking
    from scanner.service.vantage.folder import Folder as Place
    from scanner.service.vantage.limits import Fenced, permitted
    from scanner.service.vantage.site import Site
    from scanner.transports.endpoints import PROBERS, probe

    place = Place(folder)
    limits = place.limits()
    secrets = Secrets(permitted(limits, resolve_secret))
    around = Fenced(secret=secrets, allows=limits.allows)
    return Site(place, limits, frozenset(PROBERS), looking(lambda watch: probe(watch, around), secrets), tell)


async def _run(site: "Site", doors: "Doors", seconds: float | None) -> None:
    import asyncio
    import signal

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, site.stop.set)
    await site.run(doors, seconds)


@app.command()
def status(
    inventory: Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
    format: Annotated[str, typer.Option("--format", help="table or json.")] = "table",  # noqa: A002
) -> None:
    """At the scanner: from how many places is each service reached, and which could not look?

    Examples:
      estatecheck vantage status
      estatecheck vantage status --format json
    """
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.vantage_reach import reached

    known("--format", format, SHAPES)
    with plain_errors(*EXPECTED):
        bench = Workbench(resolve({"inventory": inventory, "database": database}))
        until = bench.store.series.known_until()
        rows = reached(bench.estate, bench.store.series.rows())
    if format == "json":
        at = None if until is None else datetime.fromtimestamp(until, UTC).isoformat()
        say(json.dumps({"as_of": at, "watches": [row.plain() for row in rows]}, indent=2))
        return
    if not rows:
        say("No watch of this inventory has vantage points (estatecheck.watch.NAME.vantages).")
        return
    say(table(_HEADINGS, [row.cells() for row in rows]))


_HEADINGS = ("watch", "service", "reachable from", "not from", "blind")
