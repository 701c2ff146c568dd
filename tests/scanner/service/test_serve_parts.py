"""The daemon's parts one by one: who may be probed, how often, what is told and how, when a host may be begun."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import apscheduler.schedulers.base
import pytest

from checks.outages import Event, Fleet, Happened, Outage, Result
from checks.watching import Rule
from inventory.asset import Asset, Connection
from inventory.estate import Estate, Intrusiveness, Scope
from inventory.facts.availability import Sample, State
from inventory.watch import Bytes, Calendar, Channel, Hours, Maintenance, Plan, Watch, Watching
from scanner.query import SecretUnavailable
from scanner.schedule.plans import schedule_of
from scanner.schedule.zones import BadSchedule
from scanner.service.serve_channels import NotSent, apprise, mail, signature, webhook
from scanner.service.serve_messages import Messages
from scanner.service.serve_notify import pause
from scanner.service.serve_plans import Gate, digest
from scanner.service.serve_probing import Lag, Probed, Probing, first_due
from scanner.service.serve_rounds import Rounds, WallClock
from scanner.service.serve_ticks import SchedulerTicks
from scanner.service.serve_watches import declared, refusals
from scanner.service.serve_who import dead, who
from scanner.store.watching.records import Notice
from tests.lab.certificates import Authority
from tests.scanner.serve_lab import mail_sink, receiver
from tests.scanner.service.serve_world import VirtualLoop, WorldClock

DAY = date(2026, 11, 22)


def scope(name: str = "all", level: Intrusiveness = Intrusiveness.POLITE, **of: tuple[str, ...]) -> Scope:
    return Scope(name, "somebody", "", date(2026, 1, 1), date(2026, 12, 31), level, **of)


def tcp(name: str = "w", **more: object) -> Watch:
    return Watch(name, "tcp", "10.0.0.1", 80, **more)  # type: ignore[arg-type]  # of a Watch


# who may be probed

WEB = Watch("w", "https", "10.0.0.1", 443)


@pytest.mark.parametrize(
    ("watch", "scopes", "why"),
    [
        (tcp(), {}, "no scope of the inventory permits it"),
        (tcp(), {"all": scope(groups=("all",))}, ""),
        (tcp(), {"net": scope("net", networks=("10.0.0.0/24",))}, ""),
        (tcp(), {"net": scope("net", networks=("10.1.0.0/24",))}, "no scope"),
        (tcp(asset="frail"), {"host": scope("host", hosts=("frail",))}, ""),
        (tcp(asset="frail"), {"net": scope("net", networks=("10.0.0.0/24",))}, "no scope"),  # the asset is elsewhere
        (
            Watch("w", "call", "10.0.0.1", 80),
            {"all": scope(groups=("all",))},
            "and scope all permits polite",
        ),
        (
            Watch("w", "call", "10.0.0.1", 80, asset="frail"),
            {"all": scope(level=Intrusiveness.INTRUSIVE, groups=("all",))},
            "frail is fragile",
        ),
        (tcp(), {"all": scope(level=Intrusiveness.PASSIVE, groups=("all",))}, ""),
        (tcp(ask=Bytes("00")), {"all": scope(level=Intrusiveness.PASSIVE, groups=("all",))}, "permits passive"),
        (WEB, {"all": scope(level=Intrusiveness.PASSIVE, groups=("all",))}, "permits passive"),
    ],
)
def test_what_no_scope_permits_is_refused_with_the_reason(watch: Watch, scopes: dict[str, Scope], why: str) -> None:
    frail = Asset("frail", Connection("ssh", "192.0.2.9"), fragile=True)
    estate = Estate("lab", (frail,), scopes=scopes, watching=Watching(watches=(watch,)))
    told = refusals(estate, DAY).get("w", "")
    assert (why in told) if why else told == ""
    assert (DAY.replace(year=2027) and refusals(estate, DAY.replace(year=2027))["w"]).startswith("not probed")


def test_parents_are_those_seen_from_the_same_place() -> None:
    watches = (
        tcp("gate", vantages=("office", "home")),
        tcp("here"),
        tcp("shop", parents=("gate", "here"), vantages=("office",)),
    )
    series = {one.key: one.rule.parents for one in declared(Estate("lab", (), watching=Watching(watches=watches)))}
    assert set(series) == {"gate@office", "gate@home", "here", "shop@office"}
    assert series["shop@office"] == ("gate@office", "here")


# how often


class Looking:
    """A fake prober in a loop whose time is virtual: takes ``seconds``, counts, and answers as told."""

    def __init__(self, seconds: float = 0.5) -> None:
        self.loop = VirtualLoop()
        self.clock = WorldClock(self.loop)
        self.seconds = seconds
        self.begun: list[tuple[str, float]] = []
        self.now = self.most = 0
        self.taken: list[Sample] = []
        self.state: Callable[[str], State] = lambda _: State.UP

    async def look(self, watch: Watch) -> Sample:
        at = self.clock.now()
        self.begun.append((watch.name, self.clock.monotonic()))
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(self.seconds)
        self.now -= 1
        return Sample(watch.name, at, self.state(watch.name))

    def probing(self, watches: list[Watch], at_once: int = 100, fragile: tuple[str, ...] = ()) -> Probing:
        probed = Probed({one.name: one for one in watches}, fragile, lambda _: {}, at_once)
        return Probing(probed, self.look, self.taken.append, self.clock, Lag())

    def run(self, work: Callable[[], "asyncio.Future[None]"] | object, seconds: float) -> None:
        async def some() -> None:
            task = asyncio.ensure_future(work())  # type: ignore[operator]
            await asyncio.sleep(seconds)
            task.cancel()
            await asyncio.wait([task])

        self.loop.run_until_complete(some())
        self.loop.close()

    def of(self, name: str) -> list[float]:
        return [at for one, at in self.begun if one == name]


def test_looks_are_spread_regular_and_never_harder_than_asked() -> None:
    looking = Looking()
    watches = [tcp(f"w{n}", every_seconds=60.0) for n in range(600)]
    probing = looking.probing(watches)
    looking.run(probing.run, 300)
    for watch in watches:
        times = looking.of(watch.name)
        assert len(times) == 5
        assert all(b - a >= 59.9 for a, b in pairwise(times))
    busiest = max(sum(1 for _, at in looking.begun if int(at) == second) for second in range(300))
    assert busiest < 30, "10 a second on average"
    assert probing.lag.percentile(0.99) < 0.05


def test_no_more_at_once_than_allowed_and_nobody_starves() -> None:
    looking = Looking(seconds=4.0)
    watches = [tcp(f"w{n}", every_seconds=10.0) for n in range(40)]
    probing = looking.probing(watches, at_once=10)  # room for 25 looks in 10 s, where 40 are due
    looking.run(probing.run, 200)
    assert looking.most == 10
    counts = [len(looking.of(watch.name)) for watch in watches]
    assert min(counts) >= 8
    assert probing.lag.percentile(0.99) > 1


def test_looks_out_of_turn_keep_a_distance_and_a_fragile_asset_has_one_connection() -> None:
    looking = Looking()
    watches = [tcp("a", asset="frail", every_seconds=60.0), tcp("b", asset="frail", every_seconds=60.0), tcp("c")]
    probing = looking.probing(watches, fragile=("frail",))

    async def hurried() -> None:
        task = asyncio.ensure_future(probing.run())
        try:
            while True:
                for name in "abc":
                    probing.again(name, looking.clock.now())
                await asyncio.sleep(0.1)
        finally:
            task.cancel()

    looking.run(hurried, 60)
    for name, least in (("a", 5), ("b", 5), ("c", 1)):
        times = looking.of(name)
        assert len(times) > 5
        assert all(b - a >= least - 0.01 for a, b in pairwise(times)), name
    both = sorted(at for name, at in looking.begun if name in "ab")
    assert all(b - a >= looking.seconds for a, b in pairwise(both))


def test_a_watch_keeps_its_place_after_a_restart() -> None:
    watch = tcp(every_seconds=60.0)
    first = first_due(watch, 1000.0)
    assert 1000 <= first < 1060
    assert first_due(watch, first + 1) == pytest.approx(first + 60)


# did the prober work?


class Pen:
    """In place of the recorder: a fleet alone."""

    def __init__(self, *names: str) -> None:
        self.fleet = Fleet({name: Rule(60.0, confirmations=1) for name in names})
        self.fed: list[Sample] = []

    def feed(self, sample: Sample, _vantage: str = "") -> Result:
        self.fed.append(sample)
        return self.fleet.feed(sample)

    def tick(self, now: float) -> Result:
        return self.fleet.tick(now)


@pytest.mark.parametrize(("canary", "verdict"), [(State.DOWN, State.UNKNOWN), (State.UP, State.DOWN)])
def test_a_failure_counts_only_when_a_canary_answers(canary: State, verdict: State) -> None:
    looking, pen = Looking(), Pen("shop", "canary")
    looking.state = lambda name: canary if name == "canary" else State.DOWN
    watches = [tcp("shop", every_seconds=30.0), tcp("canary", canary=True, every_seconds=3600.0)]
    rounds = Rounds(pen, watches, WallClock(looking.clock), lambda _: None, 1.0)  # type: ignore[arg-type]  # as much as it needs
    probing = looking.probing(watches)
    probing._take = rounds.take
    rounds.probing = probing

    async def both() -> None:
        await asyncio.gather(probing.run(), rounds.run())

    looking.run(both, 120)
    told = [sample for sample in pen.fed if sample.watch == "shop"]
    assert len(told) >= 3
    assert {sample.state for sample in told} == {verdict}
    assert len(looking.of("canary")) >= len(told), "asked again for each failure"


@pytest.mark.parametrize(("offsets", "verdict"), [(("30.0", "29.0", "0.0"), State.UNKNOWN), (("0.1",), State.UP)])
def test_a_clock_that_ntp_servers_call_wrong_makes_a_round_unknown(offsets: tuple[str, ...], verdict: State) -> None:
    looking = Looking()
    names = [f"ntp{n}" for n in range(len(offsets))]
    pen = Pen("shop", *names)
    watches = [tcp("shop"), *(Watch(name, "ntp", "10.0.0.1") for name in names)]
    rounds = Rounds(pen, watches, WallClock(looking.clock), lambda _: None, 1.0)  # type: ignore[arg-type]  # as much as it needs
    for name, offset in zip(names, offsets, strict=True):
        rounds.take(Sample(name, looking.clock.now(), State.UP, notes={"offset_seconds": offset}))
    rounds.take(Sample("shop", looking.clock.now(), State.UP))
    looking.loop.run_until_complete(rounds.judge())
    looking.loop.close()
    assert pen.fed[-1].state is verdict


# what is told


def messages(flapping: bool = False, **watching: object) -> Messages:
    channels = (Channel("all", "webhook", "https://x"), Channel("shop", "webhook", "https://x", only=("shop",)))
    watches = (tcp("gate"), tcp("till", service="shop"))
    estate = Estate("lab", (), watching=Watching(watches=watches, channels=channels, **watching))  # type: ignore[arg-type]
    return Messages(estate, lambda _: flapping, lambda _: State.DOWN)


def event(what: Happened, watch: str = "gate", children: tuple[str, ...] = (), **more: object) -> Event:
    outage = Outage(
        watch, 1000.0, 940.0, "refused", 1010.0, children=children, end=2000.0 if what is Happened.CLOSED else None
    )
    return Event(what, watch, 1010.0, outage if what not in (Happened.FLAPPING, Happened.SETTLED) else None, **more)  # type: ignore[arg-type]


def told(made: Messages, *events: Event, now_open: tuple[Outage, ...] = ()) -> list[tuple[str, str, list[str]]]:
    made.hear(events)
    plain = [(one.channel, json.loads(one.payload)) for one in made.due(now_open)]
    return [(channel, one["event"], one.get("children", [])) for channel, one in plain]


def test_one_message_names_the_children_that_an_outage_has_by_now() -> None:
    opened = event(Happened.OPENED)
    now = Outage("gate", 1000.0, 940.0, "refused", 1010.0, children=("till",))
    assert told(messages(), opened, now_open=(now,)) == [("all", "opened", ["till"]), ("shop", "opened", ["till"])]
    assert told(messages(), opened) == [("all", "opened", [])], "nothing of the shop is concerned"
    assert told(messages(), event(Happened.JOINED, children=("till",))) == []


def test_an_outage_that_is_a_childs_at_once_is_never_told() -> None:
    both = (event(Happened.OPENED, "till"), event(Happened.ABSORBED, "till", into="gate@900.000"))
    assert told(messages(), *both) == []
    assert [one[1] for one in told(messages(), both[1])] == ["absorbed", "absorbed"], "it was told before"


def test_a_flapping_watch_is_told_of_once() -> None:
    made = messages(flapping=True)
    happened = (event(Happened.FLAPPING), event(Happened.OPENED), event(Happened.CLOSED), event(Happened.SETTLED))
    assert [one[1] for one in told(made, *happened)] == ["flapping", "settled"]


def test_declared_work_is_named() -> None:
    starts, ends = (datetime.fromtimestamp(at, UTC) for at in (900, 1100))
    made = messages(maintenance=(Maintenance("m1", starts, ends, "somebody", services=("shop",)),))
    made.hear([event(Happened.OPENED, "till"), event(Happened.OPENED, "gate")])
    assert {json.loads(one.payload)["maintenance"] for one in made.due(()) if one.channel == "all"} == {"m1", None}


# how it leaves

NOTICE = Notice(
    7, "c", json.dumps({"estate": "Lab\r\nBcc: all@example", "text": "down\nX-Evil: 1", "event": "opened"}), 0.0, 1
)


def send(sender: object, channel: Channel, secret: Callable[[str], str] = lambda _: "hunter2") -> None:
    asyncio.run(sender(channel, NOTICE, secret, 1000.0))  # type: ignore[operator]


def refused(sender: object, channel: Channel, **more: object) -> str:
    with pytest.raises(NotSent) as fault:
        send(sender, channel, **more)  # type: ignore[arg-type]
    assert fault.value.__cause__ is None
    return str(fault.value)


def no_secret(_: str) -> str:
    raise SecretUnavailable("env:NAME-OF-IT is not set")


def test_the_signature_is_hmac_sha256() -> None:
    assert signature("Jefe", "1", b"x") == hmac.new(b"Jefe", b"1.x", hashlib.sha256).hexdigest()


def test_errors_show_neither_the_address_nor_a_secret(tmp_path: Path) -> None:
    with receiver() as hook:
        hook.answers += [403, 302, 410]
        channel = Channel("c", "webhook", hook.url, secret="env:S")
        assert refused(webhook, channel) == "channel c: the receiver answered with status 403"
        assert "302" in refused(webhook, channel), "redirects are not followed"
        with pytest.raises(NotSent) as gone:
            send(webhook, channel)
        assert gone.value.final
        secure = Channel("c", "webhook", hook.url.replace("http:", "https:"))
        for bad in (
            secure,
            Channel("c", "webhook", "http://127.0.0.1:1/token"),
            Channel("c", "webhook", "ht!tp://token"),
        ):
            text = refused(webhook, bad)
            assert "token" not in text
            assert "127.0.0.1" not in text
        assert "(env:...) is not at hand" in refused(webhook, channel, secret=no_secret)


def test_a_certificate_of_nobody_known_is_refused(tmp_path: Path) -> None:
    import http.server
    import ssl
    import threading

    made = Authority(tmp_path).issue("here", "127.0.0.1", "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # it is meant to be refused
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        target = f"https://127.0.0.1:{server.server_address[1]}/token"
        assert "certificate is not trusted" in refused(webhook, Channel("c", "webhook", target))
    finally:
        server.shutdown()
        server.server_close()


def test_mail_is_one_letter_and_a_password_is_not_sent_in_clear() -> None:
    with mail_sink() as (port, letters):
        channel = Channel("c", "smtp", f"smtp://127.0.0.1:{port}", to=("ops@lab.example",), sender="watch@lab.example")
        send(mail, channel)
        with_user = Channel("c", "smtp", channel.target, channel.to, "env:S", "user", sender=channel.sender)
        assert "offers no STARTTLS" in refused(mail, with_user)
    (letter,) = letters
    head = letter.partition("\r\n\r\n")[0]
    assert "Bcc" not in [line.partition(":")[0] for line in head.splitlines()]
    assert "X-Evil" not in [line.partition(":")[0] for line in letter.splitlines()]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # what apprise itself imports
def test_apprise_is_an_extra() -> None:
    try:
        import apprise as installed
    except ImportError:
        assert "install estatecheck[notify]" in refused(apprise, Channel("c", "apprise", "json://x"))
    else:
        assert installed
        assert "does not understand" in refused(apprise, Channel("c", "apprise", "nonsense://{secret}", secret="env:S"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # what apprise itself imports
def test_apprise_delivers() -> None:
    """Through its json:// scheme to a real receiver; one that answers with an error is tried again."""
    pytest.importorskip("apprise", reason="the extra `notify` is not installed: pip install 'apprise>=1.9'")
    notice = Notice(7, "c", json.dumps({"estate": "Lab", "text": "portal is down\nsince 12:00"}), 0.0, 1)
    with receiver() as hook:
        channel = Channel(
            "c",
            "apprise",
            hook.url.replace("http://", "json://").replace("token-in-the-address", "{secret}"),
            secret="env:S",
        )
        asyncio.run(apprise(channel, notice, lambda _: "s3cret", 0.0))
        hook.answers.append(500)
        with pytest.raises(NotSent, match="could not deliver it") as failed:
            asyncio.run(apprise(channel, notice, lambda _: "s3cret", 0.0))
    assert "s3cret" not in str(failed.value)
    assert not failed.value.final
    (_, body), _ = hook.posts
    told = json.loads(body)
    assert (told["title"], told["message"]) == ("Lab", "portal is down?since 12:00")


def test_tries_are_further_and_further_apart() -> None:
    pauses = [pause(attempt) for attempt in range(1, 13)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 5
    assert pauses[-1] == 3600


# schedules

NIGHTS = Hours(
    "Europe/London", tuple(((1320, 1440), (0, 360)) for _ in range(7)), Calendar("off", (date(2026, 12, 25),))
)


@pytest.mark.parametrize(
    ("instant", "why"),
    [
        ("2026-12-23T23:00+00:00", ""),
        ("2026-12-23T05:59+00:00", ""),
        ("2026-12-23T06:00+00:00", "outside the windows"),
        ("2026-06-23T21:30+00:00", ""),  # 22:30 in summer
        ("2026-12-25T23:00+00:00", "blackout 'off'"),
        ("2026-12-24T01:30+00:00", "declared maintenance m1 lasts until 2026-12-24 02:00 UTC"),
    ],
)
def test_a_host_is_begun_only_when_it_may(instant: str, why: str) -> None:
    work = Maintenance(
        "m1",
        datetime(2026, 12, 24, 1, tzinfo=UTC),
        datetime(2026, 12, 24, 2, tzinfo=UTC),
        "somebody",
        services=("shop",),
    )
    schedule = schedule_of(Plan("nightly", cron="0 3 * * *", zone="Europe/London", allowed=NIGHTS))
    gate = Gate(schedule, (work,), lambda: datetime.fromisoformat(instant))
    told = gate(Asset("h", Connection("ssh", "192.0.2.1"), service="shop"))
    assert (why in told) if why else told == ""


@pytest.mark.parametrize(
    ("plan", "why"),
    [
        (Plan("p", cron="61 * * * *"), "schedule p: "),
        (Plan("p", every_seconds=30), "at most once a minute"),
        (Plan("p", cron="0 3 * * *", zone="Mars/Base"), "Mars/Base"),
        (Plan("p", cron="0 3 * * *", blackouts=(Calendar("c", ics="nonsense"),)), "iCalendar"),
    ],
)
def test_a_schedule_that_cannot_be_meant_says_so(plan: Plan, why: str) -> None:
    with pytest.raises(BadSchedule, match=why):
        schedule_of(plan)


def test_a_definition_is_the_same_on_another_line() -> None:
    assert digest(Plan("p", cron="0 3 * * *", line=3)) == digest(Plan("p", cron="0 3 * * *", line=9))
    assert digest(Plan("p", cron="0 3 * * *")) != digest(Plan("p", cron="0 4 * * *"))


def test_apscheduler_ticks_go_on_after_the_clock_went_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real scheduler, with a wall clock that is set back by an hour: it would wait for that hour."""
    back = [False]

    class Wall(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # noqa: ARG003 (datetime's own)
            real = datetime.now(UTC)
            return datetime.fromtimestamp(real.timestamp() - 3600, UTC) if back[0] else real

    monkeypatch.setattr(apscheduler.schedulers.base, "datetime", Wall)
    monkeypatch.setattr("scanner.service.serve_ticks.datetime", Wall)

    async def some() -> tuple[int, int, int]:
        count = [0]

        async def job() -> None:
            count[0] += 1

        ticks = SchedulerTicks()
        ticks.start(job, 0.1)
        await asyncio.sleep(0.35)
        before, back[0] = count[0], True
        await asyncio.sleep(0.35)
        asleep = count[0]
        ticks.wake()
        await asyncio.sleep(0.35)
        ticks.stop()
        return before, asleep, count[0]

    before, asleep, after = asyncio.run(some())
    assert before >= 2
    assert asleep <= before + 1, "this is what APScheduler does by itself"
    assert after >= asleep + 2


def test_a_process_is_called_dead_only_with_proof() -> None:
    me = who()
    machine, pid, _, place = me.split("|", 3)
    assert not dead(me)
    assert dead("|".join((machine, pid, "1", place)))
    assert not dead("|".join((machine, pid, "1", "elsewhere")))
    assert not dead("nonsense")
