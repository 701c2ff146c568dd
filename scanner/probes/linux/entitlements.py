"""Evidence of extended support: Ubuntu Pro's own record, enabled repositories and products, and live patches in place.

Only files are read. ``pro status`` asks the contract server where the host is not attached, and subscription-manager
asks its own: neither is run. Of an address only the host and the first word of its path leave the machine, since
further words may be a licence. Sources: Ubuntu Pro Client's status file, the repository files that
subscription-manager(8), SUSEConnect(8) and the installers of Freexian, TuxCare and CIQ write, and the kernel's
sysfs-kernel-livepatch.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date

from inventory.facts.entitlements import Entitlement, Entitlements
from scanner.probes.linux.sections import MANAGER, Parts, bounded, parts
from scanner.probes.script import ScriptProbe, fields
from scanner.query import Script, Unreadable

MAX_ROWS = 5_000

# Repositories as FILE, NAME, HOST/FIRST-WORD, SUITE or MINOR RELEASE; enabled ones only.
BODY = (
    MANAGER
    + r"""
if [ -r /var/lib/ubuntu-advantage/status.json ]; then
  echo =pro=
  awk '
    { text = text $0 }
    END {
      if (match(text, /"attached": *true/)) print "attached=yes"
      if (match(text, /"expires": *"[0-9-]+/)) {
        day = substr(text, RSTART, RLENGTH); sub(/.*"/, "", day); print "expires=" day
      }
      text = substr(text, index(text, "\"services\":") + 11, 200000)
      for (at = 1; at <= length(text); at++) {
        sign = substr(text, at, 1)
        if (quoted) {
          if (sign == "\\") at++
          else if (sign == "\"") quoted = 0
          else word = word sign
        }
        else if (sign == "\"") { quoted = 1; word = "" }
        else if (sign == ":") { if (depth == 2) key = word }
        else if (sign == "{" || sign == "[") depth++
        else if (sign == "}" || sign == "]" || sign == ",") {
          if (depth == 2 && key != "") { value[key] = word; key = "" }
          if (sign == "}" && depth == 2) {
            print "service=" value["name"] " " value["entitled"] " " value["status"]
            value["name"] = value["entitled"] = value["status"] = ""
          }
          if (sign != ",") depth--
          if (depth == 0) exit
        }
      }
    }' /var/lib/ubuntu-advantage/status.json
  echo "=pro:$?="
fi
echo =host=
[ -e /etc/apt/auth.conf.d/90ubuntu-advantage ] && echo auth=yes
grep -hsE '^(ID|VERSION_CODENAME)=' /etc/os-release
for file in /etc/yum/vars/releasever /etc/dnf/vars/releasever; do
  [ -r $file ] && read -r pin <$file && echo "pin=$pin"
done
[ -r /proc/modules ] && grep -c '^ksplice_' /proc/modules | while read -r count; do echo "ksplice=$count"; done
for file in /sys/kernel/livepatch/*/enabled; do
  [ -r "$file" ] && read -r on <"$file" && [ "$on" = 1 ] && patch=${file%/enabled} && echo "livepatch=${patch##*/}"
done
for file in /etc/products.d/*.prod; do
  [ -f "$file" ] && file=${file##*/} && echo "product=${file%.prod}"
done
show() {
  program=$1; shift
  for file; do
    shift
    [ -f "$file" ] || continue
    [ -r "$file" ] || exit 77
    set -- "$@" "$file"
  done
  echo =repositories=
  [ $# = 0 ] || awk "$place $program" "$@"
  echo "=repositories:$?="
}
place='function place(uri,   word) {
  sub(/^[a-z+]+:\/\//, "", uri); sub(/^[^\/@]*@/, "", uri); word = uri
  sub(/\/.*/, "", uri); if (!sub(/^[^\/]*\//, "", word)) word = ""; sub(/\/.*/, "", word); return uri "/" word
}'
case $manager in
deb) show '
  function say(   at, ats, u, s) {
    if (on && kinds ~ /(^| )deb( |$)/) {
      split(uris, u); ats = split(suites, s)
      for (one in u) for (at = 1; at <= ats; at++) print last "\t\t" place(u[one]) "\t" s[at]
    }
    uris = suites = kinds = field = ""; on = 1; split("", u)
  }
  FNR == 1 { say(); last = FILENAME }
  FILENAME !~ /\.sources$/ {
    if ($1 != "deb") next
    sub(/#.*/, ""); sub(/\[[^]]*\]/, ""); print FILENAME "\t\t" place($2) "\t" $3; next
  }
  /^[ \t]*$/ { say(); next }
  /^#/ { next }
  /^[A-Za-z-]+:/ { field = tolower($1); sub(/^[^:]*:/, "") }
  field == "uris:" { uris = uris " " $0 }
  field == "suites:" { suites = suites " " $0 }
  field == "types:" { kinds = kinds " " $0 }
  field == "enabled:" && tolower($0) ~ /no|false|0/ { on = 0 }
  END { say() }' /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources ;;
rpm) show '
  function say() { if (id != "" && id != "main" && on) print last "\t" id "\t" place(uri) "\t" minor }
  FNR == 1 { say(); id = ""; last = FILENAME }
  /^[ \t]*\[/ { say(); id = $0; sub(/^[ \t]*\[/, "", id); sub(/\].*/, "", id); on = 1; uri = minor = ""; next }
  /^[ \t]*enabled[ \t]*=/ { on = tolower($0) ~ /= *(1|yes|true|on)/ }
  /^[ \t]*(baseurl|mirrorlist|metalink)[ \t]*=/ && uri == "" {
    uri = $0; sub(/^[^=]*=[ \t]*/, "", uri)
    if (match(uri, /\/[0-9]+\.[0-9]+\//)) minor = substr(uri, RSTART + 1, RLENGTH - 2)
  }
  END { say() }' /etc/yum.conf /etc/yum.repos.d/*.repo /etc/zypp/repos.d/*.repo ;;
*) echo =repositories=; echo =repositories:0= ;;
esac
exit 0
"""
)

EXTENSION = re.compile(r"(?:^|[-_])(eus|aus|e4s|tus|els)(?:[-_]|$)", re.IGNORECASE)  # Red Hat, Oracle
NO_PACKAGES = re.compile(r"debug|source|-pool", re.IGNORECASE)  # repositories without anything to install
RED_HAT = re.compile(r"/(?:redhat|.*rhui.*)\.repo$")  # files that the subscription or the cloud writes
ESM = re.compile(r"-(infra|apps|infra-legacy)-(?:security|updates)$")
SECURITY_OF_STABLE = frozenset(f"{word}-security" for word in ("stable", "oldstable", "oldoldstable"))
Columns = tuple[str, str, str, str]  # file, name, host/first word, suite or minor release


def read_entitlements(text: str) -> Entitlements:
    said = parts(text)
    if "host" not in said:
        raise Unreadable("the section on extended support did not answer")
    rows = tuple(_rows(said.closed("repositories").lines))
    pins = {line.partition("=")[2] for line in said.lines("host") if line.startswith("pin=")}
    minors = {minor for file, _, _, minor in rows if minor and RED_HAT.search(file)}
    pin = next(iter(pins or (minors if len(minors) == 1 else ())), "")
    found: dict[str, Entitlement] = {}
    for one in (*_pro(said), *_repositories(rows, said, pin), *_host(said)):
        if one.name not in found or (one.active and not found[one.name].active):
            found[one.name] = one
    return Entitlements(tuple(found[name] for name in sorted(found)), pin)


def _rows(lines: list[str]) -> Iterator[Columns]:
    bounded(len(lines), MAX_ROWS, "repositories")
    for line in lines:
        columns = line.split("\t")
        if len(columns) != 4:
            raise Unreadable("the list of repositories has a line that is none")
        yield columns[0], columns[1], columns[2].lower(), columns[3]


def _pro(said: Parts) -> Iterator[Entitlement]:
    """``service=NAME ENTITLED STATUS``; a host that is not attached lists what it could have."""
    if "pro" not in said:
        return
    lines = said.closed("pro").lines
    head = fields(said.text("pro"))
    for line in lines:
        words = line.removeprefix("service=").split(" ")
        if not line.startswith("service=") or len(words) != 3 or head.get("attached") != "yes" or words[1] != "yes":
            continue
        name, _, status = words
        yield Entitlement(name, f"Ubuntu Pro is attached, {name} is {status}", status == "enabled", _day(head))


def _day(head: dict[str, str]) -> str:
    """The contract's last day; "" where it is no date."""
    try:
        return date.fromisoformat(head.get("expires", "")[:10]).isoformat()
    except ValueError:
        return ""


def _repositories(rows: Iterable[Columns], said: Parts, pin: str) -> Iterator[Entitlement]:
    host = fields(said.text("host"))
    for row in rows:
        for reads in (_ubuntu, _debian, _tuxcare, _red_hat, _suse, _ciq):
            yield from reads(row, host, pin)


def _ubuntu(row: Columns, host: dict[str, str], _: str) -> Iterator[Entitlement]:
    file, _, place, suite = row
    match = ESM.search(suite) if place.startswith("esm.ubuntu.com") else None
    if match:
        signed_in = host.get("auth") == "yes"
        told = f"{file} has {suite}" + ("" if signed_in else ", without the login that it needs")
        yield Entitlement(f"esm-{match[1]}", told, signed_in)


def _debian(row: Columns, host: dict[str, str], _: str) -> Iterator[Entitlement]:
    """Debian's LTS comes through the security suite, so whoever has the suite has it. ELTS is Freexian's."""
    file, _, place, suite = row
    if place.endswith("/extended-lts"):
        yield Entitlement("elts", f"{file} has {place} {suite}", active=True)
    elif _word(host, "ID") == "debian" and suite in SECURITY_OF_STABLE | _security(_word(host, "VERSION_CODENAME")):
        yield Entitlement("debian-lts", f"{file} has {suite}", active=True)


def _word(host: dict[str, str], key: str) -> str:
    return host.get(key, "").strip("\"'")


def _security(codename: str) -> frozenset[str]:
    return frozenset((f"{codename}-security", f"{codename}/updates"))


def _tuxcare(row: Columns, _: dict[str, str], __: str) -> Iterator[Entitlement]:
    file, name, place, suite = row
    if _of(place, "tuxcare.com", "cloudlinux.com") and re.search(r"els|esu", f"{name} {place}", re.IGNORECASE):
        yield Entitlement("tuxcare-els", f"{file} has {name or f'{place} {suite}'}", active=True)


def _red_hat(row: Columns, _: dict[str, str], pin: str) -> Iterator[Entitlement]:
    """A minor release in the address, or a pinned one, says which release the fixes are for."""
    file, name, place, minor = row
    match = EXTENSION.search(name)
    if match and not NO_PACKAGES.search(name) and not _of(place, "tuxcare.com", "cloudlinux.com"):
        kind, release = match[1].lower(), minor or pin
        named = f"{kind}:{release}" if release and kind != "els" else kind
        yield Entitlement(named, f"{file} has {name}", active=True)


def _suse(row: Columns, _: dict[str, str], __: str) -> Iterator[Entitlement]:
    """SUSE_Linux_Enterprise_Server_LTSS_15_SP3_x86_64:SLE-Product-SLES15-SP3-LTSS-Updates."""
    file, name, *_rest = row
    words = name.lower()
    if "updates" not in words or NO_PACKAGES.search(name):
        return
    if kind := _ltss(words):
        yield Entitlement(kind, f"{file} has {name}", active=True)


def _ltss(words: str) -> str:
    if "ltss" in words:
        return "ltss-extended" if "ltss-extended" in words.replace("_", "-") else "ltss"
    return "espos" if "espos" in words else ""


def _ciq(row: Columns, _: dict[str, str], __: str) -> Iterator[Entitlement]:
    file, name, place, _rest = row
    if re.match(r"lts-[0-9]", name) or (_of(place, "ciq.com") and "lts" in name.lower()):
        yield Entitlement("lts", f"{file} has {name}", active=True)


def _of(place: str, *domains: str) -> bool:
    host = place.partition("/")[0].partition(":")[0]
    return any(host == domain or host.endswith("." + domain) for domain in domains)


def _host(said: Parts) -> Iterator[Entitlement]:
    patches = [value for key, value in _pairs(said) if key == "livepatch"]
    if patches:
        yield Entitlement("live-patch", f"the running kernel carries {', '.join(sorted(patches)[:5])}", active=True)
    if fields(said.text("host")).get("ksplice", "0") not in ("", "0"):
        yield Entitlement("ksplice", "the running kernel carries Ksplice updates", active=True)
    for key, value in _pairs(said):
        if key == "product" and (kind := _ltss(value.lower())):
            yield Entitlement(kind, f"product {value} is installed, but no repository of it is enabled", active=False)


def _pairs(said: Parts) -> list[tuple[str, str]]:
    lines = said.lines("host")
    bounded(len(lines), MAX_ROWS, "products and live patches")
    return [(key, value) for key, _, value in (line.partition("=") for line in lines)]


ENTITLEMENTS = ScriptProbe(
    "entitlements", Script("entitlements", BODY), read_entitlements, "a package manager that we know"
)
