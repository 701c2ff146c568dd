"""``estatecheck collector``: the one root-owned script that a scan account may run through sudo."""

from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.console import note, say, write_whole


def collector(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write; standard output if left out.")
    ] = None,
) -> None:
    """Write the collector script, and print the sudoers line that pins its digest (docs/scan-account.md).

    Example: estatecheck collector -o estatecheck-collector
    """
    import hashlib

    from scanner.probes import collector_sections
    from scanner.transports.collector import COLLECTOR_PATH, collector_script

    script = collector_script(collector_sections())
    if output is None:
        say(script.decode().rstrip("\n"))
    else:
        write_whole(output, script)
    note(f"scan ALL=(root) NOPASSWD: sha256:{hashlib.sha256(script).hexdigest()} {COLLECTOR_PATH}")
