"""What is said of the kernel that runs. Without a feed only the host's list speaks, and its silence proves nothing."""

from collections.abc import Iterator

from checks.advisories.grouping import Action
from checks.advisories.kernels import running_image
from checks.advisories.matching import source_of
from checks.advisories.opinions import Host, Opinion
from checks.advisories.pending import lost, offered, only_by_host, own_list
from checks.advisories.running_kernel import RunningKernel
from checks.advisories.verdict import TO_UPDATE, Verdict
from checks.advisories.words import some
from checks.finding import Outcome, Ruling, Subject, failed, not_applicable, not_assessed, passed
from inventory.facts.missing import Reason

LIVE_PATCHING = ("kpatch", "ksplice", "livepatch")


def kernel_rulings(host: Host, opinion: Opinion | None, state: object = None) -> Iterator[Ruling]:
    """At most one fail: all updates of the running kernel are one action. ``state``: the fact of pending updates."""
    if host.system.container:
        yield not_applicable("a container runs its host's kernel")
        return
    if opinion is None:
        yield from _by_host(host, "no advisory feed is loaded")
        yield not_assessed(Reason.FEED_MISSING, "no advisory feed is loaded")
        return
    action = opinion.kernel_action(TO_UPDATE)
    if action is not None and opinion.kernel is not None:
        told = f"{_needed(opinion, action, opinion.kernel)}, by {opinion.name}{_live(host)}"
        yield failed(told, Subject("package", action.source), action.severity, action.members)
        return
    pending = list(_by_host(host, only_by_host(opinion)))
    yield from pending
    problem = _unspoken(opinion.kernel) or opinion.gap or _problem(opinion.kernel) or lost(host, state)
    if problem is not None:
        yield problem
    elif not pending and opinion.kernel is not None:
        yield passed(_clean(opinion.kernel, opinion.name))


def kernel_fails(host: Host, opinion: Opinion) -> bool:
    """Whether something is pending for the running kernel: then a restart is a part of that finding."""
    return any(ruling.outcome is Outcome.FAIL for ruling in kernel_rulings(host, opinion))


def _by_host(host: Host, remark: str) -> Iterator[Ruling]:
    """A new kernel comes with meta packages and modules of other sources: all of it is one update."""
    own = own_list(host, kernel=True)
    if own:
        updates = [update for found in own.values() for update in found]
        source = _source(host) or min(own)
        yield failed(f"{offered(source, updates)}; {remark}", Subject("package", source))


def _source(host: Host) -> str:
    """Of the kernel that runs, "" when no package owns it."""
    image = running_image(host.kernel, host.packages.items) if host.kernel else None
    return source_of(host.packages.manager, image.package)[0].removesuffix("-core") if image else ""


def _unspoken(kernel: RunningKernel | None) -> Ruling | None:
    """Comes before the age of a feed: a fresh one would not speak of this kernel either."""
    return _problem(kernel) if kernel is not None and kernel.unspoken else None


def _problem(kernel: RunningKernel | None) -> Ruling | None:
    if kernel is None or not kernel.problem:
        return None
    silent = kernel.unspoken or kernel.problem.startswith("the feed")
    return not_assessed(Reason.FEED_MISSING if silent else Reason.OUTPUT_UNREADABLE, kernel.problem)


def _needed(opinion: Opinion, action: Action, kernel: RunningKernel) -> str:
    """To install and restart, or only to restart."""
    waiting = opinion.kernel_action(frozenset({Verdict.FIXED_REBOOT_PENDING}))
    lacking = opinion.kernel_action(frozenset({Verdict.FIX_AVAILABLE}))
    runs = f"{kernel.release} runs {action.source} {kernel.version}"
    if lacking is None:
        return f"{runs}; {kernel.newest} is installed and fixes {action.cleared.words} once the host is restarted"
    told = f"{runs}; {lacking.target} clears {lacking.cleared.words}"
    if waiting is None:
        return told
    return f"{told}; {len(waiting.members)} more are fixed on disk by {kernel.newest}, restart pending"


def _live(host: Host) -> str:
    active = host.entitlements.active if host.entitlements else frozenset()
    named = some(name for name in LIVE_PATCHING if name in active)
    return f"; {named} patches this kernel in memory, which its version does not show" if named else ""


def _clean(kernel: RunningKernel, feed: str) -> str:
    fixed = f", fixed since {kernel.said.reached}" if kernel.said.reached else ""
    others = f"; installed too: {some(kernel.others)}" if kernel.others else ""
    return f"{kernel.release} runs {kernel.source} {kernel.version}{fixed}; {feed} knows of no later fix{others}"
