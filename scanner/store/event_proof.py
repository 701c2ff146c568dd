"""What an event rests on, kept as the text that the record holds and read when somebody asks.

A report holds every event of the record at once, and few readers look inside: as text they take a quarter of the room.
"""

import json
from collections.abc import Iterator, Mapping


class StoredProof(Mapping[str, object]):
    """Like the decoded object; each look decodes it again."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def _told(self) -> dict[str, object]:
        return dict(json.loads(self._text))

    def __getitem__(self, key: str) -> object:
        if not self._may_have(key):
            raise KeyError(key)
        return self._told()[key]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self._may_have(key) and key in self._told()

    def __iter__(self) -> Iterator[str]:
        return iter(self._told())

    def __len__(self) -> int:
        return len(self._told())

    def __repr__(self) -> str:
        return repr(self._told())

    def _may_have(self, key: str) -> bool:
        """What is not even written there need not be looked for. The record writes JSON without blanks."""
        return f'"{key}":' in self._text
