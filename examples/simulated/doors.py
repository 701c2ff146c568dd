"""A year of looking at the services' doors every hour: outages, slow days, declared work, a prober that stood."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from examples.simulated.estate import FIRST, LAST, SERVICES, months
from examples.simulated.names import SEED
from inventory.estate import Estate
from inventory.facts.availability import Sample, State
from scanner.service.serve_seals import Pen
from scanner.service.serve_watches import declared
from scanner.service.signing import Signer
from scanner.store.store import Store

STEP = HOUR = 3600.0
DAY = 86_400.0
FLUSH = DAY
LATE = date(2026, 8, 1)  # the work of this month was declared after it had begun
STOOD = (datetime(2026, 10, 11, 1, tzinfo=UTC).timestamp(), datetime(2026, 10, 11, 6, tzinfo=UTC).timestamp())
Bad = tuple[float, float, State, str]


def watched(store: Store, estate: Estate, signer: Signer, last: date = LAST) -> None:
    """Live through it to the night of that day, and seal every hour."""
    start, end = _instant(FIRST - timedelta(days=1)), _instant(last) + 3 * HOUR
    series, truth = store.series, {name: _bad(name) for name in SERVICES}
    series.register((), start)
    run = series.begin_run("simulated", start)
    recorder = series.recorder(run, declared(estate), start)
    now = start
    while now < end:
        if not STOOD[0] <= now < STOOD[1]:
            for name in SERVICES:
                recorder.feed(_sample(name, truth[name], now))
        now += STEP
        if now % FLUSH == 0 or now >= end - DAY:
            recorder.tick(now)
            recorder.flush(now)
            series.register((one for one in estate.watching.maintenance if _told_by(one.starts) <= now), now)
            series.seal_due(Pen(signer), now)
    series.end_run(run, now)


def _instant(day: date) -> float:
    return datetime.combine(day, time(0), UTC).timestamp()


def _told_by(starts: datetime) -> float:
    """When the declaration came in: ten days before, and once a day late."""
    days = -1 if (starts.year, starts.month) == (LATE.year, LATE.month) else 10
    return (starts - timedelta(days=days)).timestamp()


def _bad(service: str) -> Sequence[Bad]:
    """What is wrong with its door, and from when to when."""
    dice = random.Random(f"{SEED} {service}")
    return sorted((*_work(service), *_outages(service, dice)))


def _work(service: str) -> Iterator[Bad]:
    if service in ("case-files", "fees"):
        for month in months():
            begin = _instant(month.replace(day=14)) + 20 * HOUR
            yield begin, begin + 2.5 * HOUR, State.DOWN, "no answer within 5 s"


def _outages(service: str, dice: random.Random) -> Iterator[Bad]:
    """About one a month; two services have a hard week in October."""
    for month in months():
        if dice.random() < 0.6:
            begin = _instant(month) + dice.uniform(1, 27) * DAY
            yield begin, begin + dice.lognormvariate(8.6, 0.9), State.DOWN, "the server closed the connection"
        if dice.random() < 0.3:
            begin = _instant(month) + dice.uniform(1, 27) * DAY
            yield begin, begin + dice.lognormvariate(9, 0.5), State.DEGRADED, "it took longer than 2 s"
    if service in ("case-files", "mail"):
        for day, hour, long in ((6, 9, 5), (7, 13, 3), (20, 10, 7)):
            begin = _instant(date(2026, 10, day)) + hour * HOUR
            yield begin, begin + long * HOUR, State.DOWN, "no answer within 5 s"


def _sample(service: str, bad: Sequence[Bad], at: float) -> Sample:
    state, reason = next(((state, why) for begin, end, state, why in bad if begin <= at < end), (State.UP, ""))
    took = 5000.0 if state is State.DOWN else 80.0 + at % 40
    return Sample(f"{service}-door", at, state, reason, {"connect": took / 4, "total": took})
