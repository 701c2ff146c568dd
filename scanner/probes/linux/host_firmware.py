"""What fwupd knows of the firmware in this host: devices, newer releases in its metadata, and how old that metadata is.

Only ``get-devices``, ``get-updates`` and ``get-remotes`` are asked, with those of the switches against questions,
uploads and a refresh that this version has (its ``--help`` tells). fwupdmgr asks the fwupd service, which D-Bus starts
when it does not run; nothing is fetched and nothing is written to a device. Serial numbers and long texts do not leave
the host; of a remote only five fields do, since others hold its password. Versions before 1.6 print JSON through
fwupdagent(1) only, and no remotes at all. Sources: fwupdmgr(1) (exit code 2: nothing to do); fwupd's fwupd-device.c,
fwupd-release.c and fwupd-remote.c for the names, fwupd-enums.c for the flags.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from inventory.facts.host_firmware import FirmwareDevice, FirmwareUpdate, HostFirmware, Remote
from scanner.probes.linux.sections import Parts, bounded, ended
from scanner.probes.script import ScriptProbe, number
from scanner.query import Script, Unreadable

MAX_DEVICES, MAX_RELEASES, MAX_REMOTES = 500, 500, 100
MAX_JSON = 512 * 1024  # characters of one answer
MAX_WORDS = 200  # characters of a name or a version
TIMEOUT = 60  # seconds: the service looks at every bus when it starts

BODY = r"""
if [ -e /.dockerenv ] || [ -e /run/.containerenv ] || [ -r /run/systemd/container ]; then
  echo "a container has no firmware of its own"; exit 66
fi
if grep -qw hypervisor /proc/cpuinfo && ! grep -qs control_d /proc/xen/capabilities; then
  echo "a virtual machine has its hypervisor's firmware"; exit 66
fi
command -v fwupdmgr >/dev/null || exit 69
help=$(fwupdmgr --help 2>/dev/null </dev/null)
case $help in
  *--json*) ask=fwupdmgr options=--json ;;
  *) ask= options=
    for agent in /usr/libexec/fwupd/fwupdagent /usr/lib/fwupd/fwupdagent; do [ -x $agent ] && ask=$agent; done ;;
esac
if [ "$ask" = fwupdmgr ]; then
  for option in --no-metadata-check --no-unreported-check --no-remote-check --no-reboot-check --no-authenticate; do
    case $help in *"$option"*) options="$options $option" ;; esac
  done
fi
[ -n "$ask" ] || exit 69
long='Description|Summary|Serial|UpdateMessage|DetachCaption|DetachImage|UpdateImage|Homepage|DetailsUrl|SourceUrl'
echo =version=
fwupdmgr --version --json 2>/dev/null </dev/null | tr -d '\n ' |
  sed -nE 's/.*"runtime","AppstreamId":"org.freedesktop.fwupd","Version":"([^"]*)".*/\1/p'
echo
for what in get-devices get-updates; do
  echo "=${what#get-}="
  said=$($ask $what $options 2>/dev/null </dev/null); code=$?
  printf '%s\n' "$said" | sed -E "s/^( *\"($long)\" ?: ?\").*\"(,?)\$/\1\"\3/"
  echo "=${what#get-}:$code="
done
if [ "$ask" = fwupdmgr ]; then
  echo =remotes=
  said=$(fwupdmgr get-remotes $options 2>/dev/null </dev/null); code=$?
  printf '%s\n' "$said" | sed -nE 's/^ *"(Id|Kind|Enabled|Mtime|FilenameCache)" ?: ?"?([^",]*)"?,?$/\1=\2/p'
  echo "=remotes:$code="
fi
echo =files=
for file in /var/lib/fwupd/metadata/*/*.xml* /var/lib/fwupd/remotes.d/*/*.xml*; do
  [ -f "$file" ] && stat -c '%Y %n' "$file"
done
echo =end=
exit 0
"""

_PROBLEM = re.compile(r"[a-z][a-z-]{0,60}")
_URGENCIES = ("critical", "high", "medium", "low")
_NOTHING_TO_DO = 2


def read_host_firmware(text: str) -> HostFirmware:
    said = ended(text, "devices", "updates")
    devices = tuple(_device(device) for device in _devices(said, "devices"))
    gaps: list[str] = []
    updates = _or_gap(gaps, "the list of updates", lambda: tuple(_updates(_devices(said, "updates"))))
    remotes = _or_gap(gaps, "the list of metadata sources", lambda: tuple(_remotes(said)))
    return HostFirmware(_words(said.text("version").strip()), devices, updates, remotes, tuple(gaps))


def _or_gap(gaps: list[str], what: str, read: Any) -> Any:  # noqa: ANN401 (what `read` gives)
    try:
        return read()
    except Unreadable as fault:
        gaps.append(f"{what}: {fault.missing.detail}")
        return None


def _devices(said: Parts, name: str) -> Sequence[Mapping[str, Any]]:
    """The devices of one answer. Raises :class:`Unreadable`."""
    part = said.closed(name, 0, 1, _NOTHING_TO_DO)
    document = _document(part.text, name) if part.text.strip() else {}
    if part.exit_code == _NOTHING_TO_DO:
        return ()
    if part.exit_code or "Devices" not in document:
        raise Unreadable(f"fwupdmgr could not tell the {name}{_error(document)}")
    return _mappings(document["Devices"], MAX_DEVICES, "devices with firmware")


def _document(text: str, name: str) -> Mapping[str, Any]:
    bounded(len(text), MAX_JSON, f"characters of {name}")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"fwupdmgr's {name} are no JSON") from fault
    if not isinstance(document, dict):
        raise Unreadable(f"fwupdmgr's {name} are no JSON object")
    return document


def _error(document: Mapping[str, Any]) -> str:
    error = document.get("Error")
    told = _words(error.get("Message")) if isinstance(error, dict) else ""
    return f": {told}" if told else ""


def _mappings(value: object, most: int, what: str) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Unreadable(f"the list of {what} is not in fwupd's form")
    bounded(len(value), most, what)
    return value


def _device(told: Mapping[str, Any]) -> FirmwareDevice:
    flags = _texts(told.get("Flags"))
    return FirmwareDevice(
        id=_id(told),
        name=_words(told.get("Name")),
        vendor=_words(told.get("Vendor")),
        version=_words(told.get("Version")),
        plugin=_words(told.get("Plugin")),
        guids=len(_texts(told.get("Guid"))),
        updatable="updatable" in flags,
        supported="supported" in flags,
        internal="internal" in flags,
        needs_reboot="needs-reboot" in flags or "needs-shutdown" in flags,
        problems=tuple(word for word in _texts(told.get("Problems")) if _PROBLEM.fullmatch(word)),
    )


def _id(told: Mapping[str, Any]) -> str:
    known = _words(told.get("DeviceId"))
    if not re.fullmatch(r"[0-9a-f]{40}", known):
        raise Unreadable("a device with firmware has no id")
    return known


def _updates(devices: Sequence[Mapping[str, Any]]) -> Iterator[FirmwareUpdate]:
    """fwupd lists the releases that are newer than the installed one, the newest first."""
    for told in devices:
        releases = _mappings(told.get("Releases", []), MAX_RELEASES, "releases of a device")
        if not releases:
            continue
        newest = releases[0]
        if not _words(newest.get("Version")):
            raise Unreadable("a release of firmware has no version")
        urgencies = {_words(release.get("Urgency")).lower() for release in releases}
        issues = {issue for release in releases for issue in _texts(release.get("Issues"))}
        yield FirmwareUpdate(
            device=_id(told),
            name=_words(told.get("Name")),
            installed=_words(told.get("Version")),
            version=_words(newest.get("Version")),
            released=_day(newest.get("Created")),
            urgency=next((word for word in _URGENCIES if word in urgencies), ""),
            issues=tuple(sorted(issues)),
            remote=_words(newest.get("RemoteId")),
        )


def _remotes(said: Parts) -> Iterator[Remote]:
    if "remotes" not in said:
        raise Unreadable("this version of fwupd does not tell them")
    rows: list[dict[str, str]] = []
    for line in said.closed("remotes", 0, _NOTHING_TO_DO).lines:
        key, _, value = line.partition("=")
        if key == "Id":
            rows.append({})
        if rows:
            rows[-1][key] = value
    bounded(len(rows), MAX_REMOTES, "sources of firmware metadata")
    files = {name: when for when, _, name in (line.partition(" ") for line in said.lines("files"))}
    return (_remote(row, files) for row in rows if row.get("Enabled") == "true")


def _remote(row: Mapping[str, str], files: Mapping[str, str]) -> Remote:
    """1.9 and older do not tell when it was fetched: then its file on disk does."""
    fetched = _day(number(row.get("Mtime", ""))) or _day(number(files.get(row.get("FilenameCache", ""), "")))
    return Remote(_words(row.get("Id")), row.get("Kind") == "download", fetched)


def _day(seconds: object) -> str:
    """The day of a Unix time between 2001 and 2199, "" of anything else."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1_000_000_000 <= seconds < 7_258_000_000:
        return ""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _words(value: object) -> str:
    """One line of text, without what steers a terminal."""
    words = " ".join(value[:MAX_WORDS].split()) if isinstance(value, str) else ""
    return words if words.isprintable() else "".join(sign for sign in words if sign.isprintable())


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(_words(item) for item in value[:MAX_RELEASES] if isinstance(item, str))


HOST_FIRMWARE = ScriptProbe(
    "host_firmware", Script("host_firmware", BODY, timeout_seconds=TIMEOUT), read_host_firmware, "fwupd"
)
