"""What answers on the management ports: real and hostile servers looked at, and their words read."""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest

from checks.check import Check, Context
from checks.example import EXAMPLE_TIME
from checks.finding import Outcome
from checks.network.management import http_open, smart_install, ssh_v1, telnet_open
from inventory.asset import Asset, Connection, Limits
from inventory.facts.management import Management, Port, Service, Speaker, State, Web
from scanner.engine import Errand, Looked, Pace, look, read
from scanner.probes.contact import CONTACT
from scanner.probes.network.device import DEVICE
from scanner.probes.network.management import MANAGEMENT, NUMBERS, ManagementProbe
from scanner.query import Answer, Deadline, Login, Surroundings, TcpTalk, Unreadable
from scanner.transports import WAYS
from scanner.transports.tcp_talk import TcpTalkTransport
from tests.lab.snmpd import Snmpd
from tests.lab.sshd import Sshd
from tests.lab.talkers import Habit, drips, nobody, resets, says, says_and_reads, talker
from tests.scanner.transports.snmp_bench import OneLogin

SWITCH = Asset("sw1", Connection("snmp", "127.0.0.1", 161), kind="network")
CLEAR_PAGE = b"HTTP/1.0 200 OK\r\nServer: box/1.0\r\n\r\n<html><form><input type=password></form></html>"
NGINX = which("nginx", path="/usr/sbin:/usr/bin")


def looked_at(**numbers: int) -> Management:
    """Only these services are asked, on these ports."""
    probe = ManagementProbe(tuple((Service[name], number) for name, number in numbers.items()))
    query = probe.query(SWITCH, [])
    assert query is not None
    seen = asyncio.run(TcpTalkTransport(SWITCH, connect_seconds=0.5).answer([query], Deadline(30)))
    return probe.parse(SWITCH, seen.answers)


def parsed(service: Service, line: str) -> Port:
    number = dict(NUMBERS)[service]
    (port,) = MANAGEMENT.parse(SWITCH, [Answer("management", f"{number}|{line}\n".encode())]).ports
    return port


def outcome(check: Check, management: Management) -> Outcome:
    (run,) = check.judge(Context(SWITCH, {"management": management}, EXAMPLE_TIME), {})
    return run.outcome


def test_each_port_is_asked_once_and_only_http_is_spoken_to() -> None:
    query = MANAGEMENT.query(SWITCH, [])
    assert isinstance(query, TcpTalk)
    assert [(port.number, bool(port.send), port.wait_seconds > 0) for port in query.ports] == [
        (22, False, True),
        (23, False, True),
        (80, True, True),
        (443, False, False),
        (4786, False, False),
    ]
    assert query.ports[2].send == (
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: estatecheck\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )
    assert MANAGEMENT.query(SWITCH, [Answer("management")]) is None


def test_a_host_in_ipv6_stands_in_brackets() -> None:
    query = MANAGEMENT.query(replace(SWITCH, connection=Connection("snmp", "2001:db8::1", 161)), [])
    assert isinstance(query, TcpTalk)
    assert b"Host: [2001:db8::1]\r\n" in query.ports[2].send


@pytest.mark.lab
def test_a_real_ssh_server(lab_sshd: Sshd) -> None:
    seen = looked_at(SSH=lab_sshd.port)
    (port,) = seen.ports
    assert (port.state, port.speaker, port.ssh_protocol) == (State.OPEN, Speaker.SSH, "2.0")
    assert port.said.startswith("SSH-2.0-OpenSSH_")
    assert outcome(ssh_v1, seen) is Outcome.PASS


@contextlib.contextmanager
def nginx(folder: Path, does: str) -> Iterator[int]:
    with nobody() as free:
        port = free
    config = f"""
        daemon off; pid {folder}/pid; error_log {folder}/log; events {{}}
        http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
                uwsgi_temp_path {folder}; scgi_temp_path {folder};
                server {{ listen 127.0.0.1:{port}; location / {{ {does} }} }} }}"""
    (folder / "nginx.conf").write_text(config)
    server = subprocess.Popen([str(NGINX), "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        until = time.monotonic() + 10
        while looked_at(HTTPS=port).ports[0].state is not State.OPEN and time.monotonic() < until:
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.skipif(NGINX is None, reason="apt-get install --no-install-recommends nginx-light")
@pytest.mark.parametrize(
    ("does", "expected"),
    [
        ("return 301 https://$host$request_uri;", Outcome.PASS),
        ("return 302 http://$host/login;", Outcome.FAIL),
        ("return 200 'hello';", Outcome.FAIL),
        ("return 403;", Outcome.FAIL),
    ],
)
def test_a_real_web_server(tmp_path: Path, does: str, expected: Outcome) -> None:
    with nginx(tmp_path, does) as port:
        seen = looked_at(HTTP=port)
    web = seen.ports[0].web
    assert web is not None
    assert web.server.startswith("nginx")
    assert outcome(http_open, seen) is expected


@pytest.mark.parametrize(
    ("service", "habit", "expected"),
    [
        pytest.param(
            "SSH", says(b"SSH-1.99-Cisco-1.25\n"), (Speaker.SSH, "SSH-1.99-Cisco-1.25", "1.99"), id="ssh 1.99"
        ),
        pytest.param(
            "SSH", says(b"Keep out!\r\nSSH-1.5-old\r\n"), (Speaker.SSH, "SSH-1.5-old", "1.5"), id="lines before"
        ),
        pytest.param("SSH", says(b"I like SSH-1.5-x\r\n"), (Speaker.OTHER, "I like SSH-1.5-x", None), id="only named"),
        pytest.param("SSH", drips(b"noise\r\n"), (Speaker.OTHER, "noise", None), id="endless"),
        pytest.param("SSH", says(b"A" * 1_000_000), (Speaker.OTHER, "A" * 200, None), id="a megabyte"),
        pytest.param("SSH", resets(b"SSH-"), (Speaker.OTHER, "SSH-", None), id="reset in the middle"),
        pytest.param("TELNET", says(b"\xff\xfb\x01\xff\xfd\x03\r\nUsername: "), (Speaker.TELNET, "Username:", None)),
        pytest.param("TELNET", says(b"\x1b[2JWelcome\r\nlogin: "), (Speaker.LOGIN, "[2JWelcome", None), id="a prompt"),
        pytest.param("TELNET", says(hold=False), (Speaker.GONE, "", None), id="hangs up"),
        pytest.param("TELNET", resets(), (Speaker.GONE, "", None), id="resets"),
        pytest.param("TELNET", says("Gerät 登录\r\n".encode()), (Speaker.OTHER, "Gert", None), id="not ASCII"),
        pytest.param("SMART_INSTALL", says(b"x"), (Speaker.NOT_ASKED, "", None), id="only knocked at"),
    ],
)
def test_who_speaks(service: str, habit: Habit, expected: tuple[Speaker, str, str | None]) -> None:
    with talker(habit) as number:
        (port,) = looked_at(**{service: number}).ports
    assert port.state is State.OPEN
    assert (port.speaker, port.said, port.ssh_protocol) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(CLEAR_PAGE, Web(200, to_https=False, server="box/1.0"), id="a page"),
        pytest.param(b"HTTP/1.1 308 x\nLOCATION:https://a\n\n", Web(308, to_https=True), id="sends away, LF only"),
        pytest.param(b"HTTP/1.1 200 x\r\nLocation: https://a\r\n\r\n", Web(200, to_https=False), id="no redirect"),
        pytest.param(b"HTTP/1.1 302 x\r\nLocation: /login\r\n\r\n", Web(302, to_https=False), id="to itself"),
        pytest.param(
            b"HTTP/1.1 302 x\r\nLocation: http://b\r\nLocation: https://a\r\n\r\n", Web(302, to_https=False), id="two"
        ),
        pytest.param(b"HTTP/1.1 302 x\r\nX-Location: https://a\r\n\r\n", Web(302, to_https=False), id="another header"),
        pytest.param(b"HTTP/1.1 302 x\r\n\r\nLocation: https://a\r\n", Web(302, to_https=False), id="in the page"),
        pytest.param(
            b'HTTP/1.1 200 x\r\n\r\n<META HTTP-EQUIV="Refresh" CONTENT="0; URL=https://a/">', Web(200, to_https=True)
        ),
        pytest.param(
            b'HTTP/1.1 200 x\r\n\r\n<script>window.location.protocol = "https:";</script>',
            Web(200, to_https=False, by_script=True),
            id="by a script",
        ),
        pytest.param(
            b'HTTP/1.1 200 x\r\n\r\n<script>f()</script><a href="https://vendor.example">us</a>',
            Web(200, to_https=False),
            id="a script and a link",
        ),
        pytest.param(b"HTTP/1.1 302 x\r\nLoca", None, id="cut off"),
        pytest.param(b"<html>HTTP/0.9</html>", None, id="no status"),
        pytest.param(b"HTTP/1.1 9999 x\r\n\r\n", None, id="no number"),
        pytest.param(b"SSH-2.0-x\r\n", None, id="another protocol"),
    ],
)
def test_what_a_web_server_says(answer: bytes, expected: Web | None) -> None:
    with talker(says_and_reads(answer)) as number:
        assert looked_at(HTTP=number).ports[0].web == expected


@pytest.mark.parametrize("state", ["refused", "no answer", "unreachable", "not tried"])
def test_ports_that_are_not_open(state: str) -> None:
    assert parsed(Service.TELNET, f"{state}|3.001|EHOSTUNREACH|") == Port(
        Service.TELNET, 23, State(state), why="EHOSTUNREACH"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "22|ajar|0.001||\n",
        "22|open|0.001||\n23|refused\n",
        "9999|open|0.001||\n",
        "22|open|soon||\n",
        "22|open|0.001|a|b\nforged\n",
    ],
)
def test_broken_evidence_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        MANAGEMENT.parse(SWITCH, [Answer("management", text.encode())])


def test_a_banner_cannot_say_something_about_another_port() -> None:
    with talker(says(b"x\r\n23|refused|0.001||\n23|refused|0.001||")) as one, talker(says(b"login: ")) as other:
        seen = looked_at(SSH=one, TELNET=other)
    assert [(port.service, port.state) for port in seen.ports] == [
        (Service.SSH, State.OPEN),
        (Service.TELNET, State.OPEN),
    ]
    assert outcome(telnet_open, seen) is Outcome.FAIL


def visited(device: Asset, probe: ManagementProbe, login: Login) -> Looked:
    async def all_of() -> list[Looked]:
        around = Surroundings(OneLogin(login), None)  # type: ignore[arg-type] # SNMP has no host keys
        errand = Errand(device, (CONTACT, DEVICE, probe))
        return [one async for one in look([errand], lambda one: WAYS["snmp"](one, around), Pace(workers=1))]

    (one,) = asyncio.run(all_of())
    return one


@pytest.mark.lab
@pytest.mark.parametrize("community", ["not-public", "wrong"])
def test_a_device_that_refuses_snmp_still_has_its_telnet_open(lab_snmpd: Snmpd, community: str) -> None:
    limits = Limits(host_seconds=4)  # a wrong community is met by silence
    device = Asset("sw1", Connection("snmp", "127.0.0.1", lab_snmpd.port), kind="network", limits=limits)
    with talker(says(b"\xff\xfb\x01login: ")) as telnet, nobody() as shut:
        probe = ManagementProbe(((Service.TELNET, telnet), (Service.SMART_INSTALL, shut)))
        looked = visited(device, probe, Login(community=community))
    facts = read(looked).facts
    let_in = community == "not-public"
    assert (looked.attempt.missing is None) == let_in
    assert (looked.attempt.way, looked.attempt.logged_in) == ("snmp", let_in)
    assert (type(facts["device"]).__name__ == "Device") == let_in
    assert outcome(telnet_open, facts["management"]) is Outcome.FAIL
    assert outcome(smart_install, facts["management"]) is Outcome.PASS
