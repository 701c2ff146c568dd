"""From the service root along the links that a query names: one resource after the other, no further, not in circles.

What is written down is made small and harmless first: no Actions, no vendors' extensions but their names, no secrets.
"""

import json
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from scanner.query import RedfishTree
from scanner.transports.redfish_faults import RedfishFault, Unreadable
from scanner.transports.redfish_http import ROOT, bare, path_of

MAX_PAGES = 50  # of one collection
MAX_DEPTH = 24  # of one resource
MAX_LINKS = 500  # of one property of one resource
WITHHELD = "(withheld)"
_SECRET = re.compile(
    r"passw(?:or)?d|passphrase|secret|token|community|(?:private|license|licence|auth\w*|encrypt\w*|shared)_?key|cookie",
    re.IGNORECASE,
)
_NEVER = re.compile(r"/(?:Actions|LogServices|AccountService|Accounts|KeyService|LicenseService|Certificates)(?:/|$)")

Get = Callable[[str, bool], Awaitable[dict[str, Any]]]  # the path; whether its members are wanted too
Links = dict[str, "Links"]


def links_of(query: RedfishTree) -> Links:
    """``("A/*/B", "A/*/C")`` as ``{"A": {"Members": {"B": {}, "C": {}}}}``."""
    tree: Links = {}
    for chain in query.links:
        here = tree
        for name in chain.split("/"):
            here = here.setdefault("Members" if name == "*" else name, {})
    return tree


class Walk:
    """One query's way through a service. ``came``: resources read beside the root; ``first``: the first fault."""

    def __init__(self, get: Get, root: Mapping[str, Any], query: RedfishTree) -> None:
        self._get, self._most = get, query.max_resources
        self._waiting: deque[tuple[str, Links]] = deque()
        self._seen: set[tuple[str, int]] = set()
        self._written: set[str] = set()
        self.lines: list[bytes] = []
        self.came = 0
        self.first: RedfishFault | None = None
        self._write(ROOT, root)
        self._follow(ROOT, root, links_of(query))

    async def whole(self) -> bytes:
        """Every line. What could not be read is a line too."""
        while self._waiting:
            path, links = self._waiting.popleft()
            if len(self._written) >= self._most and bare(path) not in self._written:
                self._gap(path, Unreadable(f"not read: more than {self._most} resources"))
                continue
            await self._visit(path, links)
        return b"".join(self.lines)

    async def _visit(self, path: str, links: Links) -> None:
        body = await self._read(path, links)
        if body is None:
            return
        pages = 1
        while links.get("Members") is not None and (more := body.get("Members@odata.nextLink")) is not None:
            self._follow(path, body, links)
            following = path_of(more, page=True)
            if following is None or bare(following) in self._written or pages == MAX_PAGES:
                self._gap(path, Unreadable(_why_no_page(following, pages)))
                return
            pages += 1
            after = await self._read(following, links)
            if after is None:
                return
            path, body = following, after
        self._follow(path, body, links)

    async def _read(self, path: str, links: Links) -> dict[str, Any] | None:
        try:
            body = await self._get(path, "Members" in links)
            self._write(path, body)
        except RedfishFault as fault:
            self._gap(path, fault)
            return None
        self.came += 1
        return body

    def _write(self, path: str, body: Mapping[str, Any]) -> None:
        if bare(path) not in self._written:
            try:
                self.lines.append(_line({"body": cleaned(body), "path": bare(path)}))
            except (ValueError, RecursionError):
                raise Unreadable("the answer holds numbers that are none, or is nested too deep") from None
            self._written.add(bare(path))

    def _gap(self, path: str, fault: RedfishFault) -> None:
        self.first = self.first or fault
        missing = fault.missing
        self.lines.append(_line({"detail": missing.detail, "path": bare(path), "reason": missing.reason.value}))

    def _follow(self, path: str, body: Mapping[str, Any], links: Links) -> None:
        for name, deeper in links.items():
            wanted, _, instead = name.partition("!")
            if instead and instead in body:
                continue
            for target in self._targets(path, wanted, body.get(wanted)):
                if (bare(target), id(deeper)) not in self._seen:
                    self._seen.add((bare(target), id(deeper)))
                    self._waiting.append((target, deeper))

    def _targets(self, path: str, name: str, value: object) -> Iterator[str]:
        listed = value if isinstance(value, list) else [value]
        for link in listed[:MAX_LINKS]:
            if not isinstance(link, dict) or "@odata.id" not in link:
                continue
            target = path_of(link["@odata.id"])
            if target is None or _NEVER.search(target):
                self._gap(path, Unreadable(f"{name} links out of the service, which is not followed"))
            else:
                yield target
        if len(listed) > MAX_LINKS:
            self._gap(path, Unreadable(f"{name} has more than {MAX_LINKS} links"))


def _why_no_page(following: str | None, pages: int) -> str:
    if following is None:
        return "the next page lies out of the service, and is not followed"
    return f"more than {MAX_PAGES} pages" if pages == MAX_PAGES else "its pages lead in a circle"


def cleaned(value: object, depth: int = 0) -> Any:  # noqa: ANN401 (JSON)
    """Without Actions, annotations and secrets; of ``Oem`` only whose extensions there are."""
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep")
    if isinstance(value, list):
        return [cleaned(one, depth + 1) for one in value]
    if isinstance(value, dict):
        return {name: _member(name, inner, depth) for name, inner in value.items() if _kept(name)}
    return value


def _kept(name: str) -> bool:
    return name != "Actions" and not name.startswith("@Redfish.") and "@Redfish." not in name


def _member(name: str, value: object, depth: int) -> object:
    if name == "Oem" and isinstance(value, dict):
        return {maker: {} for maker in value}
    if _SECRET.search(name) and value is not None and not isinstance(value, bool):
        return WITHHELD
    return cleaned(value, depth + 1)


def _line(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":"), allow_nan=False).encode() + b"\n"
