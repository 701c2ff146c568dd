"""Vectors of all versions: what they score, and what is said of those that are none."""

import random

import pytest

from checks.cvss_scores import Scored, scored

V31 = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
V4 = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"
V2 = "AV:N/AC:L/Au:N/C:P/I:P/A:P"


@pytest.mark.parametrize(
    ("vector", "version", "score", "base"),
    [
        (V31, "3.1", 9.8, 9.8),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", "3.0", 10.0, 10.0),
        (V31 + "/E:U/RL:O/RC:U", "3.1", 9.8, 9.8),
        (V4, "4.0", 9.3, None),
        (V2, "2.0", 7.5, None),
        (f"CVSS:2.0/{V2}", "2.0", 7.5, None),
    ],
)
def test_each_version_has_its_own_scale(vector: str, version: str, score: float, base: float | None) -> None:
    assert scored(vector) == Scored(version, score)
    assert scored(vector).base == base


@pytest.mark.parametrize(
    ("vector", "fault"),
    [
        ("", "it is no CVSS vector"),
        ("critical", "it has a metric or a value that this version does not know"),
        (V31[:18], "it lacks PR, UI, S, C, I, A"),
        (V31 + "/A:N", "it has a metric twice"),
        (V31.replace("AV:N", "AV:X"), "it has a metric or a value that this version does not know"),
        (V31.replace("3.1", "3.2"), "it has a metric or a value that this version does not know"),
        (V31 + "/", "it has a metric or a value that this version does not know"),
        (V31.lower(), "it has a metric or a value that this version does not know"),
        (V31 + "\n", "it has a metric or a value that this version does not know"),
        (V31 + "é", "it is no CVSS vector"),
        ("CVSS:3.1/" + "E:U/" * 100_000, "it is no CVSS vector"),
    ],
)
def test_what_is_no_whole_vector_is_told_and_not_guessed(vector: str, fault: str) -> None:
    read = scored(vector)
    assert (read.score, read.base, read.fault) == (None, None, fault)


def test_nothing_that_a_feed_sends_ends_the_process() -> None:
    dice = random.Random(6)  # noqa: S311  # the same mutations each time
    for _ in range(3_000):
        letters = list(dice.choice((V31, V4, V2)))
        for _ in range(dice.randint(1, 4)):
            letters[dice.randrange(len(letters))] = dice.choice("NLHAPRUSCXMEV:/.0123\x00é")
        read = scored("".join(letters))
        assert (read.score is None) is bool(read.fault)
        assert read.score is None or 0 <= read.score <= 10
