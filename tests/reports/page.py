"""A strict reader of the HTML report: remembers ids, links, tags and texts, and every tag that does not balance."""

from collections import Counter
from html.parser import HTMLParser

INLINE = frozenset({"a", "code", "strong", "small", "span", "em"})
VOID = frozenset({"meta", "br", "input", "img", "link", "hr"})


class Page(HTMLParser):
    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.referred: list[str] = []  # ids that aria-labelledby names
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.children: list[tuple[str, str]] = []  # parent, child
        self.feed(document)
        self.close()
        self.faults += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.text += [] if tag in INLINE else [" "]
        self.children.append((self.open[-1] if self.open else "", tag))
        for name, value in attrs:
            self.attributes.append((tag, name, value or ""))
            if name == "id":
                self.ids[value or ""] += 1
            if name == "href":
                self.links.append(value or "")
            if name == "aria-labelledby":
                self.referred += (value or "").split()
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.faults.append(f"</{tag}> at {self.getpos()} closes <{self.open[-1] if self.open else ''}>")

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).split())
