"""The daemon under load: SERVICES watches, each probed by TCP once a minute, against a cheap listener on loopback.

    python -m benchmarks.serve [SERVICES] [SECONDS]

Prints how late the looks began (p50, p99) and which share of one core the daemon took, its threads and writes included;
start-up is told apart. The listener is a process of its own and does not count.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
SCOPE = {
    "authorised_by": "the benchmark",
    "reference": "loopback",
    "valid_from": "2026-01-01",
    "valid_until": "2099-12-31",
    "intrusiveness": "polite",
    "groups": ["all"],
}


def listen(ready: "socket.socket") -> None:
    """Accepts and closes, as cheaply as it can."""
    server = socket.create_server(("127.0.0.1", 0), backlog=1024)
    server.setblocking(False)
    ready.send(str(server.getsockname()[1]).encode())
    while True:
        select.select([server], [], [])
        while True:
            try:
                server.accept()[0].close()
            except BlockingIOError:
                break


def inventory(folder: Path, port: int, services: int) -> None:
    watches = {f"service-{n}": {"kind": "tcp", "host": "127.0.0.1", "port": port} for n in range(services)}
    own = {"estate": {"name": "Benchmark"}, "scopes": {"all": SCOPE}, "watch": watches}
    hosts = {"here": {"ansible_connection": "local"}}
    (folder / "inventory.yaml").write_text(json.dumps({"all": {"hosts": hosts}, "estatecheck": own}))


def cpu_seconds(pid: int) -> float:
    """proc(5), /proc/PID/stat: user and system time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def serve(folder: Path, seconds: float) -> tuple[dict[str, float], float, float]:
    """The daemon's own figures, its CPU share once it was serving, and the CPU seconds of its start."""
    pipe = subprocess.PIPE
    environment = {**os.environ, "XDG_DATA_HOME": str(folder), "ESTATECHECK_INVENTORY": str(folder / "inventory.yaml")}
    command = [sys.executable, "-m", "scanner.cli.main", "serve", "--for", str(seconds), "--format", "json"]
    daemon = subprocess.Popen(
        [*command, "--database", str(folder / "record.db")],
        env=environment,
        stdout=pipe,
        stderr=pipe,
    )
    assert daemon.stdout
    assert daemon.stderr
    while b"serving" not in (line := daemon.stderr.readline()):
        assert line, "it did not start"
    start_cpu, began = cpu_seconds(daemon.pid), time.monotonic()
    time.sleep(seconds - 1)
    share = (cpu_seconds(daemon.pid) - start_cpu) / (time.monotonic() - began)
    told, _ = daemon.communicate(timeout=60)
    return json.loads(told), share, start_cpu


def main(services: int, seconds: float) -> None:
    ours, theirs = socket.socketpair()
    listener = os.fork()
    if listener == 0:
        listen(theirs)
    try:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            inventory(folder, int(ours.recv(16)), services)
            told, share, start_cpu = serve(folder, seconds)
            size = sum(file.stat().st_size for file in folder.glob("record.db*"))
    finally:
        os.kill(listener, signal.SIGKILL)
        os.waitpid(listener, 0)
    print(f"{services} services every 60 s, for {seconds:g} s: {told['looks']:.0f} looks, {told['flushes']:.0f} writes")
    print(f"  late: p50 {told['lag_p50_seconds'] * 1e3:.1f} ms, p99 {told['lag_p99_seconds'] * 1e3:.1f} ms")
    print(
        f"  CPU: {share:.1%} of one core, {share * seconds / max(1, told['looks']) * 1e6:.0f} us a look with all else"
    )
    print(f"  start: {start_cpu:.1f} CPU seconds; record and journal: {size / 1e6:.1f} MB")
    assert told["lag_p99_seconds"] < 2, "looks begin too late"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000, float(sys.argv[2]) if len(sys.argv) > 2 else 120.0)
