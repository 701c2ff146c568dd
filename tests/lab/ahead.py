"""What is done once, before pytest-xdist starts its workers: each of them would do all of it by itself.

Everything is compiled: test modules as pytest does it, with their asserts rewritten; the others by :mod:`compileall`.
What is compiled already costs a look. Where nothing may be written, or pytest cannot be asked this way, the workers do
it as they would anyhow. And the server of forked commands (:mod:`tests.lab.warm`) does its imports.

And what each process does once, not for each call: Typer makes the whole tree of commands anew whenever one is called.
No test trusts whom this machine trusts; to read all those authorities for each TLS context takes 30 ms.
"""

import compileall
import os
import socket
import subprocess
import sys
import tempfile
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest
import typer.main
import typer.testing

try:
    from _pytest.assertion.rewrite import PYC_TAIL, _read_pyc, _rewrite_test, _write_pyc, assertstate_key
except ImportError:  # another pytest than the pinned one
    REWRITTEN: tuple[str, ...] = ()
else:
    REWRITTEN = ("test_*.py", "conftest.py")

ROOT = Path(__file__).parents[2]
FOLDERS = ("inventory", "checks", "reports", "scanner", "examples", "tests")
SHARED = "LAB_WARM_SOCKET"  # in the workers' environment: where that server listens


def commands_once() -> None:
    """A tree of commands keeps nothing of a call: what was asked for is in the context, which each call has anew."""
    made = cache(typer.main.get_command)
    for module, name in ((typer.main, "get_command"), (typer.testing, "_get_command")):
        setattr(module, name, made)


def pytest_configure(config: pytest.Config) -> None:
    commands_once()
    os.environ["SSL_CERT_FILE"] = os.devnull
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        if not sys.dont_write_bytecode:
            _compile_all(config)
        _warm_up(config)


def _compile_all(config: pytest.Config) -> None:
    files = sorted(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))
    processes = os.cpu_count() or 1
    for pid in [_started(files[n::processes], config) for n in range(processes)]:
        os.waitpid(pid, 0)


def _warm_up(config: pytest.Config) -> None:
    """Its end is that of its standard input: at the latest that of this process."""
    folder = tempfile.TemporaryDirectory(prefix="ecwarm")
    os.environ[SHARED] = f"{folder.name}/socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(os.environ[SHARED])
        door.listen()
        command = [sys.executable, "-m", "tests.lab.warm", "for-all", str(door.fileno())]
        process = subprocess.Popen(command, cwd=ROOT, pass_fds=[door.fileno()], stdin=subprocess.PIPE)
    config.add_cleanup(folder.cleanup)
    config.add_cleanup(lambda: process.communicate(timeout=20))


def _started(files: list[Path], config: pytest.Config) -> int:
    """A process that compiles them. What cannot be compiled is told of by who imports it."""
    pid = os.fork()
    if not pid:
        try:
            for file in files:
                _compile(file, config)
        finally:
            os._exit(0)
    return pid


def _compile(file: Path, config: pytest.Config) -> None:
    if not any(fnmatch(file.name, pattern) for pattern in REWRITTEN):
        compileall.compile_file(file, quiet=2)
        return
    compiled = file.parent / "__pycache__" / f"{file.stem}{PYC_TAIL}"
    if _read_pyc(file, compiled) is None:
        compiled.parent.mkdir(exist_ok=True)
        source_hash, code = _rewrite_test(file, config)
        _write_pyc(config.stash[assertstate_key], code, source_hash, compiled)
