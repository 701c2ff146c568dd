"""State of every password, and how it is hashed: shadow(5), crypt(5). The hash itself never leaves the host.

The host's own shell reduces each password field to ``locked``, ``empty`` or its scheme before anything is sent.
"""

from inventory.asset import Privilege
from inventory.facts.accounts import Shadow, ShadowEntry
from scanner.probes.linux.sections import bounded, ended
from scanner.probes.script import ScriptProbe, number
from scanner.query import Script, Unreadable

# ``reduce FIELD`` sets $state. A field that is no hash of any kind (NP, LK, x) matches no password: locked.
# The 13 characters of DES are the shortest hash; whatever stands between dollar signs is sent only if it is known.
REDUCE = r"""
reduce() {
  case $1 in
    '') state=empty ;;
    '$'*)
      scheme=${1#?}
      scheme=${scheme%%\$*}
      case $scheme in
        y) state=yescrypt ;; gy) state=gost-yescrypt ;; 7) state=scrypt ;; 6) state=sha512 ;; 5) state=sha256 ;;
        2|2[abxy]) state=bcrypt ;; 1) state=md5 ;; md5*) state=sunmd5 ;; sha1) state=sha1 ;; 3) state=nt ;;
        *) state=unknown ;;
      esac ;;
    '!'*|'*'*) state=locked ;;
    _*|?????????????*) state=des ;;
    *) state=locked ;;
  esac
}
"""

# A password may still stand in /etc/passwd itself; there, "x" means "look in /etc/shadow" (passwd(5)).
BODY = (
    REDUCE
    + r"""
[ -r /etc/passwd ] || exit 77
[ -r /etc/shadow ] || [ ! -e /etc/shadow ] || exit 77
echo =passwd=
while IFS=: read -r name field rest || [ -n "$name" ]; do
  [ "$field" = x ] || { reduce "$field"; printf '%s\n' "$name:$state::"; }
done </etc/passwd
echo =shadow=
[ ! -e /etc/shadow ] || while IFS=: read -r name field change least most rest || [ -n "$name" ]; do
  reduce "$field"
  printf '%s\n' "$name:$state:$change:$most"
done </etc/shadow
echo =end=
"""
)

WEAK = frozenset({"md5", "sunmd5", "sha1", "sha256", "des", "nt"})
SCHEMES = WEAK | {"yescrypt", "gost-yescrypt", "scrypt", "sha512", "bcrypt", "unknown"}


def read_shadow(text: str) -> Shadow:
    found = ended(text, "passwd", "shadow")
    entries: dict[str, ShadowEntry] = {}
    for line in found.lines("passwd") + found.lines("shadow"):
        if not line.startswith(("+", "-", "#")):
            entry = read_entry(line)
            entries.setdefault(entry.name, entry)
    if not entries:
        raise Unreadable("no account has a password entry")
    bounded(len(entries), 100_000, "password entries")
    return Shadow(tuple(entries.values()))


def read_entry(line: str) -> ShadowEntry:
    """One ``name:state:change:max`` line. Raises :class:`Unreadable`."""
    name, state, change, most = (line.split(":") + [""] * 3)[:4]
    if not name or state not in SCHEMES | {"locked", "empty"}:
        raise Unreadable("a password entry has no state")
    scheme = state if state in SCHEMES else ""
    return ShadowEntry(name, "hashed" if scheme else state, scheme, scheme in WEAK, number(change), number(most))


SHADOW = ScriptProbe("shadow", Script("shadow", BODY, Privilege.ROOT), read_shadow)
