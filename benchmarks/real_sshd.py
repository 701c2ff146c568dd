"""The second half of figure 1: the scanner and ansible against the same real sshd on many loopback addresses.

Usage: python -m benchmarks.real_sshd FOLDER ANSIBLE [--hosts N]. ANSIBLE is the path of the ``ansible`` command; it is
run as a program and never imported. Counted is the controller: the command, with every process it waits for. sshd is
started by this program, so that neither it nor what runs behind it is counted for anybody.
"""

import argparse
import asyncio
import contextlib
import getpass
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

from benchmarks.cheap_sshd import address
from benchmarks.estate import make_user_key, wait_for_quiet
from benchmarks.measure import Took, row, run, verdict
from scanner.query import HostKey
from scanner.store.store import open_store

COMMAND = str(Path(sys.executable).parent / "estatecheck")
WORKERS = 4  # two cores play every host at once: with more, the hosts' own sections run into their time limits
FORKS = 50
MOST_ADDRESSES = 16  # that one sshd listens on


@contextlib.contextmanager
def real_sshd(folder: Path, hosts: int) -> Iterator[int]:
    """The port of an sshd that listens on as many addresses."""
    folder.joinpath("sshd").mkdir(exist_ok=True)
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    key = folder / "sshd" / "host_key"
    if not key.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    with socket.socket() as probe:
        probe.bind((address(0), 0))
        port = int(probe.getsockname()[1])
    settings = [
        f"Port {port}",
        *(f"ListenAddress {address(number)}" for number in range(min(hosts, MOST_ADDRESSES))),
        f"HostKey {key}",
        f"AuthorizedKeysFile {folder / 'user.pub'}",
        "PidFile none",
        "StrictModes no",
        "UsePAM no",
        "PermitRootLogin yes",
        "PasswordAuthentication no",
        "MaxStartups 200",
        "Subsystem sftp internal-sftp",
        "LogLevel ERROR",
    ]
    (folder / "sshd" / "config").write_text("\n".join(settings) + "\n")
    command = ["/usr/sbin/sshd", "-D", "-e", "-f", str(folder / "sshd" / "config")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((address(0), port), timeout=1) as sock:
            if sock.recv(4) == b"SSH-":
                return
        time.sleep(0.05)
    raise SystemExit("sshd did not start; what it said is above")


def write_inventories(folder: Path, hosts: int, port: int) -> None:
    """The same hosts for both: many names for the few addresses sshd can listen on."""
    named = {f"host{number:03d}": address(number % MOST_ADDRESSES) for number in range(hosts)}
    (folder / "hosts.ini").write_text("".join(f"{name} ansible_host={at}\n" for name, at in named.items()))
    estate = {
        "estatecheck": {
            "credentials": {"key": {"user": getpass.getuser(), "key": f"file:{folder / 'user'}"}},
            "scopes": {
                "bench": {
                    "authorised_by": "the person who runs the benchmark",
                    "reference": "own loopback",
                    "valid_from": "2020-01-01",
                    "valid_until": "2099-12-31",
                    "intrusiveness": "polite",
                    "groups": ["all"],
                }
            },
        },
        "all": {
            "vars": {"ansible_port": port, "estatecheck": {"credential": "key", "become": "sudo"}},
            "hosts": {name: {"ansible_host": at} for name, at in named.items()},
        },
    }
    (folder / "hosts.yaml").write_text(json.dumps(estate, indent=1))


def pin(folder: Path, hosts: int, port: int) -> None:
    """Make the record and put the host key into it, as a first, approved contact would."""
    kind, key = (folder / "sshd" / "host_key.pub").read_text().split()[:2]
    with open_store(f"sqlite:///{folder / 'real.db'}") as store:
        for number in range(min(hosts, MOST_ADDRESSES)):
            store.host_keys(trust_new=True).pin(address(number), port, HostKey(kind, key))


def ours(folder: Path, limit: str) -> Took:
    record = ["--database", f"sqlite:///{folder / 'real.db'}", "--output", str(folder / "out"), "--quiet"]
    chosen = ["--limit", limit, "--workers", str(WORKERS)]
    return run([COMMAND, "scan", "-i", str(folder / "hosts.yaml"), *record, *chosen], folder)


def facts_only(folder: Path, limit: str) -> Took:
    """Ours without judging, storing and reporting: what ``ansible -m setup`` does, too."""
    return run([sys.executable, "-m", "benchmarks.real_sshd", "look", str(folder), limit], folder)


def theirs(folder: Path, ansible: str, port: int, limit: str) -> Took:
    options = f"-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -i {folder / 'user'} -p {port}"
    command = [ansible, limit, "-i", str(folder / "hosts.ini"), "-m", "setup", "-f", str(FORKS)]
    environment = {
        "ANSIBLE_HOST_KEY_CHECKING": "False",
        "ANSIBLE_SSH_COMMON_ARGS": options,
        "ANSIBLE_REMOTE_PORT": str(port),
        "ANSIBLE_LOCALHOST_WARNING": "False",
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",  # spares it looking for one
        "ANSIBLE_HOME": str(folder / "ansible-home"),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
    }
    return run(command, folder, environment=environment)


def compare(folder: Path, ansible: str, hosts: int) -> None:
    print(f"\n1b. {hosts} hosts behind a real sshd, beside ansible -m setup -f {FORKS}", flush=True)
    make_user_key(folder)
    with real_sshd(folder, hosts) as port:
        write_inventories(folder, hosts, port)
        pin(folder, hosts, port)
        ours(folder, "host000")  # makes the caches of the operating system warm: set-up
        theirs(folder, ansible, port, "host000")
        quiet = wait_for_quiet()
        row("other load when it began", f"{quiet:.2f} cores")
        them = _both("ansible -m setup", hosts, *(theirs(folder, ansible, port, w) for w in ("host000", "all")))
        count = _count_theirs((folder / "stdout").read_text(errors="replace"), hosts)
        looked = _both("ours, facts only", hosts, *(facts_only(folder, w) for w in ("host000", "*")))
        told = json.loads((folder / "stdout").read_text().splitlines()[-1])
        full = _both("ours, whole scan with reports", hosts, *(ours(folder, w) for w in ("host000", "*")))
    row("values in the facts of one host", f"ours {told['values']}, ansible {count}")
    row("hosts that answered in full", f"ours {told['seen']} of {hosts}, ansible {count and hosts} of {hosts}")
    row("ratio, facts only", _ratio(looked, them), verdict(looked[1] * 10 <= them[1], "a tenth"))
    row("ratio, whole scan", _ratio(full, them), verdict(full[1] * 10 <= them[1], "a tenth"))


def _both(what: str, hosts: int, one: Took, many: Took) -> tuple[float, float]:
    """CPU seconds a host: of the whole run, and of each further host."""
    each, further = many.cpu / hosts, (many.cpu - one.cpu) / (hosts - 1)
    row(
        f"{what}, controller CPU a host",
        f"{further * 1000:.0f} ms a further host, {each * 1000:.0f} ms with start-up, wall {many.wall:.0f} s",
    )
    if many.exit_code not in (0, 3):
        row("    it ended with", f"exit code {many.exit_code}")
    return each, further


def _ratio(mine: tuple[float, float], other: tuple[float, float]) -> str:
    return f"1 : {other[1] / mine[1]:.1f} a further host, 1 : {other[0] / mine[0]:.1f} with start-up"


def _count_theirs(text: str, hosts: int) -> int:
    """Values in one host's JSON; 0 unless every host succeeded."""
    if len(re.findall(r"^\S+ \| SUCCESS => ", text, re.MULTILINE)) != hosts:
        return 0
    begin = text.index("{", text.index("SUCCESS => "))
    return _leaves(json.JSONDecoder().raw_decode(text[begin:])[0]["ansible_facts"])


def _leaves(value: object) -> int:
    """Values that are not containers."""
    if isinstance(value, dict):
        return sum(map(_leaves, value.values()))
    if isinstance(value, list | tuple | frozenset):
        return sum(map(_leaves, value))
    if is_dataclass(value):
        return sum(_leaves(getattr(value, field.name)) for field in fields(value))
    return value is not None


def look(folder: Path, limit: str) -> None:
    """Collect and parse through the engine; one line of JSON tells how much came of it."""
    from scanner.cli.settings import resolve
    from scanner.cli.workbench import Workbench
    from scanner.engine import Pace, look, read
    from scanner.transports import WAYS

    flags = {"inventory": str(folder / "hosts.yaml"), "database": f"sqlite:///{folder / 'real.db'}"}
    bench = Workbench(resolve(flags))
    planned = bench.plan([limit])
    job = bench.job(planned)

    async def run_all() -> dict[str, int]:
        values = seen = 0
        opened = look_(planned.errands, lambda a: WAYS[a.connection.way](a, job.surroundings), Pace(workers=WORKERS))
        async for looked in opened:
            values = max(values, _leaves(list(read(looked).facts.values())))
            seen += looked.attempt.missing is None
        return {"values": values, "seen": seen}

    look_ = look
    print(json.dumps(asyncio.run(run_all())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("ansible")
    parser.add_argument("--hosts", type=int, default=40)
    asked = parser.parse_args()
    compare(asked.folder, asked.ansible, asked.hosts)


if __name__ == "__main__":
    if sys.argv[1] == "look":
        look(Path(sys.argv[2]), sys.argv[3])
    else:
        main()
    sys.stdout.flush()
    os._exit(0)  # idle threads of the pool have nothing left to do
