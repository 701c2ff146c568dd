"""What was asked of one service in one visit: each resource once, and members with their collection where that works.

A BMC takes seconds for an answer. Where its service root says that it knows ``$expand`` (DSP0266, query parameters),
the members of a collection come with it in one answer. Where that does not work after all, they are asked one by one.
"""

from collections.abc import Mapping
from typing import Any

from scanner.transports.redfish_faults import RedfishFault
from scanner.transports.redfish_http import Service, bare, path_of

EXPAND = "$expand="


def expansion(root: Mapping[str, Any]) -> str | None:
    """The query that brings a collection's members, one level deep; None where the service does not offer it."""
    features = root.get("ProtocolFeaturesSupported")
    offered = features.get("ExpandQuery") if isinstance(features, dict) else None
    if not isinstance(offered, dict) or offered.get("NoLinks") is not True:
        return None
    return f"{EXPAND}.($levels=1)" if offered.get("Levels") is True else f"{EXPAND}."


class Resources:
    """A resource that several queries want is asked once, whether it could be read or not."""

    def __init__(self, service: Service, root: Mapping[str, Any]) -> None:
        self._service, self._expansion = service, expansion(root)
        self._known: dict[str, dict[str, Any] | RedfishFault] = {}

    async def __call__(self, path: str, members: bool = False) -> dict[str, Any]:
        """``members``: it is a collection whose members are wanted too. Raises :class:`RedfishFault`."""
        key = bare(path)
        if key not in self._known:
            try:
                self._known[key] = await self._asked(path, members)
            except RedfishFault as fault:
                self._known[key] = fault
        told = self._known[key]
        if isinstance(told, RedfishFault):
            raise told
        return told

    async def _asked(self, path: str, members: bool) -> dict[str, Any]:
        if EXPAND in path:
            return self._apart(await self._service.get(path))
        if members and self._expansion and "?" not in path:
            try:
                return self._apart(await self._service.get(f"{path}?{self._expansion}"))
            except RedfishFault:
                self._expansion = None  # it was offered, and does not work
        return await self._service.get(path)

    def _apart(self, collection: dict[str, Any]) -> dict[str, Any]:
        """The collection as it is without ``$expand``; the members that came with it are known from now on."""
        listed = collection.get("Members")
        if not isinstance(listed, list):
            return collection
        for member in listed:
            if isinstance(member, dict) and "Id" in member and (path := path_of(member.get("@odata.id"))):
                self._known.setdefault(bare(path), member)
        links = [{"@odata.id": one.get("@odata.id")} if isinstance(one, dict) else one for one in listed]
        return collection | {"Members": links}
