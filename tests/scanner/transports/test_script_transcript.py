"""Reading a transcript: cut, damaged, forged and oversized streams never give an answer that differs from the truth."""

import gzip
import random
import subprocess
import time
import zlib

import pytest

from inventory.asset import Become, Privilege
from inventory.facts.missing import Missing, Reason
from scanner.query import Answer, Script
from scanner.transports.script import compose, new_marker
from scanner.transports.transcript import NOISE_BYTES, Transcript, cksum, read_transcript
from tests.scanner.transports.script_bench import read, root

M = "00112233445566778899aabbccddeeff"
QUERIES = [Script("one", ":"), Script("two", ":"), Script("three", ":")]
OUTPUTS = [b"first\n", b"", b"\0binary\xff no newline"]


def frame(index: int, output: bytes, *, code: int = 0, ran_as: str = "user", end: bytes | None = None) -> bytes:
    said = f"e{code} e{code} {cksum(output)} {len(output)}".encode() if end is None else end
    head, tail = f"\n{M} begin {index} {ran_as}\n".encode(), f"\n{M} end {index} {ran_as} ".encode()
    return head + output + tail + said + b"\n"


def stream(*frames: bytes, form: str = "raw", done: bool = True) -> bytes:
    """As a host sends it; in ``gz`` every frame is a member of its own."""
    tail = [f"\n{M} done\n".encode()] if done else []
    pack = gzip.compress if form == "gz" else bytes
    return f"\nestatecheck {M} {form}\n".encode() + b"".join(pack(f) for f in [*frames, *tail])


WHOLE = [frame(i, output) for i, output in enumerate(OUTPUTS)]


def whole(form: str) -> bytes:
    return stream(*WHOLE, form=form)


def never_wrong(transcript: Transcript) -> int:
    """Every answer that counts is the true one. Returns how many count."""
    good = [(a, o) for a, o in zip(transcript.answers, OUTPUTS, strict=True) if a.missing is None]
    assert all((a.output, a.exit_code, a.privilege) == (o, 0, Privilege.USER) for a, o in good)
    assert all(a.output == b"" for a in transcript.answers if a.missing is not None)
    return len(good)


@pytest.mark.parametrize("form", ["raw", "gz"])
def test_a_stream_cut_at_any_byte(form: str) -> None:
    raw = whole(form)
    counts = []
    for size in range(len(raw)):
        transcript = read(raw[:size], QUERIES, M, None)
        counts.append(never_wrong(transcript))
        assert not transcript.complete
    assert counts == sorted(counts)  # more bytes never take an answer away
    assert set(counts) == {0, 1, 2, 3}
    assert never_wrong(read(raw, QUERIES, M)) == 3
    assert read(raw, QUERIES, M).complete


@pytest.mark.parametrize("form", ["raw", "gz"])
def test_a_flipped_bit_anywhere(form: str) -> None:
    raw = bytearray(whole(form))
    for place in range(len(raw)):
        for bit in (0, 3, 6):
            raw[place] ^= 1 << bit
            never_wrong(read(bytes(raw), QUERIES, M))
            raw[place] ^= 1 << bit


def test_bytes_lost_in_the_middle() -> None:
    raw = whole("raw")
    for place in range(len(raw)):
        for size in (1, 7):
            never_wrong(read(raw[:place] + raw[place + size :], QUERIES, M))


def test_a_real_transcript_cut_at_any_byte() -> None:
    queries = [Script(f"s{i}", f"echo answer {i}; seq 1 {i * 9}") for i in range(10)]
    marker = new_marker()
    raw = subprocess.run(["sh", "-s"], input=compose(queries, marker, Become.NONE), capture_output=True).stdout
    truth = [a.output for a in read(raw, queries, marker).answers]
    assert truth[9].startswith(b"answer 9\n1\n")
    kept = set()
    for size in range(len(raw)):
        answers = read(raw[:size], queries, marker, None).answers
        assert all(a.missing is not None or a.output == t for a, t in zip(answers, truth, strict=True))
        kept.add(sum(a.missing is None for a in answers))
    assert {0, 8, 10} <= kept  # the first stream of eight counts when the second is cut


CUT = Missing(Reason.TIMED_OUT, "the host's time is over")


@pytest.mark.parametrize(
    ("exit_status", "done", "cut_by", "complete"),
    [
        pytest.param(0, True, None, True, id="all well"),
        pytest.param(None, True, None, False, id="no exit status"),
        pytest.param(1, True, None, False, id="status not zero"),
        pytest.param(0, False, None, False, id="no end marker"),
        pytest.param(0, True, CUT, False, id="cut by the transport"),
    ],
)
def test_complete_needs_everything(exit_status: int | None, done: bool, cut_by: Missing | None, complete: bool) -> None:
    transcript = read_transcript(
        stream(*WHOLE, done=done),
        QUERIES,
        M,
        exit_status=exit_status,
        limit=10_000,
        asked_at=0,
        answered_at=0,
        cut_by=cut_by,
    )
    assert transcript.complete is complete
    assert never_wrong(transcript) == 3


def test_the_reason_of_a_cut_is_the_transports_if_it_knows() -> None:
    def reason(cut_by: Missing | None) -> Missing | None:
        return (
            read_transcript(
                stream(WHOLE[0], done=False),
                QUERIES,
                M,
                exit_status=None,
                limit=10_000,
                asked_at=0,
                answered_at=0,
                cut_by=cut_by,
            )
            .answers[1]
            .missing
        )

    assert reason(CUT) == CUT
    unknown = reason(None)
    assert unknown is not None
    assert unknown.reason is Reason.OUTPUT_TRUNCATED


ONE = [Script("one", ":", max_bytes=100)]


def only(raw: bytes, query: Script = ONE[0], limit: int = 100_000) -> Answer:
    return read(raw, [query], M, limit=limit).answers[0]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param(b"", Reason.OUTPUT_UNREADABLE, id="nothing"),
        pytest.param(b"This account is not available.\n", Reason.OUTPUT_UNREADABLE, id="nologin"),
        pytest.param(stream(WHOLE[0]).replace(M.encode(), b"f" * 32), Reason.OUTPUT_UNREADABLE, id="wrong marker"),
        pytest.param(b"x" * (NOISE_BYTES + 500) + stream(WHOLE[0]), Reason.OUTPUT_UNREADABLE, id="too much noise"),
        pytest.param(f"\nestatecheck {M} lacks tee\n".encode(), Reason.OUTPUT_UNREADABLE, id="no tee"),
        pytest.param(stream(), Reason.OUTPUT_TRUNCATED, id="no frame"),
        pytest.param(stream(frame(1, b"x")), Reason.OUTPUT_TRUNCATED, id="a frame nobody asked for"),
        pytest.param(stream(frame(0, b"x", end=b"e0 e0 1 1")), Reason.OUTPUT_TRUNCATED, id="wrong checksum"),
        pytest.param(stream(frame(0, b"x", end=b"e0 e0 - 2")), Reason.OUTPUT_TRUNCATED, id="wrong count"),
        pytest.param(stream(frame(0, b"x", end=b"e0 e1 - 1")), Reason.OUTPUT_TRUNCATED, id="two exit codes"),
        pytest.param(stream(frame(0, b"x", end=b"e0 - 1")), Reason.OUTPUT_TRUNCATED, id="one exit code"),
        pytest.param(stream(frame(0, b"x", end=b"e0 e0 - -1")), Reason.OUTPUT_TRUNCATED, id="negative count"),
        pytest.param(stream(frame(0, b"x", end=b"e e - 1")), Reason.OUTPUT_TRUNCATED, id="no code"),
        pytest.param(stream(frame(0, b"x" * 101)), Reason.OUTPUT_TRUNCATED, id="over the section's size"),
        pytest.param(stream(frame(0, b"x", code=124)), Reason.TIMED_OUT, id="timed out"),
        pytest.param(stream(frame(0, b"x", code=139)), Reason.OUTPUT_TRUNCATED, id="killed by a signal"),
        pytest.param(f"\nestatecheck {M} gz\n".encode() + b"not gzip at all", Reason.OUTPUT_TRUNCATED, id="no gzip"),
    ],
)
def test_what_is_no_answer(raw: bytes, reason: Reason) -> None:
    answer = only(raw)
    assert answer.output == b""
    assert answer.missing is not None
    assert answer.missing.reason is reason
    assert answer.missing.detail


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(stream(WHOLE[0]), id="plain"),
        pytest.param(b"Last login: today\nWelcome" + stream(WHOLE[0]), id="noise before"),
        pytest.param(b"x" * NOISE_BYTES + stream(WHOLE[0], form="gz"), id="much noise before"),
        pytest.param(stream(WHOLE[0], form="gz") + b"logout\n", id="noise after"),
        pytest.param(stream(frame(0, b"first\n", end=b"e0 e0 - 6")), id="no cksum on the host"),
        pytest.param(
            stream(frame(0, b"first\n", end=b"%d 6 e0 e0" % cksum(b"first\n"))), id="the numbers before the code"
        ),
    ],
)
def test_what_is_an_answer(raw: bytes) -> None:
    assert (only(raw).output, only(raw).missing) == (b"first\n", None)


def test_a_look_alike_inside_the_output_does_not_end_it() -> None:
    output = f"x\n{M} end 0 user e0 e0 - 9999\n{M} end 0 root e0 e0 - 1\n{M} begin 1 user\n{M} done\ny\n".encode()
    assert only(stream(frame(0, output)), Script("one", ":")).output == output


def test_a_frame_that_comes_twice_is_not_believed_the_second_time() -> None:
    raw = stream(frame(0, b"a"), frame(0, b"b"), frame(1, b""), frame(2, b""))
    answers = read(raw, QUERIES, M).answers
    assert answers[0].output == b"a"
    assert answers[1].missing is not None


def test_a_gzip_bomb_stops_at_the_limit() -> None:
    limit = 1024 * 1024
    bomb = zlib.compressobj(9, wbits=31)
    packed = b"".join([bomb.compress(bytes(1 << 20)) for _ in range(40)]) + bomb.flush()
    raw = f"\nestatecheck {M} gz\n".encode() + gzip.compress(WHOLE[0]) + packed
    assert len(raw) < limit
    started = time.process_time()
    one, two, _ = read(raw, QUERIES, M, limit=limit).answers
    assert time.process_time() - started < 2
    assert one.output == OUTPUTS[0]
    assert two.missing is not None
    assert "unpacks to more than" in two.missing.detail


def test_more_than_the_limit_keeps_what_is_whole_before_it() -> None:
    raw = stream(WHOLE[0], frame(1, b"x" * 5000), WHOLE[2])
    one, two, three = read(raw, QUERIES, M, limit=1000).answers
    assert one.output == OUTPUTS[0]
    assert [a.missing.reason for a in (two, three) if a.missing] == [Reason.OUTPUT_TRUNCATED] * 2


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 - the same in every run, on purpose


def hostile_streams() -> list[bytes]:
    many_ends = (f"\n{M} end 0 user e0 e0 - 1\n" * 100_000).encode()
    right_counts = b"".join(b"\n%b end 0 user e0 e0 1 %d\n" % (M.encode(), i) for i in range(50_000))
    begin = f"\n{M} begin 0 user\n".encode()
    return [
        stream(begin * 100_000),
        stream(begin + many_ends),
        stream(begin + right_counts),
        stream(*[gzip.compress(b"")] * 100_000).replace(b" raw\n", b" gz\n"),
        noise(7, 4_000_000),
    ]


@pytest.mark.parametrize("raw", [pytest.param(raw, id=str(i)) for i, raw in enumerate(hostile_streams())])
def test_hostile_streams_cost_little_time(raw: bytes) -> None:
    queries = [Script(f"s{i}", ":") for i in range(35)]
    started = time.process_time()
    answers = read(raw, queries, M).answers
    assert time.process_time() - started < 2
    assert all(a.missing is not None for a in answers)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        pytest.param("sudo 1", Reason.PRIVILEGE_TOO_LOW, id="sudo refuses"),
        pytest.param("sudo 127", Reason.PRIVILEGE_TOO_LOW, id="no sudo"),
        pytest.param("collector 127", Reason.COLLECTOR_MISSING, id="no collector"),
        pytest.param("never 0", Reason.PRIVILEGE_TOO_LOW, id="become none"),
    ],
)
def test_refusals_touch_root_sections_only(words: str, reason: Reason) -> None:
    queries = [QUERIES[0], root("r", ":"), Script("cut", ":")]
    raw = stream(WHOLE[0], f"\n{M} refused {words}\n".encode())
    plain, refused, cut = read(raw, queries, M).answers
    assert plain.missing is None
    assert refused.missing is not None
    assert (refused.missing.reason, refused.exit_code) == (reason, 77)
    assert cut.missing is not None
    assert cut.missing.reason is Reason.OUTPUT_TRUNCATED


def test_a_root_section_that_ran_as_a_user_is_no_answer() -> None:
    answer = only(stream(frame(0, b"x")), root("one", ":"))
    assert answer.missing is not None
    assert answer.missing.reason is Reason.PRIVILEGE_TOO_LOW


def test_markers_are_new_each_time() -> None:
    markers = {new_marker() for _ in range(100)}
    assert len(markers) == 100
    assert {len(m) for m in markers} == {32}


@pytest.mark.parametrize("size", [0, 1, 255, 256, 65_535, 65_536, 150_000])
def test_cksum_is_that_of_cksum(size: int) -> None:
    data = noise(size, size)
    said = subprocess.run(["cksum"], input=data, capture_output=True, check=True).stdout.split()
    assert [cksum(data), size] == [int(word) for word in said]


def test_cksum_of_150_kb_takes_under_a_millisecond() -> None:
    data = noise(1, 150_000)
    times = []
    for _ in range(10):
        started = time.process_time()
        cksum(data)
        times.append(time.process_time() - started)
    assert min(times) < 0.002  # 0.3 ms on an idle machine
