"""Probes for each second of CPU: ours, judged and recorded, beside prometheus-blackbox-exporter, fping and nmap.

One nginx on loopback answers all of them, one client after another in the same run, 50 in flight where a client can do
that. What counts is the CPU of the client's own processes, in user space and kernel: of blackbox_exporter that of its
process (/proc/PID/stat), not of the driver that asks its /probe; of fping and nmap that of the child (wait4(2)). Ours
is the process that probes, feeds ``checks.outages.Fleet`` and writes into the record with ``store.series`` every 2,000
samples; also told: the bare probe. Machines differ: look at the ratios.

Usage: python -m benchmarks.probes [--probes 3000] [--rounds 3]
"""

import argparse
import asyncio
import http.client
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

IN_FLIGHT = 50
FLUSH_EVERY = 2_000
WATCHES = 500
GOALS = {"tcp": 2.0, "http": 1.5, "tls": 0.75}
SBIN = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Lab:
    """Where nginx listens, and the authority that signed its certificate."""

    clear: int
    secure: int
    ca: str
    folder: Path


def ours(kind: str, lab: Lab, count: int, *, recorded: bool) -> float:
    """Seconds of CPU a probe, measured in a child, so that nothing of this process counts."""
    command = [sys.executable, "-m", "benchmarks.probes", "--child", kind, "--probes", str(count)]
    command += ["--ports", f"{lab.clear},{lab.secure}", "--ca", lab.ca, "--folder", str(lab.folder)]
    done = subprocess.run(
        [*command, *(["--recorded"] if recorded else [])], check=True, stdout=subprocess.PIPE, text=True
    )
    return float(done.stdout)


async def _probe_all(kind: str, lab: Lab, count: int, database: str | None) -> float:
    from inventory.watch import Http, Tls, Watch
    from scanner.service.look import look
    from scanner.transports.endpoints.around import Around

    port = {"tcp": lab.clear, "http": lab.clear, "tls": lab.secure, "icmp": 0}[kind]
    prober = {"tls": "https"}.get(kind, kind)
    tls = Tls(ca=lab.ca) if kind == "tls" else None
    ask = Http() if kind in ("http", "tls") else None
    watches = [Watch(f"{kind}-{n}", prober, "127.0.0.1", port, ask, tls=tls) for n in range(WATCHES)]
    around = Around()
    assert (await look(watches[0], around)).state == "up", await look(watches[0], around)
    if database is None:
        began = time.process_time()
        await _turns(watches, count, lambda watch: look(watch, around), None)
        return (time.process_time() - began) / count
    from checks.watching import Rule
    from scanner.store.store import open_store
    from scanner.store.watching.records import Declared

    with open_store(database) as store:
        series = store.series
        run = series.begin_run("benchmark", time.time())
        recorder = series.recorder(run, [Declared(watch, Rule(60.0)) for watch in watches], time.time())
        await _turns(watches, WATCHES, lambda watch: look(watch, around), recorder)  # all become UP: that is told once
        recorder.flush(time.time())
        began = time.process_time()
        await _turns(watches, count, lambda watch: look(watch, around), recorder)
        recorder.flush(time.time())
        return (time.process_time() - began) / count


async def _turns(watches, count, look, recorder) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    left = iter(range(count))

    async def worker() -> None:
        for number in left:
            sample = await look(watches[number % WATCHES])
            assert sample.state == "up", sample
            if recorder is not None:
                recorder.feed(sample)
                if number % FLUSH_EVERY == FLUSH_EVERY - 1:
                    recorder.flush(time.time())

    await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))


class Blackbox:
    """The exporter's process and its /probe."""

    def __init__(self, program: str, lab: Lab) -> None:
        config = lab.folder / "blackbox.yml"
        config.write_text(
            f"""modules:
  tcp: {{prober: tcp, timeout: 5s, tcp: {{preferred_ip_protocol: ip4}}}}
  http: {{prober: http, timeout: 5s, http: {{preferred_ip_protocol: ip4}}}}
  tls: {{prober: http, timeout: 5s, http: {{preferred_ip_protocol: ip4, tls_config: {{ca_file: {lab.ca}}}}}}}
"""
        )
        self._lab, self._port = lab, free_port()
        command = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{self._port}"]
        self._process = subprocess.Popen(
            [*command, "--log.level=error"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(self._port)

    def measure(self, kind: str, count: int) -> float:
        """Seconds of CPU a probe. As many drivers as are in flight, each with one connection that is kept."""
        target = {
            "tcp": f"127.0.0.1:{self._lab.clear}",
            "http": f"http://127.0.0.1:{self._lab.clear}/",
            "tls": f"https://127.0.0.1:{self._lab.secure}/",
        }[kind]
        left, wrong = iter(range(count)), list[str]()

        def drive() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
            for _ in left:
                connection.request("GET", f"/probe?module={kind}&target={target}")
                said = connection.getresponse().read()
                if b"\nprobe_success 1" not in said:
                    wrong.append(said.decode()[-300:])
            connection.close()

        began = cpu_of(self._process.pid)
        threads = [threading.Thread(target=drive) for _ in range(IN_FLIGHT)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong, wrong[0]
        return (cpu_of(self._process.pid) - began) / count

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


def child_cpu(command: Sequence[str], **more: str) -> float:
    """Seconds of CPU of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True, **more)  # type: ignore[call-overload]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def fping(program: str, count: int) -> float:
    """One echo to each of many addresses of loopback, as fast as it goes."""
    hosts = "\n".join(f"127.1.{n // 250}.{n % 250 + 1}" for n in range(count))
    return child_cpu([program, "-q", "-i", "0", "-r", "0"], input=hosts) / count


def nmap(program: str, lab: Lab, count: int) -> float:
    """A TCP connect to one port of each of many addresses of loopback."""
    hosts = [f"127.1.{n // 250}.{n % 250 + 1}" for n in range(count)]
    file = lab.folder / "hosts"
    file.write_text("\n".join(hosts))
    words = ["-sT", "-Pn", "-n", "-T5", "--min-parallelism", str(IN_FLIGHT), "-p", str(lab.clear), "-iL", str(file)]
    return child_cpu([program, *words]) / count


def cpu_of(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"nothing listens on port {port}")


@contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    """nginx with one server in the clear and one inside TLS, on all addresses of loopback."""
    from tests.lab.certificates import Authority

    authority = Authority(folder)
    made = authority.issue("server", "127.0.0.1")
    clear, secure = free_port(), free_port()
    config = folder / "nginx.conf"
    scratch = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config.write_text(
        f"""daemon off; {"user root;" if os.geteuid() == 0 else ""} worker_processes 1; pid {folder}/pid;
error_log {folder}/error.log crit; events {{ worker_connections 4096; }}
http {{ {scratch} access_log off; ssl_session_cache off;
server {{ listen {clear} backlog=4096; return 200 'ok'; }}
server {{ listen {secure} ssl backlog=4096; ssl_certificate {made.certificate}; ssl_certificate_key {made.key};
return 200 'ok'; }} }}"""
    )
    program = shutil.which("nginx", path=SBIN) or sys.exit("this needs nginx: apt-get install nginx-light")
    process = subprocess.Popen([program, "-e", str(folder / "error.log"), "-c", str(config)])
    try:
        wait_for(secure)
        yield Lab(clear, secure, str(authority.file), folder)
    finally:
        process.terminate()
        process.wait(10)


def told(name: str, seconds: Sequence[float]) -> str:
    low, middle, high = (value * 1e6 for value in (min(seconds), median(seconds), max(seconds)))
    return f"  {name:<34}{middle:7.0f} µs of CPU a probe ({low:.0f} to {high:.0f}, n={len(seconds)})"


def compare(kind: str, here: Lab, blackbox: Blackbox | None, count: int, rounds: int) -> None:
    from benchmarks.measure import verdict

    bare, recorded, theirs = list[float](), list[float](), list[float]()
    for turn in range(rounds):
        bare.append(ours(kind, here, count, recorded=False))
        recorded.append(ours(kind, here, count, recorded=True))
        if blackbox:
            if turn == 0:
                blackbox.measure(kind, 200)
            theirs.append(blackbox.measure(kind, count))
    print(f"{kind}\n{told('estatecheck, judged and recorded', recorded)}\n{told('estatecheck, the probe alone', bare)}")
    if theirs:
        ratio = median(theirs) / median(recorded)
        goal = GOALS.get(kind)
        said = verdict(ratio >= goal, f"{goal:g}x") if goal else ""
        print(
            f"{told('prometheus-blackbox-exporter', theirs)}\n  probes a CPU second, ours to its: {ratio:.2f}x  {said}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--probes", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    for name in ("--child", "--ports", "--ca", "--folder"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    parser.add_argument("--recorded", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        clear, secure = map(int, chosen.ports.split(","))
        here = Lab(clear, secure, chosen.ca, Path(chosen.folder))
        database = str(here.folder / f"record-{time.time_ns()}.db") if chosen.recorded else None
        print(asyncio.run(_probe_all(chosen.child, here, chosen.probes, database)))
        return
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as here:
        _all(here, chosen.probes, chosen.rounds)


def _all(here: Lab, count: int, rounds: int) -> None:
    program = shutil.which("prometheus-blackbox-exporter", path=SBIN)
    blackbox = Blackbox(program, here) if program else None
    if not blackbox:
        print("left out: prometheus-blackbox-exporter is not installed")
    try:
        for kind in GOALS:
            compare(kind, here, blackbox, count, rounds)
    finally:
        if blackbox:
            blackbox.stop()
    compare("icmp", here, None, count, rounds)  # blackbox_exporter loses echoes at 50 in flight on loopback
    for name, measure in (("fping", fping), ("nmap", lambda p, n: nmap(p, here, n))):
        found = shutil.which(name, path=SBIN)
        if not found:
            print(f"left out: {name} is not installed")
            continue
        label = {"fping": "fping (ICMP)", "nmap": "nmap -sT (TCP connect)"}[name]
        print(told(label, [measure(found, count) for _ in range(rounds)]))


if __name__ == "__main__":
    main()
