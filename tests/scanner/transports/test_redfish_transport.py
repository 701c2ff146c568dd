"""A visit to a Redfish service over real TLS: log-in, certificate, limits, and what is left behind."""

import asyncio
import contextlib
import gzip
import json
import logging
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from inventory.asset import Asset, Connection, Limits, Tls
from inventory.facts.missing import Reason
from scanner.probes.redfish.device import identify
from scanner.probes.redfish.health import LINKS as HEALTH_LINKS
from scanner.probes.redfish.tree import read
from scanner.query import Deadline, Login, RedfishTree, Script, Visit
from scanner.transports import WAYS, redfish_http
from tests.lab.redfish import (
    PASSWORD,
    SESSIONS,
    USER,
    Bmc,
    Certificate,
    Handler,
    certificate,
    cut_off,
    published,
    served,
)
from tests.lab.redfish_trees import V1, collection, hpe, link
from tests.scanner.transports.redfish_bench import DEVICE, LOGIN, asset, system_trust, transport, visit

INVENTORY = f"{V1}/UpdateService/FirmwareInventory"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("bmc"))


@pytest.fixture
def ilo(made: Certificate) -> Iterator[Bmc]:
    with served(hpe(), made) as bmc:
        yield bmc


def lines(visited: Visit) -> dict[str, Any]:
    told = [json.loads(line) for line in visited.answers[0].output.splitlines()]
    return {one["path"]: one for one in told}


def gone_as_it_came(bmc: Bmc) -> None:
    """One session made, that one ended, nothing else written."""
    assert bmc.made == 1
    assert bmc.sessions == {}
    assert [method for method, _ in bmc.wrote] == ["POST", "DELETE"]
    assert all(path.startswith(SESSIONS) for _, path in bmc.wrote)


def test_a_visit(ilo: Bmc) -> None:
    visited = visit(ilo)
    attempt = visited.attempt
    assert attempt.missing is None
    assert (attempt.reached, attempt.logged_in) == (True, True)
    assert attempt.peer == "Redfish 1.6.0; session login; certificate pinned"
    assert attempt.host_key == ilo.certificate.fingerprint
    assert lines(visited)[f"{V1}/Systems/1"]["body"]["Model"] == "ProLiant DL380 Gen10"
    assert ilo.secrets_seen == 1
    gone_as_it_came(ilo)


def test_the_same_service_gives_the_same_bytes(ilo: Bmc) -> None:
    assert visit(ilo).answers[0].output == visit(ilo).answers[0].output


def test_two_queries_ask_each_resource_once(ilo: Bmc) -> None:
    visited = visit(ilo, (DEVICE, RedfishTree("health", HEALTH_LINKS)))
    assert [answer.missing for answer in visited.answers] == [None, None]
    assert len(ilo.got) == len(set(ilo.got))
    gone_as_it_came(ilo)


@pytest.mark.data
def test_the_published_tree(made: Certificate) -> None:
    with served(published(), made) as bmc:
        visited = visit(bmc, (DEVICE, RedfishTree("health", HEALTH_LINKS)))
        device = identify(read(visited.answers[:1]))
        assert (device.vendor, device.model, device.serial) == ("Contoso", "3500", "437XR1138R2")
        assert (device.version, device.boot_version) == ("1.45.455b66-rev4", "P79 v1.45 (12/06/2017)")
        assert not [path for path in bmc.got if "Log" in path or "Certificate" in path or "Account" in path]
        gone_as_it_came(bmc)


@pytest.mark.data
def test_members_come_with_their_collection_where_the_service_offers_it(made: Certificate) -> None:
    queries = (DEVICE, RedfishTree("health", HEALTH_LINKS))
    with served(published(), made) as bmc:
        one_by_one = visit(bmc, queries)
        requests = len(bmc.asked)
        assert len([path for path in bmc.got if "$expand" in path]) == 1
        bmc.asked.clear()
        bmc.expands = True
        together = visit(bmc, queries)
        assert [answer.output for answer in together.answers] == [answer.output for answer in one_by_one.answers]
        assert len(bmc.asked) < requests * 0.7


def test_what_is_no_question_for_redfish_is_not_asked(ilo: Bmc) -> None:
    queries = (Script("os", "uname"), DEVICE)
    visited = asyncio.run(
        WAYS["redfish"](asset(ilo), transport(asset(ilo))._surroundings).answer(queries, Deadline(20))
    )
    missing = [answer.missing for answer in visited.answers]
    assert missing[0] is not None
    assert missing[0].reason is Reason.NOT_ATTEMPTED
    assert missing[1] is None


# -- the certificate ---------------------------------------------------------------------------------------------


def test_by_a_file_of_authorities(ilo: Bmc) -> None:
    visited = visit(ilo, tls=Tls(ca=str(ilo.certificate.pem)))
    assert visited.attempt.missing is None
    assert visited.attempt.peer.endswith("certificate of a trusted authority")


def refused(bmc: Bmc, one: Asset, reason: Reason) -> str:
    visited = asyncio.run(transport(one).answer((DEVICE,), Deadline(10)))
    missing = visited.attempt.missing
    assert missing is not None
    assert missing.reason is reason
    assert visited.answers[0].missing == missing
    assert bmc.asked == []
    assert bmc.secrets_seen == 0
    return missing.detail


def test_one_that_nobody_knows_is_shown_and_gets_nothing(ilo: Bmc) -> None:
    detail = refused(ilo, system_trust(ilo), Reason.HOST_KEY_UNKNOWN)
    assert ilo.certificate.fingerprint in detail
    assert "tls: {fingerprint:" in detail


def test_another_one_than_the_pinned_gets_nothing(ilo: Bmc) -> None:
    wrong = f"SHA256:{'ab' * 32}"
    detail = refused(ilo, asset(ilo, Tls(fingerprint=wrong)), Reason.HOST_KEY_MISMATCH)
    assert ilo.certificate.fingerprint in detail
    assert wrong in detail


@pytest.mark.parametrize(
    ("address", "days", "why"), [("192.0.2.1", 30, "IP address mismatch"), ("127.0.0.1", -1, "expired")]
)
def test_authorities_do_not_cover_a_wrong_name_or_date(tmp_path: Path, address: str, days: int, why: str) -> None:
    odd = certificate(tmp_path, address=address, days=days)
    with served(hpe(), odd) as bmc:
        assert why in refused(bmc, asset(bmc, Tls(ca=str(odd.pem))), Reason.HOST_KEY_UNKNOWN)
        assert visit(bmc, tls=Tls(fingerprint=odd.fingerprint)).attempt.missing is None


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_file_of_authorities_that_is_none(ilo: Bmc, tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    assert str(file) in refused(ilo, asset(ilo, Tls(ca=str(file))), Reason.CREDENTIAL_UNUSABLE)


# -- the log-in --------------------------------------------------------------------------------------------------


def test_a_wrong_password_is_tried_once(ilo: Bmc) -> None:
    visited = visit(ilo, login=Login(user=USER, password="s3cret-wrong"))
    missing = visited.attempt.missing
    assert missing is not None
    assert missing.reason is Reason.LOGIN_REFUSED
    assert (visited.attempt.reached, visited.attempt.logged_in) == (True, False)
    assert len(ilo.wrote) == 1
    assert "s3cret" not in missing.detail


def test_no_password_is_no_visit(ilo: Bmc) -> None:
    missing = visit(ilo, login=Login(user=USER)).attempt.missing
    assert missing is not None
    assert missing.reason is Reason.CREDENTIAL_UNUSABLE
    assert ilo.asked == []


def test_basic_where_there_are_no_sessions(made: Certificate) -> None:
    tree = {path: body for path, body in hpe().items() if path != SESSIONS}
    tree[V1] = {name: body for name, body in tree[V1].items() if name != "Links"}
    with served(tree, made) as bmc:
        visited = visit(bmc)
        assert visited.attempt.missing is None
        assert "HTTP Basic, as the service has no sessions" in visited.attempt.peer
        assert bmc.wrote == []
        wrong = visit(bmc, login=Login(user=USER, password="wrong"))
        assert wrong.attempt.missing is not None
        assert wrong.attempt.missing.reason is Reason.LOGIN_REFUSED


@pytest.mark.parametrize("status", [404, 405, 501])
def test_basic_where_sessions_are_only_named(ilo: Bmc, status: int) -> None:
    ilo.open_to_all = True
    ilo.faults["POST", SESSIONS] = lambda handler: handler.say(status, {})
    assert "HTTP Basic" in visit(ilo).attempt.peer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((503, {}, {}), Reason.CONNECTION_REFUSED),
        ((403, {}, {}), Reason.LOGIN_REFUSED),
        ((500, {}, {}), Reason.OUTPUT_UNREADABLE),
        ((201, {}, {}), Reason.OUTPUT_UNREADABLE),
        ((307, {}, {"Location": f"https://192.0.2.1{SESSIONS}/"}), Reason.OUTPUT_UNREADABLE),
    ],
    ids=["all sessions taken", "forbidden", "broken", "no token", "redirect elsewhere"],
)
def test_no_session(ilo: Bmc, answer: tuple[int, dict[str, Any], dict[str, str]], reason: Reason) -> None:
    ilo.faults["POST", SESSIONS] = lambda handler: handler.say(*answer)
    missing = visit(ilo).attempt.missing
    assert missing is not None
    assert missing.reason is reason
    assert len(ilo.wrote) == 1


@pytest.mark.parametrize(
    "location", [f"{V1}/Systems/1", "https://192.0.2.1/x", "", f"{SESSIONS}/../../Systems/1", SESSIONS]
)
def test_only_a_session_is_ever_deleted(ilo: Bmc, location: str) -> None:
    def tricky(handler: Handler) -> None:
        ilo.sessions["t0k"] = "nowhere"
        handler.say(201, {"@odata.id": location}, {"X-Auth-Token": "t0k", "Location": location})

    ilo.faults["POST", SESSIONS] = tricky
    visited = visit(ilo)
    assert visited.attempt.missing is None
    assert "ends by itself" in visited.attempt.peer
    assert [method for method, _ in ilo.wrote] == ["POST"]


def test_a_session_that_is_ended_by_the_service_is_not_made_anew(ilo: Bmc) -> None:
    def ended(handler: Handler) -> None:
        ilo.sessions.clear()
        handler.say(401, {})

    ilo.faults["GET", f"{V1}/Managers/1"] = ended
    visited = visit(ilo)
    told = lines(visited)
    assert told[f"{V1}/Systems/1"]["body"]
    assert told[f"{V1}/Managers/1"]["reason"] == "login refused"
    assert told[f"{V1}/Chassis/1"]["reason"] == "login refused"
    assert ilo.made == 1
    assert f"{V1}/Chassis/1" not in ilo.got


def stopped_at(bmc: Bmc, method: str, path: str, handle: Callable[[Handler], None]) -> None:
    """A visit that is stopped while the service answers this request."""

    async def stopped() -> None:
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()

        def slow(handler: Handler) -> None:
            loop.call_soon_threadsafe(arrived.set)
            handle(handler)

        bmc.faults[method, path] = slow
        running = asyncio.create_task(transport(asset(bmc)).answer((DEVICE,), Deadline(20)))
        await arrived.wait()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        assert running.cancelled()

    asyncio.run(stopped())


def test_a_visit_that_is_stopped_logs_out(ilo: Bmc) -> None:
    stopped_at(ilo, "GET", INVENTORY, lambda _: time.sleep(1.0))
    gone_as_it_came(ilo)


def test_a_visit_that_is_stopped_while_it_logs_in_logs_out(ilo: Bmc) -> None:
    def slow(handler: Handler) -> None:
        time.sleep(0.3)
        handler._log_in()

    stopped_at(ilo, "POST", SESSIONS, slow)
    gone_as_it_came(ilo)


def test_no_secret_is_logged(ilo: Bmc, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        visit(ilo)
    assert PASSWORD not in caplog.text
    assert "x-auth-token" not in caplog.text.lower()


# -- what a service may do to us ---------------------------------------------------------------------------------


def drip(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    with contextlib.suppress(OSError):
        for _ in range(200):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)


def huge(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(1 << 30))
    handler.end_headers()
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b" " * 65536)


@cache
def packed() -> bytes:
    return gzip.compress(b" " * (64 << 20), 1)


def bomb(handler: Handler) -> None:
    handler.say(200, packed(), {"Content-Encoding": "gzip"})


FAULTS: dict[str, tuple[Callable[[Handler], object], str]] = {
    "huge": (huge, "longer than"),
    "gzip bomb": (bomb, "longer than"),
    "damaged gzip": (lambda h: h.say(200, b"{}", {"Content-Encoding": "gzip"}), "damaged gzip"),
    "another coding": (lambda h: h.say(200, b"{}", {"Content-Encoding": "br"}), "content coding"),
    "cut off": (cut_off, "closed before"),
    "half JSON": (lambda h: h.say(200, b'{"Name": "x'), "not JSON"),
    "no object": (lambda h: h.say(200, []), "no object"),
    "deep": (lambda h: h.say(200, b'{"a":' * 100_000), "not JSON"),
    "deep but whole": (lambda h: h.say(200, b'{"a":' * 90 + b"1" + b"}" * 90), "nested too deep"),
    "NaN": (lambda h: h.say(200, b'{"Reading": NaN}'), "not JSON"),
    "infinite": (lambda h: h.say(200, b'{"Reading": 1e999}'), "numbers that are none"),
    "UTF-16": (lambda h: h.say(200, '{"a":"b"}'.encode("utf-16")), "not JSON"),
    "forbidden": (lambda h: h.say(403, {}), "may not read"),
    "server error": (lambda h: h.say(500, {}), "HTTP 500"),
    "elsewhere": (lambda h: h.say(302, {}, {"Location": "https://192.0.2.1/redfish/v1/Systems/1"}), "redirect out of"),
    "another path": (lambda h: h.say(308, {}, {"Location": f"{V1}/AccountService"}), "redirect to"),
    "round in circles": (lambda h: h.say(308, {}, {"Location": h.path}), "HTTP 308"),
    "no status line": (lambda h: h.wfile.write(b"SSH-2.0-x\r\n\r\n"), "closed before"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_one_bad_resource_is_a_gap_and_nothing_more(ilo: Bmc, case: str) -> None:
    fault, why = FAULTS[case]
    ilo.faults["GET", f"{INVENTORY}/1"] = fault
    visited = visit(ilo)
    assert visited.attempt.missing is None
    told = lines(visited)
    assert why in told[f"{INVENTORY}/1"]["detail"]
    assert told[f"{V1}/Systems/1"]["body"]["Model"] == "ProLiant DL380 Gen10"
    assert identify(read(visited.answers)).gaps
    gone_as_it_came(ilo)


def test_a_gzip_bomb_is_not_opened_whole(ilo: Bmc) -> None:
    ilo.faults["GET", f"{INVENTORY}/1"] = bomb
    tracemalloc.start()
    try:
        visit(ilo)
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()


def test_gzip_that_was_not_asked_for_is_read(ilo: Bmc) -> None:
    whole = gzip.compress(json.dumps(ilo.tree[f"{INVENTORY}/1"]).encode())
    ilo.faults["GET", f"{INVENTORY}/1"] = lambda handler: handler.say(200, whole, {"Content-Encoding": "gzip"})
    assert lines(visit(ilo))[f"{INVENTORY}/1"]["body"]["Name"] == "iLO 5"


def test_a_slash_at_the_end_is_added_where_the_service_wants_one(ilo: Bmc) -> None:
    path = f"{V1}/Systems/1"
    ilo.faults["GET", path] = lambda handler: handler.say(308, {}, {"Location": f"{path}/"})
    assert lines(visit(ilo))[path]["body"]["Model"] == "ProLiant DL380 Gen10"
    assert [one for one in ilo.got if one.startswith(path)] == [path, f"{path}/"]


def test_a_connection_that_was_closed_while_idle_is_opened_again(ilo: Bmc) -> None:
    def once(handler: Handler) -> None:
        del ilo.faults["GET", f"{V1}/Chassis"]
        handler.close_connection = True

    ilo.faults["GET", f"{V1}/Chassis"] = once
    assert "reason" not in lines(visit(ilo))[f"{V1}/Chassis"]


def test_a_drip_ends_with_the_visit(ilo: Bmc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redfish_http, "REQUEST_SECONDS", 0.5)
    ilo.faults["GET", f"{INVENTORY}/1"] = drip
    told = lines(visit(ilo))
    assert told[f"{INVENTORY}/1"]["reason"] == "timed out"
    assert told[f"{INVENTORY}/2"]["body"]
    gone_as_it_came(ilo)


def test_when_the_time_is_over_the_rest_is_not_asked(ilo: Bmc) -> None:
    ilo.faults["GET", f"{V1}/Managers"] = drip
    began = time.monotonic()
    visited = visit(ilo, seconds=redfish_http.LOGOUT_SECONDS + 1.0)
    assert time.monotonic() - began < 4.0
    told = lines(visited)
    assert told[f"{V1}/Systems"]["body"]
    assert told[f"{V1}/Managers"]["reason"] == told[f"{V1}/Chassis"]["reason"] == "timed out"
    assert f"{V1}/Chassis" not in ilo.got
    gone_as_it_came(ilo)


def busy(times: int, after: str) -> Callable[[Handler], None]:
    left = [times]

    def answered(handler: Handler) -> None:
        left[0] -= 1
        handler.say(503, {}, {"Retry-After": after}) if left[0] >= 0 else handler.resource()

    return answered


@pytest.mark.parametrize(
    ("times", "after", "came"), [(1, "0", True), (2, "0", True), (3, "0", False), (1, "3600", False), (1, "soon", True)]
)
def test_retry_after_within_limits(ilo: Bmc, times: int, after: str, came: bool) -> None:
    ilo.faults["GET", f"{INVENTORY}/1"] = busy(times, after)
    began = time.monotonic()
    assert ("body" in lines(visit(ilo))[f"{INVENTORY}/1"]) is came
    assert time.monotonic() - began < 5


def test_the_visit_has_a_limit_of_bytes(ilo: Bmc) -> None:
    for number in range(3, 12):
        ilo.tree[f"{INVENTORY}/{number}"] = {"Name": "x" * 8000}
    ilo.tree[INVENTORY] = collection("UpdateService/FirmwareInventory", [str(n) for n in range(1, 12)])
    visited = visit(ilo, limits=Limits(output_bytes=40_000))
    told = lines(visited)
    assert told[f"{INVENTORY}/3"]["body"]
    assert "limit of bytes" in told[f"{INVENTORY}/11"]["detail"]
    gone_as_it_came(ilo)


def test_an_endless_collection_ends(ilo: Bmc) -> None:
    def endless(handler: Handler) -> None:
        number = int(handler.path.rpartition("=")[2]) if "=" in handler.path else 0
        ilo.faults["GET", f"{INVENTORY}?$skip={number + 1}"] = endless
        handler.say(200, {"Members": [], "Members@odata.nextLink": f"{INVENTORY}?$skip={number + 1}"})

    ilo.faults["GET", INVENTORY] = endless
    told = lines(visit(ilo))
    assert any("more than 50 pages" in one.get("detail", "") for one in told.values())
    assert len(ilo.got) < 70
    gone_as_it_came(ilo)


# -- what is no Redfish service ----------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [(404, {}), (200, {"hello": "world"}), (200, b"<html>"), (401, {})])
def test_no_service_gets_no_password(ilo: Bmc, answer: tuple[int, object]) -> None:
    ilo.faults["GET", f"{V1}/"] = lambda handler: handler.say(*answer)
    missing = visit(ilo).attempt.missing
    assert missing is not None
    assert missing.reason is Reason.OUTPUT_UNREADABLE
    assert "no Redfish service" in missing.detail
    assert ilo.secrets_seen == 0


def test_what_is_no_address() -> None:
    one = Asset("bmc", Connection("redfish", "192.0.2.1 x", 443))
    missing = asyncio.run(transport(one).answer((DEVICE,), Deadline(5))).attempt.missing
    assert missing is not None
    assert missing.reason is Reason.UNREACHABLE


def to(port: int, seconds: float = 2.0) -> Visit:
    one = Asset("bmc", Connection("redfish", "127.0.0.1", port), limits=Limits(connect_seconds=seconds))
    return asyncio.run(transport(one, LOGIN).answer((DEVICE,), Deadline(seconds + redfish_http.LOGOUT_SECONDS)))


def test_nobody_listens() -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        missing = to(taken.getsockname()[1]).attempt.missing
    assert missing is not None
    assert missing.reason is Reason.CONNECTION_REFUSED


@pytest.mark.parametrize(("greeting", "reason"), [(b"SSH-2.0-x\r\n", Reason.UNREACHABLE), (b"", Reason.TIMED_OUT)])
def test_what_speaks_no_tls(greeting: bytes, reason: Reason) -> None:
    import socket
    import threading

    with socket.create_server(("127.0.0.1", 0)) as server:

        def once() -> None:
            other, _ = server.accept()
            with other:
                if greeting:
                    other.sendall(greeting)
                other.settimeout(5)
                with contextlib.suppress(OSError):
                    while other.recv(4096):
                        pass

        threading.Thread(target=once, daemon=True).start()
        visited = to(server.getsockname()[1])
    assert visited.attempt.missing is not None
    assert visited.attempt.missing.reason is reason
    assert not visited.attempt.reached


def test_no_proxy_of_the_environment_is_used(ilo: Bmc, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert "HTTPS_PROXY" in os.environ
    assert visit(ilo).attempt.missing is None


def test_a_link_out_of_the_service_is_not_followed(ilo: Bmc) -> None:
    ilo.tree[f"{V1}/Managers"] = {"Members": [{"@odata.id": "https://192.0.2.1/redfish/v1/x"}, link("Managers/1")]}
    told = lines(visit(ilo))
    assert "links out of the service" in told[f"{V1}/Managers"].get("detail", "") or any(
        "links out of the service" in line for line in visit(ilo).answers[0].text.splitlines()
    )
    assert told[f"{V1}/Managers/1"]["body"]
