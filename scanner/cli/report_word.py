"""``estatecheck report word-template``: our Word template as a file, to begin one of your own from."""

from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.console import fail, note


def word_template(
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")] = Path("report.docx"),
) -> None:
    """Write our Word template, to begin your own from. Put yours into the --branding folder as report.docx.

    Example: estatecheck report word-template -o our-dress/report.docx
    """
    from reports.docx_template import made

    try:
        with output.open("xb") as out:
            out.write(made())
    except FileExistsError as fault:
        raise fail(f"{output} is there already and may hold your own work: name another file with -o") from fault
    except OSError as fault:
        raise fail(f"{output} cannot be written: {fault.strerror}") from fault
    note(f"wrote {output}: change what you like in Word or LibreOffice, and keep the {{{{ marks }}}}")
