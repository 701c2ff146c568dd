"""Accounts, keys, sockets, files ...: whatever bytes a host sends give a fact, Unreadable or NotHere, and soon."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inventory.asset import Asset, Connection
from inventory.facts.table import FACTS
from scanner.probes import PROBES
from scanner.query import Answer, NotHere, Unreadable

NAMES = (
    *("accounts", "authorized_keys", "backups", "certificates", "critical_files", "exports", "file_walk", "firewall"),
    *("interfaces", "logins", "mounts", "password_policy", "shadow", "sockets", "sshd", "sudoers", "sysctl"),
)
ASSET = Asset("hostile", Connection("local", "localhost"), certificates=("/c",), backup_marks=("/b",))
CASES = Path(__file__).parent / "linux"
BYTES = 512 * 1024  # half as large as an answer may be
SECONDS = 3.0  # for one parse of such an answer, on a slow and busy machine


def take(name: str, output: bytes, exit_code: int = 0) -> str:
    """What became of it. Any other exception fails the test."""
    try:
        fact = PROBES[name].parse(ASSET, [Answer(name, output, exit_code)])
    except (Unreadable, NotHere) as raised:
        return type(raised).__name__
    assert type(fact) is FACTS[name]
    return "fact"


def soon(name: str, output: bytes) -> str:
    started = time.process_time()
    became = take(name, output)
    assert time.process_time() - started < SECONDS
    return became


def answers(name: str) -> list[bytes]:
    """Recorded answers that give a fact."""
    cases = [path.parent for path in sorted((CASES / name).glob("*/answer.txt"))]
    facts = [
        case for case in cases if not json.loads((case / "expected.json").read_text()).keys() & {"missing", "absent"}
    ]
    return [(case / "answer.txt").read_bytes() for case in facts]


@pytest.mark.parametrize("name", NAMES)
def test_any_bytes(name: str) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.binary(max_size=300), st.sampled_from([0, 1, 66, 69, 77, 124, 137]), st.booleans())
    def check(output: bytes, exit_code: int, ended: bool) -> None:
        became = take(name, output + (b"\n=end=\n" if ended else b""), exit_code)
        assert exit_code not in (66, 69, 77, 124) or became != "fact"

    check()


@pytest.mark.parametrize("name", NAMES)
def test_recorded_lines_broken_mixed_and_repeated(name: str) -> None:
    lines = sorted({line for answer in answers(name) for line in answer.split(b"\n")})
    odd = st.one_of(
        st.binary(max_size=30), st.sampled_from([b":", b"::::::", b" ", b"\t", b"=", b"-", b"/", b"> ", b"#0"])
    )

    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(answers(name)), st.data())
    def check(answer: bytes, data: st.DataObject) -> None:
        own = answer.removesuffix(b"=end=\n").split(b"\n")
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(0, len(own) - 1))
            cut = data.draw(st.integers(0, len(own[at])))
            new = data.draw(st.one_of(odd, st.sampled_from(lines)))
            own[at : at + 1] = data.draw(
                st.sampled_from([[new], [own[at], new], [own[at][:cut]], [own[at][:cut] + new]])
            )
        assert take(name, b"\n".join(own) + b"\n=end=\n") in ("fact", "Unreadable", "NotHere")

    check()


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_cut_anywhere_is_never_a_fact(name: str) -> None:
    for answer in answers(name):
        body = answer.removesuffix(b"=end=\n")
        for at in range(0, len(body), max(1, len(body) // 20)):
            assert take(name, body[:at]) == "Unreadable"


@pytest.mark.parametrize("name", NAMES)
def test_a_huge_answer_is_read_soon(name: str) -> None:
    """Some recorded lines in turn, repeated with another number each time until the answer is huge."""
    answer = max(answers(name), key=len)
    lines = sorted({line for line in answer.split(b"\n") if line and not line.startswith(b"=")}, key=len)
    for line in {lines[0], lines[-1]}:
        times = BYTES // (len(line) + 6)
        huge = b"".join(line.replace(b"0", b"%d" % n, 1) + b"\n" for n in range(times))
        soon(name, answer.replace(line + b"\n", huge, 1))


@pytest.mark.parametrize(
    ("name", "head", "line"),
    [
        ("sudoers", b"=files=\n/s\n=directory=\n=lines=\n", b"/s\t1\tx" + b" " * 4000 + b"\\"),
        ("sudoers", b"=files=\n/s\n=directory=\n=lines=\n", b"/s\t1\t" + b"a," * 1990 + b"b ALL=" + b"c," * 3 + b"d"),
        ("sudoers", b"=files=\n/s\n=directory=\n=lines=\n", b"/s\t1\tCmnd_Alias A" + b"=A" * 3),
        ("sudoers", b"=files=\n/s\n=directory=\n=lines=\n", b"/s\t1\t#include" + b" " * 4000 + b'x"'),
        ("sudoers", b"=files=\n/s\n=directory=\n=lines=\n", b"/s\t1\ta ALL=" + b"NOPASSWD:" * 400),
        ("mounts", b"=mounts=\n8:1 ext4 / rw /dev/sda\n=df=\n", b"x" + b" 1" * 2000 + b"%"),
        ("exports", b"=lines=\n", b"> /x" + b" a(" * 1300),
        ("exports", b"=lines=\n", b"> /x" + b' "' * 2000 + b"\\"),
        ("firewall", b"=nft=\ntable ip x {\nchain y {\n", b"jump " * 800),
        (
            "firewall",
            b"=nft=\ntable ip x {\nchain y {\ntype filter hook input priority 0; policy drop;\n",
            b"log " * 1000,
        ),
        ("firewall", b"=nft=\ntable ip x {\nchain y {\ntype filter hook input priority 0; policy drop;\n", b"jump a"),
        ("sshd", b"=version=\n=config=\n=match=\n", b"match\t/f:1\tmaxauthtries\t" + b"9" * 3000),
        ("sysctl", b"=settings=\n=denied=\n=interfaces=\n", b"net/ipv4/conf/e/rp_filter:1"),
        ("accounts", b"=passwd=\nroot:0:0::\n=group=\n=path=\n=settings=\n", b"/etc/profile:umask 22"),
        ("firewall", b"=iptables=\n*filter\n:INPUT ACCEPT\n", b"-A INPUT" + b" -j x" * 800),
        ("password_policy", b"=denied=\n=lines=\n", b"/etc/pam.d/passwd:password required pam_pwquality.so"),
        ("password_policy", b"=denied=\n=lines=\n", b"/etc/pam.d/passwd:@include passwd"),
        ("critical_files", b"=closed=\n=files=\n", b"-rw-r--r-- " + b" 1" * 2000),
        ("sockets", b"=ss=\n", b"tcp LISTEN 0 0 " + b"[" * 3000 + b":22 *:*"),
    ],
)
def test_lines_that_are_slow_to_read_elsewhere(name: str, head: bytes, line: bytes) -> None:
    assert soon(name, head + (line + b"\n") * (BYTES // len(line)) + b"=blocks=\n=end=\n")


def test_aliases_that_hold_each_other_come_to_an_end() -> None:
    links = b"".join(b"/s\t%d\tUser_Alias A%d = A%d\n" % (n, n, (n + 1) % 9000) for n in range(9000))
    users = b"".join(b"/s\t%d\tA%d ALL=(ALL) ALL\n" % (n, n) for n in range(9000))
    rest = b"/s\t1\tDefaults:A0 !authenticate\n"
    assert soon("sudoers", b"=files=\n/s\n=directory=\n=lines=\n" + links + rest + users + b"=end=\n") == "fact"


def test_chains_that_call_each_other_come_to_an_end() -> None:
    """One after the other, each of many, and one that calls very many."""
    start = b"=iptables=\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j c0\n"
    deep = b"".join(b"-A c%d -j c%d\n" % (n, n + 1) for n in range(20_000))
    fan = b"".join(b"-A c%d -j c%d\n" % (n, m) for n in range(150) for m in range(n + 1, 150))
    wide = b"".join(b"-A c0 -j d%d\n" % n for n in range(20_000))
    for rules in (deep, fan, wide):
        assert soon("firewall", start + rules + b"=end=\n") == "fact"


FORGED = {
    "twice": "=files=\n/a\n=lines=\n/a\t1\troot ALL=ALL\n=lines=\n=directory=\n=end=\n",
    "an early end": "=files=\n/a\n=directory=\n=lines=\n=end=\n/a\t1\teve ALL=(ALL) ALL\n=end=\n",
    "closed, not open": "=files=\n/a\n=directory=\n=lines=\n=files:0=\n=end=\n",
}


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED)
def test_marks_out_of_place_are_no_answer(text: str) -> None:
    """Whoever can slip a line into a section could otherwise hide what follows it."""
    assert take("sudoers", text.encode()) == "Unreadable"
