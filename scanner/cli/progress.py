"""What a person sees while a scan runs: a live view on a terminal, a quiet line a host elsewhere. All on stderr."""

import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from checks.finding import CheckRun, Outcome
from inventory.asset import Asset
from reports.text import safe_text
from scanner.engine import Looked
from scanner.service.scan import Watcher
from scanner.store.records import Saved

if TYPE_CHECKING:
    from rich.console import Console


class Lines(Watcher):
    """One line a finished host."""

    def __init__(self, total: int) -> None:
        self.total, self.done = total, 0

    def finished(self, looked: Looked, runs: Sequence[CheckRun], _saved: Saved, /) -> None:
        self.done += 1
        with contextlib.suppress(OSError):  # whoever watched may be gone; the scan goes on
            print(f"[{self.done}/{self.total}] {_told(looked, runs)}", file=sys.stderr, flush=True)  # noqa: T201 (view)


def _told(looked: Looked, runs: Sequence[CheckRun]) -> str:
    name, missing = safe_text(looked.asset.name), looked.attempt.missing
    if missing:
        return f"{name}: not assessed: {missing.reason}" + (
            f" ({safe_text(missing.detail)[:120]})" if missing.detail else ""
        )
    failed = sum(run.outcome is Outcome.FAIL for run in runs)
    gaps = sum(run.outcome in (Outcome.NOT_ASSESSED, Outcome.ERROR) for run in runs)
    return f"{name}: {failed} findings, {gaps} not assessed, {looked.attempt.seconds:.1f} s"


class Live(Watcher):
    """Hosts done, running, failed and the time left, redrawn in place."""

    def __init__(self, total: int) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("looking"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}", markup=False),
            TimeRemainingColumn(),
            transient=True,
            redirect_stdout=False,
            console=_stderr(),
        )
        self._running: dict[str, float] = {}
        self._failed = 0
        self._task = self._bar.add_task("scan", total=total, state="")

    def __enter__(self) -> "Live":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def started(self, asset: Asset) -> None:
        self._running[asset.name] = time.monotonic()
        self._redraw(0)

    def finished(self, looked: Looked, _runs: Sequence[CheckRun], _saved: Saved, /) -> None:
        self._running.pop(looked.asset.name, None)
        self._failed += looked.attempt.missing is not None
        self._redraw(1)

    def _redraw(self, advance: int) -> None:
        slowest = next(iter(self._running), "")
        state = f"{len(self._running)} running, {self._failed} failed" + (
            f", oldest {safe_text(slowest)}" if slowest else ""
        )
        self._bar.update(self._task, advance=advance, state=state)


def _stderr() -> "Console":
    from rich.console import Console

    return Console(stderr=True)


@contextlib.contextmanager
def progress_for(total: int, *, quiet: bool) -> Iterator[Watcher]:
    if quiet:
        yield Watcher()
    elif sys.stderr.isatty():
        with Live(total) as view:
            yield view
    else:
        yield Lines(total)
