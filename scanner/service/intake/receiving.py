"""What the daemon does about snapshots: it opens the HTTPS door, and has the folder worked through when files wait.

A round is a process of its own (``estatecheck intake run``): reading what machines sent takes CPU and memory that
probes must not wait for. One that is ended in the middle loses nothing: what it had not moved is taken in again.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scanner.service.intake.door import Door
from scanner.service.intake.folder import Drop, FolderError
from scanner.service.vantage import web
from scanner.service.vantage.web import Doors

ROUND_SECONDS = 30.0  # between two looks at the folder
LONGEST_SECONDS = 3600.0  # of one round
MAX_LINE = 256 * 1024
CONNECTIONS = 64
END_SECONDS = 3.0


class CannotReceive(Exception):
    """The door cannot be opened. One plain sentence."""


@dataclass
class Receiving:
    drop: Drop
    command: tuple[str, ...]
    environment: Mapping[str, str]  # may hold a password: never shown
    tell: Callable[[str], None]
    door: Door | None = None
    doors: Doors | None = None
    seconds: float = ROUND_SECONDS
    port: int = 0  # it listens there
    _told: str = field(default="")

    async def __call__(self) -> None:
        """Until it is cancelled. Raises :class:`CannotReceive`, ``FolderError`` and ``BadTls`` before it begins."""
        self.drop.prepare()
        server = await self._open()
        try:
            while True:
                await self._look()
                await asyncio.sleep(self.seconds)
        finally:
            if server:
                server.close()

    async def _open(self) -> asyncio.Server | None:
        if self.door is None or self.doors is None:
            return None
        where = f"{self.doors.host}:{self.doors.port}"
        tls = web.context(self.doors.certificate, self.doors.key)
        site = web.Web(self.door.answer, self.door.admit, CONNECTIONS)
        try:
            server = await site.start(self.doors.host, self.doors.port, tls)
        except OSError as fault:
            raise CannotReceive(f"--intake {where}: {fault.strerror or fault}; name another address") from fault
        self.port = int(server.sockets[0].getsockname()[1])
        self.tell(f"snapshots are received at https://{self.doors.host}:{self.port}")
        return server

    async def _look(self) -> None:
        try:
            waiting = await asyncio.to_thread(self.drop.waiting, None, 1)
            why = await self._round() if waiting else ""
        except FolderError as fault:
            why = str(fault)
        except OSError as fault:
            why = f"snapshots wait: no process can be started: {fault.strerror}"
        if why and why != self._told:
            self.tell(why)
        self._told = why

    async def _round(self) -> str:
        """Why it did not go through, "" when it did."""
        child = await asyncio.create_subprocess_exec(
            *self.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            env=dict(self.environment),
            limit=MAX_LINE,
        )
        try:
            said = await asyncio.wait_for(_last_line(child), LONGEST_SECONDS)
            code = await child.wait()
        except TimeoutError:
            return "snapshots wait: a round did not come to its end in an hour"
        except ValueError:
            return "snapshots wait: a round said what nobody understands"
        finally:
            await _ended(child)
        if said is None:
            return f"snapshots wait: a round ended with code {code}"
        self.tell(f"snapshots: {', '.join(f'{count} {took}' for took, count in said.items())}")
        return ""


async def _last_line(child: asyncio.subprocess.Process) -> dict[str, int] | None:
    last = b""
    while child.stdout and (line := await child.stdout.readline()):
        last = line
    told = json.loads(last) if last.strip() else None
    found = told.get("snapshots") if isinstance(told, dict) else None
    return found if isinstance(found, dict) else None


async def _ended(child: asyncio.subprocess.Process) -> None:
    if child.returncode is not None:
        return
    for end in (child.terminate, child.kill):
        with contextlib.suppress(ProcessLookupError):
            end()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), END_SECONDS)
            return
