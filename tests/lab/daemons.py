"""Real servers on loopback for the probers: each is started when a test first asks for it, once a worker."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.lab.certificates import Authority, Certified
from tests.lab.nginx import free_ports

START_TRIES = 4
START_SECONDS = 15.0
SBIN = ":".join(["/usr/sbin", *(str(one) for one in sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1:])])


@dataclass(frozen=True)
class Setting:
    """What a recipe writes its configuration from."""

    folder: Path  # of its own
    ports: tuple[int, ...]
    certified: Certified  # for 127.0.0.1 and localhost
    program: str


@dataclass(frozen=True)
class Recipe:
    """``prepare`` writes the configuration and returns the command, which stays in the foreground."""

    program: str
    package: str
    prepare: Callable[[Setting], list[str]]
    ports: int = 1
    udp: bool = False
    user: str | None = None  # that it runs as when we are root


@dataclass(frozen=True)
class Daemon:
    ports: tuple[int, ...]
    folder: Path
    process: subprocess.Popen[bytes]
    authority: Authority

    @property
    def port(self) -> int:
        return self.ports[0]


@dataclass
class Daemons:
    """``daemons["redis"]`` runs from then on, until the session ends."""

    recipes: Mapping[str, Recipe]
    folder: Path
    _running: dict[str, Daemon] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Daemon:
        if name not in self._running:
            self._running[name] = self._start(name, self.recipes[name])
        return self._running[name]

    def stop(self) -> None:
        for daemon in self._running.values():
            stop_group(daemon.process)

    def _start(self, name: str, recipe: Recipe) -> Daemon:
        program = _needed(recipe)
        for turn in range(START_TRIES):
            folder = self.folder / f"{name}-{turn}"
            folder.mkdir()
            authority = Authority(folder)
            setting = Setting(
                folder,
                tuple(free_ports(recipe.ports)),
                authority.issue("server", "127.0.0.1", "localhost"),
                program,
            )
            process = _run(recipe, setting)
            if _listens(process, setting.ports, recipe.udp):
                return Daemon(setting.ports, folder, process, authority)
            stop_group(process)
        raise RuntimeError(f"{name} did not start: {(folder / 'out').read_text()[-2000:]}")


def _needed(recipe: Recipe) -> str:
    """Skip, with the command that helps; in CI the lab must be there."""
    found = shutil.which(recipe.program, path=f"{os.environ.get('PATH', '')}:{SBIN}")
    if found:
        return found
    told = f"the lab needs {recipe.program}: apt-get install --no-install-recommends {recipe.package}"
    if os.environ.get("CI") == "true":
        pytest.fail(told, pytrace=False)
    pytest.skip(told)


def _run(recipe: Recipe, setting: Setting) -> "subprocess.Popen[bytes]":
    user = recipe.user if os.geteuid() == 0 else None
    if user:
        shutil.chown(setting.folder, user)
    with (setting.folder / "out").open("wb") as out:
        return subprocess.Popen(
            recipe.prepare(setting),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=setting.folder,
            user=user,
            start_new_session=True,  # so that its children can be ended with it
        )


def _listens(process: "subprocess.Popen[bytes]", ports: tuple[int, ...], udp: bool) -> bool:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if all(map(_udp_open if udp else _tcp_open, ports)):
            return process.poll() is None
        time.sleep(0.02)
    return False


def _tcp_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        return False
    return True


def _udp_open(port: int) -> bool:
    """As the kernel tells it: a packet of ours might be taken for somebody's."""
    return f":{port:04X} 00000000:0000 07" in Path("/proc/net/udp").read_text()


def stop_group(process: "subprocess.Popen[bytes]") -> None:
    """The server and whatever it started: they are a session of their own."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
            process.wait(3)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            process.wait()
            return


@pytest.fixture(scope="session")
def daemons() -> Iterator[Daemons]:
    from tests.lab.recipes import RECIPES

    folder = Path(tempfile.mkdtemp(prefix="eclab"))  # tmp_path is closed to other users, and a socket's path is short
    folder.chmod(0o755)
    running = Daemons(RECIPES, folder)
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)
