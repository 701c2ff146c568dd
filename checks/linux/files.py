"""What the weekly walk over the file system found: rules that count."""

from collections.abc import Iterator

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, failed, passed
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.files import FileWalk, WalkedFile

SHOWN = 3  # paths in the sentence; all of them are in the evidence


def _walked(*files: tuple[str, str]) -> dict[str, FileWalk]:
    return {"file_walk": partial(FileWalk, items=tuple(partial(WalkedFile, kind=k, path=p) for k, p in files))}


@check(
    id="linux.fs.unowned-files",
    title="Files belong to no account",
    severity=Severity.LOW,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "Files of an account or group that was removed belong to a bare number. "
        "The next account that gets this number owns them, with all that is in them."
    ),
    remedy=Remedy(
        text="Give the files to somebody, or remove them.",
        steps=("List them: `find / -xdev \\( -nouser -o -nogroup \\)`", "Use `chown` or remove them"),
        verify="The same command prints nothing",
        risk="Containers and network shares may know a number that this host does not.",
    ),
    privilege=Privilege.ROOT,
    references=("find(1)",),
    default=False,  # needs the walk over the whole file system
    examples=(
        Example(
            Outcome.PASS, _walked(("suid", "/usr/bin/passwd")), says="every file belongs to an account and a group"
        ),
        Example(
            Outcome.FAIL,
            _walked(("unowned", "/a"), ("suid", "/s"), ("unowned", "/b")),
            says="files without an owner: 2, among them /a, /b",
        ),
        Example(
            Outcome.FAIL,
            _walked(*(("unowned", f"/{n}") for n in range(4))),
            says="files without an owner: 4, among them /0, /1, /2",
        ),
        Example(Outcome.NOT_ASSESSED, {"file_walk": Missing(Reason.NOT_ATTEMPTED)}),
    ),
)
def unowned_files(file_walk: FileWalk) -> Iterator[Ruling]:
    """One finding for the host: there can be very many."""
    paths = [f.path for f in file_walk.items if f.kind == "unowned"]
    if paths:
        yield failed(f"files without an owner: {len(paths)}, among them {', '.join(paths[:SHOWN])}")
    else:
        yield passed("every file belongs to an account and a group")
