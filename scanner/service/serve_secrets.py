"""Secrets that the daemon needs again and again: a vault or a command is not asked for every probe."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from scanner.query import SecretUnavailable
from scanner.secrets.references import resolve

KEPT_SECONDS = 300.0
KEPT_MISSING_SECONDS = 30.0


@dataclass
class Secrets:
    """Called with a reference. A changed secret is noticed within five minutes, a missing one within half a minute."""

    resolve: Callable[[str], str] = resolve
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[float, str | SecretUnavailable]] = field(default_factory=dict, repr=False)

    def __call__(self, reference: str) -> str:
        """Raises SecretUnavailable."""
        until, known = self._known.get(reference, (0.0, ""))
        if until <= self.clock():
            until, known = self._known[reference] = self._asked(reference)
        if isinstance(known, SecretUnavailable):
            raise SecretUnavailable(str(known))
        return known

    def _asked(self, reference: str) -> tuple[float, str | SecretUnavailable]:
        try:
            return self.clock() + KEPT_SECONDS, self.resolve(reference)
        except SecretUnavailable as fault:
            return self.clock() + KEPT_MISSING_SECONDS, fault
