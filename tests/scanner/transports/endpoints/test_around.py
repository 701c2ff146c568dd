"""What stands around every probe: names, secrets, certificates' names, patterns, and when it is our own fault."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inventory.facts.availability import State
from inventory.watch import Bytes, Http, Step, Tls, Transaction, Watch
from scanner.query import SecretUnavailable
from scanner.transports.endpoints import probe
from scanner.transports.endpoints.around import Around
from scanner.transports.endpoints.patterns import found
from scanner.transports.endpoints.sampling import Seen, sampled
from tests.lab.certificates import NAME
from tests.lab.echo import answering
from tests.lab.nginx import Nginx
from tests.scanner.transports.endpoints.looking import look
from tests.scanner.transports.endpoints.test_http_and_tcp import server

UP, DOWN, DEGRADED, UNKNOWN = State.UP, State.DOWN, State.DEGRADED, State.UNKNOWN


@pytest.mark.parametrize(
    ("error", "state"),
    [(socket.EAI_NONAME, DOWN), (socket.EAI_AGAIN, UNKNOWN), (socket.EAI_FAIL, UNKNOWN)],
    ids=["no such name", "no resolver", "the resolver fails"],
)
def test_whose_fault_a_name_is(error: int, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: object, **more: object) -> None:
        raise socket.gaierror(error, "told by the resolver")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    sample = look("tcp", 80, host="portal.example")
    assert (sample.state, "does not resolve: told by the resolver" in sample.reason) == (state, True)


def test_one_question_for_all_who_wait_and_unknown_for_those_who_run_out_of_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []

    def slow(*words: object, **more: object) -> list[object]:
        asked.append(words)
        time.sleep(0.4)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]

    monkeypatch.setattr(socket, "getaddrinfo", slow)

    async def many() -> list[State]:
        around = Around()
        watch = Watch("x", "tcp", "portal.example", 1, timeout_seconds=0.1)
        samples = await asyncio.gather(*(probe(watch, around) for _ in range(20)))
        assert samples[0].reason == "the name portal.example did not resolve within 0.1 s"
        await asyncio.sleep(0.5)
        again = await probe(watch, around)  # the answer that nobody waited for is not asked for again
        return [*(sample.state for sample in samples), again.state]

    states = asyncio.run(many())
    assert set(states[:20]) == {UNKNOWN}
    assert states[20] in (DOWN, UNKNOWN)
    assert len(asked) <= 2


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "\ud800.example", "x..example"])
def test_a_name_that_is_none(host: str) -> None:
    sample = look("tcp", 80, host=host)
    assert sample.state is DOWN
    assert sample.reason.isprintable()


def test_ipv6_literals_with_and_without_a_zone() -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as listening:
        listening.bind(("::1", 0))
        listening.listen()
        port = int(listening.getsockname()[1])
        assert look("tcp", port, host="::1").state is UP
    nowhere = look("tcp", port, host="fe80::1%nosuch0")
    assert (nowhere.state, "is no address here" in nowhere.reason) == (UNKNOWN, True)


def test_a_prober_that_was_not_running_says_unknown() -> None:
    async def asleep(watch: Watch, around: Around, seen: Seen) -> None:
        time.sleep(1.3)  # noqa: ASYNC251 (as a machine that stands still)
        await asyncio.sleep(1)

    watch = Watch("x", "tcp", "127.0.0.1", 1, timeout_seconds=0.1)
    sample = asyncio.run(sampled(asleep, watch, Around()))
    assert (sample.state, sample.reason[:27]) == (UNKNOWN, "the prober itself was held ")


def test_a_broken_prober_says_unknown_and_tells_nothing_of_what_it_sent(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(watch: Watch, around: Around, seen: Seen) -> None:
        raise RuntimeError("open-sesame")

    sample = asyncio.run(sampled(broken, Watch("x", "tcp", "127.0.0.1", 1), Around()))
    assert (sample.state, sample.reason) == (UNKNOWN, "the prober itself failed: RuntimeError")
    assert "open-sesame" not in caplog.text


def test_a_prober_can_be_cancelled() -> None:
    async def cancelled() -> None:
        with answering(lambda *_: None) as port:
            task = asyncio.create_task(probe(Watch("x", "sip", "127.0.0.1", port, timeout_seconds=5), Around()))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(cancelled())


# --- secrets


def _secret(reference: str) -> str:
    if reference == "env:GONE":
        raise SecretUnavailable("env:GONE is not set")
    return {"env:TOKEN": "open sesame/1", "env:BROKEN": "a\r\nb: c"}[reference]


def test_a_server_that_gives_the_secret_back_does_not_get_it_into_the_sample() -> None:
    def mirror(peer: socket.socket) -> None:
        said = peer.recv(4096)
        token = said.split(b"x-token: ")[1].split(b"\r\n")[0]
        spelled = token.replace(b" ", b"+").replace(b"/", b"%2F")
        peer.sendall(
            b"HTTP/1.1 302 Found\r\nLocation: http://" + spelled + b".example/" + token
            + b"\r\nX: " + token + b"\r\nSet-Cookie: session=very-private; Path=/\r\n\r\n"
        )  # fmt: skip

    with server(mirror) as port:
        ask = Http(headers=(("X-Token", "env:TOKEN"),), status=(302,), redirects_to="^https://portal")
        sample = look("http", port, ask, around=Around(secret=_secret))
    assert sample.state is DOWN
    assert "[secret]" in sample.reason
    everything = sample.reason + sample.evidence.decode() + " ".join(sample.notes.values())
    for part in ("open sesame/1", "open+sesame%2F1", "very-private"):
        assert part not in everything


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("env:GONE", "the secret env:GONE is not at hand"),
        ("env:OTHER", "the secret env:OTHER is not at hand"),
        ("env:BROKEN", "holds a line break"),
    ],
)
def test_a_secret_that_cannot_be_used_says_nothing_of_the_service(reference: str, said: str) -> None:
    sample = look("http", 1, Http(headers=(("X-Token", reference),)), around=Around(secret=_secret))
    assert (sample.state, said in sample.reason) == (UNKNOWN, True), sample.reason


@pytest.mark.lab
def test_a_secret_does_not_follow_into_the_clear(lab_nginx: Nginx) -> None:
    heard: list[bytes] = []

    def listen(peer: socket.socket) -> None:
        heard.append(peer.recv(4096))
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    with server(listen) as clear, server(_to(clear)) as first:
        ask = Http(headers=(("X-Token", "env:TOKEN"), ("X-Plain", "yes")), redirects=1)
        assert look("http", first, ask, around=Around(secret=_secret)).state is UP
    assert b"x-plain: yes" in heard[0]
    assert b"sesame" not in heard[0]  # another port is another server


def _to(port: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 (a server's habit)
    def act(peer: socket.socket) -> None:
        peer.recv(4096)
        peer.sendall(f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/\r\n\r\n".encode())

    return act


# --- certificates


@pytest.mark.lab
@pytest.mark.parametrize(
    ("names", "state"),
    [
        (("elsewhere.example", NAME), UP),
        (("elsewhere.example", "127.0.0.1"), UP),
        (("elsewhere.example", "other.example"), DOWN),
    ],
)
def test_a_certificate_for_one_of_several_names(lab_nginx: Nginx, names: tuple[str, ...], state: State) -> None:
    tls = Tls(names=names, ca=str(lab_nginx.authority.file))
    sample = look("https", lab_nginx.ports["good"], tls=tls)
    assert sample.state is state, sample.reason
    assert (sample.reason == "") == (state is UP)


@pytest.mark.lab
@pytest.mark.parametrize("kind", ["https", "tls"])
def test_a_certificate_that_ends_soon(lab_nginx: Nginx, kind: str) -> None:
    port, ca = lab_nginx.ports["soon"], str(lab_nginx.authority.file)
    sample = look(kind, port, tls=Tls(ca=ca, min_days=14))
    assert (sample.state, "its certificate ends on" in sample.reason) == (DEGRADED, True)
    assert look(kind, port, tls=Tls(ca=ca, min_days=2)).state is UP
    approved = Tls(fingerprint="SHA256:" + lab_nginx.certificates["soon"].fingerprint, min_days=14)
    assert look(kind, port, tls=approved).state is DEGRADED
    ends = datetime.fromisoformat(sample.notes["not_after"])
    assert timedelta(days=4) < ends - datetime.now(UTC) < timedelta(days=6)


@pytest.mark.lab
def test_a_server_that_wants_a_certificate_of_ours(lab_nginx: Nginx) -> None:
    tls = Tls(ca=str(lab_nginx.authority.file))
    sample = look("https", lab_nginx.ports["client-certificate"], tls=tls)
    assert (sample.state, sample.reason) == (DOWN, "status 400; expected: 200 to 299")


@pytest.mark.parametrize("ca", ["/nowhere/ca.pem", __file__])
def test_authorities_that_cannot_be_read_say_nothing_of_the_service(ca: str) -> None:
    with server(lambda peer: peer.sendall(b"x")) as port:
        sample = look("https", port, tls=Tls(ca=ca))
    assert (sample.state, "cannot be read" in sample.reason) == (UNKNOWN, True)


# --- patterns


def test_a_pattern_that_takes_too_long_says_nothing_of_the_service() -> None:
    def say(peer: socket.socket) -> None:
        peer.recv(10)
        peer.sendall(b"a" * 60 + b"!")

    with server(say) as port:
        sample = look("tcp", port, Bytes("00", "^(a+)+$"), timeout=3)
    assert (sample.state, "takes too long" in sample.reason) == (UNKNOWN, True), sample.reason
    assert sample.timings["total"] < 2500


@pytest.mark.parametrize(("pattern", "there"), [("wel.ome", True), ("w[a-z]+e", True), ("^x", False), ("e{3}", False)])
def test_patterns(pattern: str, there: bool) -> None:
    assert (found(pattern, b"a welcome page") is not None) is there


# --- transactions


def _portal(peer: socket.socket) -> None:
    """A log-in with a token in the form, a cookie, and a page behind it."""
    said = peer.recv(65_536)
    head, _, body = said.partition(b"\r\n\r\n")
    size = next((int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.startswith(b"content-length")), 0)
    while len(body) < size:
        body += peer.recv(65_536)
    if head.startswith(b"GET /login"):
        answer = b"200 OK\r\nSet-Cookie: visit=7; Path=/\r\n\r\n<input name=csrf value='t0ken+1'>"
    elif head.startswith(b"POST /login"):
        good = b"csrf=t0ken%2B1" in body and b"password=open+sesame%2F1" in body and b"visit=7" in head
        answer = b"302 Found\r\nLocation: /home\r\nSet-Cookie: session=abc\r\n\r\n" if good else b"403 No\r\n\r\n"
    elif b"session=abc" in head:
        answer = b"200 OK\r\n\r\nWelcome, probe. open sesame/1"
    else:
        answer = b"401 No\r\n\r\n"
    peer.sendall(b"HTTP/1.1 " + answer)


def _steps(port: int, sent: str = "env:TOKEN", word: str = "Welcome, .robe") -> Transaction:
    base, form = f"http://127.0.0.1:{port}", (("csrf", "{token}"), ("user", "probe"), ("password", sent))
    return Transaction(
        (
            Step(f"{base}/login", keep=(("token", "name=csrf value='([^']+)'"),)),
            Step(f"{base}/login", "POST", form, has=word),
        )
    )


@pytest.mark.parametrize(
    ("steps", "state", "reason"),
    [
        pytest.param({}, UP, "", id="logged in"),
        pytest.param({"sent": "wrong"}, DOWN, "step 2 of 2: status 403", id="a wrong password"),
        pytest.param({"word": "Goodbye"}, DOWN, "step 2 of 2: the page (29 bytes) lacks 'Goodbye'", id="no such word"),
        pytest.param({"sent": "env:GONE"}, UNKNOWN, "step 2 of 2: the secret env:GONE is not at hand", id="no secret"),
    ],
)
def test_a_transaction(steps: dict[str, str], state: State, reason: str) -> None:
    with server(_portal) as port:
        sample = look("transaction", port, _steps(port, **steps), around=Around(secret=_secret))
    assert (sample.state, sample.reason) == (state, reason)
    assert sample.evidence == b""
    assert "sesame" not in repr(sample)
    assert ("step_2" in sample.timings) == (state is UP)


@pytest.mark.parametrize("count", [0, 21])
def test_a_transaction_without_steps_or_with_too_many_proves_nothing(count: int) -> None:
    steps = Transaction(tuple(Step("http://127.0.0.1:1/") for _ in range(count)))
    assert look("transaction", 1, steps).state is UNKNOWN


# --- networks


_NO_WAY = """
import asyncio, sys
from inventory.watch import Watch
from scanner.transports.endpoints import probe
from scanner.transports.endpoints.around import Around
for kind, host in (("tcp", "198.51.100.1"), ("icmp", "198.51.100.1"), ("udp", "198.51.100.1"), ("icmp", "192.0.2.99"),
                   ("tcp", "192.0.2.99"), ("icmp", "2001:db8::1")):
    sample = asyncio.run(probe(Watch("x", kind, host, 9, timeout_seconds=0.3), Around()))
    print(kind, host, sample.state.value, sample.reason, sep="|")
"""


@pytest.mark.root
@pytest.mark.lab
def test_without_a_route_and_into_a_black_hole() -> None:
    """In a network of its own: 192.0.2.0/24 leads to a black hole, and there is no route to anything else."""
    if os.geteuid() != 0:
        pytest.skip("a network namespace needs root")
    commands = (
        "ip link set lo up && ip link add hole type veth peer name end && ip addr add 192.0.2.1/24 dev hole"
        " && ip link set end up && ip link set hole arp off up && exec \"$0\" -c \"$1\""
    )  # fmt: skip
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", commands, sys.executable, _NO_WAY],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[4], timeout=30,
    )  # fmt: skip
    if "unshare" in done.stderr or "Unknown device" in done.stderr or "RTNETLINK" in done.stderr:
        pytest.skip(f"no network namespace here: {done.stderr.strip()[:100]}")
    told = {tuple(line.split("|")[:2]): line.split("|")[2:] for line in done.stdout.splitlines()}
    for kind in ("tcp", "icmp", "udp"):
        state, reason = told[kind, "198.51.100.1"]
        assert state == "unknown", reason
        assert "(here, at the prober)" in reason
    assert told["icmp", "2001:db8::1"][0] == "unknown"
    assert told["tcp", "192.0.2.99"] == ["down", "no answer within 0.3 s"]
    assert told["icmp", "192.0.2.99"] == ["down", "no answer within 0.3 s"]
