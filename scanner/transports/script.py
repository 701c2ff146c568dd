"""One visit to a Unix host as one POSIX sh script. What comes back is read by :mod:`scanner.transports.transcript`.

The script is fed to ``sh -s``. It answers with one plain line ``estatecheck MARKER gz|raw`` and then, gzipped where
the host can, one frame per section, and a last line::

    MARKER begin INDEX user|root|collector
    ...the section's output, byte for byte...
    MARKER end INDEX user|root|collector eEXIT eEXIT CKSUM COUNT
    MARKER done

Written for dash, bash, busybox ash and the ksh family; used beyond POSIX are ``head -c``, ``/dev/fd/2``, and
``timeout``, ``setsid``, ``gzip`` where they exist. Nothing is written on the host.
"""

import secrets
from collections.abc import Sequence

from inventory.asset import Become, Privilege
from scanner.query import Query, Script, as_scripts
from scanner.transports.collector import COLLECTOR_PATH, GUARD, SETTINGS, checked, header, quoted
from scanner.transports.transcript import Transcript as Transcript  # the other half, at hand in one place
from scanner.transports.transcript import read_transcript as read_transcript

GROUP = 8  # sections in one gzip stream: a host that hangs for good costs at most these

# Output is streamed, not held in a variable: $(...) drops NULs and trailing newlines and costs memory, and a
# temporary file or a fifo would write to the target. So tee(1) copies the section's bytes into the stream (its
# stderr, reopened as /dev/fd/2, is the stream) and into cksum(1), which speaks when the section has ended.
_SECTION = r"""
section() {
  echo; echo "$marker begin $1 $as"
  { got=$( { { run "$3" "$4" </dev/null 2>/dev/null 3>&- 4>&-; code=$?; echo "e$code e$code" >&4; } |
    head -c "$2" 2>/dev/null | tee /dev/fd/2 2>&3 | $sums; } 4>&1 ); } 3>&1
  id=$1; set -- $got
  [ $# = 3 ] && set -- "$1" "$2" - "$3"
  echo; echo "$marker end $id $as $*"
}
case ${KSH_VERSION-} in
*MIRBSD*) put() { print -nr -- "$1"; } ;; # its printf is a program, and an argument has a limit
*) put() { printf %s "$1"; } ;;
esac
have() { command -v "$1" >/dev/null 2>&1; }
sums='wc -c'; have cksum && sums=cksum
pack=cat; form=raw; have gzip && pack='gzip -1' && form=gz
as=user; [ "$(id -u)" = 0 ] && as=root
"""

_OPENING = r"""
for tool in tee head wc; do
  have $tool || { echo "estatecheck $marker lacks $tool"; return 1; }
done
[ -e /dev/fd/2 ] || { echo "estatecheck $marker lacks /dev/fd"; return 1; }
head -c 1 </dev/null >/dev/null 2>&1 || { echo "estatecheck $marker lacks head -c"; return 1; }
refused=; fault=0
echo; echo "estatecheck $marker $form"
"""

_ROOT_BY_SUDO = r"""
if [ $as = root ]; then eval "$rootly"
elif have sudo; then put "main() { $common$rootly
}; main </dev/null" | sudo -n -- sh -s 2>/dev/null || refused="sudo $?"
else refused='sudo 127'; fi
"""

_ROOT_BY_COLLECTOR = r"""
if [ $as = root ]; then eval "$rootly"
elif ! have sudo; then refused='sudo 127'
elif ! [ -x @PATH@ ]; then refused='collector 127'
else as=collector
@SECTIONS@
fi
"""

_ROOT_NEVER = r"""
if [ $as = root ]; then eval "$rootly"; else refused='never 0'; fi
"""

_CLOSING = r"""
{ [ -z "$refused" ] || { echo; echo "$marker refused $refused"; }; echo; echo "$marker done"; } | $pack || fault=1
return $fault
"""


def new_marker() -> str:
    """128 random bits as hex: no section can print it by chance."""
    return secrets.token_hex(16)


def compose(queries: Sequence[Query], marker: str, become: Become) -> bytes:
    """The POSIX sh script for one visit, to be fed to ``sh -s`` on stdin.

    Everything stands in one function that is called on the last line, so a script that arrived in part does nothing.
    Raises ``ValueError`` for sections that cannot be sent: a bad or doubled name, a NUL, a body over 100,000 bytes.
    """
    scripts = as_scripts(queries)
    checked(scripts)
    common = f"marker={marker}\n{SETTINGS}{GUARD}{_SECTION}"
    plain = [_call(i, q) for i, q in enumerate(scripts) if q.privilege is not Privilege.ROOT]
    root = [(i, q) for i, q in enumerate(scripts) if q.privilege is Privilege.ROOT]
    parts = [f"common={quoted(common)}", 'eval "$common"', _OPENING, _grouped(plain)]
    if root:
        parts += [f"rootly={quoted(_grouped([_call(i, q) for i, q in root]))}", _rootly(root, become)]
    body = "\n".join([*parts, _CLOSING])
    return f"estatecheck_main() {{\n{body}\n}}\nestatecheck_main </dev/null 2>/dev/null\n".encode()


def _call(index: int, query: Script) -> str:
    return f"section {index} {query.max_bytes + 1} {query.timeout_seconds} {quoted(query.body)}"


def _call_collector(index: int, query: Script) -> str:
    """The collector keeps the section's time limit as root; ours, a little longer, is for what hangs before it."""
    body = f"exec sudo -n {COLLECTOR_PATH} {query.name}"
    cap = query.max_bytes + 1 + len(header(query))
    return f"section {index} {cap} {query.timeout_seconds + 5} {quoted(body)}"


def _grouped(calls: Sequence[str]) -> str:
    groups = (calls[i : i + GROUP] for i in range(0, len(calls), GROUP))
    return "".join("{\n" + "\n".join(group) + "\n} | $pack || fault=1\n" for group in groups)


def _rootly(root: Sequence[tuple[int, Script]], become: Become) -> str:
    if become is Become.SUDO:
        return _ROOT_BY_SUDO
    if become is Become.NONE:
        return _ROOT_NEVER
    sections = _grouped([_call_collector(i, q) for i, q in root])
    return _ROOT_BY_COLLECTOR.replace("@PATH@", COLLECTOR_PATH).replace("@SECTIONS@", sections)
