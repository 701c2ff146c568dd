"""``estatecheck stop``: everything that works on this record ends, within five seconds."""

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING, Annotated

import typer

from scanner.cli.console import Exit, note, plain_errors, say
from scanner.cli.settings import SettingsError, database_url, resolve

if TYPE_CHECKING:
    from scanner.store.running import Running

WAIT_SECONDS = 5.0
AGAIN_SECONDS = 0.2


def stop(database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None) -> None:
    """End every scan and every daemon that works on this record; what they have collected is kept.

    Examples:
      estatecheck stop
      estatecheck stop --database postgresql://scans.example/estatecheck
    """
    from scanner.store.records import StoreError
    from scanner.store.running import running
    from scanner.store.store import open_store

    with plain_errors(SettingsError, StoreError):
        url = database_url(resolve({"database": database}))
        with open_store(url) as store:
            store.series.say("stop", "", _who(), time.time())
        found = running(url)
        _signal(found)
        left, until = found, time.monotonic() + WAIT_SECONDS
        while left and time.monotonic() < until:
            time.sleep(AGAIN_SECONDS)
            left = running(url)
    for one in found:
        if one not in left:
            say(f"{one.what} (process {one.pid} on {one.machine}) has ended")
    for one in left:
        note(f"estatecheck: {one.what} (process {one.pid} on {one.machine}) still runs; end that process there")
    if not found:
        say("nothing was running that the record knows of; daemons that stand by end within a second")
    raise typer.Exit(Exit.INCOMPLETE if left else Exit.OK)


def _signal(found: "tuple[Running, ...]") -> None:
    """Scans do not read words in the record; those of this machine get a signal."""
    for one in found:
        if one.here and one.what != "the daemon":
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(one.pid, signal.SIGTERM)


def _who() -> str:
    import getpass
    import socket

    with contextlib.suppress(OSError, KeyError):
        return f"{getpass.getuser()}@{socket.gethostname()}"
    return socket.gethostname()
