"""Installed and pending updates, how updates come, and whether a restart is owed."""

import re

from inventory.facts.windows_updates import (
    WindowsKb,
    WindowsPackage,
    WindowsPendingUpdate,
    WindowsPendingUpdates,
    WindowsReboot,
    WindowsUpdateEvent,
    WindowsUpdatePolicy,
    WindowsUpdates,
)
from inventory.remembered import Remembered
from scanner.probes.windows.reading import Data, as_day, chosen, first, instant, some
from scanner.probes.windows.section import probe

SECURITY = "0fa1201d-4330-4fa8-8ae9-b877473b6441"  # the category Security Updates
_KB = re.compile(r"KB ?(\d{5,8})\b", re.IGNORECASE)
_DIGITS = re.compile(r"(?:KB)?(\d{5,8})", re.IGNORECASE)
_PACKAGE = re.compile(r"(Package_for_[A-Za-z0-9_.-]+)~31bf3856ad364e35~[a-z0-9_]*~[A-Za-z-]*~([0-9.]+)")
# CurrentState of Component Based Servicing
_STATES = {
    0x00: "absent",
    0x05: "uninstall pending",
    0x10: "resolving",
    0x20: "resolved",
    0x30: "staging",
    0x40: "staged",
    0x50: "superseded",
    0x60: "install pending",
    0x65: "partially installed",
    0x70: "installed",
    0x80: "permanent",
}
_OPERATIONS = {1: "install", 2: "uninstall"}  # UpdateOperation
_RESULTS = {  # OperationResultCode
    0: "not started",
    1: "in progress",
    2: "succeeded",
    3: "succeeded with errors",
    4: "failed",
    5: "aborted",
}
_SERVICES = {
    "9482f4b4-e343-43b6-b170-9a65bc822c77": "windows update",
    "7971f918-a847-4430-9279-4a52d1efe18d": "microsoft update",
    "3da21691-e39d-4da6-8a4b-b43877bcb1b7": "wsus",
}


def read_updates(data: Data) -> WindowsUpdates:
    rows = data.needed_rows("installed")
    installed = {kb: row for row in rows if (kb := _kb(row.word("id")))}
    packages = data.rows("packages")
    history = data.rows("history")
    return WindowsUpdates(
        installed=tuple(
            WindowsKb(kb, row.word("kind"), row.day("on")) for kb, row in sorted(installed.items(), key=_by_number)
        ),
        packages=None if packages is None else tuple(filter(None, map(_package, packages))),
        history=None if history is None else tuple(map(_event, history)),
        last_search_at=data.moment("last_search"),
        days_since_search=data.days_since("last_search"),
        last_install_at=data.moment("last_install"),
        days_since_install=data.days_since("last_install"),
        source=_source(data),
    )


def _by_number(item: tuple[str, Data]) -> int:
    return int(item[0])


def _kb(text: str) -> str:
    found = _DIGITS.fullmatch(text)
    return found[1] if found else ""


def _package(row: Data) -> WindowsPackage | None:
    found = _PACKAGE.fullmatch(row.word("name"))
    state = chosen(row.number("state"), _STATES, "other")
    return WindowsPackage(found[1], found[2], "installed" if state == "permanent" else state) if found else None


def _event(row: Data) -> WindowsUpdateEvent:
    title = row.word("title")
    return WindowsUpdateEvent(
        kb=_NAMED[title],
        title=title,
        at=row.moment("at") or "",
        operation=chosen(row.number("operation"), _OPERATIONS, "other"),
        result=chosen(row.number("result"), _RESULTS, "not started"),
        hresult=row.number("hresult"),
    )


def _named(title: str) -> str:
    found = _KB.search(title)
    return found[1] if found else ""


_NAMED = Remembered(_named, most=10_000, longest=300)


def _source(data: Data) -> str | None:
    services = data.rows("services")
    if services is None:
        return None
    chosen_ones = [one.word("id") for one in services if one.flag("default")]
    return _SERVICES.get(chosen_ones[0], "other") if chosen_ones else None


def read_pending(data: Data) -> WindowsPendingUpdates:
    return WindowsPendingUpdates(tuple(map(_pending, data.needed_rows("updates"))), data.days_since("last_search"))


def _pending(row: Data) -> WindowsPendingUpdate:
    categories = tuple(text.lower() for text in row.texts("categories") or ())
    severity, behaviour = row.word("severity"), row.number("reboot")
    return WindowsPendingUpdate(
        title=row.word("title"),
        kbs=tuple(kb for text in row.texts("kbs") or () if (kb := _kb(text))),
        severity=severity,
        categories=categories,
        security=SECURITY in categories or bool(severity),
        driver=row.number("type") == 2,
        downloaded=row.flag("downloaded"),
        hidden=row.flag("hidden"),
        mandatory=row.flag("mandatory"),
        reboot=None if behaviour is None else behaviour != 0,
        published_on=row.day("published"),
    )


def read_policy(data: Data) -> WindowsUpdatePolicy:
    registry = data.part("registry")
    automatic = registry.setting("MdmAllowAutoUpdate")  # 5 switches automatic updates off
    by_mdm = None if automatic is None else 1 if automatic == 5 else -1
    use, server = registry.setting("UseWUServer"), registry.setting_text("WUServer")
    target, mdm_target = registry.setting_text("TargetReleaseVersionInfo"), registry.setting_text("MdmTargetRelease")
    return WindowsUpdatePolicy(
        no_auto_update=first(registry.setting("NoAutoUpdate", most=1), by_mdm),
        au_options=registry.setting("AUOptions"),
        use_wsus=use,
        wsus_server=server,
        wsus_plain_http=_plain_http(use, server),
        deferred_quality_days=first(
            registry.setting("DeferQualityUpdatesPeriodInDays"), registry.setting("MdmDeferQuality")
        ),
        deferred_feature_days=first(
            registry.setting("DeferFeatureUpdatesPeriodInDays"), registry.setting("MdmDeferFeature")
        ),
        target_release=target or mdm_target if target is not None else None,
        paused_until=_paused(registry),
        disabled_for_user=_disabled(registry),
        service_start=data.word("service"),
    )


def _plain_http(use: int | None, server: str | None) -> bool | None:
    if use is None or server is None:
        return None
    return use == 1 and server.lower().startswith("http:")


def _paused(registry: Data) -> str | None:
    said = registry.setting_text("PauseUpdatesExpiryTime")
    if said is None or not said:
        return said
    return said if instant(said) else f"{as_day(said)}T00:00:00Z" if as_day(said) else None


def _disabled(registry: Data) -> int | None:
    both = (registry.setting("SetDisableUXWUAccess"), registry.setting("DisableWindowsUpdateAccess"))
    return 1 if 1 in both else first(*both)


def read_reboot(data: Data) -> WindowsReboot:
    registry = data.part("registry")
    active, wanted = registry.setting_text("active_name"), registry.setting_text("set_name")
    joins = (registry.setting_text("join_domain"), registry.setting_text("avoid_spn_set"))
    return WindowsReboot(
        servicing=some(data.flag("servicing"), data.flag("in_progress")),
        update_agent=data.flag("update_agent"),
        file_renames=data.number("file_renames"),
        rename=None if not active or not wanted else active.lower() != wanted.lower(),
        domain_join=some(*(None if join is None else bool(join) for join in joins)),
        servicing_pending=some(data.flag("pending_xml"), data.flag("packages_pending")),
    )


UPDATES = probe("updates", read_updates, seconds=45)
PENDING = probe("pending_updates", read_pending, seconds=60)
POLICY = probe("update_policy", read_policy)
REBOOT = probe("reboot", read_reboot)
