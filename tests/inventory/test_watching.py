"""What is watched, when, and what was promised: read from an inventory, kept by the record, and what can be wrong."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from inventory.estate import Estate
from inventory.sources.errors import InventoryError
from inventory.sources.yaml_file import Text, YamlFile, load
from inventory.watch import Bytes, Call, Confirm, Dns, Http, Ntp, Tls, Transaction
from scanner.store.codec import dump
from scanner.store.codec import load as read_back

HEAD = """
all: {hosts: {h1: {ansible_connection: local}}, children: {web: {hosts: {h1: }}}}
estatecheck:
  services: {portal: {name: Portal}}
  sites: {desks: }
  calendars: {uk: {days: [2026-12-25, 2026-01-01]}}
"""


def estate(more: str) -> Estate:
    return load([Text("i.yaml", (HEAD + more).encode())])


def faults(more: str) -> list[str]:
    with pytest.raises(InventoryError) as caught:
        estate(more)
    return [str(fault) for fault in caught.value.faults]


ALL = """
  watch:
    portal: {url: "https://portal.example:8443/in?x=1", service: portal, site: desks, every: 2m, timeout: 3s,
             parents: [gw], http: {status: [200, 401], headers: {X-T: "env:T"}, body_has: Hi, redirects: 2},
             tls: {min_days: 14, fingerprint: "SHA256:FP"}}
    gw: {kind: icmp, host: 192.0.2.1, confirm: {probes: 3, within: 20s, recover: 2}, canary: true}
    names: {kind: dns, host: 192.0.2.53, dns: {query: a.example, type: SOA}}
    clock: {kind: ntp, host: 192.0.2.54, ntp: {max_offset: 1s}}
    raw: {kind: udp, host: h, port: 9, bytes: {send: "hex:00ff", expect: pong}}
    line: {kind: call, host: h, call: {packets: 50, min_mos: 3.5}}
    cert: {kind: tls, host: h, port: 443, tls: {names: [a.example]}}
    login:
      transaction: {steps: [{url: "http://p.example/"}, {url: "https://p.example/x", method: POST, form: {p: "env:P"}}]}
  availability:
    portal: {share: 98, hours: {zone: Europe/London, mon: ["08:00-18:00"], holidays: uk}, claimed: {"2026-03": 99.1}}
  maintenance:
    m: {starts: 2026-12-31T22:00:00+00:00, ends: "2026-12-31T23:30:00+01:00", declared_by: A, services: [portal]}
  schedules:
    weekly: {cron: "30 2 * * 0", zone: Europe/London, jitter: 10m, blackouts: [uk], groups: [web]}
    often: {every: 6h}
  notify: {ops: {kind: webhook, target: "https://x.example/h", secret: "env:S", only: [portal]}}
  vantages: {office: {url: "https://192.0.2.7:8443", key: abc, zone: users}}
""".replace("FP", "ab" * 32)


def test_everything_is_read_and_survives_the_record() -> None:
    made = estate(ALL)
    watching = made.watching
    by_name = {watch.name: watch for watch in watching.watches}
    portal = by_name["portal"]
    assert (portal.kind, portal.host, portal.port) == ("https", "portal.example", 8443)
    assert (portal.every_seconds, portal.timeout_seconds, portal.parents, portal.site) == (120, 3, ("gw",), "desks")
    assert portal.ask == Http(
        path="/in?x=1", status=(200, 401), headers=(("X-T", "env:T"),), body_has="Hi", redirects=2
    )
    assert portal.tls is not None
    assert portal.tls.min_days == 14
    assert (by_name["gw"].confirm, by_name["gw"].canary) == (Confirm(3, 20, 2), True)
    assert by_name["names"].ask == Dns("a.example", "SOA")
    assert by_name["clock"].ask == Ntp(1.0)
    assert by_name["raw"].ask == Bytes("00ff", "pong")
    assert by_name["line"].ask == Call(packets=50, min_mos=3.5)
    assert by_name["cert"].ask == Tls(names=("a.example",))
    assert isinstance(by_name["login"].ask, Transaction)
    [promise] = watching.promises
    assert promise.share == pytest.approx(0.98)
    assert promise.hours is not None
    assert promise.hours.week == (((480, 1080),), (), (), (), (), (), ())
    assert promise.hours.holidays is not None
    assert promise.hours.holidays.days == (date(2026, 1, 1), date(2026, 12, 25))
    [work] = watching.maintenance
    assert (work.starts, work.ends) == (
        datetime(2026, 12, 31, 22, tzinfo=UTC),
        datetime(2026, 12, 31, 22, 30, tzinfo=UTC),
    )
    weekly, often = watching.plans
    assert (weekly.cron, weekly.jitter_seconds, weekly.groups) == ("30 2 * * 0", 600, ("web",))
    assert (often.every_seconds, often.groups) == (21_600, ("all",))
    assert read_back(Estate, dump(made)).watching == watching


def test_a_calendar_may_stand_in_a_file_and_counts_for_the_digest(tmp_path: Path) -> None:
    (tmp_path / "days.ics").write_text("BEGIN:VCALENDAR\nEND:VCALENDAR\n")
    file = tmp_path / "i.yaml"
    file.write_text(
        HEAD.replace("calendars: {uk:", "calendars: {school: {ics: days.ics}, uk:")
        + "  schedules: {s: {every: 1h, blackouts: [school]}}\n"
    )
    before = YamlFile(file).estate()
    assert "VCALENDAR" in before.watching.plans[0].blackouts[0].ics
    (tmp_path / "days.ics").write_text("BEGIN:VCALENDAR\n")
    assert YamlFile(file).estate().digest != before.digest
    (tmp_path / "days.ics").unlink()
    with pytest.raises(InventoryError, match=r"days\.ics cannot be read: there is no such file"):
        YamlFile(file).estate()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("  watch: {a: {kind: tcp, host: h}}", "i.yaml:7:11: estatecheck.watch.a: a tcp watch needs a `port`"),
        ("  watch: {a: {host: h}}", "`kind` is missing: tcp, https, icmp, ..."),
        ("  watch: {a: {kind: icmp}}", "give either `host` or `url`"),
        ("  watch: {a: {kind: icmp, host: h, url: 'https://x/'}}", "give either `host` or `url`"),
        ("  watch: {a: {kind: icmp, host: h, every: 1s}}", "`every` must be at least 5s"),
        ("  watch: {a: {kind: icmp, host: h, timeout: 2m}}", "`timeout` must be at most 60s"),
        ("  watch: {a: {kind: icmp, host: h, pool: front}}", "`pool` needs a `service`"),
        ("  watch: {a: {kind: icmp, host: h, every: often}}", "is not a length of time; write 30s, 15m, 4h or 7d"),
        ("  watch: {a: {kind: icmp, host: h, service: portl}}", "'portl' is no service; did you mean 'portal'?"),
        ("  watch: {a: {kind: icmp, host: h, asset: h2}}", "'h2' is no host; there is h1"),
        ("  watch: {a: {kind: icmp, host: h, parents: [b]}}", "'b' is no watch;"),
        ("  watch: {a: {kind: icmp, host: h, parents: [a]}}", "'a' would be its own parent"),
        ("  watch: {a: {kind: icmp, host: h, http: {}}}", "`http` does not belong to a watch of kind icmp"),
        ("  watch: {a: {kind: dns, host: h}}", "a dns watch needs `dns` with a `query`"),
        ("  watch: {a: {url: 'https://me:pw@x/'}}", "must not hold a log-in"),
        ("  watch: {a: {url: 'ftp://x/'}}", "is not an address; write https://HOST/PATH"),
        ("  watch: {a: {url: 'https://x/', http: {body_has: '('}}}", "is not a regular expression"),
        ("  watch: {a: {kind: carrier-pigeon, host: h}}", "'carrier-pigeon' is not allowed here; allowed: tcp, https"),
        ("  availability: {portal: {share: 198}}", "198 is not allowed here; allowed: per cent of the time"),
        ("  availability: {mail: {share: 98}}", "'mail' is no service;"),
        ("  availability: {portal: {share: 98, hours: {zone: Mars}}}", "is not a time zone"),
        ("  availability: {portal: {share: 98, hours: {mon: ['18:00-08:00']}}}", "is not a stretch of a day"),
        ("  availability: {portal: {share: 98, hours: {holidays: us}}}", "'us' is no calendar; there is uk"),
        (
            "  maintenance: {m: {starts: 2026-01-01T00:00:00, ends: 2026-01-02T00:00:00Z, declared_by: A,"
            " services: [portal]}}",
            "lacks its offset from UTC",
        ),
        (
            "  maintenance: {m: {starts: 2026-01-02T00:00:00Z, ends: 2026-01-01T00:00:00Z, declared_by: A,"
            " services: [portal]}}",
            "`ends` must be after `starts`",
        ),
        (
            "  maintenance: {m: {starts: 2026-01-01T00:00:00Z, ends: 2026-01-02T00:00:00Z, declared_by: A}}",
            "give `services`, `watches` or both",
        ),
        ("  schedules: {s: {every: 1h, cron: '* * * * *'}}", "give exactly one of `cron`, `every` and `rrule`"),
        ("  schedules: {s: {}}", "give exactly one of `cron`, `every` and `rrule`"),
        ("  schedules: {s: {every: 1h, groups: [wbe]}}", "'wbe' is no group; did you mean 'web'?"),
        ("  notify: {n: {kind: smtp, target: 'smtp://x:25'}}", "mail needs `to` and `sender`"),
        (
            "  notify: {n: {kind: webhook, target: 'https://x/', secret: hunter2}}",
            "a secret must not stand in the inventory",
        ),
    ],
)
def test_one_fault_is_one_sentence_with_its_place(more: str, said: str) -> None:
    told = faults(more)
    assert len(told) == 1, told
    assert told[0].startswith("i.yaml:7:")
    assert said in told[0]
    assert "hunter2" not in told[0]
