"""Effective configuration of the OpenSSH server: ``sshd -T`` (sshd(8)).

The server that counts is the one that let us in: the nearest ``sshd`` above our own shell that listens. It may have
been started with its own ``-f FILE`` or ``-o OPTION``, and those are handed on. Without one (a local visit), the
server of /run/sshd.pid counts, and without that the default configuration.
Match blocks are not applied: what ``sshd -T`` reports is what holds for everybody else. Only where it insists on
a connection is it told one. What Match blocks set otherwise is read from the files and reported beside it.
"""

import re

from inventory.asset import Privilege
from inventory.facts.sshd import MatchSetting, Sshd
from scanner.probes.linux.sections import ROOT_ONLY, Parts, bounded, ended
from scanner.probes.linux.sshd_config import SHELL
from scanner.probes.script import ScriptProbe, number
from scanner.query import Script, Unreadable

# Since OpenSSH 9.8 sessions are called sshd-session; before, they and the listener are all called sshd.
# The listener's title reads "sshd: /usr/sbin/sshd -D -f FILE [listener] 0 of 10-100 startups".
BODY = (
    ROOT_ONLY
    + SHELL
    + r"""
command -v awk >/dev/null && command -v sed >/dev/null && command -v grep >/dev/null || exit 69
about() {
  name= parent=
  while read -r key value; do
    case $key in Name:) name=$value ;; PPid:) parent=$value; break ;; esac
  done <"/proc/$1/status"
}
config=/etc/ssh/sshd_config
[ -e $config ] || [ ! -e /usr$config ] || config=/usr$config
listener= pid=$$
while [ "${pid:-0}" -gt 1 ]; do
  about "$pid"
  case $name in
    sshd) listener=$pid ;;
    sshd-*) ;;
    *) [ -z "$listener" ] || break ;;
  esac
  pid=$parent
done
if [ -z "$listener" ] && read -r pid </run/sshd.pid && about "$pid" && [ "$name" = sshd ]; then listener=$pid; fi
sshd=
set --
if [ -n "$listener" ]; then
  sshd=$(readlink "/proc/$listener/exe")
  sshd=${sshd%" (deleted)"}
  take=
  set -f
  for word in $(tr '\000' ' ' <"/proc/$listener/cmdline"); do
    if [ -n "$take" ]; then
      set -- "$@" "$take" "$word"
      [ "$take" != -f ] || config=$word
      take=
      continue
    fi
    case $word in
      '['*) break ;;
      -f?*) set -- "$@" "$word"; config=${word#-f} ;;
      -[fohcp]) take=$word ;;
      -[fohcp]*) set -- "$@" "$word" ;;
      -[46Ddeiqr]*[fohcp]) take=-${word##*[46Ddeiqr]} ;;
    esac
  done
  set +f
fi
[ -x "$sshd" ] || sshd=$(command -v sshd)
for file in /usr/sbin/sshd /usr/local/sbin/sshd; do [ -x "$sshd" ] || sshd=$file; done
[ -x "$sshd" ] || { echo "no OpenSSH server is installed on this host"; exit 66; }
echo =version=
"$sshd" -V 2>&1
if out=$("$sshd" -T "$@" 2>&1) || out=$("$sshd" -T "$@" -C user=root,host=localhost,addr=127.0.0.1 2>&1)
then echo =config=
else echo =refused=
fi
printf '%s\n' "$out"
echo =match=
ssh_settings "$config" "permitrootlogin|passwordauthentication|kbdinteractiveauthentication|\
challengeresponseauthentication|permitemptypasswords|maxauthtries|x11forwarding|clientalive(interval|countmax)|\
authenticationmethods" | grep '^match'
echo =end=
"""
)

MAX_SETTINGS = 2_000
ROOT_LOGIN = ("yes", "no", "prohibit-password", "forced-commands-only")

_VERSION = re.compile(r"OpenSSH_[^\s,]{1,64}(?: [A-Za-z0-9.+~-]{1,64})?")
_SAME = {"without-password": "prohibit-password"}  # the old name of the same thing


def read_sshd(text: str) -> Sshd:
    found = ended(text, "match")
    if "config" not in found:
        said = found.lines("refused")
        raise Unreadable(f"sshd -T does not print its configuration: {said[-1][:200] if said else 'no reason given'}")
    settings = _settings(found.lines("config"))
    version = _VERSION.search(found.text("version"))
    root = _SAME.get(said_root := _one(settings, "permitrootlogin"), said_root)
    if root not in ROOT_LOGIN:
        raise Unreadable("sshd -T printed something unknown for permitrootlogin")
    kbd = settings.get("kbdinteractiveauthentication") or settings.get("challengeresponseauthentication")
    return Sshd(
        version=version.group().rstrip(",") if version else "",
        ports=_ports(settings),
        permit_root_login=root,
        password_authentication=_switch(settings, "passwordauthentication"),
        kbd_interactive_authentication=kbd[0] == "yes" if kbd else None,
        permit_empty_passwords=_switch(settings, "permitemptypasswords"),
        pubkey_authentication=_switch(settings, "pubkeyauthentication"),
        max_auth_tries=_count(settings, "maxauthtries"),
        x11_forwarding=_switch(settings, "x11forwarding"),
        client_alive_interval_seconds=_count(settings, "clientaliveinterval"),
        client_alive_count_max=_count(settings, "clientalivecountmax"),
        ciphers=_list(settings, "ciphers"),
        macs=_list(settings, "macs"),
        kex_algorithms=_list(settings, "kexalgorithms"),
        host_key_algorithms=_list(settings, "hostkeyalgorithms"),
        allow_users=_names(settings, "allowusers"),
        allow_groups=_names(settings, "allowgroups"),
        log_level=_one(settings, "loglevel"),
        banner=_one(settings, "banner"),
        authentication_methods=_names(settings, "authenticationmethods") or ("any",),
        match_settings=_match_settings(found),
    )


def _match_settings(found: Parts) -> tuple[MatchSetting, ...]:
    """``match FILE:LINE KEYWORD VALUE``, apart by tabs."""
    bounded(len(found.lines("match")), MAX_SETTINGS, "settings under Match lines")
    made = []
    for line in found.lines("match"):
        words = line.split("\t")
        if len(words) != 4 or words[0] != "match":
            raise Unreadable("a setting under a Match line cannot be read")
        if words[2] == "unreadable":
            raise Unreadable(f"{words[1]} could not be read")
        keyword, value = words[2].lower(), words[3].lower()
        keyword = "kbdinteractiveauthentication" if keyword.startswith("challenge") else keyword
        made.append(MatchSetting(words[1], keyword, _SAME.get(value, value)))
    return tuple(made)


def _settings(lines: list[str]) -> dict[str, list[str]]:
    settings: dict[str, list[str]] = {}
    for line in lines:
        key, _, value = line.partition(" ")
        settings.setdefault(key.lower(), []).append(value.strip())
    return settings


def _one(settings: dict[str, list[str]], key: str) -> str:
    if not settings.get(key, [""])[0]:
        raise Unreadable(f"sshd -T did not print {key}")
    return settings[key][0]


def _switch(settings: dict[str, list[str]], key: str) -> bool:
    value = _one(settings, key)
    if value not in ("yes", "no"):
        raise Unreadable(f"sshd -T printed something other than yes or no for {key}")
    return value == "yes"


def _count(settings: dict[str, list[str]], key: str) -> int:
    value = number(_one(settings, key))
    if value is None:
        raise Unreadable(f"sshd -T did not print a number for {key}")
    return value


def _list(settings: dict[str, list[str]], key: str) -> tuple[str, ...]:
    return tuple(_one(settings, key).split(","))


def _names(settings: dict[str, list[str]], key: str) -> tuple[str, ...]:
    return tuple(name for line in settings.get(key, []) for name in line.split())


def _ports(settings: dict[str, list[str]]) -> tuple[int, ...]:
    """A ListenAddress may carry a port of its own, so those count before Port."""
    addresses = [address.split()[0].rpartition(":")[2] for address in settings.get("listenaddress", []) if address]
    ports = [number(port) for port in addresses or settings.get("port", [])]
    if not ports or None in ports:
        raise Unreadable("sshd -T did not print its ports")
    return tuple(sorted({port for port in ports if port is not None}))


SSHD = ScriptProbe("sshd", Script("sshd", BODY, Privilege.ROOT), read_sshd)
