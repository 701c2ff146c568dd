"""``estatecheck report --from-pack``: the report made again from a pack, and held against what the pack promises.

The pack names the files of the whole report. A view is cut from the report that was made again; so that it can be
believed, the JSON of the whole is held against what the pack names, and that is said.
"""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scanner.cli.console import Exit, fail, note, plain_errors, say
from scanner.cli.report_branding import in_dress
from scanner.cli.report_compare import since_in

if TYPE_CHECKING:
    from reports.report import ReportData
    from scanner.cli.settings import Settings


def from_pack(
    settings: "Settings",
    pack: Path,
    formats: Sequence[str],
    view: "Callable[[ReportData], ReportData]",
    since: str | None = None,
    branding: Path | None = None,
) -> None:
    """Write the files and print their sha256. Ends with 1 when one, or the whole report, is not what the pack names.

    What the pack does not name (a view, a change since another report, a dress) rests on the whole report, which is
    made again beside it and held against the pack.
    """
    from reports.formats import json_file
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.report_pack.restore import restored
    from scanner.store.records import StoreError

    with plain_errors(*EXPECTED, StoreError), tempfile.TemporaryDirectory(prefix="estatecheck-pack-") as folder:
        bench = Workbench(settings)
        try:
            with restored(pack, Path(folder)) as again:
                whole = bench.report(again.store, again.scan)
                data = whole if since is None else since_in(again.store, bench, whole, since)
                data = in_dress(view(data), branding)
                part = since is not None or branding is not None or data.view != whole.view
                digest = json_file.digest(whole)[1] if part else ""
                files = [name for name in formats if name != "terminal"]
                written = bench.write(data, files)
                if "terminal" in formats or not files:
                    say(bench.summary(data, "table", written))
                promised = again.reports
        except OSError as fault:
            raise fail(f"{pack} cannot be read: {fault.strerror}") from fault
    if part:
        _compare_whole(digest, promised)
    _compare(written, promised if since is None and branding is None else {})


def _compare_whole(digest: str, promised: dict[str, str]) -> None:
    """Ends with 1 when the report that the view was cut from is another one."""
    if promised.get("report.json") != digest:
        note("made by another version than the one that made the pack, or the pack was changed: evidence verify tells")
        raise fail("the report that this was made from is not the one that the pack names", Exit.THRESHOLD_MET)
    say(f"{digest}  report.json, from which this is made: as the pack names it")


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
