"""A section of somebody's own in a report: HTML, written anew from a short list of elements. Pure."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser

from markupsafe import Markup, escape

from reports.branding import BadBranding

_LINK = re.compile(r"(?:https://[\w.~:/?#@!$&()*+,;=%-]+|#[A-Za-z][\w.-]{0,80})", re.ASCII)
_VOID = frozenset({"br", "hr"})
_PLAIN = (
    "h3", "h4", "p", "ul", "ol", "li", "dl", "dt", "dd", "strong", "em", "code", "pre", "blockquote", "small", "br",
    "hr", "table", "caption", "thead", "tbody", "tr", "sub", "sup",
)  # fmt: skip
ALLOWED: Mapping[str, frozenset[str]] = {  # element -> its attributes
    **dict.fromkeys(_PLAIN, frozenset[str]()),
    "th": frozenset({"scope", "colspan", "rowspan"}),
    "td": frozenset({"colspan", "rowspan"}),
    "a": frozenset({"href"}),
}


def section_html(text: str) -> Markup:
    """The same HTML, written anew from a short list of elements: whatever else is in it is refused, with its line.

    Raises :class:`BadBranding`.
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    if reader.open:
        name, line = reader.open[-1]
        raise BadBranding(f"<{name}> is never closed", line)
    return Markup("").join(reader.told)


class _Reader(HTMLParser):
    """Collects what is allowed; raises at the first thing that is not."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.told: list[Markup] = []
        self.open: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line = self.getpos()[0]
        if tag not in ALLOWED:
            raise BadBranding(
                f"<{tag[:20]}> may not be used in a section; there are {', '.join(sorted(ALLOWED))}", line
            )
        said = Markup("").join(self._attribute(tag, name, value or "", line) for name, value in attrs)
        more = Markup(' rel="noopener noreferrer"') if tag == "a" else Markup("")
        self.told.append(Markup("<{}{}{}>").format(Markup(tag), said, more))  # noqa: S704 (a word of ALLOWED)
        if tag not in _VOID:
            self.open.append((tag, line))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def _attribute(self, tag: str, name: str, value: str, line: int) -> Markup:
        if name not in ALLOWED[tag]:
            raise BadBranding(f"<{tag}> may not have {name[:20]!r} in a section", line)
        if name == "href" and not _LINK.fullmatch(value):
            raise BadBranding("a link in a section leads to https:// or to #a-place-on-the-page", line)
        if name in ("colspan", "rowspan") and not (value.isdecimal() and 1 <= int(value[:5]) <= 100):
            raise BadBranding(f"{name} is a number from 1 to 100", line)
        if name == "scope" and value not in ("row", "col", "rowgroup", "colgroup"):
            raise BadBranding("scope is row, col, rowgroup or colgroup", line)
        return Markup(' {}="{}"').format(Markup(name), value)  # noqa: S704 (a word of ALLOWED)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self.open or self.open[-1][0] != tag:
            raise BadBranding(f"</{tag[:20]}> closes nothing that is open there", self.getpos()[0])
        self.open.pop()
        self.told.append(Markup("</{}>").format(Markup(tag)))  # noqa: S704 (a word of ALLOWED)

    def handle_data(self, data: str) -> None:
        self.told.append(escape(data))

    def handle_comment(self, data: str) -> None:
        """A comment is for whoever writes the section."""

    def handle_decl(self, _decl: str) -> None:
        self._no_part()

    def handle_pi(self, _data: str) -> None:
        self._no_part()

    def unknown_decl(self, _data: str) -> None:
        self._no_part()

    def _no_part(self) -> None:
        raise BadBranding("a section is a part of a page: it has no <!...> and no <?...>", self.getpos()[0])
