"""Who answered for what on which day, and what was open when it passed on."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.check import Theme
from checks.responsibility import Answer, Handover, Open, freeze, handovers, inherited, layer_of, responsible
from inventory.asset import Asset, Connection
from inventory.responsibility import Layer, Responsibility

DAY = date(2026, 4, 1)
WEB = Asset("web-1", Connection("ssh", "192.0.2.1"), groups=("all", "web"), service="case", supplier="old")


def entry(
    name: str, supplier: str, starts: date = date(2025, 1, 1), ends: date | None = None, **more: tuple[str, ...]
) -> Responsibility:
    layers = tuple(map(Layer, more.pop("layers", ()))) or tuple(Layer)
    return Responsibility(name, supplier, starts, ends, layers, **(more or {"groups": ("all",)}))


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        pytest.param([], Answer(("old",)), id="the asset's own supplier"),
        pytest.param([entry("a", "x")], Answer(("x",), ("a",)), id="everything"),
        pytest.param([entry("a", "x", layers=("hardware",))], Answer(("old",)), id="another layer"),
        pytest.param([entry("a", "x", starts=DAY + timedelta(1))], Answer(("old",)), id="not yet"),
        pytest.param([entry("a", "x", starts=DAY)], Answer(("x",), ("a",)), id="from that day"),
        pytest.param([entry("a", "x", ends=DAY)], Answer(("x",), ("a",)), id="to that day"),
        pytest.param([entry("a", "x", ends=DAY - timedelta(1))], Answer(("old",)), id="over"),
        pytest.param([entry("a", "x"), entry("b", "y", services=("case",))], Answer(("y",), ("b",)), id="a service"),
        pytest.param([entry("b", "y", services=("case",)), entry("c", "z", groups=("web",))], Answer(("z",), ("c",))),
        pytest.param([entry("c", "z", groups=("web",)), entry("d", "w", hosts=("web-1",))], Answer(("w",), ("d",))),
        pytest.param([entry("a", "x"), entry("b", "y")], Answer(("x", "y"), ("a", "b")), id="in doubt"),
        pytest.param([entry("a", "x"), entry("b", "x")], Answer(("x",), ("a", "b")), id="twice the same"),
        pytest.param([entry("a", "x", hosts=("web-2",))], Answer(("old",)), id="another host"),
    ],
)
def test_who_answered_on_that_day(entries: list[Responsibility], said: Answer) -> None:
    assert responsible(entries, WEB, Layer.OS, DAY) == said


@pytest.mark.parametrize(
    ("check_id", "theme", "layer"),
    [
        ("linux.hardware.firmware", Theme.FIRMWARE, Layer.HARDWARE),
        ("linux.updates.pending", Theme.MISSING_OS_PATCH, Layer.OS),
        ("linux.apps.pending", Theme.MISSING_APP_PATCH, Layer.APPLICATION),
        ("web.headers.hsts", Theme.WEAK_CONFIG, Layer.APPLICATION),
        ("linux.ssh.root-login", Theme.WEAK_CONFIG, Layer.OS),
        ("import.nessus.1", None, Layer.OS),
    ],
)
def test_the_layer_of_a_finding(check_id: str, theme: Theme | None, layer: Layer) -> None:
    assert layer_of(check_id, theme) is layer


BOTH = [
    entry("first", "larkspur", date(2025, 1, 1), date(2026, 3, 31), layers=("os",)),
    entry("second", "quill", date(2026, 4, 1), layers=("os",)),
]


def test_a_handover_is_the_day_on_which_another_answers() -> None:
    (one, other) = handovers(BOTH, [WEB], date(2026, 12, 31))
    assert one == Handover(date(2025, 1, 1), "old", "larkspur", Layer.OS, ("web-1",))
    assert other == Handover(DAY, "larkspur", "quill", Layer.OS, ("web-1",))
    assert handovers(BOTH, [WEB], DAY - timedelta(1)) == (one,)


def test_a_gap_between_two_suppliers_falls_back_and_is_no_secret() -> None:
    late = [BOTH[0], entry("second", "quill", date(2026, 5, 1), layers=("os",))]
    days = [(one.day, one.before, one.after) for one in handovers(late, [WEB], date(2026, 12, 31))]
    assert days[1:] == [(DAY, "larkspur", "old"), (date(2026, 5, 1), "old", "quill")]


def test_the_baseline_holds_that_layer_of_those_assets_and_is_not_worked_out_anew() -> None:
    (_, handover) = handovers(BOTH, [WEB], DAY)
    counted = [
        Open("EC-0010", 2, "web-1", Layer.OS),
        Open("EC-0002", 1, "web-1", Layer.OS),
        Open("EC-0003", 1, "web-1", Layer.HARDWARE),
        Open("EC-0004", 1, "web-2", Layer.OS),
    ]
    frozen = freeze(handover, counted, 7, "root")
    assert list(frozen.findings.items()) == [("EC-0002", 1), ("EC-0010", 2)]
    assert frozen.holds("EC-0002", 1)
    assert not frozen.holds("EC-0002", 2)
    (told,) = inherited([frozen], {"EC-0002": 1, "EC-0010": 3, "EC-0099": 1})
    assert told.still == ("EC-0002",)


SUPPLIERS = st.sampled_from(["x", "y", "z"])
DAYS = st.dates(date(2026, 1, 1), date(2026, 2, 28))


@given(st.lists(st.tuples(SUPPLIERS, DAYS, st.none() | st.integers(0, 40)), max_size=5))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_between_two_handovers_nobody_changes(told: list[tuple[str, date, int | None]]) -> None:
    entries = [entry(str(n), s, d, None if w is None else d + timedelta(w)) for n, (s, d, w) in enumerate(told)]
    passed = handovers(entries, [WEB], date(2026, 5, 1))
    for n in range(1, 120):
        day = date(2026, 1, 1) + timedelta(n)
        before, after = (responsible(entries, WEB, Layer.OS, d).suppliers for d in (day - timedelta(1), day))
        changed = len(before) == len(after) == 1 and before != after
        assert changed == any(one.day == day and one.layer is Layer.OS for one in passed)
