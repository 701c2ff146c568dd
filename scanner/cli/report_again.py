"""``estatecheck report --from-pack``: the report made again from a pack, and held against what the pack promises."""

import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.cli.console import Exit, fail, note, plain_errors, say

if TYPE_CHECKING:
    from scanner.cli.settings import Settings


def from_pack(settings: "Settings", pack: Path, formats: Sequence[str]) -> None:
    """Write the files and print their sha256. Ends with 1 when one is not what the pack names."""
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.report_pack.restore import restored
    from scanner.store.records import StoreError

    with plain_errors(*EXPECTED, StoreError), tempfile.TemporaryDirectory(prefix="estatecheck-pack-") as folder:
        bench = Workbench(settings)
        try:
            with restored(pack, Path(folder)) as again:
                data = bench.report(again.store, again.scan)
                files = [name for name in formats if name != "terminal"]
                written = bench.write(data, files)
                if "terminal" in formats or not files:
                    say(bench.summary(data, "table", written))
                promised = again.reports
        except OSError as fault:
            raise fail(f"{pack} cannot be read: {fault.strerror}") from fault
    _compare(written, promised)


def _compare(written: Sequence[Path], promised: dict[str, str]) -> None:
    wrong = []
    for path in written:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        same = promised.get(path.name)
        told = (
            "not named in the pack" if same is None else "as the pack names it" if same == digest else "NOT the pack's"
        )
        say(f"{digest}  {path}  {told}")
        wrong += [path.name] if same not in (None, digest) else []
    if wrong:
        note("made by another version than the one that made the pack, or the pack was changed: evidence verify tells")
        raise fail(f"{', '.join(wrong)} is not the report that the pack names", Exit.THRESHOLD_MET)
