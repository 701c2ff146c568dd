"""Small reports in every format, kept as files: a change of a format is a change that somebody sees.

``python -m tests.reports.golden`` writes them anew. What is large is kept as its sha256: HTML and JSON; XLSX and DOCX
by their parts, because another zlib packs them into other bytes; PDF as the page that is laid out, because fonts differ
from machine to machine.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from reports.formats import FORMATS, pdf
from reports.formats.dsse import statement
from reports.report import ReportData
from tests.reports.sample_whole import whole

FOLDER = Path(__file__).with_name("golden")
KEPT = ("csv", "defectdojo", "junit", "metrics", "oscal-poam", "oscal-results", "plan-csv", "sarif", "terminal")
DIGESTS = "sha256sums.txt"


def data() -> ReportData:
    return whole(2)


def files() -> Iterator[tuple[str, bytes]]:
    """Name and content of every golden file."""
    report, digests = data(), list[tuple[str, str]]()
    for name in sorted(FORMATS):
        if name != "pdf":
            out = io.BytesIO()
            FORMATS[name].render(report, out)
            made = out.getvalue()
            digests.append((f"report{FORMATS[name].suffix}", digest(name, made)))
            if name in KEPT:
                yield f"report{FORMATS[name].suffix}", made
    digests.append(("report.pdf, as HTML", hashlib.sha256(pdf.html(report).encode()).hexdigest()))
    yield "report.dsse.statement.json", statement(report, {"report.csv": "0" * 64}, "A. Creditor", "accreditor") + b"\n"
    yield DIGESTS, "".join(f"{digest}  {name}\n" for name, digest in sorted(digests)).encode()


def digest(name: str, made: bytes) -> str:
    if name not in ("xlsx", "docx"):
        return hashlib.sha256(made).hexdigest()
    with zipfile.ZipFile(io.BytesIO(made)) as packed:
        parts = sorted(f"{hashlib.sha256(packed.read(part)).hexdigest()} {part}" for part in packed.namelist())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, content in files():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
