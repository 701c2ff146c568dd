"""Accounts: what a list of predicates cannot say."""

from collections.abc import Iterator

from checks.check import Remedy, Theme
from checks.decorator import check
from checks.example import Example, partial
from checks.finding import Outcome, Ruling, Severity, Subject, failed, passed
from inventory.asset import Privilege
from inventory.facts import Missing, Reason
from inventory.facts.accounts import Accounts, DuplicateId


def _shared(*duplicates: DuplicateId) -> dict[str, Accounts]:
    return {"accounts": partial(Accounts, duplicates=duplicates)}


@check(
    id="linux.acct.duplicate-uid-gid",
    title="Two accounts or groups share a number",
    severity=Severity.MEDIUM,
    theme=Theme.WEAK_CONFIG,
    rationale=(
        "The kernel knows numbers, not names. Accounts with the same number own each other's files and processes, "
        "and logs cannot tell them apart. A second account with number 0 is told by linux.acct.uid0-extra."
    ),
    remedy=Remedy(
        text="Give each account and group a number of its own.",
        steps=(
            "Change one of them: `usermod -u NEW NAME` or `groupmod -g NEW NAME`",
            "Give it its files: `find / -xdev -uid OLD`, after deciding which are whose",
        ),
        verify="`cut -d: -f3 /etc/passwd | sort | uniq -d` prints nothing; the same for /etc/group",
        risk="Files that belong to the old number change hands only when they are given over.",
    ),
    privilege=Privilege.USER,
    references=("passwd(5)", "group(5)"),
    examples=(
        Example(Outcome.PASS, _shared(), says="every account and group has a number of its own"),
        Example(Outcome.PASS, _shared(DuplicateId("uid", 0, ("root", "toor")))),
        Example(
            Outcome.FAIL,
            _shared(
                DuplicateId("uid", 1000, ("alice", "bob")),
                DuplicateId("gid", 0, ("root", "wheel")),
                DuplicateId("uid", 1, ("bin", "daemon")),
            ),
            says=(
                "alice, bob share the user id 1000",
                "root, wheel share the group id 0",
                "bin, daemon share the user id 1",
            ),
            subjects=("1000", "0", "1"),
        ),
        Example(Outcome.NOT_ASSESSED, {"accounts": Missing(Reason.OUTPUT_UNREADABLE)}),
    ),
)
def duplicate_ids(accounts: Accounts) -> Iterator[Ruling]:
    """One finding for each number that is used twice."""
    shared = [d for d in accounts.duplicates if d.kind == "gid" or d.number != 0]
    for found in shared:
        word = "user" if found.kind == "uid" else "group"
        names = ", ".join(found.names)
        yield failed(f"{names} share the {word} id {found.number}", Subject(found.kind, str(found.number)))
    if not shared:
        yield passed("every account and group has a number of its own")
