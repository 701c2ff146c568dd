"""Two columns of text on a terminal, each wrapped, with what each pair is called in front."""

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

NARROW, WIDE = 60, 160  # columns of a terminal


def columns(
    left: tuple[str, Sequence[str]], right: tuple[str, Sequence[str]], titles: Sequence[str], width: int = 0
) -> Iterator[str]:
    """``titles`` name the pairs. ``width`` 0: that of the terminal."""
    from reports.text import safe_text

    total = min(max(width or shutil.get_terminal_size((100, 24)).columns, NARROW), WIDE)
    named = max(map(len, titles), default=0)
    each = (total - named - 6) // 2
    yield f"  {'':{named}}  {left[0]:{each}}  {right[0]}"
    for title, one, other in zip_longest(titles, left[1], right[1], fillvalue=""):
        wrapped = [textwrap.wrap(safe_text(text), each) or [""] for text in (one, other)]
        for count, (a, b) in enumerate(zip_longest(*wrapped, fillvalue="")):
            yield f"  {'' if count else title:{named}}  {a:{each}}  {b}".rstrip()
