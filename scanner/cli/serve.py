"""``estatecheck serve``: the daemon. Everything it says goes to stderr, for the journal."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import SHAPES, fail, known, note, plain_errors, say
from scanner.cli.settings import Settings, SettingsError, resolve

if TYPE_CHECKING:
    from inventory.estate import Estate
    from scanner.cli.workbench import Workbench
    from scanner.service.serve_tools import Health, Manner, Tools
    from scanner.service.vantage.web import Doors
    from scanner.service.vantages import VantagePoints
    from scanner.store.watching.records import SealSigner


def serve(
    inventory: Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
    output: Annotated[str | None, typer.Option("--output", "-o", help="Folder for reports of scheduled scans.")] = None,
    for_seconds: Annotated[float | None, typer.Option("--for", help="End after so many seconds.")] = None,
    metrics: Annotated[str | None, typer.Option("--metrics", help="HOST:PORT for OpenMetrics; off without it.")] = None,
    intake: Annotated[str | None, typer.Option("--intake", help="HOST:PORT where machines hand in snapshots.")] = None,
    certificate: Annotated[Path | None, typer.Option(help="For --intake: its certificate, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="For --intake: the certificate's key, PEM.")] = None,
    format: Annotated[str, typer.Option("--format", help="Figures at the end: table or json.")] = "table",  # noqa: A002
) -> None:
    """Probe what the inventory watches, run its schedules, tell of outages; until it is stopped.

    Examples:
      estatecheck serve
      estatecheck serve -i my-estate.yaml --for 3600
    """
    known("--format", format, SHAPES)
    if for_seconds is not None and for_seconds <= 0:
        raise fail("--for must be more than 0 seconds")
    with plain_errors(SettingsError):
        settings = resolve({"inventory": inventory, "database": database, "output": output})
    doors = _doors(settings, intake, certificate, key)
    _serve(settings, for_seconds, format, metrics, doors)


def _doors(settings: Settings, address: str | None, certificate: Path | None, key: Path | None) -> "Doors | None":
    """Where snapshots are handed in; None: nowhere. Ends with exit code 2 when something is lacking."""
    if address is None:
        return None
    from scanner.cli.vantage import address_of
    from scanner.service.vantage.web import Doors

    if certificate is None or key is None:
        raise fail("--intake needs --certificate and --key: snapshots are received over TLS only")
    if settings.path("intake_folder") is None:
        raise fail("--intake needs the setting intake_folder: where snapshots are kept until they are judged")
    return Doors(*address_of("--intake", address), certificate, key)


def _serve(
    settings: Settings, for_seconds: float | None, shape: str, metrics: str | None, doors: "Doors | None"
) -> None:
    import asyncio

    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.intake.folder import FolderError
    from scanner.service.intake.receiving import CannotReceive
    from scanner.service.serve_metrics import CannotListen
    from scanner.service.serve_tools import Manner
    from scanner.service.signing import SigningError
    from scanner.service.vantage.web import BadTls

    with plain_errors(*EXPECTED, SigningError, CannotListen, CannotReceive, FolderError, BadTls):
        bench = Workbench(settings)
        watching = bench.estate.watching
        manner = Manner(
            _room(settings.number("probes_at_once")), settings.number("flush_seconds"), for_seconds=for_seconds
        )
        bench.tell_lost()
        tools = _with_intake(bench, _with_metrics(bench, _tools(bench), metrics), doors)
        tell(f"serving {len(watching.watches)} watches and {len(watching.plans)} schedules of {bench.estate.name}")
        health = asyncio.run(_run(bench, tools, manner))
    say(json.dumps(_figures(health)) if shape == "json" else _summary(health))


def tell(text: str) -> None:
    """One line, with the time: a target's words may be in it."""
    from scanner.service.serve_channels import plain_line

    note(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {plain_line(text)}")


def _tools(bench: "Workbench") -> "Tools":
    from importlib.metadata import version

    from scanner.secrets.references import resolve as resolve_secret
    from scanner.service.look import look
    from scanner.service.serve_channels import SENDERS
    from scanner.service.serve_runs import ChildRunner
    from scanner.service.serve_secrets import Secrets, looking, sending
    from scanner.service.serve_ticks import SchedulerTicks
    from scanner.service.serve_tools import Tools
    from scanner.service.serve_who import dead, who
    from scanner.transports.endpoints import PROBERS
    from scanner.transports.endpoints.around import Around

    secrets = Secrets(resolve_secret)
    around = Around(secret=secrets)
    return Tools(
        series=bench.store.series,
        read_inventory=lambda: fresh(bench),
        look=looking(lambda watch: look(watch, around), secrets),
        kinds=frozenset(PROBERS),
        runner=ChildRunner(_environment(bench.settings)),
        ticks=SchedulerTicks(),
        secret=secrets,
        senders={kind: sending(sender, secrets) for kind, sender in SENDERS.items()},
        tell=tell,
        who=who(),
        dead=dead,
        tool_version=version("estatecheck"),
        signer=_signer(bench),
        vantages=_vantages(bench),
    )


async def _run(bench: "Workbench", tools: "Tools", manner: "Manner") -> "Health":
    import asyncio
    import signal

    from scanner.service.serve import Daemon
    from scanner.service.serve_tools import writing_thread

    async with writing_thread() as write:
        daemon: Daemon = Daemon(tools, bench.estate, write, manner)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, daemon.stop.set)
        loop.add_signal_handler(signal.SIGHUP, daemon.reload.set)
        await daemon.run()
        return daemon.health


def fresh(bench: "Workbench") -> "Estate":
    """The inventory as it is now."""
    from inventory.sources.yaml_file import YamlFile

    return YamlFile(bench.settings.path("inventory") or Path("inventory.yaml")).estate()


def _signer(bench: "Workbench") -> "SealSigner":
    from scanner.service.serve_seals import Pen
    from scanner.service.signing import load_or_create

    path = bench.settings.path("signing_key") or Path("signing-key.pem")
    signer, made = load_or_create(path)
    if made:
        tell(f"a key that signs the hours was made: {path}")
    return Pen(signer)


def _vantages(bench: "Workbench") -> "VantagePoints":
    """With the key that signs the hours; where they were read up to is kept beside it."""
    from scanner.service.serve_clock import Clock
    from scanner.service.signing import load_or_create
    from scanner.service.vantages import VantagePoints

    path = bench.settings.path("signing_key") or Path("signing-key.pem")
    return VantagePoints(load_or_create(path)[0], path.parent / "vantages", Clock(), tell)


def _with_metrics(bench: "Workbench", tools: "Tools", address: str | None) -> "Tools":
    """With an endpoint that says how it is, where one was asked for."""
    from dataclasses import replace

    from scanner.cli.vantage import address_of
    from scanner.feeds.shelf import Shelf
    from scanner.service.serve_metrics import Archive, Looks, Metrics

    if address is None:
        return tools
    host, port = address_of("--metrics", address)
    folder = bench.settings.path("feeds_folder")
    archive = Archive(bench.store, bench.catalogue, lambda: Shelf(folder).active() if folder else ())
    looks = Looks(tools.look, tools.clock)
    metrics = Metrics(host, port, archive.ask, looks, tools.tool_version, tools.tell, tools.clock)
    return replace(tools, look=looks, metrics=metrics)


def _with_intake(bench: "Workbench", tools: "Tools", doors: "Doors | None") -> "Tools":
    """With the folder of snapshots, where one is set, and the door that leads to it."""
    import sys
    from dataclasses import replace

    from scanner.service.intake.door import Door
    from scanner.service.intake.folder import Drop
    from scanner.service.intake.receiving import Receiving
    from scanner.service.signing import load_or_create

    folder = bench.settings.path("intake_folder")
    if folder is None:
        return tools
    drop = Drop(folder)
    signer = load_or_create(bench.settings.path("signing_key") or Path("signing-key.pem"))[0]
    door = Door(bench.store, drop, signer, lambda: bench.estate.assets, tell) if doors else None
    command = (sys.executable, "-m", "scanner.cli.main", "intake", "run", str(folder), "--format", "json")
    return replace(tools, intake=Receiving(drop, command, _environment(bench.settings), tell, door, doors))


def _environment(settings: Settings) -> dict[str, str]:
    """So that a scan which the daemon starts has the same settings."""
    import os

    return {**os.environ, **{value.setting.variable: value.text for value in settings.values.values()}}


def _room(at_once: int) -> int:
    """As many looks at once as there may be open files, less what else needs them."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, max(soft, at_once * 2 + 200)) if hard != resource.RLIM_INFINITY else max(soft, at_once * 2 + 200)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(1, min(at_once, (wanted - 200) // 2))


def _figures(health: "Health") -> dict[str, float]:
    return {
        "watches": health.watches,
        "looks": health.samples,
        "flushes": health.flushes,
        "failed_flushes": health.failed_flushes,
        "lag_p50_seconds": round(health.lag.percentile(0.5), 4),
        "lag_p99_seconds": round(health.lag.percentile(0.99), 4),
    }


def _summary(health: "Health") -> str:
    told = _figures(health)
    middle, slow = (f"{told[name] * 1000:.0f} ms" for name in ("lag_p50_seconds", "lag_p99_seconds"))
    return (
        f"{told['looks']} looks at {told['watches']} watches; they began {middle} late in the middle and {slow} at the "
        f"99th percentile; {told['flushes']} writes"
    )
