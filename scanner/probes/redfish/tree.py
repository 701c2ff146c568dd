"""What a Redfish service answered, as the transport wrote it: resources by path, their links, and what was not read."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scanner.query import Answer, Unreadable

MAX_PAGES = 50
LONGEST = 512  # characters of a text
ROOT = "/redfish/v1"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource, or one element of a list in it (its path then has a fragment)."""

    path: str
    body: Mapping[str, Any]

    def text(self, *names: str) -> str | None:
        """The first of the properties that has a text, tidied; ``A/B`` is property B of the object A."""
        return next((found for name in names if (found := tidy(self._at(name)))), None)

    def number(self, *names: str) -> float | None:
        """The first of the properties that has a finite number."""
        for name in names:
            value = self._at(name)
            if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15:
                return float(value)
        return None

    def parts(self, name: str) -> "list[Resource]":
        """The elements of a list of objects."""
        listed = self.body.get(name)
        rows = enumerate(listed) if isinstance(listed, list) else ()
        return [Resource(f"{self.path}#/{name}/{place}", row) for place, row in rows if isinstance(row, dict)]

    def links(self, name: str) -> list[str]:
        """The paths that a property links to; ``A/B`` is property B of the object A."""
        value = self._at(name)
        listed = value if isinstance(value, list) else [value]
        said = (link.get("@odata.id") for link in listed if isinstance(link, dict))
        return [path.rstrip("/") for path in said if isinstance(path, str)]

    def _at(self, name: str) -> object:
        value: object = self.body
        for step in name.split("/"):
            value = value.get(step) if isinstance(value, Mapping) else None
        return value


@dataclass(frozen=True, slots=True)
class Tree:
    resources: Mapping[str, Resource]
    gaps: Mapping[str, str]  # path -> why it, or something it links to, was not read

    @property
    def root(self) -> Resource:
        return self.resources[ROOT]

    def linked(self, one: Resource, name: str) -> list[Resource]:
        """What a property links to, as far as it was read."""
        return [self.resources[path] for path in one.links(name) if path in self.resources]

    def members(self, one: Resource, name: str) -> list[Resource]:
        """The members of the collections that a property links to, all pages, each member once."""
        found: dict[str, Resource] = {}
        for collection in self.linked(one, name):
            for page in self._pages(collection):
                found |= {member.path: member for member in self.linked(page, "Members")}
        return list(found.values())

    def gaps_below(self, *paths: str) -> tuple[str, ...]:
        """What was not read at or below these paths, as sentences."""
        return tuple(
            f"{path}: {why}"
            for path, why in self.gaps.items()
            if any(path == start or path.startswith(f"{start}/") for start in paths)
        )

    def _pages(self, page: Resource | None) -> Iterator[Resource]:
        seen: set[str] = set()
        while page is not None and page.path not in seen and len(seen) < MAX_PAGES:
            yield page
            seen.add(page.path)
            following = page.body.get("Members@odata.nextLink")
            page = self.resources.get(following.rstrip("/")) if isinstance(following, str) else None


def tidy(value: object) -> str | None:
    """A text without control characters and blanks around it; None for what is none, or empty."""
    if not isinstance(value, str):
        return None
    known = value[:LONGEST].encode("utf-8", "replace").decode()  # a lone surrogate is no text
    return " ".join("".join(c if c.isprintable() else " " for c in known).split()) or None


def read(answers: Sequence[Answer]) -> Tree:
    """Pure. Raises :class:`Unreadable` for lines that no transport of ours wrote, and without a service root."""
    resources: dict[str, Resource] = {}
    gaps: dict[str, str] = {}
    for line in (line for answer in answers for line in answer.output.splitlines()):
        try:
            told = json.loads(line)
            path = str(told["path"])
            if "body" in told:
                resources[path] = Resource(path, dict(told["body"]))
            else:
                gaps[path] = f"{told['reason']}: {tidy(told['detail'])}"
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Unreadable("a line of the stored answer is no resource") from None
    if ROOT not in resources:
        raise Unreadable("the service root is not in the answer")
    return Tree(resources, gaps)
