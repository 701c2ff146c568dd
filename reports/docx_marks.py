"""From a part of a Word file to a Jinja2 source in which only the marked places are instructions. Pure.

``{{ value }}`` is filled in place and keeps the look of its first letter, however Word split it into runs. A row with
``{%tr for x in y %}``, or a paragraph with ``{%p if x %}``, stands for the instruction; ``{% if x %}`` within a line
splits its run there. Everything else is copied character by character, never parsed and written anew: what was not
marked cannot change. An instruction that opens between two neighbours must close between neighbours of the same kind,
so whatever a loop repeats is whole elements, and the result is well-formed (ECMA-376 part 1, 17.3 and 17.4).
"""

import html
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from reports.branding import BadBranding
from reports.docx_package import MAX_DEPTH, shown, xml
from reports.text import safe_text

# Delimiters of the Jinja2 source: XML cannot hold them, so nothing in a part can be mistaken for one.
BLOCK, BLOCK_END, VALUE, VALUE_END, NOTE, NOTE_END, RETURN = "\x02", "\x03", "\x04", "\x05", "\x06", "\x07", "\x0b"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
_TOKEN = re.compile(
    r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<[^<>\"']*(?:(?:\"[^\"]*\"|'[^']*')[^<>\"']*)*>|[^<]+", re.DOTALL
)
_TAG = re.compile(r"</?([^\s/>]+)")
_BEGIN = re.compile(r"\{[{%#]")
_ENDS = {"{{": "}}", "{%": "%}", "{#": "#}"}
MAX_MARKS = 5_000  # in one part
_WORDS = re.compile(r"(?:(tr|p|tc|r)\s+)?([A-Za-z_]+)")
_SAID = ("for", "if", "elif", "else", "endif", "endfor", "set")
_PLAIN = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "\xa0": " "})
_FETCHES = re.compile(
    r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|INCLUDE|LINK|IMPORT|DATABASE|RD|EMBED|MACROBUTTON|AUTOTEXT"
    r"|AUTOTEXTLIST|CONTROL)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """An instruction as it stands in the document, and what it says."""

    shown: str
    start: str  # "{{" or "{%"
    scope: str  # "tr", "p" or ""
    word: str  # of an instruction: for, endif ...
    said: str

    @property
    def source(self) -> str:
        """On a line of its own, by which a fault is found again."""
        opening, closing = (VALUE, VALUE_END) if self.start == "{{" else (BLOCK, BLOCK_END)
        return f"{opening}\n {self.said} {closing}"


@dataclass(slots=True)
class Source:
    """Of one part. ``lines``: the line on which each mark stands, in their order."""

    text: str
    lines: list[tuple[int, Mark]] = field(default_factory=list)

    def at(self, line: int) -> str:
        """The mark that a fault in that line is about; "" none."""
        return next((mark.shown for first, mark in reversed(self.lines) if first <= line), "")


@dataclass(slots=True)
class _Node:
    name: str
    first: int  # its start tag, as a token
    parent: int
    last: int = 0  # its end tag


Piece = str | Mark


def source(name: str, content: bytes) -> Source:
    """Of a part of running text. Raises :class:`BadBranding`, naming part and mark."""
    text = _text(name, content)
    return _Part(name, text).source()


def properties(name: str, content: bytes) -> Source:
    """Of the document's properties: values only, in any text."""
    pieces = list[Piece]()
    for token in _TOKEN.findall(_text(name, content)):
        marks = [] if token.startswith("<") else list(_marks(name, html.unescape(token)))
        if any(mark.start != "{{" for _, _, mark in marks if mark):
            raise BadBranding(f"{shown(name)}: the document's properties may hold {{{{ values }}}} only")
        pieces += _cut(html.unescape(token), marks) if marks else [token]
    return _joined(pieces)


def _text(name: str, content: bytes) -> str:
    xml(name, content)  # well-formed, with no entities of its own
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise BadBranding(f"{shown(name)} is not UTF-8: save it in Word again") from fault


def _marks(name: str, text: str) -> Iterator[tuple[int, int, Mark | None]]:
    """Start, end and mark; None: a comment, which is left out."""
    at, found = 0, 0
    while begun := _BEGIN.search(text, at):
        first, at = begun.start(), text.find(_ENDS[begun[0]], begun.end()) + 2
        if at < 2 or (begun[0] != "{#" and _BEGIN.search(text, first + 2, at - 2)):
            raise BadBranding(f"{shown(name)}: {safe_text(text[first:], 60)!r} is never closed in its paragraph")
        found += 1
        _hold_count(name, found)
        yield first, at, None if begun[0] == "{#" else _mark(name, text[first:at])


def _hold_count(name: str, found: int) -> None:
    if found > MAX_MARKS:
        raise BadBranding(f"{shown(name)} has more than {MAX_MARKS:,} marks")


def _mark(name: str, found: str) -> Mark:
    said = found[2:-2].translate(_PLAIN).strip("-+ \t")
    if found.startswith("{{"):
        return Mark(safe_text(found, 80), "{{", "", "", said)
    match = _WORDS.match(said)
    scope, word = (match[1] or "", match[2]) if match else ("", "")
    if word not in _SAID or scope in ("tc", "r") or (word == "set" and "=" not in said):
        raise BadBranding(
            f"{shown(name)}: {safe_text(found, 80)} may not be used in a Word template; there are {', '.join(_SAID)}, "
            "for a row with {%tr and for a paragraph with {%p"
        )
    return Mark(safe_text(found, 80), "{%", scope, word, said[match.start(2) :] if match else said)


def _cut(text: str, marks: Sequence[tuple[int, int, Mark | None]]) -> list[Piece]:
    pieces, at = list[Piece](), 0
    for start, end, mark in marks:
        pieces += [_escaped(text[at:start]), *([mark] if mark else [])]
        at = end
    return [*pieces, _escaped(text[at:])]


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _joined(pieces: Sequence[Piece]) -> Source:
    told, line, lines = list[str](), 1, list[tuple[int, Mark]]()
    for piece in pieces:
        if isinstance(piece, Mark):
            lines.append((line + 1, piece))
        text = piece.source if isinstance(piece, Mark) else piece.replace("\r", RETURN)
        line += text.count("\n")
        told.append(text)
    return Source("".join(told), lines)


class _Part:
    """One part of running text."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.tokens: list[str] = _TOKEN.findall(text)
        self.nodes: list[_Node] = []
        self.instead: dict[int, list[Piece]] = {}  # of a token; what a longer stretch stands for, at its first
        self.gone: list[tuple[int, int]] = []  # stretches of tokens
        self.found = 0  # marks
        self.placed: list[tuple[int, int, Mark]] = []  # token, parent, mark
        self._read()

    def source(self) -> Source:
        self._hold_fields()
        for texts in self._paragraphs():
            self._paragraph(texts)
        self._hold_order()
        return _joined(list(self._pieces()))

    def _read(self) -> None:
        open_ = list[int]()
        for n, token in enumerate(self.tokens):
            if not token.startswith("<") or token.startswith(("<!", "<?")):
                continue
            if token.startswith("</"):
                self.nodes[open_.pop()].last = n
                continue
            tag = _TAG.match(token)
            self.nodes.append(_Node(tag[1] if tag else "", n, open_[-1] if open_ else -1, n))
            if not token.endswith("/>"):
                open_.append(len(self.nodes) - 1)
            if len(open_) > MAX_DEPTH:
                raise BadBranding(f"{shown(self.name)} is nested too deep")
        root = self.tokens[self.nodes[0].first]
        if f'xmlns:w="{W}"' not in root and f'xmlns:w="{STRICT}"' not in root:
            raise BadBranding(f"{shown(self.name)} is written in an unusual way: save it in Word or LibreOffice again")

    def _up(self, node: int, name: str) -> int:
        """The nearest around it of that name; -1 none."""
        while node >= 0 and self.nodes[node].name != name:
            node = self.nodes[node].parent
        return node

    def _inner(self, node: _Node) -> str:
        """The text of a ``w:t``."""
        told = self.tokens[node.first + 1 : node.last]
        return "".join(t[9:-3] if t.startswith("<![") else "" if t.startswith("<") else html.unescape(t) for t in told)

    def _paragraphs(self) -> list[list[int]]:
        found: dict[int, list[int]] = {}
        for n, node in enumerate(self.nodes):
            if node.name == "w:t" and self._up(n, "w:r") >= 0:
                found.setdefault(self._up(n, "w:p"), []).append(n)
        return [texts for paragraph, texts in found.items() if paragraph >= 0]

    def _paragraph(self, texts: Sequence[int]) -> None:
        told = [self._inner(self.nodes[n]) for n in texts]
        whole = "".join(told)
        if "{" not in whole:
            return
        marks = list(_marks(self.name, whole))
        self.found += len(marks)
        _hold_count(self.name, self.found)
        scoped = [mark for _, _, mark in marks if mark and mark.scope]
        if scoped:
            self._scoped(texts[0], whole, scoped, marks)
        elif marks:
            self._inline(texts, told, marks)

    def _scoped(
        self, text: int, whole: str, scoped: Sequence[Mark], marks: Sequence[tuple[int, int, Mark | None]]
    ) -> None:
        """The row or paragraph that holds nothing but these stands for them."""
        mark = scoped[0]
        node = self._up(text, f"w:{mark.scope}")
        if node < 0:
            raise self._bad(mark, "stands in no row of a table")
        first, last = self.nodes[node].first, self.nodes[node].last
        held = "".join(self._inner(n) for n in self._within(node) if n.name == "w:t")
        rest = "".join(piece for piece in _cut(whole, marks) if isinstance(piece, str))
        alone = held == whole and not rest.strip() and all(m is None or m.scope == mark.scope for _, _, m in marks)
        if not alone:
            thing = "row" if mark.scope == "tr" else "paragraph"
            raise self._bad(mark, f"needs a {thing} of its own: what else stands in that {thing} would be lost")
        if any(n.name in ("w:sectPr", "w:drawing", "w:pict") for n in self._within(node)):
            raise self._bad(mark, "stands where a section ends or a picture is: put it elsewhere")
        self.gone.append((first, last))
        self.instead[first] = list(scoped)
        self.placed += [(first, self.nodes[node].parent, one) for one in scoped]

    def _inline(self, texts: Sequence[int], told: Sequence[str], marks: Sequence[tuple[int, int, Mark | None]]) -> None:
        """Each mark moves whole into the run in which it begins; the rest of it is taken from the runs behind."""
        at, left = 0, deque(marks)
        for node, text in zip(texts, told, strict=True):
            end, here = at + len(text), list[tuple[int, int, Mark | None]]()
            while left and left[0][0] < end:
                first, last, mark = left[0]
                here.append((max(first, at) - at, min(last, end) - at, mark if first >= at else None))
                if last > end:
                    break
                left.popleft()
            if here:
                self._refill(node, _cut(text, here))
            at = end

    def _refill(self, text: int, pieces: list[Piece]) -> None:
        node, run = self.nodes[text], self._up(text, "w:r")
        last = node.last
        self.gone.append((node.first, last))
        self.instead[node.first] = ['<w:t xml:space="preserve">', *self._split(run, node, pieces), "</w:t>"]

    def _split(self, run: int, text: _Node, pieces: Sequence[Piece]) -> Iterator[Piece]:
        opening = f"{self.tokens[self.nodes[run].first]}{self._look(run)}"
        for piece in pieces:
            if isinstance(piece, Mark) and piece.start == "{%":
                self.placed.append((text.first, self.nodes[run].parent, piece))
                yield "</w:t></w:r>"
                yield piece
                yield f'{opening}<w:t xml:space="preserve">'
            else:
                yield piece

    def _look(self, run: int) -> str:
        """The properties of a run, to be said again."""
        found = (n for n in self._within(run) if n.name == "w:rPr" and n.parent == run)
        return next(("".join(self.tokens[n.first : n.last + 1]) for n in found), "")

    def _within(self, node: int) -> Iterator[_Node]:
        """All inside it: they stand behind it in their order."""
        last = self.nodes[node].last
        inside = (self.nodes[n] for n in range(node + 1, len(self.nodes)))
        return takewhile(lambda one: one.first < last, inside)

    def _pieces(self) -> Iterator[Piece]:
        at = 0
        for first, last in sorted(self.gone):
            yield "".join(self.tokens[at:first])
            yield from self.instead[first]
            at = last + 1
        yield "".join(self.tokens[at:])

    def _hold_order(self) -> None:
        """Raises where an instruction opens in one place of the document and closes in another."""
        open_ = list[tuple[str, int, Mark]]()
        for _, parent, mark in sorted(self.placed, key=lambda one: one[0]):
            if mark.word in ("for", "if"):
                open_.append((mark.word, parent, mark))
            elif mark.word != "set":
                self._hold_pair(open_, parent, mark)
        if open_:
            raise self._bad(open_[-1][2], f"has no {{% end{open_[-1][0]} %}}")

    def _hold_pair(self, open_: list[tuple[str, int, Mark]], parent: int, mark: Mark) -> None:
        if not open_ or (mark.word.startswith("end") and mark.word != f"end{open_[-1][0]}"):
            raise self._bad(mark, "closes nothing that is open there")
        if open_[-1][1] != parent:
            raise self._bad(
                mark,
                f"stands elsewhere than {open_[-1][2].shown}: put both into rows of one table ({{%tr), into "
                "paragraphs beside each other ({%p), or into one line",
            )
        if mark.word.startswith("end"):
            open_.pop()

    def _hold_fields(self) -> None:
        """Fields that would fetch or run something when Word updates them (ECMA-376 part 1, 17.16.5)."""
        told = list[str]()
        for node in self.nodes:
            tag = self.tokens[node.first]
            told += [self._inner(node)] if node.name == "w:instrText" else ["\n"] if node.name == "w:fldChar" else []
            if node.name == "w:fldSimple":
                told.append(f"\n{html.unescape(tag)}\n")
        if found := _FETCHES.search("".join(told)):
            raise BadBranding(f"{shown(self.name)} has a field {found[0].upper()}, which fetches or runs something")

    def _bad(self, mark: Mark, why: str) -> BadBranding:
        return BadBranding(f"{shown(self.name)}: {mark.shown} {why}")
