"""Public keys that open an account: sshd(8), AUTHORIZED_KEYS FILE FORMAT; the keys as in RFC 4253 and RFC 5656.

Only key type and key leave the host: options and comments (names, addresses) stay there.
"""

import base64
import binascii
import hashlib
import re

from inventory.asset import Privilege
from inventory.facts.accounts import AuthorizedKey, AuthorizedKeys
from scanner.probes.linux.sections import ROOT_ONLY, Parts, bounded, ended
from scanner.probes.linux.sshd_config import SHELL
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

# AuthorizedKeysFile may hold %u, %h and %% and may be relative to the home directory (sshd_config(5)).
# A directory that root may not enter, on a file server, may hide a file with keys.
# One awk reads all files: type and key, wherever they stand in the line.
BODY = (
    ROOT_ONLY
    + SHELL
    + r"""
command -v awk >/dev/null && command -v sed >/dev/null && command -v grep >/dev/null || exit 69
tab='	'
config=/etc/ssh/sshd_config
[ -e $config ] || [ ! -e /usr$config ] || config=/usr$config
settings=$(ssh_settings $config 'authorizedkeysfile|authorizedkeyscommand|trustedusercakeys')
echo =elsewhere=
printf '%s\n' "$settings" | sed -nE "s/.*$tab(authorizedkeyscommand|trustedusercakeys|unreadable)$tab(.*)/\1 \2/p" |
  while read -r keyword value; do case $value in [Nn][Oo][Nn][Ee]) ;; *) printf '%s\n' "$keyword" ;; esac; done
patterns=$(printf '%s\n' "$settings" | sed -n "s/.*${tab}authorizedkeysfile$tab//p")
case $settings in *always"$tab"*"$tab"authorizedkeysfile"$tab"*) ;; *) patterns="$patterns
.ssh/authorized_keys .ssh/authorized_keys2" ;; esac
set -f
set --
echo =files=
while IFS=: read -r name secret uid gid gecos home shell || [ -n "$name" ]; do
  for pattern in $patterns; do
    file=
    while :; do
      case $pattern in
        *%[uh%]*)
          rest=${pattern#*%}
          case $rest in u*) value=$name ;; h*) value=$home ;; *) value=% ;; esac
          file=$file${pattern%%\%*}$value
          pattern=${rest#?} ;;
        *) break ;;
      esac
    done
    file=$file$pattern
    case $file in none) continue ;; /*) ;; *) file=$home/$file ;; esac
    up=${file%/*}
    while [ -n "$up" ] && [ ! -d "$up" ]; do up=${up%/*}; done
    [ -x "${up:-/}" ] || exit 77
    [ -f "$file" ] && [ -s "$file" ] || continue
    [ -r "$file" ] || exit 77
    printf '%s\n' "$name$tab$file"
    set -- "$@" "$file"
  done
done </etc/passwd
echo =keys=
[ $# = 0 ] || awk '
  /^[ \t]*#/ { next }
  match($0, /((ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+)[ \t]+AAAA[A-Za-z0-9+\/=]+/) {
    print FILENAME "\t" substr($0, RSTART, RLENGTH); next
  }
  /[ \t]AAAA[A-Za-z0-9+\/=]/ { print FILENAME "\tunknown" }
' "$@" || echo =broken=
echo =end=
"""
)

NAMES = {"ssh-rsa": "RSA", "ssh-dss": "DSA", "ssh-ed25519": "ED25519", "ecdsa-sha2-": "ECDSA"}
SMALLEST_RSA = 2048
ELSEWHERE = {"authorizedkeyscommand": "AuthorizedKeysCommand", "trustedusercakeys": "TrustedUserCAKeys"}
_HEADED = re.compile(r"(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]{1,60}")


def read_authorized_keys(text: str) -> AuthorizedKeys:
    found = ended(text, "elsewhere", "files", "keys")
    if "broken" in found:
        raise Unreadable("the files with authorized keys could not all be read")
    accounts = _accounts(found)
    items: dict[tuple[str, str, str], AuthorizedKey] = {}
    for line in found.lines("keys"):
        file, _, key = line.partition("\t")
        if file not in accounts:
            raise Unreadable("a key stands in a file that belongs to no account")
        for account in accounts[file]:
            if made := _key(account, file, key):
                items.setdefault((account, file, made.fingerprint), made)
    bounded(len(items), 100_000, "authorized keys")
    return AuthorizedKeys(tuple(items.values()), _elsewhere(found))


def _elsewhere(found: Parts) -> tuple[str, ...]:
    said = set(found.lines("elsewhere"))
    if not said <= ELSEWHERE.keys():
        raise Unreadable("the configuration of the OpenSSH server could not all be read")
    return tuple(sorted(ELSEWHERE[keyword] for keyword in said))


def _accounts(found: Parts) -> dict[str, list[str]]:
    """Accounts may share a home, and so a file."""
    accounts: dict[str, list[str]] = {}
    for line in found.lines("files"):
        name, _, file = line.partition("\t")
        accounts.setdefault(file, []).append(name)
    bounded(max(map(len, accounts.values()), default=0), 100, "accounts that share one file with keys")
    return accounts


def _key(account: str, file: str, text: str) -> AuthorizedKey | None:
    """None for a key that cannot be decoded: sshd passes over such a line too, so it opens nothing."""
    words = text.split()
    if len(words) != 2 or not _HEADED.fullmatch(words[0]):
        raise Unreadable(f"{file} has a key of a type that is not known")
    try:
        blob = base64.b64decode(words[1], validate=True)
        algorithm, numbers = _strings(blob)
        kind = _kind(algorithm)
        bits = _bits(kind, algorithm, numbers)
    except (binascii.Error, ValueError):
        return None
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    weak = kind == "DSA" or (kind == "RSA" and bits < SMALLEST_RSA)
    return AuthorizedKey(account, file, kind, bits, f"SHA256:{digest}", weak)


def _strings(blob: bytes) -> tuple[str, list[bytes]]:
    """The algorithm's name and the strings and numbers behind it (RFC 4251 section 5). Raises ``ValueError``."""
    found: list[bytes] = []
    at = 0
    while at + 4 <= len(blob) and len(found) < 6:
        end = at + 4 + int.from_bytes(blob[at : at + 4])
        if end > len(blob):
            break  # a certificate's serial number is not a string; what we need stands before it
        found.append(blob[at + 4 : end])
        at = end
    if len(found) < 2:
        raise ValueError("not a key")
    return found[0].decode("ascii"), found[1:]


def _kind(algorithm: str) -> str:
    plain = algorithm.removeprefix("sk-").partition("-cert-")[0]
    name = next((kind for start, kind in NAMES.items() if plain.startswith(start)), "")
    if not name:
        raise Unreadable("a key is of a type that is not known")
    return f"{name}-SK" if algorithm.startswith("sk-") else name


def _bits(kind: str, algorithm: str, numbers: list[bytes]) -> int:
    """Raises ``ValueError``."""
    if "-cert-" in algorithm:
        numbers = numbers[1:]  # a certificate starts with a nonce
    if kind.startswith("ED25519"):
        return 256
    if kind.startswith("ECDSA"):
        size = re.search(r"nistp([0-9]{3})", algorithm)
        return int(size.group(1)) if size else 0
    place = 1 if kind == "RSA" else 0  # RSA: exponent, modulus; DSA: p first
    if len(numbers) <= place:
        raise ValueError("a key has no numbers")
    return int.from_bytes(numbers[place]).bit_length()


AUTHORIZED_KEYS = ScriptProbe(
    "authorized_keys", Script("authorized_keys", BODY, Privilege.ROOT), read_authorized_keys, tool="awk, sed or grep"
)
