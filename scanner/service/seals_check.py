"""Holds the series of the record against their seals, by the keys that are known: what holds, what does not, and what
nobody here can tell."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from scanner.service import signing
from scanner.store.series import Series
from scanner.store.watching.records import Run, SealChecked


@dataclass
class Keys:
    """The checker of ``Series.check_seals``. A signature by a key that is not known is passed over, and noted."""

    known: Mapping[str, Ed25519PublicKey]
    unknown: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, keys: Iterable[Ed25519PublicKey]) -> "Keys":
        return cls({signing.key_id(key): key for key in keys})

    def __call__(self, key_id: str, message: bytes, signature: bytes) -> bool:
        public = self.known.get(key_id)
        if public is None:
            self.unknown.add(key_id)
            return True
        try:
            public.verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SealsVerdict:
    """Of all seals together. ``runs``: the lives of the probers, which are sealed with them."""

    checked: tuple[SealChecked, ...]
    unknown_keys: tuple[str, ...]
    runs: tuple[Run, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        return tuple(text for one in self.checked for text in one.wrong)

    @property
    def holding(self) -> int:
        return sum(not one.wrong for one in self.checked)

    @property
    def samples(self) -> int:
        return sum(one.samples for one in self.checked)

    @property
    def samples_checked(self) -> int:
        return sum(one.samples_checked for one in self.checked)


def check_seals(series: Series, keys: Iterable[Ed25519PublicKey]) -> SealsVerdict:
    """Raises :class:`StoreError` when the record cannot be read."""
    checker = Keys.of(keys)
    checked = tuple(series.check_seals(checker))
    return SealsVerdict(checked, tuple(sorted(checker.unknown)), series.runs())
