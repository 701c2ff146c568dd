"""The kernel that runs, judged by the package that owns it. Fixed on disk is not fixed before the host restarts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from checks.advisories.judging import Hit
from checks.advisories.kernels import Image, images_alike, running_image
from checks.advisories.matching import Matcher, source_of
from checks.advisories.standing import Provenance, Standing, by_itself
from checks.advisories.verdict import Verdict
from checks.advisories.versions import InvalidVersion, sort_key
from inventory.facts.kernel import Kernel
from inventory.facts.packages import Package

_FIXES = frozenset({Verdict.FIX_AVAILABLE, Verdict.FIX_NEEDS_SUBSCRIPTION, Verdict.NO_VENDOR_FIX})


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What is said of one kernel version with one newest beside it. Hosts that have both share it."""

    hits: tuple[Hit, ...] = ()
    reached: str = ""  # highest first fixed version that runs
    problem: str = ""


@dataclass(frozen=True, slots=True)
class RunningKernel:
    release: str  # uname -r
    said: Said
    source: str = ""
    package: str = ""
    version: str = ""  # of the source, as it runs
    newest: str = ""  # of the source: the newest installed of its kind
    others: tuple[str, ...] = ()  # installed kernels that do not run

    @property
    def hits(self) -> tuple[Hit, ...]:
        return self.said.hits

    @property
    def problem(self) -> str:
        """Why it could not be judged, "" when it was."""
        return self.said.problem

    @property
    def unspoken(self) -> bool:
        """No advisory source speaks of it, whatever feeds are loaded: no package owns it, or another maker's does."""
        return bool(self.problem) and not self.source


def judge_kernel(matcher: Matcher, kernel: Kernel, owned: Sequence[Package], provenance: Provenance) -> RunningKernel:
    """``owned``: the installed packages that belong to kernels."""
    image = running_image(kernel, owned)
    if image is None:
        return RunningKernel(kernel.running, Said(problem=f"no package owns the running kernel {kernel.running}"))
    package = image.package
    stood = by_itself(package, matcher.manager, matcher.family) or provenance.stood(package.name)
    if stood.standing is Standing.FOREIGN:
        told = f"the running kernel {kernel.running} is {package.name}, another maker's: {stood.evidence}"
        return RunningKernel(kernel.running, Said(problem=told))
    return _judge(matcher, image, images_alike(kernel, owned), kernel)


def _judge(matcher: Matcher, image: Image, alike: Sequence[Image], kernel: Kernel) -> RunningKernel:
    source, version = _version(matcher, image)
    newest_image = _newest(matcher, [image, *alike])
    newest = _version(matcher, newest_image)[1]
    key = (image.package.name, image.package.source, version, newest_image.package.name, newest)
    said = matcher.kernels.get(key)
    if not isinstance(said, Said):
        said = matcher.kernels[key] = _both(matcher, image.package, version, newest_image.package, newest)
    others = tuple(sorted(one.release for one in kernel.installed if one.release != kernel.running))
    return RunningKernel(kernel.running, said, source, image.package.name, version, newest, others)


def _both(matcher: Matcher, package: Package, version: str, newest_package: Package, newest: str) -> Said:
    said = _said(matcher, package, version)
    if said.problem or newest == version:
        return said
    return replace(said, hits=_after_restart(said.hits, _said(matcher, newest_package, newest).hits))


def _version(matcher: Matcher, image: Image) -> tuple[str, str]:
    """Source and version of an image; what uname says is built comes before what the package is by now."""
    source, version = source_of(matcher.manager, image.package)
    if matcher.manager == "rpm":
        return source.removesuffix("-core"), image.package.version
    return source, image.build or version


def _said(matcher: Matcher, package: Package, version: str) -> Said:
    """Of one version of the package that owns an image. Silence is no pass: every kernel has had weaknesses."""
    source, source_version = source_of(matcher.manager, package)
    names = [(source, version)]
    if matcher.manager == "rpm":
        names = [(package.name, version), (f"src:{source.removesuffix('-core')}", source_version)]
    said = [judged for judged, known in (matcher.judge(*name) for name in names) if known]
    if not said:
        return Said(problem=f"the feed says nothing about the kernel package {source}")
    unread = next((judged.unread for judged in said if judged.unread), "")
    return Said(tuple(hit for judged in said for hit in judged.hits), said[0].reached, unread)


def _newest(matcher: Matcher, images: Sequence[Image]) -> Image:
    """On disk: the package's own version, whatever is built into the kernel that runs."""
    on_disk = [replace(image, build="") for image in images]

    def order(image: Image) -> str:
        try:
            return sort_key(matcher.manager, _version(matcher, image)[1])
        except InvalidVersion:
            return ""

    return max(on_disk, key=order)


def _after_restart(hits: tuple[Hit, ...], remaining: tuple[Hit, ...]) -> tuple[Hit, ...]:
    left = {hit.cve for hit in remaining}
    pending = Verdict.FIXED_REBOOT_PENDING
    return tuple(hit if hit.cve in left or hit.verdict not in _FIXES else replace(hit, verdict=pending) for hit in hits)
