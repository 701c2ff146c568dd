"""``estatecheck collect``: the script with which a device looks at itself, for where no way in leads."""

from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.console import fail, say, write_whole


def collect(
    windows: Annotated[bool, typer.Option("--windows", help="A PowerShell script (5.1), for Windows.")] = False,
    linux: Annotated[bool, typer.Option("--linux", help="A POSIX sh script, for Linux and other Unix.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output if left out.")
    ] = None,
) -> None:
    """Write the script that a device's own management runs (docs/snapshots.md). What it prints is a snapshot.

    Example: estatecheck collect --windows -o collect.ps1
    """
    if windows == linux:
        raise fail("say which script: --windows or --linux")
    script = _windows() if windows else _linux()
    if output is None:
        say(script.decode().replace("\r\n", "\n").rstrip("\n"))
    else:
        write_whole(output, script)


def _windows() -> bytes:
    from scanner.probes.windows import WINDOWS
    from scanner.transports.windows_script import compose_file

    return compose_file([probe.section for probe in WINDOWS])


def _linux() -> bytes:
    from scanner.probes import snapshot_sections
    from scanner.transports.unix_snapshot import compose_file

    return compose_file(snapshot_sections())
