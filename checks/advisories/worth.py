"""Which few updates remove most: "fix these 5 packages on these 12 hosts and 80 % of critical findings are gone"."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """Updating one package wherever it is found."""

    package: str
    assets: tuple[str, ...]  # sorted
    removed: int  # findings gone by this step
    share: float  # of all findings, gone after this step and those before it, 0 to 1


@dataclass(frozen=True, slots=True)
class Worth:
    steps: tuple[Step, ...]
    total: int  # findings there are

    @property
    def share(self) -> float:
        return self.steps[-1].share if self.steps else 0.0

    @property
    def assets(self) -> tuple[str, ...]:
        return tuple(sorted({asset for step in self.steps for asset in step.assets}))


def worth_most(findings: Iterable[tuple[str, str]], *, most: int = 5, enough: float = 1.0) -> Worth:
    """Findings as (asset, package), each once. Greedy, which is exact here: each finding belongs to one package.

    Stops after ``most`` packages, or as soon as the share ``enough`` is reached. Ties go by name.
    """
    by_package: dict[str, set[str]] = {}
    for asset, package in findings:
        by_package.setdefault(package, set()).add(asset)
    total = sum(len(assets) for assets in by_package.values())
    ranked = sorted(by_package.items(), key=lambda item: (-len(item[1]), item[0]))
    return Worth(tuple(_steps(ranked[:most], total, enough)), total)


def _steps(ranked: Sequence[tuple[str, set[str]]], total: int, enough: float) -> Iterable[Step]:
    gone = 0
    for package, assets in ranked:
        if gone >= enough * total:
            return
        gone += len(assets)
        yield Step(package, tuple(sorted(assets)), len(assets), gone / total)
