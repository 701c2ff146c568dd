"""The E-model against published values, jitter against RFC 3550 by hand, and bounds for whatever a network does."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.call_quality import (
    G711_CONCEALED,
    G711_PLAIN,
    NothingSent,
    Packet,
    call_quality,
    delay_impairment,
    estimate,
    in_words,
    interarrival_jitter,
    loss_impairment,
    mos,
    r_factor,
)


# ITU-T G.107, annex B, table B.1 and ITU-T G.109, table 1: the lower limit of R of each category, and its MOS.
@pytest.mark.parametrize(
    ("r", "score"), [(90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58), (0, 1), (100, 4.5)]
)
def test_mos_of_the_published_table(r: float, score: float) -> None:
    assert mos(r) == pytest.approx(score, abs=0.0065)  # the table rounds 4.024 up


def test_the_default_connection() -> None:
    """G.107: with every parameter at its default R is 93.2, and the MOS 4.41."""
    assert r_factor(0, 0, G711_CONCEALED) == 93.2
    assert mos(93.2) == pytest.approx(4.41, abs=0.005)


@pytest.mark.parametrize(
    ("delay", "impairment"), [(0, 0), (100, 2.4), (177.3, 4.2552), (200, 7.297), (300, 20.697), (400, 34.097)]
)
def test_delay_impairment(delay: float, impairment: float) -> None:
    assert delay_impairment(delay) == pytest.approx(impairment)


@pytest.mark.parametrize(
    ("loss", "burst", "concealed", "plain"),
    [(0, 1, 0, 0), (1, 1, 95 / 26.1, 95 / 5.3), (5, 1, 475 / 30.1, 475 / 9.3), (5, 2, 475 / 27.6, 475 / 6.8)],
)
def test_loss_impairment(loss: float, burst: float, concealed: float, plain: float) -> None:
    assert loss_impairment(loss, G711_CONCEALED, burst) == pytest.approx(concealed)
    assert loss_impairment(loss, G711_PLAIN, burst) == pytest.approx(plain)


@pytest.mark.parametrize(
    ("r", "words"),
    [
        (80, "satisfied"),
        (79.9, "some users dissatisfied"),
        (70, "some users dissatisfied"),
        (69.9, "many users dissatisfied"),
        (60, "many users dissatisfied"),
        (59.9, "poor"),
    ],
)
def test_bands(r: float, words: str) -> None:
    assert in_words(r) == words


def test_jitter_by_hand() -> None:
    """Sent every 20 ms; transit 10, 12, 10, 10: |D| is 2, 2, 0."""
    packets = [Packet(0, 10), Packet(20, 32), Packet(40, 50), Packet(60, 70)]
    first = 2 / 16
    second = first + (2 - first) / 16
    assert interarrival_jitter(packets) == pytest.approx(second + (0 - second) / 16)
    assert interarrival_jitter([Packet(0, 10)]) is None
    assert interarrival_jitter([Packet(20.0 * n, 20.0 * n + 7) for n in range(50)]) == pytest.approx(0)


def test_lost_packets_are_left_out_of_the_jitter_and_order_is_that_of_arrival() -> None:
    steady = [Packet(20.0 * n, None if n % 3 == 1 else 20.0 * n + 7) for n in range(30)]
    assert interarrival_jitter(steady) == pytest.approx(0)
    crossed = [Packet(0, 50), Packet(20, 30)]  # the second came first: D = 20 - (-20)
    assert interarrival_jitter(crossed) == pytest.approx(40 / 16)


def test_a_run_says_what_was_measured_and_what_was_assumed() -> None:
    packets = [Packet(20.0 * n, None if n in (3, 50) else 20.0 * n + 60) for n in range(100)]
    found = call_quality(packets)
    assert (found.sent, found.lost, found.loss_percent, found.rtt_ms) == (100, 2, 2, 60)
    guess = found.estimate
    assert guess
    assert guess.label == "estimate"
    assert guess.one_way_ms == pytest.approx(50)  # half of 60, no jitter, 20 for the codec
    assert guess.r == pytest.approx(93.2 - 0.024 * 50 - 190 / 27.1)
    assert guess.mos == pytest.approx(mos(guess.r))
    assert len(guess.assumptions) == 5
    assert "half the round trip: 30.0 ms" in guess.assumptions[0]
    assert "G.711 with packet-loss concealment" in guess.assumptions[2]


def test_jitter_makes_the_delay_longer() -> None:
    assert estimate(60, 25, 0, G711_CONCEALED).one_way_ms == 100


def test_nothing_back_is_no_call_and_nothing_sent_is_no_result() -> None:
    gone = call_quality([Packet(0, None), Packet(20, None)])
    assert (gone.loss_percent, gone.rtt_ms, gone.jitter_ms, gone.estimate) == (100, None, None, None)
    assert call_quality([Packet(0, 10), Packet(20, None)]).estimate is None
    with pytest.raises(NothingSent):
        call_quality([])


@given(st.floats(0, 1e5), st.floats(0, 1e4), st.floats(0, 100), st.floats(1, 10))
def test_estimates_stay_in_their_bounds(rtt: float, jitter: float, loss: float, burst: float) -> None:
    for codec in (G711_CONCEALED, G711_PLAIN):
        found = estimate(rtt, jitter, loss, codec, burst)
        assert 0 <= found.r <= 93.2
        assert 1 <= found.mos <= 4.5
        worse = estimate(rtt + 1, jitter, loss, codec, burst)
        assert worse.r <= found.r
        assert math.isfinite(found.one_way_ms)


@given(st.floats(-200, 300))
def test_mos_is_clamped_where_the_cubic_dips(r: float) -> None:
    assert 1 <= mos(r) <= 4.5
