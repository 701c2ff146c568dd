"""What the HTML page wears of somebody's own (``reports.branding``), and what its policy has to allow for that."""

import base64
import hashlib
from dataclasses import dataclass

from markupsafe import Markup

from reports.branding import Branding, Logo, Section

NOTHING = Markup("")


@dataclass(frozen=True, slots=True)
class Dress:
    """``style_source``, ``picture_source``: pieces of the content security policy; empty: no more than our own."""

    style: Markup = NOTHING
    style_source: str = ""
    picture_source: str = ""
    marking: str = ""
    logo: Logo | None = None
    sections: tuple[Section, ...] = ()


def worn(branding: Branding | None) -> Dress:
    """Pictures are allowed as data only, and only where there is a logo."""
    if branding is None:
        return Dress()
    digest = base64.b64encode(hashlib.sha256(branding.style.encode()).digest()).decode()
    pictures = "img-src data:; " if branding.logo else ""
    style = Markup(branding.style)  # noqa: S704 - colours that were looked at, and our own words
    return Dress(style, f" 'sha256-{digest}'", pictures, branding.marking, branding.logo, branding.sections)
