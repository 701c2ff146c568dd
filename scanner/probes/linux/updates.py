"""What the host's own package manager would install now, from the metadata it already has.

apt names one source of a candidate, and leaves out what a hold or phasing keeps back: apt-cache(8) policy tells
whether a version between the installed and the newest comes from a security suite.

Nothing is loaded and no lock is taken: apt-get(8) simulates, dnf(8) and yum(8) use the system cache (``-C``),
zypper(8) does not refresh, apk(8) stays off the network. An age of None says that there is no metadata.
"""

from collections.abc import Callable, Iterator

from inventory.facts.packages import PendingUpdate, Updates
from scanner.probes.linux.sections import APT_CACHE, Parts, bounded, parts
from scanner.probes.script import ScriptProbe, fields, number
from scanner.query import Script, Unreadable

MAX_UPDATES = 50_000

# The age of the lists is what the mirrors say of their files, so an old list copied anew stays old.
# Directories of wants/ are how systemd enables a timer: looking at them costs no process.
BODY = (
    APT_CACHE
    + r"""
wanted() { for unit; do [ -e "/etc/systemd/system/timers.target.wants/$unit" ] && echo "timer=$unit"; done; }
known() { for file; do [ -e "$file" ] && echo security=yes && break; done; }
stamps() { echo "now=$(date +%s)"; echo =times=; stat -c %Y "$@" 2>/dev/null; echo "=times:0="; }
if [ -s /var/lib/dpkg/status ] && command -v apt-get >/dev/null; then
  apt_cache_options
  wanted apt-daily-upgrade.timer
  [ -e /run/systemd/system ] || { [ -e /etc/cron.daily/apt-compat ] && echo timer=apt-compat; }
  [ -e /usr/bin/unattended-upgrade ] && echo mechanism=unattended-upgrades
  stamps /var/lib/apt/lists/*Release /var/lib/apt/lists/*_Packages* /var/lib/apt/periodic/update-success-stamp
  echo =lists=; echo /var/lib/apt/lists/*_Packages*
  echo =periodic=; apt-config dump | grep '^APT::Periodic::'
  echo =apt=
  said=$(apt-get -s -o Debug::NoLocking=true $options dist-upgrade 2>/dev/null)
  code=$?
  printf '%s\n' "$said"
  echo "=apt:$code="
  names=$(printf '%s\n' "$said" | awk '
    /^Inst / { print $2; next }
    /^The following .*(kept back|deferred due to phasing)/ { listed = 1; next }
    listed && /^  / { for (at = 1; at <= NF; at++) print $at; next }
    { listed = 0 }' | head -n 2000)
  echo =policy=
  [ -z "$names" ] || apt-cache $options policy $names 2>/dev/null | awk '
    function say() { if (name != "") print name, installed, candidate, secure }
    /^[^ ]/ { say(); name = $1; sub(/:$/, "", name); installed = candidate = "-"; newer = 0; secure = "no" }
    /^  Installed:/ { installed = $2 }
    /^  Candidate:/ { candidate = $2 }
    /^  Version table:/ { newer = 1 }
    /^ \*\*\*/ { newer = 0 }
    newer && /^        / && /[Ss]ecurity/ { secure = "yes" }
    END { say() }'
  echo "=policy:$?="
elif [ -s /lib/apk/db/installed ] || [ -s /usr/lib/apk/db/installed ]; then
  stamps /var/cache/apk/APKINDEX.*.tar.gz /etc/apk/cache/APKINDEX.*.tar.gz
  echo =apk=; apk --no-network version -l '<' 2>/dev/null; echo "=apk:$?="
elif command -v zypper >/dev/null; then
  wanted transactional-update.timer os-update.timer
  for file in /usr/lib/systemd/system/transactional-update.timer /usr/lib/systemd/system/os-update.timer; do
    [ -e $file ] && echo mechanism=timer
  done
  [ -e /etc/cron.daily/opensuse.org-online_update ] && echo mechanism=cron && echo timer=cron
  grep -qE '^ID="?opensuse-(tumbleweed|microos|slowroll)' /etc/os-release || echo security=yes
  stamps /var/cache/zypp/raw/*/cookie /var/cache/zypp/raw/*/repodata/repomd.xml
  echo =zypper=; zypper -q --non-interactive --no-refresh list-updates 2>/dev/null; echo "=zypper:$?="
  echo =patches=
  zypper -q --non-interactive --no-refresh list-patches --category security 2>/dev/null
  echo "=patches:$?="
else
  for tool in dnf yum ''; do command -v "$tool" >/dev/null && break; done
  [ -n "$tool" ] || exit 69
  wanted dnf-automatic.timer dnf-automatic-install.timer dnf5-automatic.timer
  [ -e /etc/systemd/system/multi-user.target.wants/yum-cron.service ] && echo timer=yum-cron
  grep -shE '^ *apply_updates *=' /etc/dnf/automatic.conf /etc/dnf/dnf5-plugins/automatic.conf /etc/yum/yum-cron.conf
  known /var/cache/dnf/*/repodata/*updateinfo* /var/cache/dnf/*updateinfo.solvx \
    /var/cache/libdnf5/*/repodata/*updateinfo* /var/cache/libdnf5/*/solv/*updateinfo* /var/cache/yum/*/*/*/*updateinfo*
  stamps /var/cache/dnf/*/repodata/*primary* /var/cache/dnf/*/repodata/repomd.xml \
    /var/cache/libdnf5/*/repodata/*primary* /var/cache/libdnf5/*/repodata/repomd.xml \
    /var/cache/yum/*/*/*/cachecookie /var/cache/yum/*/*/*/repomd.xml
  if [ "$tool" = yum ]; then set -- security; else set -- --security; fi
  echo =security=; $tool -C -q updateinfo list "$@" 2>/dev/null; echo "=security:$?="
  echo =dnf=; $tool -C -q check-update 2>/dev/null; echo "=dnf:$?="
fi
exit 0
"""
)


def read_updates(text: str) -> Updates:
    said = parts(text)
    manager = next((name for name in READERS if name in said), None)
    if manager is None:
        raise Unreadable("no package manager answered")
    pending = tuple(sorted(READERS[manager](said), key=lambda update: (update.name, update.candidate)))
    bounded(len(pending), MAX_UPDATES, "pending updates")
    tells = manager == "apt" or "security=yes" in said.lines("")  # which suites apt has, its repositories tell
    return Updates(manager, pending, _age(said), AUTOMATIC[manager](said), tells)


def _age(said: Parts) -> int | None:
    """Since the newest file of metadata, in seconds. apt: release files alone, without a package list, are none."""
    now = number(fields(said.text("")).get("now", ""))
    if now is None:
        raise Unreadable("the host did not say what time it is")
    if "lists" in said and said.text("lists").strip().endswith("*"):  # the shell left its pattern: no such file
        return None
    times = [stamp for line in said.lines("times") if (stamp := number(line)) is not None]
    return max(0, now - max(times)) if times else None


def _apt(said: Parts) -> Iterator[PendingUpdate]:
    """``Inst NAME [INSTALLED] (CANDIDATE ORIGIN:VERSION/SUITE, ... [ARCH]) []``; a new package has no [INSTALLED]."""
    policy = _policy(said)
    for line in said.closed("apt").lines:
        if not line.startswith("Inst "):
            continue
        before, bracket, after = line[5:].partition(" (")
        name, _, installed = before.partition(" ")
        candidate, _, origin = after.partition(")")[0].partition(" ")
        suite = origin.rpartition(" [")[0] or origin
        if not bracket or not name or not candidate:
            raise Unreadable("apt-get printed an Inst line that is none")
        kept = policy.pop(name, None)
        secure = "security" in suite.lower() or bool(kept and kept.security)
        yield PendingUpdate(name, installed.strip("[] "), candidate, suite, secure)
    yield from (update for update in policy.values() if update.installed != update.candidate)


def _policy(said: Parts) -> dict[str, PendingUpdate]:
    """``NAME INSTALLED CANDIDATE yes|no``: is there a newer version from a security suite? Missing in old answers."""
    if "policy" not in said:
        return {}
    rows = [line.split() for line in said.closed("policy").lines]
    if not all(len(row) == 4 and row[3] in ("yes", "no") for row in rows):
        raise Unreadable("apt-cache printed a policy that is none")
    return {r[0]: PendingUpdate(r[0], r[1], r[2], "a repository, but is kept back", r[3] == "yes") for r in rows}


def _dnf(said: Parts) -> Iterator[PendingUpdate]:
    """check-update: ``NAME.ARCH VERSION REPO``, then a list of obsoletes that is not ours. Exit 100: there are some."""
    if not said.lines("times") and said.closed("dnf", 0, 1, 100).exit_code == 1:
        return  # dnf refuses to work from a cache that is not there; the age of None says it
    advised = set(_advised(said))
    columns: list[str] = []
    for line in said.closed("dnf", 0, 100).text.split("\n"):
        if line.lower().startswith("obsoleting packages"):
            return
        # A name too long for its column is a line of its own; the rest follows, indented.
        columns = columns + line.split() if line.startswith(" ") else line.split()
        name, dot, _ = columns[0].rpartition(".") if columns else ("", "", "")
        if len(columns) == 3 and dot:
            yield PendingUpdate(name, "", columns[1].removeprefix("0:"), columns[2], columns[0] in advised)


def _advised(said: Parts) -> Iterator[str]:
    """NAME.ARCH of packages with a security advisory that is not installed.

    dnf 4 and yum: ``ADVISORY SEVERITY/Sec. NEVRA``; dnf 5: ``ADVISORY security SEVERITY NEVRA DATE TIME``.
    """
    for line in said.closed("security").lines:
        columns = line.split()
        at = 3 if len(columns) > 4 and columns[1] == "security" else 2
        if len(columns) <= at:
            continue
        rest, _, architecture = columns[at].rpartition(".")
        name = rest.rsplit("-", 2)[0]
        yield f"{name}.{architecture}"


def _zypper(said: Parts) -> Iterator[PendingUpdate]:
    """Updates by package, and needed security patches by the patch's name: zypper does not say which is in which."""
    for row in _table(said.closed("zypper").lines, "Available Version"):
        yield PendingUpdate(
            row["Name"], row.get("Current Version", ""), row["Available Version"], row.get("Repository", ""), False
        )
    for row in _table(said.closed("patches").lines, "Status"):
        if row["Status"] == "needed":
            yield PendingUpdate(row["Name"], "", "", row.get("Repository", ""), True)


def _table(lines: list[str], needed: str) -> Iterator[dict[str, str]]:
    """zypper's tables: a heading, a rule of dashes, rows; columns apart by ``|``. Other lines are talk."""
    heading: list[str] = []
    for line in lines:
        cells = [cell.strip() for cell in line.split("|")]
        if "Name" in cells and needed in cells:
            heading = cells
        elif heading and len(cells) >= len(heading):  # a summary may itself hold a |
            yield dict(zip(heading, cells, strict=False))


def _apk(said: Parts) -> Iterator[PendingUpdate]:
    """``busybox-1.36.1-r15  < 1.36.1-r19``. The index says nothing about security."""
    for line in said.closed("apk").lines:
        installed, sign, candidate = (piece.strip() for piece in line.partition(" < "))
        words = installed.rsplit("-", 2)
        if sign and len(words) == 3 and candidate:
            yield PendingUpdate(words[0], "-".join(words[1:]), candidate.split()[0], "", False)


def _apt_automatic(said: Parts) -> bool:
    """unattended-upgrades is there, apt's daily timer runs, and the effective configuration asks for it."""
    head = said.text("")
    pairs = (line.partition(" ") for line in said.lines("periodic"))
    wanted = {key.rpartition("::")[2]: value.strip('"; ') for key, _, value in pairs}
    return (
        "mechanism=unattended-upgrades" in head
        and "timer=" in head
        and wanted.get("Enable", "1") != "0"
        and all(wanted.get(key, "0") not in ("0", "") for key in ("Update-Package-Lists", "Unattended-Upgrade"))
    )


def _dnf_automatic(said: Parts) -> bool:
    """The -install timer always installs; the plain timer and yum-cron do when ``apply_updates`` says so."""
    head = said.lines("")
    applies = any(
        key.strip() == "apply_updates" and value.strip().lower() in ("yes", "true", "1")
        for key, _, value in (line.partition("=") for line in head)
    )
    return "timer=dnf-automatic-install.timer" in head or (applies and any(ln.startswith("timer=") for ln in head))


def _zypper_automatic(said: Parts) -> bool | None:
    head = said.text("")
    return "timer=" in head if "mechanism=" in head or "timer=" in head else None


def _unknown(_: Parts) -> None:
    """Alpine has no such mechanism of its own."""


READERS: dict[str, Callable[[Parts], Iterator[PendingUpdate]]] = {
    "apt": _apt,
    "dnf": _dnf,
    "zypper": _zypper,
    "apk": _apk,
}
AUTOMATIC: dict[str, Callable[[Parts], bool | None]] = {
    "apt": _apt_automatic,
    "dnf": _dnf_automatic,
    "zypper": _zypper_automatic,
    "apk": _unknown,
}

UPDATES = ScriptProbe("updates", Script("updates", BODY), read_updates, "apt, dnf, zypper or apk")
