"""Time and logs of a device, as its own SNMP agent tells them."""

from collections.abc import Iterator

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example
from checks.finding import Outcome, Ruling, Severity, failed, not_assessed, passed
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.time_and_logs import Ntp, Sync, Syslog, TimeAndLogs

MIB = "FOO-MIB"


def _ntp(sync: Sync | None, servers: int | None = 1) -> dict[str, object]:
    return {"time_and_logs": TimeAndLogs(Ntp(MIB, sync, servers), None)}


def _log(targets: int | None, *, switched_off: bool = False) -> dict[str, object]:
    return {"time_and_logs": TimeAndLogs(None, Syslog(MIB, targets, switched_off))}


NOTHING = {"time_and_logs": TimeAndLogs(None, None)}


@check(
    id="net.time.no-ntp",
    title="The device's clock is not set by a time server",
    severity=Severity.MEDIUM,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "Log entries of devices whose clocks differ cannot be put in order, and certificates and time limits are "
        "judged wrongly."
    ),
    remedy=Remedy(
        text="Let the device take its time from at least two servers of your own.",
        steps=("Write down the time servers in its configuration", "Check that it can reach them on UDP 123"),
        verify="the device says that it is synchronised, on Cisco IOS with `show ntp status`",
        risk="The clock may jump once.",
    ),
    privilege=Privilege.USER,
    references=("RFC 5907", "RFC 8633", "CISCO-NTP-MIB"),
    examples=(
        Example(Outcome.PASS, _ntp(Sync.SYNCHRONISED), says="the clock is synchronised (FOO-MIB)"),
        *(
            Example(Outcome.FAIL, _ntp(sync), says=f"{said} (FOO-MIB)")
            for sync, said in (
                (Sync.NOT_SYNCHRONISED, "the clock is not synchronised"),
                (Sync.LOCAL, "the clock follows itself alone"),
                (Sync.NOT_RUNNING, "the device's NTP is not running"),
                (Sync.NONE_CONFIGURED, "no time server is configured"),
            )
        ),
        Example(Outcome.FAIL, _ntp(None, 0), says="no time server is configured (FOO-MIB)"),
        Example(
            Outcome.NOT_ASSESSED,
            _ntp(None, 1),
            says="the device does not say whether its clock is synchronised (FOO-MIB)",
        ),
        Example(Outcome.NOT_ASSESSED, _ntp(None, None)),
        Example(Outcome.NOT_ASSESSED, NOTHING, says="this device does not tell over SNMP where it takes its time from"),
        Example(Outcome.NOT_ASSESSED, {"time_and_logs": Missing(Reason.TIMED_OUT)}),
    ),
)
def no_ntp(time_and_logs: TimeAndLogs) -> Iterator[Ruling]:
    ntp = time_and_logs.ntp
    if ntp is None:
        yield not_assessed(Reason.NOT_TOLD, "this device does not tell over SNMP where it takes its time from")
    elif ntp.sync is Sync.SYNCHRONISED:
        yield passed(f"the clock is synchronised ({ntp.mib})")
    elif ntp.sync is not None:
        yield failed(f"{SAID[ntp.sync]} ({ntp.mib})")
    elif ntp.servers == 0:
        yield failed(f"{SAID[Sync.NONE_CONFIGURED]} ({ntp.mib})")
    else:
        why = f"the device does not say whether its clock is synchronised ({ntp.mib})"
        yield not_assessed(Reason.OUTPUT_UNREADABLE, why)


SAID = {
    Sync.NOT_SYNCHRONISED: "the clock is not synchronised",
    Sync.LOCAL: "the clock follows itself alone",
    Sync.NOT_RUNNING: "the device's NTP is not running",
    Sync.NONE_CONFIGURED: "no time server is configured",
}


@check(
    id="net.log.no-syslog-target",
    title="No log server is configured on the device",
    severity=Severity.MEDIUM,
    theme=Theme.NO_MONITORING,
    rationale=(
        "A device's own log is small and gone after a restart, and whoever breaks in can erase it. What was not sent "
        "elsewhere cannot be looked at afterwards."
    ),
    remedy=Remedy(
        text="Let the device send its log to a log server.",
        steps=("Write down the log server in its configuration", "Check that the server receives its entries"),
        verify="an entry of the device, such as a log-in, is found on the log server",
        risk="None for the device; the log server needs room.",
    ),
    privilege=Privilege.USER,
    references=("RFC 5424", "CISCO-SYSLOG-MIB", "CISCO-SYSLOG-EXT-MIB"),
    examples=(
        Example(Outcome.PASS, _log(1), says="the device sends its log to 1 target (FOO-MIB)"),
        Example(Outcome.PASS, _log(2), says="the device sends its log to 2 targets (FOO-MIB)"),
        Example(Outcome.FAIL, _log(0), says="no log server is configured (FOO-MIB)"),
        Example(Outcome.FAIL, _log(1, switched_off=True), says="sending the log is switched off (FOO-MIB)"),
        Example(
            Outcome.NOT_ASSESSED,
            _log(None),
            says="the list of log servers was not read to its end (FOO-MIB)",
        ),
        Example(Outcome.NOT_ASSESSED, NOTHING, says="this device does not tell over SNMP where it sends its log to"),
        Example(Outcome.NOT_ASSESSED, {"time_and_logs": Missing(Reason.TIMED_OUT)}),
    ),
)
def no_syslog_target(time_and_logs: TimeAndLogs) -> Iterator[Ruling]:
    syslog = time_and_logs.syslog
    if syslog is None:
        yield not_assessed(Reason.NOT_TOLD, "this device does not tell over SNMP where it sends its log to")
    elif syslog.switched_off:
        yield failed(f"sending the log is switched off ({syslog.mib})")
    elif syslog.targets is None:
        yield not_assessed(Reason.OUTPUT_TRUNCATED, f"the list of log servers was not read to its end ({syslog.mib})")
    elif syslog.targets == 0:
        yield failed(f"no log server is configured ({syslog.mib})")
    else:
        number = f"{syslog.targets} target{'' if syslog.targets == 1 else 's'}"
        yield passed(f"the device sends its log to {number} ({syslog.mib})")
