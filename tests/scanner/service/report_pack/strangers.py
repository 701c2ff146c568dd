"""``verify_evidence.py`` as a stranger runs it, beside our own verifier; and changes to a report."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scanner.service.report_pack.checking import Verdict, verify
from scanner.service.report_pack.container import gzipped
from scanner.service.report_pack.names import REPORT
from scanner.service.report_pack.standalone import verifier
from tests.scanner.service.report_pack.packs import plain

Files = dict[str, bytes]
Change = Callable[[Files], Files]

DRIVER = """
import json, runpy, sys
space = runpy.run_path(sys.argv[1], run_name="verifier")
sys.meta_path.insert(0, space["_Here"]())
from scanner.service.report_pack.program import main
import contextlib, io
for line in sys.stdin:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main(json.loads(line))
    print(json.dumps([code, out.getvalue()]), flush=True)
assert not [m for m in sys.modules if m.startswith(("sqlalchemy", "typer", "jinja2"))]
"""


class Stranger:
    """``verify_evidence.py`` in an interpreter of its own, without our folder, environment or packages."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "verify_evidence.py"
        self.file.write_bytes(verifier())
        command = [sys.executable, "-I", "-c", DRIVER, str(self.file)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")

    def __call__(self, *words: str) -> tuple[int, str]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        code, said = json.loads(self._process.stdout.readline())
        return code, said

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        assert self._process.wait(timeout=30) == 0


def both(stranger: Stranger, path: Path, trusted: str, remember: Path | None = None) -> Verdict:
    """What ours says, after it was seen that the other one says the same."""
    memory = remember.read_bytes() if remember and remember.exists() else None
    verdict = verify(path, trusted, remember)
    if remember and memory is not None:
        remember.write_bytes(memory)
    words = [str(path), "--format", "json", "--trust", trusted, *(["--remember", str(remember)] if remember else [])]
    code, said = stranger(*words)
    told = json.loads(said)
    assert (told["wrong"], told["not_checked"], told["root"]) == (verdict.problems, verdict.unknown, verdict.root)
    assert code == (1 if verdict.problems else 0 if verdict.holds else 2)
    return verdict


def report(change: Callable[[dict[str, Any]], Any]) -> Change:
    def do(files: Files) -> Files:
        content = json.loads(plain(files[REPORT]))
        change(content)
        return {**files, REPORT: gzipped(json.dumps(content).encode())}

    return do
