"""Where each installed package comes from: apt-cache(8) policy with the Release files of apt's lists, or what rpm(8)
records of maker and signing key.

The host reduces it: origins numbered once, then a line for each package. An out-of-date package is in no repository any
more, which holds the newer version alone: it belongs to the source of the nearest newer version. apk-tools records no
repository, and dnf's own record needs dnf to start: neither is asked.
"""

from collections.abc import Iterator
from dataclasses import replace

from inventory.facts.origins import Origin, Origins, PackageOrigin
from scanner.probes.linux.sections import APT_CACHE, MANAGER, Parts, bounded, parts
from scanner.probes.script import ScriptProbe, fields, number
from scanner.query import Script, Unreadable

MAX_PACKAGES = 50_000
MAX_ORIGINS = 2_000
NONE = "(none)"
CARRIES = ("same", "newer", "older", "none")

# The name of a list's file is its address with signs replaced: both are compared by their letters and digits.
# rpm: an unknown tag fails the whole query, so only known ones are asked; OPENPGP is for packages without the others.
BODY = (
    MANAGER
    + APT_CACHE
    + r"""
case $manager in
deb)
  command -v apt-cache >/dev/null || exit 69
  echo "changed=$(stat -c %Y /var/lib/dpkg/status)"
  lists=/var/lib/apt/lists
  set -- $lists/*_Packages*
  if [ -e "$1" ]; then echo "lists=$#"; else echo lists=0; fi
  apt_cache_options
  {
    head -n 30 /dev/null $lists/*Release 2>/dev/null
    echo; echo =policy=
    apt-cache $options policy $(dpkg-query -W -f='${db:Status-Abbrev} ${binary:Package}\n' |
      awk '$1 !~ /^.[nc]/ { print $2 }') 2>/dev/null
    echo "=code=$?"
  } | awk '
    function bare(text) { gsub(/%[0-9a-f][0-9a-f]/, "", text); gsub(/[^A-Za-z0-9]/, "", text); return text }
    function said(line) { sub(/^[^:]*: */, "", line); gsub(/[\t|]/, " ", line); return substr(line, 1, 80) }
    function origin(uri, path,   key, place, site, suite, id) {
      key = uri " " path
      if (key in known) return known[key]
      site = uri; sub(/^[a-z+]+:\/\//, "", site); sub(/^[^\/@]*@/, "", site)
      place = site; sub(/^[a-z+]+:\/*/, "", place)
      if (uri !~ /^[a-z+]+:\/\/[^\/]/) site = ""
      sub(/\/.*/, "", site)
      suite = path
      id = bare(place "dists" suite)
      while (!(id in released) && suite ~ /\//) { sub(/\/[^\/]*$/, "", suite); id = bare(place "dists" suite) }
      if (!(id in released)) { id = bare(place path); suite = path }
      if (!(id in released)) sub(/\/[^\/]*$/, "", suite)
      known[key] = ++count
      table[count] = origins[id] "\t" suites[id] "\t" codenames[id] "\t" labels[id] "\t" \
        substr(path, length(suite) + 2) "\t" site
      return count
    }
    function say() {
      if (name != "" && same "" != "") print name "\tsame\t" same
      else if (name != "" && newer != "") print name "\tnewer\t" newer
      else if (name != "" && older != "") print name "\tolder\t" older
      else if (name != "") print name "\tnone\t"
    }
    function with(list, id) { return index("," list ",", "," id ",") ? list : list (list == "" ? "" : ",") id }
    /^=policy=$/ && !policy { policy = 1; print "=packages="; next }
    /^=code=/ { say(); print "=packages:" substr($0, 7) "="; exit }
    !policy && /^==> .* <==$/ {
      file = $2; sub(/.*\//, "", file); sub(/_?(In)?Release$/, "", file); file = bare(file); released[file] = 1
    }
    !policy && /^Origin:/ && !(file in origins) { origins[file] = said($0) }
    !policy && /^Suite:/ && !(file in suites) { suites[file] = said($0) }
    !policy && /^Codename:/ && !(file in codenames) { codenames[file] = said($0) }
    !policy && /^Label:/ && !(file in labels) { labels[file] = said($0) }
    !policy { next }
    /^[^ ]/ { say(); name = $1; sub(/:$/, "", name); same = newer = older = ""; at = "newer"; next }
    /^ \*\*\* / { at = "same"; next }
    /^     [^ ]/ { if (at == "newer") newer = ""; else at = (at == "same") ? "older" : "passed"; next }
    /^       / && $2 !~ /\/dpkg\/status$/ && $1 ~ /^-?[0-9]+$/ && NF > 2 {
      if (at == "same") same = with(same, origin($2, $3))
      else if (at == "newer") newer = with(newer, origin($2, $3))
      else if (at == "older") older = with(older, origin($2, $3))
    }
    END { print "=origins="; for (id = 1; id <= count; id++) print id "\t" table[id]; print "=origins:0=" }' ;;
apk)
  for file in /lib/apk/db/installed /usr/lib/apk/db/installed; do
    [ -s $file ] && echo "changed=$(stat -c %Y $file)" && break
  done
  echo =apk= ;;
rpm)
  sig='(none)'
  known=" $(rpm --querytags | tr '\n' ' ') "
  for tag in OPENPGP SIGPGP SIGGPG DSAHEADER RSAHEADER; do
    case $known in *" $tag "*) sig="%|$tag?{%{$tag:pgpsig}}:{$sig}|" ;; esac
  done
  {
    rpm -qa --qf '%{NAME}\t%{INSTALLTIME}\t%{VENDOR}\t%{DISTRIBUTION}\t'"$sig"'\n'
    echo "=code=$?"
  } | awk -F '\t' '
    /^=code=/ { code = substr($0, 7); next }
    NF > 4 && $1 != "gpg-pubkey" {
      if ($2 + 0 > changed + 0) changed = $2
      key = ""
      if (match($NF, /[0-9a-fA-F]+ *$/) && $NF ~ /Key (ID|Fingerprint)/) {
        key = substr($NF, RSTART, RLENGTH); sub(/ +$/, "", key); key = tolower(substr(key, length(key) - 15))
      }
      kind = substr($3, 1, 80) "\t" substr($4, 1, 80) "\t" key
      if (!(kind in known)) { known[kind] = ++count; table[count] = kind }
      lines[++rows] = $1 "\t" known[kind]
    }
    END {
      print "changed=" changed
      print "=packages-rpm="; for (row = 1; row <= rows; row++) print lines[row]; print "=packages-rpm:" code "="
      print "=makers="; for (id = 1; id <= count; id++) print id "\t" table[id]; print "=makers:0="
    }' ;;
esac
exit 0
"""
)

Row = tuple[str, Origin]  # one package and one of its origins


def read_origins(text: str) -> Origins:
    said = parts(text)
    head = fields(said.text(""))
    changed = number(head.get("changed", ""))
    if "packages" in said:
        lists = number(head.get("lists", ""))
        if lists is None:
            raise Unreadable("the host did not say how many package lists it has")
        rows = _deb(said) if lists else iter(())
        return _joined("deb", rows, changed, lists)
    if "packages-rpm" in said:
        return _joined("rpm", _rpm(said), changed, None)
    if "apk" in said:
        return Origins("apk", (), (), changed)
    raise Unreadable("no package manager answered")


def _joined(manager: str, rows: Iterator[Row], changed: int | None, lists: int | None) -> Origins:
    places: dict[Origin, int] = {}
    found: dict[str, list[int]] = {}
    for name, origin in rows:
        place = places.setdefault(origin, len(places))
        one = found.setdefault(name, [])
        if place not in one:
            one.append(place)
    bounded(len(found), MAX_PACKAGES, "packages")
    by_package = tuple(PackageOrigin(name, tuple(found[name])) for name in sorted(found))
    return Origins(manager, tuple(places), by_package, changed, lists)


def _deb(said: Parts) -> Iterator[Row]:
    """``NAME TAB same|newer|older|none TAB 1,2``; a foreign architecture's copy is named ``NAME:i386``."""
    table = {number: _release(columns) for number, columns in _table(said, "origins", 6)}
    known: dict[tuple[str, str], list[Origin]] = {}  # most packages share a few
    lines = [line.split("\t") for line in said.closed("packages").lines]
    native = {columns[0] for columns in lines}
    for columns in lines:
        if len(columns) != 3 or columns[1] not in CARRIES or not columns[0]:
            raise Unreadable("the list of packages and their sources has a line that is none")
        name, carries, numbers = columns
        bare = name.partition(":")[0]
        if bare == name or bare not in native:
            if (carries, numbers) not in known:
                known[carries, numbers] = _of_deb(carries, numbers, table)
            yield from ((bare, origin) for origin in known[carries, numbers])


def _release(columns: list[str]) -> Origin:
    origin, suite, codename, label, component, site = columns
    return Origin(origin, suite, codename, label, component, site)


def _of_deb(carries: str, numbers: str, table: dict[str, Origin]) -> list[Origin]:
    if carries == "none":
        return [Origin(local=True)]
    try:
        found = [table[one] for one in numbers.split(",")[:MAX_ORIGINS]]
    except KeyError as fault:
        raise Unreadable("a package names a source that the host does not list") from fault
    return [replace(origin, carries=carries, local=carries == "older") for origin in found]


def _rpm(said: Parts) -> Iterator[Row]:
    table = {number: _maker(columns) for number, columns in _table(said, "makers", 3)}
    for line in said.closed("packages-rpm").lines:
        name, tab, number = line.partition("\t")
        if not tab or not name or number not in table:
            raise Unreadable("the list of packages and their makers has a line that is none")
        yield name, table[number]


def _maker(columns: list[str]) -> Origin:
    vendor, label, key = ("" if column == NONE else column for column in columns)
    return Origin(label=label, vendor=vendor, key=key, local=not vendor and not key)


def _table(said: Parts, mark: str, width: int) -> Iterator[tuple[str, list[str]]]:
    """``NUMBER TAB COLUMN ...``."""
    lines = said.closed(mark).lines
    bounded(len(lines), MAX_ORIGINS, "sources of packages")
    for line in lines:
        number, *columns = line.split("\t")
        if len(columns) != width:
            raise Unreadable("the list of sources has a line that is none")
        yield number, columns


ORIGINS = ScriptProbe("origins", Script("origins", BODY, max_bytes=4 * 1024 * 1024), read_origins, "dpkg, rpm or apk")
