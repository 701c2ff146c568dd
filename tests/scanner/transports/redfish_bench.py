"""What tests of Redfish share: one visit to a stand-in, with the right log-in and certificate unless told otherwise."""

import asyncio
from collections.abc import Sequence
from typing import Any

from inventory.asset import Asset, Connection, Limits, Tls
from scanner.probes.redfish.device import LINKS
from scanner.probes.redfish.tree import Tree, read
from scanner.query import Answer, Deadline, Login, Query, RedfishTree, Surroundings, Visit
from scanner.service.probe import _Given
from scanner.transports.redfish import RedfishTransport
from scanner.transports.redfish_faults import Unreadable
from scanner.transports.redfish_tree import Walk
from tests.lab.redfish import PASSWORD, USER, Bmc

LOGIN = Login(user=USER, password=PASSWORD)
DEVICE = RedfishTree("device", LINKS)


def asset(bmc: Bmc, tls: Tls | None = None, limits: Limits | None = None) -> Asset:
    way = Connection("redfish", "127.0.0.1", bmc.port, tls=tls or Tls(fingerprint=bmc.certificate.fingerprint))
    return Asset("bmc", way, limits=limits or Limits())


def transport(one: Asset, login: Login = LOGIN) -> RedfishTransport:
    return RedfishTransport(one, Surroundings(_Given(login), _Given(login)))


def visit(
    bmc: Bmc,
    queries: Sequence[Query] = (DEVICE,),
    *,
    login: Login = LOGIN,
    tls: Tls | None = None,
    seconds: float = 20.0,
    limits: Limits | None = None,
) -> Visit:
    return asyncio.run(transport(asset(bmc, tls, limits), login).answer(queries, Deadline(seconds)))


def system_trust(bmc: Bmc) -> Asset:
    return Asset("bmc", Connection("redfish", "127.0.0.1", bmc.port))


def walked(tree: dict[str, Any], query: RedfishTree) -> Tree:
    """A tree as the transport would write it, without a network."""
    return read([Answer(query.name, asyncio.run(_written(tree, query)))])


async def _written(tree: dict[str, Any], query: RedfishTree) -> bytes:
    async def get(path: str, members: bool) -> dict[str, Any]:
        if path.rstrip("/") not in tree:
            raise Unreadable(f"{path}: linked, but not there (HTTP 404)")
        return dict(tree[path.rstrip("/")])

    return await Walk(get, tree["/redfish/v1"], query).whole()
