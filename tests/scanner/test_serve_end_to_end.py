"""The real daemon: real servers that stop and start, kill -9, two daemons, stop in the middle of a scan."""

import hashlib
import hmac
import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inventory.facts.availability import State
from inventory.facts.missing import Reason
from scanner.store.store import Store
from scanner.store.watching.records import JobState
from tests.lab.nginx import Nginx, lab_nginx  # noqa: F401 (a fixture)
from tests.scanner.serve_lab import SECRET, Listener, Watched, listener, mail_sink, receiver, until

QUICK = {"every": "5s", "timeout": "2s", "confirm": {"probes": 1, "within": "2s", "recover": 1}}


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


@pytest.fixture
def server() -> Iterator[Listener]:
    with listener() as made:
        yield made


def tcp(port: int, **more: object) -> dict[str, object]:
    return {"kind": "tcp", "host": "127.0.0.1", "port": port, **QUICK, **more}


@pytest.mark.lab
def test_an_outage_is_opened_confirmed_told_and_closed(
    watched: Watched,
    server: Listener,
    lab_nginx: Nginx,  # noqa: F811 (the fixture)
) -> None:
    with receiver() as hook, mail_sink() as (port, letters):
        hook.answers.append(500)  # the first try fails and is made again
        watched.own = {
            "services": {"shop": {"name": "Shop"}},
            "watch": {
                "gate": tcp(server.port, service="shop"),
                "behind": tcp(server.port, parents=["gate"]),
                "web": {"url": f"http://127.0.0.1:{lab_nginx.ports['plain']}/", **QUICK, "canary": True},
                "forbidden": {"kind": "call", "host": "127.0.0.1", "port": server.port, **QUICK},
            },
            "notify": {
                "hook": {"kind": "webhook", "target": hook.url, "secret": "env:LAB_SECRET"},
                "mail": {
                    "kind": "smtp",
                    "target": f"smtp://127.0.0.1:{port}",
                    "to": ["ops@lab.example"],
                    "sender": "w@lab.example",
                },
                "others": {"kind": "webhook", "target": hook.url, "only": ["shop"]},
            },
        }
        with watched.serving() as serving, watched.store() as store:
            until(lambda: _states(store) == ["up", "up", "up"], 25, lambda: f"{_states(store)} {serving.said}")
            server.stop()
            serving.until("gate: outage opened")
            until(lambda: any("is down since" in one for one in letters), 15)
            server.start()
            serving.until("gate: outage closed")
            until(lambda: ("closed", "gate") in hook.events(), 40)
            until(lambda: any("works again" in one for one in letters), 15)
            until(lambda: store.series.notices_waiting() == 0, 40)
            (outage,) = store.series.outages(0, time.time() + 1)
            assert outage.key == "gate"
            assert outage.children == ("behind",)
            assert outage.ended is not None
            rows = {row.watch: row for row in store.series.rows()}
    assert rows["forbidden"].state is State.UNKNOWN
    assert "scope lab permits polite" in rows["forbidden"].reason
    assert rows["web"].state is State.UP
    assert sorted(hook.events()).count(("opened", "gate")) == 3, "hook, hook again after its error, others"
    _signed(hook.posts)
    closed = next(json.loads(body) for _, body in hook.posts if b'"closed"' in body)
    assert closed["children"] == ["behind"]
    assert closed["service"] == "shop"
    assert SECRET not in serving.said
    assert "token-in-the-address" not in serving.said
    assert "status 500" in serving.said


def _states(store: Store) -> list[str]:
    return sorted(row.state.value for row in store.series.rows() if row.watch != "forbidden")


def _signed(posts: list[tuple[dict[str, str], bytes]]) -> None:
    """As docs/scheduling.md tells a receiver to do it."""
    signed = [(headers, body) for headers, body in posts if "X-Estatecheck-Signature" in headers]
    assert signed
    for headers, body in signed:
        message = headers["X-Estatecheck-Timestamp"].encode() + b"." + body
        expected = hmac.new(SECRET.encode(), message, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(headers["X-Estatecheck-Signature"], f"sha256={expected}")
        assert abs(int(headers["X-Estatecheck-Timestamp"]) - time.time()) < 300


@pytest.fixture
def slow_host(watched: Watched) -> Iterator[Watched]:
    """A scan of it goes on until it is stopped: a host that accepts and never speaks."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        watched.hosts = {
            "mute": {
                "ansible_host": "127.0.0.1",
                "ansible_port": silent.getsockname()[1],
                "estatecheck": {"credential": "none", "limits": {"login_seconds": 60, "host_seconds": 90}},
            }
        }
        watched.own = {
            "credentials": {"none": {"user": "nobody", "password": "env:LAB_SECRET"}},
            "schedules": {"slow": {"cron": "0 3 1 1 *"}},
        }
        yield watched


def _runs(watched: Watched, state: JobState) -> list[str]:
    with watched.store() as store:
        return [
            run.note
            for run in store.series.job_runs(None)
            if run.state is state and not run.schedule_id.startswith("#")
        ]


def _scanning(watched: Watched) -> list[str]:
    with watched.store() as store:
        return [scan.state.value for scan in store.scans()]


@pytest.mark.lab
def test_stop_ends_everything_within_five_seconds_and_keeps_the_scan(slow_host: Watched) -> None:
    with slow_host.serving() as serving:
        serving.until("serving")
        asked = slow_host.run("schedule", "run", "now", "slow")
        assert asked.returncode == 0, asked.stderr
        until(lambda: _scanning(slow_host) == ["running"], 30, lambda: serving.said)
        time.sleep(1)
        told = slow_host.run("stop")
        if os.getloadavg()[0] < (os.cpu_count() or 1):  # five seconds are promised on a machine that has time
            assert told.returncode == 0, told.stderr
            assert "scan 1" in told.stdout
            assert "the daemon" in told.stdout
        serving.process.wait(10)
    assert _scanning(slow_host) == ["partial"]
    assert "stopped" in _runs(slow_host, JobState.PARTIAL)[0]
    assert SECRET not in serving.said


@pytest.mark.lab
def test_kill_9_is_found_and_its_time_is_unknown(slow_host: Watched, server: Listener) -> None:
    slow_host.own["watch"] = {"gate": tcp(server.port)}
    with slow_host.serving() as serving:
        serving.until("serving")
        assert slow_host.run("schedule", "run", "now", "slow").returncode == 0
        until(lambda: _scanning(slow_host) == ["running"], 30, lambda: serving.said)
        with slow_host.store() as store:
            until(lambda: [row.state for row in store.series.rows()] == [State.UP], 20)
        os.kill(serving.process.pid, signal.SIGKILL)
        serving.process.wait()
    killed = time.time()
    until(lambda: _scanning(slow_host) == ["partial"], 15, lambda: "the orphaned scan went on")
    time.sleep(max(0.0, killed + 8 - time.time()))
    with slow_host.serving() as again:
        again.until("was abandoned: its process died")
        with slow_host.store() as store:
            back = time.time()
            until(lambda: (store.series.known_until() or 0) > back, 20)
            found = store.series.intervals("gate", killed, time.time(), widely=False)
    assert State.UNKNOWN in {one.state for one in found}
    middle = killed + 4
    assert next(one.state for one in found if one.start <= middle < one.end) is State.UNKNOWN
    assert _runs(slow_host, JobState.ABANDONED)


@pytest.mark.soak
@pytest.mark.lab
def test_two_daemons_share_one_record(watched: Watched, server: Listener) -> None:
    watched.own = {"watch": {"gate": tcp(server.port)}}
    watched.hosts = {"here": {"ansible_connection": "local", "estatecheck": {"become": "none"}}}
    with watched.serving() as one, watched.serving() as two:
        until(lambda: "standing by" in one.said + two.said, 20, lambda: one.said + two.said)
        soon = datetime.now(UTC) + timedelta(seconds=6)
        watched.own["schedules"] = {
            "minutely": {
                "every": "1m",
                "starts": soon.isoformat(timespec="seconds"),
                "checks": ["linux.acct.duplicate-uid-gid"],
            }
        }
        watched.write()
        for each in (one, two):
            each.process.send_signal(signal.SIGHUP)
        for each in (one, two):
            each.until("the inventory was read again")
        until(lambda: len(_runs(watched, JobState.DONE)) >= 1, 90, lambda: one.said + two.said)
        standing, probing = (one, two) if "standing by" in one.said else (two, one)
        os.kill(probing.process.pid, signal.SIGKILL)
        probing.process.wait()
        with watched.store() as store:
            first = store.series.runs()
            until(lambda: len(store.series.runs()) > len(first), 20, lambda: standing.said)
            until(lambda: (one.said + two.said).count("begins") == _begun(store), 20, lambda: one.said + two.said)
            scans = [scan.options["due"] for scan in store.scans()]
    assert len(scans) == len(set(scans))


def _begun(store: Store) -> int:
    """Due times that somebody ran: those that were passed over have a row, and begin nothing."""
    over = (JobState.MISSED, JobState.SKIPPED)
    return sum(run.state not in over for run in store.series.job_runs("minutely"))


@pytest.mark.soak
@pytest.mark.lab
def test_a_changed_inventory_is_taken_over_and_a_broken_one_is_not(watched: Watched, server: Listener) -> None:
    watched.own = {"watch": {"gate": tcp(server.port)}}
    with watched.serving() as serving, watched.store() as store:
        until(lambda: [row.state for row in store.series.rows()] == [State.UP], 20, lambda: serving.said)
        watched.own["watch"]["other"] = tcp(server.port)
        watched.write()
        serving.process.send_signal(signal.SIGHUP)
        serving.until("read again: 2 watches")
        until(lambda: [row.state for row in store.series.rows()] == [State.UP] * 2, 20, lambda: serving.said)
        (watched.folder / "inventory.yaml").write_text("all: [")
        serving.process.send_signal(signal.SIGHUP)
        serving.until("the one before stays in use")
        assert serving.process.poll() is None


@pytest.mark.soak
@pytest.mark.lab
def test_hosts_are_not_begun_outside_the_hours(watched: Watched) -> None:
    day = datetime.now(UTC) + timedelta(days=3)
    hours = {"zone": "UTC", f"{day:%a}".lower(): ["08:00-09:00"]}
    watched.own = {"schedules": {"weekly": {"cron": "30 8 * * *", "allowed": hours}, "bad": {"cron": "61 8 * * *"}}}
    with watched.serving() as serving:
        serving.until("serving")
        assert watched.run("schedule", "run", "now", "weekly").returncode == 0
        until(lambda: _runs(watched, JobState.DONE), 30, lambda: serving.said)
    assert "schedule bad: cron '61 8 * * *'" in serving.said
    assert _runs(watched, JobState.DONE) == ["scan 1: 1 assets unseen"]
    with watched.store() as store:
        (host,) = store.hosts(1)
    assert host.attempt
    assert host.attempt.missing
    assert host.attempt.missing.reason is Reason.OUT_OF_WINDOW
    assert "outside the windows" in host.attempt.missing.detail
    watched.own["schedules"].pop("bad")
    watched.write()
    why = watched.run("schedule", "why", "here")
    assert "would not be begun then: outside the windows" in why.stdout or "does not match" in why.stdout
    preview = json.loads(watched.run("schedule", "preview", "weekly", "--next", "2", "--format", "json").stdout)
    assert [datetime.fromisoformat(row["due"]).weekday() for row in preview] == [day.weekday()] * 2
    (listed,) = json.loads(watched.run("schedule", "list", "--format", "json").stdout)
    assert (listed["state"], listed["note"]) == ("done", "scan 1: 1 assets unseen")


@pytest.mark.soak
def test_without_a_daemon_run_now_says_what_to_do(watched: Watched) -> None:
    watched.own = {"schedules": {"weekly": {"cron": "30 8 * * 0"}}}
    watched.write()
    told = watched.run("schedule", "run", "now", "weekly")
    assert told.returncode == 2
    assert "start `estatecheck serve`" in told.stderr
    assert "weekly" in watched.run("schedule", "run", "now", "wekly").stderr
    with watched.store() as store:
        assert all(word.handled_at for word in store.series.said()), "nobody finds it tomorrow"
