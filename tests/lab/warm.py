"""The command, started once and forked for every call: a process of its own each time, without a second of imports.

A call has its own process, environment, folder and streams, and ends as any process does. What it shares with the next
is what was made before the fork: modules, the catalogue, the tree of commands, templates. Who asks for another Python
setting (PYTHON...) gets a start of his own; tests of starting, of signals and of daemons do not come here.

The server reads one message a call from a socket of its own (argv, environment, folder; file descriptors for both
outputs and for the answer) and forks twice: the first child waits for the second, and tells how it ended.

Under pytest-xdist the imports are made once for all workers: the process that starts them starts a server too, which
forks one for each worker that calls.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import IO, NoReturn

import typer.main

from checks.catalogue import catalogue
from reports import before_after
from reports.formats import html
from scanner.cli import main
from tests.lab.ahead import SHARED, commands_once

PACKAGES = ("inventory", "checks", "reports", "scanner")
MOST = 1 << 17  # bytes of one message
PROGRAM = "scanner.cli.main"


def run(
    words: list[str], environment: Mapping[str, str], folder: Path, program: str = PROGRAM, seconds: float = 120
) -> subprocess.CompletedProcess[str]:
    """As ``python -m PROGRAM WORDS`` with these variables in this folder. Raises TimeoutExpired."""
    command = [sys.executable, "-m", program, *words]
    if program != PROGRAM or any(
        key.startswith("PYTHON") and environment[key] != os.environ.get(key) for key in environment
    ):
        return subprocess.run(
            command, env=environment, cwd=folder, capture_output=True, text=True, timeout=seconds, check=False
        )
    call = json.dumps({"words": words, "environment": dict(environment), "folder": str(folder)}).encode()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            socket.send_fds(_server(), [call], [out.fileno(), err.fileno(), theirs.fileno()])
            theirs.close()
            code = _ended(ours, command, seconds)
        return subprocess.CompletedProcess(command, code, _text(out), _text(err))


def _ended(ours: socket.socket, command: list[str], seconds: float) -> int:
    ours.settimeout(seconds)
    pid = 0
    with ours.makefile("r") as answer:
        try:
            pid = int(answer.readline())
            return int(answer.readline())
        except TimeoutError:
            if pid:
                os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(command, seconds) from None


def _text(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


@cache
def _server() -> socket.socket:
    """Called or started at the first call; ends when the socket is closed, at the latest with this process."""
    if place := os.environ.get(SHARED):
        called = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        called.connect(place)
        atexit.register(called.close)
        return called
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", "tests.lab.warm", str(theirs.fileno())]
        root = Path(__file__).parents[2]
        process = subprocess.Popen(command, cwd=root, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    atexit.register(_end, ours, process)
    return ours


def _end(ours: socket.socket, process: "subprocess.Popen[bytes]") -> None:
    ours.close()
    process.wait(20)


def serve_all(door: socket.socket) -> None:
    """Until standard input ends: whoever started this is gone then."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while sys.stdin not in select.select([door, sys.stdin], [], [])[0]:
        channel, _ = door.accept()
        with channel:
            if not os.fork():
                door.close()
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                serve(channel)
                os._exit(0)


def serve(channel: socket.socket) -> None:
    """Until the other end is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        call, handed, _, _ = socket.recv_fds(channel, MOST, 3)
        if not call:
            return
        if not os.fork():
            channel.close()
            _call(json.loads(call), *handed)
        for number in handed:
            os.close(number)


def _call(call: dict[str, object], out: int, err: int, answer: int) -> NoReturn:
    """Neither child returns: the first tells how the second ends, which runs the command."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid:
        _tell(pid, answer)
    os.close(answer)
    for number, taken in ((1, out), (2, err)):
        os.dup2(taken, number)
        os.close(taken)
    os.environ.clear()
    os.environ.update(call["environment"])  # type: ignore[call-overload]
    time.tzset()
    os.chdir(str(call["folder"]))
    sys.argv = [str(main.__file__), *call["words"]]  # type: ignore[misc]
    sys.modules["__main__"].__package__ = main.__package__  # by which the command names itself
    _end_with(_code())


def _code() -> int:
    try:
        main.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _end_with(code: int) -> NoReturn:
    """What the interpreter does at its end, without taking apart all that was imported: that costs most of a second."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _tell(pid: int, answer: int) -> NoReturn:
    with contextlib.suppress(BrokenPipeError):  # who asked has given up, and killed it if he knew its number
        os.write(answer, b"%d\n" % pid)
        _, status = os.waitpid(pid, 0)
        os.write(answer, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def modules() -> Iterator[str]:
    for name in PACKAGES:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            yield found.name


def warm() -> None:
    """Everything that a verb may import; migrations run on import, and are not for us."""
    for name in modules():
        if ".migrations" not in name and not name.endswith("__main__"):
            with contextlib.suppress(ImportError):  # what needs an extra that is not installed
                importlib.import_module(name)
    catalogue()
    commands_once()
    typer.main.get_command(main.main_app)
    _compile_templates()
    gc.freeze()  # looking for cycles would write to every page that is shared


def _compile_templates() -> None:
    """Most of the time of a small report. Those of the PDF belong to an environment of its own, and few print it."""
    pages = html.environment()
    for name in pages.list_templates(filter_func=lambda name: name.endswith(".j2") and not name.startswith("pdf/")):
        pages.get_template(name)
    before_after._environment().get_template("before_after.html.j2")


if __name__ == "__main__":
    warm()
    (serve_all if "for-all" in sys.argv else serve)(socket.socket(fileno=int(sys.argv[-1])))
