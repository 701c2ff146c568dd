"""The collector: one root-owned script with the root-only sections, and the shell text it shares with a visit.

The scan account may run it as root through one sudoers line that pins its sha256 (docs/scan-account.md). It takes
one argument, the name of a section, and runs that section's fixed text; anything else is refused. Its first output
line names the section and the digest of its text, so that an outdated collector is seen and never misread.
"""

import hashlib
import re
from collections.abc import Sequence

from inventory.asset import Privilege
from scanner.query import Script

COLLECTOR_PATH = "/usr/local/libexec/estatecheck-collector"
EXIT_NO_SECTION = 64  # EX_USAGE of sysexits.h: the collector does not know the section
MAX_BODY_BYTES = 100_000  # Linux takes at most 128 KiB in one argument of exec (MAX_ARG_STRLEN)

SETTINGS = """\
LC_ALL=C; PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH
unset IFS ENV BASH_ENV CDPATH; umask 077
"""

# run SECONDS BODY: the body in a shell and a process group of its own, ended at its limit; code 124 says so.
# What the body left running is ended too: it would hold the stream open. GNU timeout makes the group itself; busybox
# timeout does not, and its options differ between versions, so everywhere else a watchdog does it, with setsid, or
# with the shell's job control where that works without a terminal (bash and ksh: macOS). With neither, the group is
# only the body's shell, and what hangs in it costs the host's whole time limit.
GUARD = r"""
case $(timeout -k 1 9 timeout --version 2>/dev/null) in
*coreutils*) guard=timeout ;;
*) guard=watchdog; alone=; jobs=
  if command -v setsid >/dev/null 2>&1; then alone=setsid
  else case $(set -m; echo $-) in *m*) jobs=m ;; esac; fi ;;
esac
end() { kill "-$1" "-$2" 2>/dev/null || kill "-$1" "$2" 2>/dev/null; }
run() {
  child=; dog= # the trap comes first, so that no moment is without it
  trap 'end KILL "${child:-$!}"; [ -z "$dog" ] || end KILL "$dog"; exit 143' HUP INT TERM
  if [ $guard = timeout ]; then timeout -k 2 "$1" sh -c "$2" & child=$!
  else
    [ -z "$jobs" ] || set -m
    $alone sh -c "$2" & child=$!
    $alone sh -c 'end() { kill "-$1" "-$2" || kill "-$1" "$2"; }
      sleep "$1"; end TERM "$2"; sleep 2; end KILL "$2"' sh "$1" "$child" >/dev/null & dog=$!
    [ -z "$jobs" ] || set +m
  fi
  wait "$child"; result=$?
  end KILL "$child"; [ -z "$dog" ] || end KILL "$dog"
  case $result in 137|143) result=124 ;; esac
  return $result
}
"""

_NAME = re.compile(r"[a-z0-9_-]{1,64}")


def quoted(text: str) -> str:
    """As one word of POSIX sh."""
    return "'" + text.replace("'", "'\\''") + "'"


def checked(queries: Sequence[Script]) -> None:
    """Raises ``ValueError`` for sections that cannot be sent: a fault in a probe, not in a host."""
    names = [query.name for query in queries]
    for query in queries:
        if not _NAME.fullmatch(query.name) or names.count(query.name) > 1:
            raise ValueError(f"section {query.name!r}: a name is [a-z0-9_-], and unique in a visit")
        if "\0" in query.body or len(query.body.encode()) > MAX_BODY_BYTES:
            raise ValueError(f"section {query.name}: the body holds a NUL or is over {MAX_BODY_BYTES} bytes")
        if query.timeout_seconds < 1 or query.max_bytes < 0:
            raise ValueError(f"section {query.name}: the time limit or the size limit makes no sense")


def header(query: Script) -> bytes:
    """The collector's first line for a section: proof that it ran, and of which text."""
    digest = hashlib.sha256(f"{query.timeout_seconds}\n{query.body}".encode()).hexdigest()[:16]
    return f"estatecheck-collector {query.name} {digest}\n".encode()


def collector_script(queries: Sequence[Script]) -> bytes:
    """The collector for these sections, sorted by name: the same sections give the same bytes.

    Only sections that need root are taken, and only fixed text can be: a section made from inventory values is not
    known to the collector and comes back as not assessed. Raises ``ValueError`` as :func:`checked`.
    """
    root = sorted((q for q in queries if q.privilege is Privilege.ROOT), key=lambda q: q.name)
    checked(root)
    cases = "".join(
        f"{q.name})\n  echo {quoted(header(q).decode().rstrip())}\n  run {q.timeout_seconds} {quoted(q.body)} ;;\n"
        for q in root
    )
    return f"""#!/bin/sh
# estatecheck collector: read-only sections that need root. Made by estatecheck; the sudoers line pins its digest.
main() {{
[ $# = 1 ] || return {EXIT_NO_SECTION}
{SETTINGS}{GUARD}
case $1 in
{cases}*) return {EXIT_NO_SECTION} ;;
esac
}}
main "$@" </dev/null 2>/dev/null
""".encode()
