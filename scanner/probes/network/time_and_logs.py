"""Where the device takes its time from and sends its log to, from the MIBs that tell it.

Asked in two rounds: one scalar of each MIB, which says whether the agent has it at all, then the tables of those.
An empty table of a MIB that the agent has means that nothing is configured; without the scalar it means nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inventory.asset import Asset, Privilege
from inventory.facts.missing import Reason
from inventory.facts.time_and_logs import Ntp, Sync, Syslog, TimeAndLogs
from scanner.probes.network.device import joined
from scanner.probes.network.varbinds import VarBinds
from scanner.query import Answer, Query, SnmpGet, SnmpPoll, SnmpWalk, Unreadable

ACTIVE = 1  # RowStatus, RFC 2579
MAX_ROWS = 200


@dataclass(frozen=True, slots=True)
class NtpMib:
    """``status``: a scalar and the words of its numbers; ``servers``: a column with one row for each association."""

    name: str
    status: str
    words: dict[int, Sync]
    servers: str


@dataclass(frozen=True, slots=True)
class SyslogMib:
    """``there``: a scalar that is there when the MIB is; ``targets``: the RowStatus column of the targets."""

    name: str
    there: str
    targets: str
    off: int | None = None  # the value of ``there`` that says that nothing is sent


NTP = (
    NtpMib(
        "NTPv4-MIB",  # RFC 5907: ntpEntStatusCurrentMode, ntpAssocAddress
        "1.3.6.1.2.1.197.1.2.1.0",
        {
            1: Sync.NOT_RUNNING,
            2: Sync.NOT_SYNCHRONISED,
            3: Sync.NONE_CONFIGURED,
            4: Sync.LOCAL,
            5: Sync.SYNCHRONISED,
            6: Sync.SYNCHRONISED,
        },
        "1.3.6.1.2.1.197.1.3.1.1.5",
    ),
    NtpMib(
        "CISCO-NTP-MIB",  # cntpSysSrvStatus, cntpPeersConfigured
        "1.3.6.1.4.1.9.9.168.1.1.11.0",
        {2: Sync.NOT_RUNNING, 3: Sync.NOT_SYNCHRONISED, 4: Sync.LOCAL, 5: Sync.SYNCHRONISED, 6: Sync.SYNCHRONISED},
        "1.3.6.1.4.1.9.9.168.1.2.1.1.2",
    ),
)
_FASTPATH = (
    ("FASTPATH-LOGGING-MIB", "1.3.6.1.4.1.674.10895.5000.2.6132.1.1.14"),
    ("F10OS-LOGGING-MIB", "1.3.6.1.4.1.6027.1.3.1.14"),
    ("EdgeSwitch-LOGGING-MIB", "1.3.6.1.4.1.4413.1.1.14"),
)
SYSLOG = (
    # clogMaxServers, clogServerStatus
    SyslogMib("CISCO-SYSLOG-MIB", "1.3.6.1.4.1.9.9.41.1.3.1.0", "1.3.6.1.4.1.9.9.41.1.3.2.1.3"),
    # cseSyslogServerTableMaxEntries, cseSyslogServerStatus
    SyslogMib("CISCO-SYSLOG-EXT-MIB", "1.3.6.1.4.1.9.9.301.1.1.6.0", "1.3.6.1.4.1.9.9.301.1.1.7.1.5"),
    # agentLogSyslogAdminStatus: 1 enable, 2 disable; agentLogHostTableRowStatus
    *(SyslogMib(name, f"{base}.1.4.1.0", f"{base}.1.4.5.1.7", off=2) for name, base in _FASTPATH),
)
FIRST = (*(mib.status for mib in NTP), *(mib.there for mib in SYSLOG))


@dataclass(frozen=True, slots=True)
class TimeAndLogsProbe:
    name: str = "time_and_logs"
    privilege: Privilege = Privilege.USER

    def query(self, asset: Asset, so_far: Sequence[Answer]) -> Query | None:  # noqa: ARG002 (every device is asked alike)
        if not so_far:
            return SnmpGet(self.name, FIRST)
        if len(so_far) > 1 or so_far[0].missing:
            return None
        walks = tuple(SnmpWalk(base, base, MAX_ROWS) for base in _tables(joined(so_far)))
        return SnmpPoll(self.name, SnmpGet(self.name, FIRST[:1]), walks) if walks else None

    def parse(self, asset: Asset, answers: Sequence[Answer]) -> TimeAndLogs:  # noqa: ARG002 (one shape for all probes)
        rows = joined(answers)
        if len(answers) < 2 and any(_tables(rows)):
            raise Unreadable("the visit ended before the tables of servers were read", Reason.TIMED_OUT)
        return TimeAndLogs(
            ntp=next(_ntp(rows), None),
            syslog=max(_syslog(rows), key=_best, default=None),
            gaps=tuple(f"{gap.base}: {gap.reason}" for gap in rows.gaps),
        )


def _tables(rows: VarBinds) -> Iterator[str]:
    yield from (mib.servers for mib in NTP if rows.number(mib.status) is not None)
    yield from (mib.targets for mib in SYSLOG if rows.number(mib.there) is not None)


def _ntp(rows: VarBinds) -> Iterator[Ntp]:
    """Of each MIB that the agent has; the standard one comes first."""
    for mib in NTP:
        status = rows.number(mib.status)
        if status is not None:
            servers = None if rows.gap(mib.servers) else len(rows.under(mib.servers))
            yield Ntp(mib.name, mib.words.get(status), servers)


def _syslog(rows: VarBinds) -> Iterator[Syslog]:
    for mib in SYSLOG:
        there = rows.number(mib.there)
        if there is not None:
            active = sum(rows.number(row.oid) == ACTIVE for row in rows.under(mib.targets))
            told = None if rows.gap(mib.targets) and not active else active
            yield Syslog(mib.name, told, switched_off=there == mib.off)


def _best(told: Syslog) -> tuple[bool, int]:
    """A device may tell one list in two MIBs: what one of them shows is there; a gap outweighs an empty list."""
    return (not told.switched_off, -1 if told.targets == 0 else told.targets or 0)


TIME_AND_LOGS = TimeAndLogsProbe()
