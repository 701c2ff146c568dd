"""What this host exports over NFS: exports(5)."""

import re
from collections.abc import Iterator

from inventory.facts.storage import Export, Exports
from scanner.probes.linux.sections import bounded, ended
from scanner.probes.script import ScriptProbe
from scanner.query import Script, Unreadable

BODY = r"""
set --
for file in /etc/exports /etc/exports.d/*.exports; do
  [ -e "$file" ] || continue
  [ -r "$file" ] || exit 77
  set -- "$@" "$file"
done
[ -x /etc/exports.d ] || [ ! -e /etc/exports.d ] || exit 77
[ $# -gt 0 ] || { echo "this host has no /etc/exports"; exit 66; }
echo =lines=
for file; do
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in '#'*|'') ;; *) printf '> %s\n' "$line" ;; esac
  done <"$file"
  echo ">"
done
echo =end=
"""

EVERYBODY = frozenset({"", "*", "0.0.0.0/0", "::/0", "0.0.0.0/0.0.0.0"})
_WORD = re.compile(r'"([^"]*)"(\S*)|(\S+)')
_CLIENT = re.compile(r"([^()]*)(?:\(([^()]*)\))?")
_ESCAPE = re.compile(r"\\([0-7]{3})")


def read_exports(text: str) -> Exports:
    items: list[Export] = []
    for line in _logical(ended(text, "lines").lines("lines")):
        for export in _line(line):
            items.append(export)
            bounded(len(items), 20_000, "exports")
    return Exports(tuple(items))


def _logical(lines: list[str]) -> Iterator[str]:
    """A backslash at the end continues a line; a bare ``>`` ends a file."""
    waiting = ""
    for line in lines:
        if not line.startswith(">"):
            raise Unreadable("a line of exports is not as it was sent")
        text = waiting + line[2:]
        waiting = ""
        if text.endswith("\\"):
            waiting = text[:-1] + " "
            bounded(len(waiting), 100_000, "characters in one line of exports")
        elif text.partition("#")[0].strip():
            yield text.partition("#")[0].strip()
    if waiting.strip():
        yield waiting.strip()


def _line(line: str) -> Iterator[Export]:
    """``path -defaults client(options) ...``; a path alone, and options without a client, are for everybody."""
    words = [quoted + tail if quoted or tail else bare for quoted, tail, bare in _WORD.findall(line)]
    path = _ESCAPE.sub(lambda m: chr(int(m[1], 8) & 0xFF), words[0])
    path, bracket, glued = path.partition("(")
    if not path.startswith("/"):
        raise Unreadable("a line of exports does not start with a path")
    defaults: tuple[str, ...] = ()
    clients = ["(" + glued] if bracket else []
    for word in words[1:]:
        if word.startswith("-"):
            defaults = tuple(word[1:].split(","))
        else:
            clients.append(word)
    for client in clients or [""]:
        yield _export(path, client, defaults)


def _export(path: str, client: str, defaults: tuple[str, ...]) -> Export:
    said = _CLIENT.fullmatch(client)
    if not said:
        raise Unreadable(f"the clients of {path} cannot be understood")
    own = tuple(option.strip() for option in (said[2] or "").split(",") if option.strip())
    options = tuple(option for option in (*defaults, *own) if option)
    return Export(
        path=path,
        client=said[1] or "*",
        options=options,
        open_to_all=said[1] in EVERYBODY,
        root_squash=_last(options, {"root_squash": True, "no_root_squash": False, "all_squash": True}, default=True),
        writable=_last(options, {"rw": True, "ro": False}, default=False),
    )


def _last(options: tuple[str, ...], meaning: dict[str, bool], *, default: bool) -> bool:
    """The last of contradicting options counts."""
    return next((meaning[option] for option in reversed(options) if option in meaning), default)


EXPORTS = ScriptProbe("exports", Script("exports", BODY), read_exports)
