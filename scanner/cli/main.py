"""The ``estatecheck`` command."""

import atexit
import errno
import gc
import io
import sys
from typing import Annotated

import typer

from scanner.cli import (
    accreditation,
    assets,
    checks,
    db,
    evidence,
    feeds,
    findings,
    intake,
    inventory,
    keys,
    report,
    risk,
    schedule,
    supply,
    vantage,
)
from scanner.cli.availability import availability
from scanner.cli.clocks import app as clocks_app
from scanner.cli.clocks import credits_
from scanner.cli.collect import collect
from scanner.cli.collector import collector
from scanner.cli.console import Exit, app, note, say
from scanner.cli.devices import devices
from scanner.cli.doctor import doctor
from scanner.cli.evaluate import evaluate
from scanner.cli.init import init
from scanner.cli.probe import probe
from scanner.cli.scan import scan
from scanner.cli.serve import serve
from scanner.cli.stop import stop
from scanner.cli.trust import trust

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
EPILOG = "Start with:  estatecheck init   then   estatecheck scan   (docs/getting-started.md)"

main_app = app("Agentless scanner of IT estates: what was looked at, what was found, what could not be looked at.")


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version as installed_version

        say(f"estatecheck {installed_version('estatecheck')}")
        raise typer.Exit


@main_app.callback(epilog=EPILOG)
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Agentless scanner of IT estates: what was looked at, what was found, what could not be looked at."""


main_app.command()(init)
main_app.command()(doctor)
inventory.app.command()(trust)
main_app.add_typer(inventory.app, name="inventory")
main_app.command()(scan)
main_app.command()(probe)
main_app.command()(serve)
main_app.command()(stop)
main_app.command()(availability)
main_app.command()(devices)
main_app.add_typer(schedule.app, name="schedule")
main_app.add_typer(vantage.app, name="vantage")
main_app.command()(evaluate)
main_app.add_typer(supply.app, name="import")
main_app.add_typer(intake.app, name="intake")
main_app.add_typer(report.app, name="report")
main_app.add_typer(findings.app, name="findings")
main_app.add_typer(assets.app, name="assets")
main_app.add_typer(keys.app, name="keys")
main_app.add_typer(risk.app, name="risk")
main_app.add_typer(clocks_app, name="clocks")
main_app.command("credits")(credits_)
main_app.add_typer(accreditation.app, name="accreditation")
main_app.add_typer(evidence.app, name="evidence")
main_app.add_typer(checks.app, name="checks")
main_app.add_typer(feeds.app, name="feeds")
main_app.add_typer(db.app, name="db")
main_app.command()(collect)
main_app.command()(collector)


def main() -> None:
    """Entry point. Anything that was not foreseen ends with exit code 4 and one line, not with a traceback."""
    gc.set_threshold(50_000)  # importing and reading make many objects that stay: looking for cycles there is lost
    atexit.register(gc.freeze)  # and so is looking for them once more at the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that is not UTF-8 must not end a scan
    try:
        main_app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as fault:  # noqa: BLE001 (the last boundary; a traceback may show what a target sent)
        if isinstance(fault, OSError) and fault.errno in NO_ROOM:
            note(f"estatecheck: {fault.filename or 'the output'} cannot be written: {fault.strerror}")
            sys.exit(int(Exit.INTERNAL))
        frame = fault.__traceback__
        while frame and frame.tb_next:
            frame = frame.tb_next
        place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "?"
        note(f"estatecheck: internal error: {type(fault).__name__} at {place}. Please report it (see SECURITY.md).")
        sys.exit(int(Exit.INTERNAL))


if __name__ == "__main__":
    main()
