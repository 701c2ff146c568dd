"""What a person sees while feeds are brought in: a bar on a terminal, nothing but the results elsewhere."""

import contextlib
import sys
from collections.abc import Iterator

from reports.text import safe_text
from scanner.cli.console import note, say
from scanner.service.feeds import Outcome, Watcher

EVERY = 512 * 1024  # bytes between two redraws


class Lines(Watcher):
    """One line a feed, as soon as it is done."""

    def finished(self, outcome: Outcome, /) -> None:
        tell(outcome)


class Bar(Watcher):
    """The feed and step at work, redrawn in place; the lines come when the bar is gone."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TimeElapsedColumn(),
            transient=True,
            redirect_stdout=False,
            console=Console(stderr=True),
        )
        self._task = self._bar.add_task("", total=None)
        self._shown = 0
        self._done: list[Outcome] = []

    def __enter__(self) -> "Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
        for outcome in self._done:
            tell(outcome)

    def began(self, feed: str, step: str, /) -> None:
        self._shown = 0
        self._bar.remove_task(self._task)
        self._task = self._bar.add_task(f"{feed}: {step}", total=None)

    def progress(self, done: int, total: int | None, /) -> None:
        if done < self._shown or done - self._shown >= EVERY:
            self._shown = done
            self._bar.update(self._task, completed=done, total=total)

    def finished(self, outcome: Outcome, /) -> None:
        self._done.append(outcome)


def tell(outcome: Outcome) -> None:
    """What came of one feed on stdout; what went wrong on stderr."""
    feed, used = outcome.feed, outcome.note
    in_use = f"{used.records:,} records of {used.snapshot}" if used else ""
    if outcome.state == "failed":
        stays = f"; the one in use stays: {in_use}" if used else ""
        note(safe_text(f"{feed}: not taken: {outcome.told}{stays}"))
    elif outcome.state == "ignored":
        note(safe_text(f"{feed}: passed over: {outcome.told}"))
    else:
        say(safe_text(f"{feed}: {outcome.state}, {in_use}"))
        if outcome.told:
            note(safe_text(f"{feed}: {outcome.told}"))


@contextlib.contextmanager
def watching() -> Iterator[Watcher]:
    if sys.stderr.isatty():
        with Bar() as bar:
            yield bar
    else:
        yield Lines()
