"""The visit's script in real shells: what a section prints comes back byte for byte, whatever the section does."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from inventory.asset import Become, Privilege
from inventory.facts.missing import Reason
from scanner.query import EXIT_TIMED_OUT, Script
from scanner.transports.script import GROUP, compose, new_marker
from tests.scanner.transports.script_bench import SHELLS, installed, read, root, visit

EACH_SHELL = [
    pytest.param(words, id=name, marks=pytest.mark.skipif(not installed(name), reason=f"{name} is not installed"))
    for name, words in SHELLS.items()
]

# body, output, exit code
FAITHFUL = [
    pytest.param("echo hello; echo oops >&2", b"hello\n", 0, id="stderr is thrown away"),
    pytest.param(":", b"", 0, id="empty"),
    pytest.param("echo; echo", b"\n\n", 0, id="only newlines"),
    pytest.param("printf end", b"end", 0, id="no trailing newline"),
    pytest.param(r"printf 'a\0b\0\n\n\n'", b"a\0b\0\n\n\n", 0, id="NULs and trailing newlines"),
    pytest.param(r"printf '\377\376\200'", b"\xff\xfe\x80", 0, id="binary"),
    pytest.param("cat; echo over", b"over\n", 0, id="stdin is empty"),
    pytest.param("printf x; exit 66", b"x", 66, id="speaking exit code"),
    pytest.param("if then", b"", 2, id="syntax error"),
    pytest.param("""echo "it's" 'a"b' '$x' '`id`'""", b"it's a\"b $x `id`\n", 0, id="quotes"),
    pytest.param("echo $LC_ALL; umask", b"C\n0077\n", 0, id="locale and umask"),
    pytest.param("exec >&-; echo lost", b"", None, id="closes its output"),
    pytest.param("echo a >&3; echo b >&4; echo c", b"c\n", 0, id="cannot reach the stream's descriptors"),
]


@pytest.mark.parametrize("shell", EACH_SHELL)
def test_every_section_comes_back_as_it_was_printed(shell: list[str]) -> None:
    cases = [case.values for case in FAITHFUL]
    queries = [Script(f"s{i}", str(body)) for i, (body, _, _) in enumerate(cases)]
    _, transcript = visit(queries, shell)
    assert transcript.complete
    for answer, (body, output, code) in zip(transcript.answers, cases, strict=True):
        assert (answer.output, answer.missing) == (output, None), body
        assert code is None or (0 if answer.exit_code == 0 else answer.exit_code) == code, body
        assert (answer.asked_at, answer.answered_at) == (10.0, 11.0)


@pytest.mark.parametrize("shell", EACH_SHELL)
def test_a_bad_section_costs_only_itself(shell: list[str]) -> None:
    queries = [
        Script("hangs", "echo some; sleep 60", timeout_seconds=1),
        Script("endless", "yes", max_bytes=5000),
        Script("exact", "head -c 5000 /dev/zero", max_bytes=5000),
        Script("leaves-a-child", "sleep 60 & echo parent"),
        Script("dies", "echo half; kill -9 $$"),
        Script("good", "echo good"),
    ]
    started = time.monotonic()
    _, transcript = visit(queries, shell)
    got = {a.query: a for a in transcript.answers}
    assert time.monotonic() - started < 10
    assert got["hangs"].missing is not None
    assert (got["hangs"].missing.reason, got["hangs"].exit_code) == (Reason.TIMED_OUT, EXIT_TIMED_OUT)
    assert got["endless"].missing is not None
    assert got["endless"].missing.reason is Reason.OUTPUT_TRUNCATED
    assert got["exact"].output == bytes(5000)
    assert got["leaves-a-child"].output == b"parent\n"
    assert got["dies"].missing is not None
    assert got["dies"].output == b""
    assert got["good"].output == b"good\n"


def bare_tools(directory: Path, *names: str) -> Path:
    """A directory with only these tools, to stand for a smaller host."""
    for name in names:
        (directory / name).symlink_to(str(shutil.which(name)))
    return directory


BASIC = ("sh", "tee", "head", "wc", "id", "sleep", "cat")


def narrowed(queries: list[Script], tools: Path) -> bytes:
    """The script with its fixed PATH replaced."""
    script = compose(queries, MARKER, Become.NONE).decode()
    start = script.index("PATH=/usr/local/sbin")
    return (script[:start] + f"PATH={tools}" + script[script.index("; export", start) :]).encode()


MARKER = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param((), id="nothing more"),
        pytest.param(("cksum", "setsid"), id="watchdog with setsid"),
        pytest.param(("gzip", "timeout"), id="gzip, timeout, no cksum"),
    ],
)
@pytest.mark.parametrize("shell", EACH_SHELL)
def test_a_host_with_fewer_tools_still_answers(shell: list[str], extra: tuple[str, ...], tmp_path: Path) -> None:
    # without timeout and setsid the limit rests on job control, which these two lack without a terminal
    endless = "exec sleep 60" if not extra and shell[0] in ("dash", "busybox") else "sleep 60"
    queries = [Script("good", "echo good"), Script("hangs", endless, timeout_seconds=1), Script("more", "echo more")]
    program = str(shutil.which(shell[0]))
    done = subprocess.run(
        [program, *shell[1:], "-s"],
        input=narrowed(queries, bare_tools(tmp_path, *BASIC, *extra)),
        capture_output=True,
        timeout=30,
    )
    good, hangs, more = read(done.stdout, queries, MARKER, done.returncode).answers
    assert (good.output, more.output) == (b"good\n", b"more\n")
    assert hangs.missing is not None
    assert hangs.missing.reason is Reason.TIMED_OUT
    if "gzip" not in extra:
        assert (b"end 0 root e0 e0 - 5\n" in done.stdout or b"end 0 user e0 e0 - 5\n" in done.stdout) is (
            "cksum" not in extra
        )


def test_a_host_without_a_needed_tool_says_which(tmp_path: Path) -> None:
    queries = [Script("good", "echo good")]
    tools = bare_tools(tmp_path, "sh", "head", "wc", "id", "cat")
    done = subprocess.run(["/bin/sh", "-s"], input=narrowed(queries, tools), capture_output=True, timeout=30)
    (answer,) = read(done.stdout, queries, MARKER, done.returncode).answers
    assert answer.missing is not None
    assert answer.missing.reason is Reason.OUTPUT_UNREADABLE
    assert "the host lacks tee" in answer.missing.detail


def test_a_script_that_arrived_in_part_does_nothing(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    script = compose([Script("s", f"echo ran >>{trace}")], MARKER, Become.NONE)
    for size in range(0, len(script) - 1, 97):
        subprocess.run(["/bin/sh", "-s"], input=script[:size], capture_output=True, timeout=10)
    assert not trace.exists()


def test_nothing_is_written_on_the_target(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    queries = [Script(f"s{i}", "head -c 100000 /dev/zero") for i in range(3)]
    marker = new_marker()
    script = compose(queries, marker, Become.NONE)
    before = sorted(p.name for p in tmp_path.iterdir())
    done = subprocess.run(
        ["sh", "-s"], input=script, capture_output=True, cwd=tmp_path, env={"TMPDIR": str(tmp_path)}, timeout=30
    )
    assert read(done.stdout, queries, marker, done.returncode).complete
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_the_marker_is_in_no_command_line() -> None:
    """Another user of the host must not be able to read it with ps and forge a frame."""
    queries = [Script("ps", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"), root("r", "cat /proc/[0-9]*/cmdline")]
    marker = new_marker()
    done = subprocess.run(["sh", "-s"], input=compose(queries, marker, Become.NONE), capture_output=True, timeout=30)
    answers = read(done.stdout, queries, marker, done.returncode).answers
    assert b"sh" in answers[0].output
    assert marker.encode() not in answers[0].output


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_sections_run_directly_for_root_and_say_so() -> None:
    _, transcript = visit([Script("u", "id -u"), root("r", "id -u")], become=Become.NONE)
    assert [a.output for a in transcript.answers] == [b"0\n", b"0\n"]
    assert [a.privilege for a in transcript.answers] == [Privilege.ROOT] * 2
    assert transcript.privilege is Privilege.ROOT


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
@pytest.mark.parametrize(
    ("become", "reason", "says"),
    [
        pytest.param(Become.NONE, Reason.PRIVILEGE_TOO_LOW, "become: none", id="never"),
        pytest.param(Become.SUDO, Reason.PRIVILEGE_TOO_LOW, "sudo", id="sudo refuses"),
        pytest.param(Become.COLLECTOR, None, "", id="collector or sudo is not there"),
    ],
)
def test_a_plain_user_gets_no_root_section_and_is_told_why(become: Become, reason: Reason | None, says: str) -> None:
    _, transcript = visit([Script("u", "id -u"), root("r", "id -u")], become=become, user=65534)
    plain, rootly = transcript.answers
    assert (plain.output, plain.privilege) == (b"65534\n", Privilege.USER)
    assert (rootly.output, rootly.exit_code) == (b"", 77)
    assert rootly.missing is not None
    assert says in rootly.missing.detail
    assert reason is None or rootly.missing.reason is reason
    assert transcript.privilege is Privilege.USER
    assert transcript.complete


def test_many_sections_keep_their_order_over_several_streams() -> None:
    queries = [Script(f"s{i}", f"echo {i}") for i in range(GROUP * 3 + 1)]
    raw, transcript = visit(queries)
    assert transcript.complete
    assert [a.text for a in transcript.answers] == [f"{i}\n" for i in range(len(queries))]
    assert raw.count(b"\x1f\x8b\x08") >= 5


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(Script("Bad Name", ":"), id="name"),
        pytest.param(Script("", ":"), id="no name"),
        pytest.param(Script("a;rm", ":"), id="shell in name"),
        pytest.param(Script("nul", "a\0b"), id="NUL"),
        pytest.param(Script("long", "x" * 100_001), id="too long"),
        pytest.param(Script("never", ":", timeout_seconds=0), id="no time"),
    ],
)
def test_sections_that_cannot_be_sent_are_refused(query: Script) -> None:
    with pytest.raises(ValueError, match="section"):
        compose([query], MARKER, Become.NONE)


def test_two_sections_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="unique"):
        compose([Script("a", ":"), Script("a", ":")], MARKER, Become.NONE)
