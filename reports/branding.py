"""How a report is dressed for somebody: logo, marking, colours, sections of their own. Pure; it changes no fact.

Nothing of it is in the JSON report, so the evidence is the same bytes whatever the dress. What is handed in is checked:
a picture is PNG or JPEG by its content and cut down to what is drawn (SVG is a program as much as a picture, and is
refused), a colour can be read on its ground (WCAG 2.2, 1.4.3), a section is HTML of a short list of elements.
"""

import base64
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LOGO = 512 * 1024  # bytes
WORD_MEMORY = 1024 * 1024 * 1024  # bytes that filling a Word template may use beside what was there
MAX_SIDE = 4_000  # pixels
LEAST_CONTRAST = 4.5
LIGHT_GROUNDS = ("#ffffff", "#f3f6f8", "#f2f6fa")  # paper, wash, and the text on the cover
DARK_GROUNDS = ("#11181f", "#1a232c")
PNG = b"\x89PNG\r\n\x1a\n"
_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"sRGB", b"gAMA", b"IDAT", b"IEND")  # what a picture needs to be drawn
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class BadBranding(Exception):
    """What was handed in cannot be used. One sentence: what is wrong; ``line`` of the text it is about, 0 none."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True, slots=True)
class Logo:
    kind: str  # image/png, image/jpeg
    content: bytes
    alt: str

    @property
    def uri(self) -> str:
        return f"data:{self.kind};base64,{base64.b64encode(self.content).decode()}"


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    body: str  # a ``Markup`` of :func:`reports.branding_sections.section_html`


@dataclass(frozen=True, slots=True)
class Branding:
    logo: Logo | None = None
    marking: str = ""  # in place of the inventory's
    accent: str = ""  # #rrggbb, on light ground
    accent_dark: str = ""  # on dark ground
    sections: tuple[Section, ...] = ()
    document: bytes | None = None  # a Word template that ``reports.docx_fill.template`` has looked at; None: ours
    document_name: str = ""  # its file

    @property
    def style(self) -> str:
        """For the HTML report; only colours, which :func:`colour` has looked at."""
        light = f":root {{ --cover: {self.accent}; --link: {self.accent}; }}" if self.accent else ""
        dark = f":root {{ --link: {self.accent_dark}; }}" if self.accent_dark else ""
        told = (f"@media not screen, (prefers-color-scheme: light) {{ {light} }}" if light else "") + (
            f"@media screen and (prefers-color-scheme: dark) {{ {dark} }}" if dark else ""
        )
        return f"{told} .logo {{ max-height: 4rem; max-width: 16rem; background: #fff; padding: .3rem; }}"


# colours


def colour(text: str, grounds: tuple[str, ...] = LIGHT_GROUNDS) -> str:
    """Raises :class:`BadBranding` for what is no colour, or cannot be read on one of the grounds."""
    if not _COLOUR.fullmatch(text):
        raise BadBranding(f"{text[:40]!r} is no colour: write it as #1f4e79")
    for ground in grounds:
        found = contrast(text, ground)
        if found < LEAST_CONTRAST:
            raise BadBranding(
                f"{text} on {ground} has a contrast of {found:.2f}; it must be {LEAST_CONTRAST} or more to be read: "
                f"choose a {'darker' if grounds == LIGHT_GROUNDS else 'lighter'} one"
            )
    return text.lower()


def contrast(one: str, other: str) -> float:
    """From 1 to 21 (WCAG 2.2, "contrast ratio")."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(text: str) -> float:
    red, green, blue = (_linear(int(text[n : n + 2], 16) / 255) for n in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return float(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)


# pictures


def logo(content: bytes, alt: str) -> Logo:
    """Raises :class:`BadBranding`."""
    if len(content) > MAX_LOGO:
        raise BadBranding(f"the logo is larger than {MAX_LOGO // 1024} KB; make it smaller")
    if content.startswith(PNG):
        return Logo("image/png", _png(content), alt)
    if content.startswith(b"\xff\xd8\xff"):
        return Logo("image/jpeg", _jpeg(content), alt)
    if b"<svg" in content[:4096].lower():
        raise BadBranding("the logo is SVG, which can hold programs: save it as PNG or JPEG")
    raise BadBranding("the logo is neither PNG nor JPEG")


def _png(content: bytes) -> bytes:
    """Only what is drawn: texts, times and whatever stands after the end are left out. Source: W3C PNG, chapter 5."""
    kept, sizes = [PNG], []
    for kind, body in _chunks(content):
        if kind == b"IHDR" and len(body) == 13:
            sizes.append(struct.unpack(">II", body[:8]))
        if kind in _KEPT:
            kept.append(_chunk(kind, body))
    if len(sizes) != 1 or not kept[-1].endswith(_chunk(b"IEND", b"")):
        raise BadBranding("the logo is a damaged PNG")
    _hold_side(*sizes[0])
    return b"".join(kept)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(PNG)
    while at + 12 <= len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        body, sum_ = content[at + 8 : at + 8 + size], content[at + 8 + size : at + 12 + size]
        if len(sum_) != 4 or zlib.crc32(kind + body) != struct.unpack(">I", sum_)[0]:
            raise BadBranding("the logo is a damaged PNG")
        yield kind, body
        if kind == b"IEND":
            return
        at += 12 + size
    raise BadBranding("the logo is a PNG that ends too early")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _jpeg(content: bytes) -> bytes:
    """As it is, but for its comments and application data (places, cameras). Source: ITU-T T.81, annex B."""
    kept, at, sized = [content[:2]], 2, False
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            raise BadBranding("the logo is a damaged JPEG")
        marker, size = content[at + 1], struct.unpack(">H", content[at + 2 : at + 4])[0]
        segment = content[at : at + 2 + size]
        if marker == 0xDA:  # the picture itself; it goes on to the end
            if not sized or not content.rstrip(b"\0").endswith(b"\xff\xd9"):
                break
            return b"".join([*kept, content[at:]])
        if marker in (0xC0, 0xC1, 0xC2) and size >= 8:
            height, width = struct.unpack(">HH", segment[5:9])
            _hold_side(width, height)
            sized = True
        if marker != 0xFE and not 0xE1 <= marker <= 0xED:
            kept.append(segment)
        at += 2 + size
    raise BadBranding("the logo is a JPEG that ends too early")


def _hold_side(width: int, height: int) -> None:
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        raise BadBranding(f"the logo is {width} by {height} pixels; {MAX_SIDE} by {MAX_SIDE} is the most")
