"""Where logs go and who may read them: rsyslog.conf(5), syslog-ng.conf(5), busybox syslogd, journald.conf(5).

Log configurations may hold passwords: the section sends the targets and the journal's Storage= only, never a line.
"""

import re
from collections.abc import Iterator

from inventory.facts.logs import LogFile, Logs
from scanner.probes.linux.sections import Parts, bounded, parts
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

MAX_ITEMS = 10_000

# comm is 15 characters long: systemd-journal(d). With hidepid a plain user sees nobody's processes.
BODY = r"""
[ -r /proc/1/comm ] && [ -x /var/log ] && [ -r /var/log ] || exit 77
echo =daemons=
names='rsyslogd|syslogd|syslog-ng|systemd-journal|metalog'
grep -hsxE "$names|filebeat|fluent-bit|fluentd|td-agent|vector|promtail|nxlog|splunkd" /proc/[0-9]*/comm
echo =targets=
set --
for file in /etc/rsyslog.conf /etc/rsyslog.d/*.conf /etc/syslog.conf /etc/conf.d/syslog \
  /etc/syslog-ng/syslog-ng.conf /etc/syslog-ng/conf.d/*.conf \
  /usr/lib/systemd/journald.conf /usr/lib/systemd/journald.conf.d/*.conf /run/systemd/journald.conf.d/*.conf \
  /etc/systemd/journald.conf /etc/systemd/journald.conf.d/*.conf /etc/systemd/journal-upload.conf
do
  [ -f "$file" ] || continue
  if [ -r "$file" ]; then set -- "$@" "$file"; else echo "unreadable:$file"; fi
done
[ $# = 0 ] || awk '
  function say(kind, from) { print kind ":" FILENAME ":" substr($0, RSTART + from, RLENGTH - from) }
  /^[ \t]*#/ { next }
  { sub(/:\/\/[^\/ \t"]*@/, "://") }
  FILENAME ~ /journald/ { if (match($0, /^[ \t]*Storage[ \t]*=.*/)) say("storage", 0); next }
  FILENAME ~ /journal-upload/ { if (match($0, /^[ \t]*URL[ \t]*=.*/)) say("upload", 0); next }
  FILENAME ~ /conf.d\/syslog$/ { if (match($0, /-R[ \t]*[^ \t"]+/)) say("busybox", 2); next }
  FILENAME ~ /syslog-ng/ {
    if (match($0, /(network|syslog|tcp|udp|tcp6|udp6)\([ \t]*"[^"]+"/)) say("syslog-ng", 0)
    next
  }
  match($0, /[Tt]arget[ \t]*=[ \t]*"[^"]*"/) { say("target", 0); next }
  match($0, /"om(kafka|elasticsearch|http|rabbitmq|mongodb|amqp1|hiredis|clickhouse)"/) { say("target", 0); next }
  match($0, /:omrelp:[^ \t;]+/) { say("classic", 8); next }
  /^[^"]*[ \t]@@?[^ \t]/ && match($0, /[ \t]@@?(\([^)]*\))?[^ \t;]+/) { say("classic", 1) }
' "$@"
echo "=targets:$?="
echo =journal=
[ -e /run/systemd/journal/socket ] && echo journald
for folder in /var/log/journal /var/log/journal/*; do
  [ ! -d "$folder" ] || { [ -r "$folder" ] && [ -x "$folder" ]; } || echo closed
  [ -e "$folder/system.journal" ] && echo persistent && break
done
set --
for file in /var/log/auth* /var/log/secure* /var/log/*/auth* /var/log/*/secure*; do
  [ -f "$file" ] && set -- "$@" "$file"
done
[ $# -gt 0 ] || [ ! -f /var/log/messages ] || set -- /var/log/messages
for file in /var/log/btmp*; do [ -f "$file" ] && set -- "$@" "$file"; done
echo =files=
[ $# = 0 ] || stat -L -c '%a %n' "$@"
echo "=files:$?="
exit 0
"""

# They send logs on, where to is in their own configuration, which is not read.
SHIPPERS = ("filebeat", "fluent-bit", "fluentd", "td-agent", "vector", "promtail", "nxlog", "splunkd")
LOOPBACK = re.compile(r"(\[?::1\]?|127\.[0-9.]+|localhost)(:[0-9]+)?", re.IGNORECASE)
FULL_NAMES = {"systemd-journal": "systemd-journald"}
# Which daemon must run for the targets found in its configuration to mean anything.
RUN_BY = {
    "target": ("rsyslogd",),
    "classic": ("rsyslogd", "syslogd"),
    "syslog-ng": ("syslog-ng",),
    "busybox": ("syslogd",),
}


def read_logs(text: str) -> Logs:
    said = parts(text)
    found = said.closed("targets").lines
    sensitive = tuple(_files(said))
    bounded(len(found) + len(sensitive), MAX_ITEMS, "log files and targets")
    daemons = tuple(sorted({FULL_NAMES.get(name, name) for name in said.lines("daemons")}))
    journal = said.lines("journal")
    storage = _storage(found) if "journald" in journal else None
    return Logs(
        daemons=daemons,
        remote_targets=_targets(found, daemons),
        journal_storage=storage,
        journal_persistent=None if storage is None else _persistent(journal, storage),
        sensitive_files=sensitive,
    )


def _persistent(journal: list[str], storage: str) -> bool | None:
    """None: a directory where the journal may be cannot be looked into."""
    if storage not in ("persistent", "auto") or "persistent" in journal:
        return storage in ("persistent", "auto")
    return None if "closed" in journal else False


def _targets(found: list[str], daemons: tuple[str, ...]) -> tuple[str, ...] | None:
    """None: an empty list would prove nothing. A file may not be read, or a program takes the logs on this host and
    sends them where its own configuration says."""
    kept = set()
    for line in found:
        kind, _, rest = line.partition(":")
        needed = RUN_BY.get(kind)
        value = _target(kind, rest.partition(":")[2])
        if value and (needed is None or any(name in daemons for name in needed)):
            kept.add(value)
    remote = tuple(sorted(target for target in kept if not LOOPBACK.fullmatch(target)))
    unseen = any(line.startswith("unreadable:") for line in found)
    if not remote and (unseen or kept or any(name in daemons for name in SHIPPERS)):
        return None
    return remote


def _target(kind: str, text: str) -> str:
    """The host (and port) in what the section cut out; "" for kinds that are no targets."""
    if kind in ("target", "syslog-ng"):
        return text.partition('"')[2].partition('"')[0]
    if kind == "upload":
        return text.partition("=")[2].strip()
    if kind == "classic":
        return re.sub(r"^@{0,2}(\([^)]*\))?", "", text.strip())
    return text.strip() if kind == "busybox" else ""


def _storage(found: list[str]) -> str:
    """The last setting wins; drop-ins come after the main file and are read in the order of their names."""
    settings = []
    for line in found:
        kind, _, rest = line.partition(":")
        file, _, value = rest.partition(":")
        if kind == "storage":
            is_main = file.endswith("/journald.conf")
            settings.append((not is_main, file.rpartition("/")[2], value.partition("=")[2].strip().lower()))
    chosen = max(settings, default=(False, "", "auto"), key=lambda item: item[:2])[2]
    return chosen if chosen in ("persistent", "volatile", "auto", "none") else "auto"


def _files(said: Parts) -> Iterator[LogFile]:
    for line in said.closed("files", 0, 1).lines:  # 1: a file was rotated away meanwhile
        mode, _, path = line.partition(" ")
        if not mode or len(mode) > 4 or set(mode) - set("01234567") or not path:
            raise Unreadable("stat printed a line that is no file")
        yield LogFile(path, mode.zfill(4), bool(int(mode, 8) & 0o004))


LOGS = ScriptProbe("logs", Script("logs", BODY), read_logs)
