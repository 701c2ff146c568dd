"""A Redfish session: logged in once, and always logged out again. A BMC has room for few sessions.

DSP0266, "Redfish session login authentication": POST user and password to the collection that ``Links.Sessions`` of the
service root names, X-Auth-Token in the answer's headers, DELETE of its Location at the end. HTTP Basic only where the
service has no sessions.
"""

import asyncio
import base64
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from inventory.facts.missing import Reason
from scanner.transports.redfish_faults import LoginRefused, NoRedfish, RedfishFault, Unreachable, Unreadable
from scanner.transports.redfish_http import LOGOUT_SECONDS, ROOT, Reply, Service, bare, decoded, path_of
from scanner.transports.redfish_login import Account

NO_SESSIONS = (404, 405, 501)  # the service has no such collection, or takes no POST
SESSION, BASIC = "session login", "HTTP Basic, as the service has no sessions"
_OF_A_SESSION = re.compile(r"/redfish/v1/(?:SessionService/)?Sessions/[^/]+/?")  # iDRAC 8: without SessionService


async def service_root(service: Service) -> dict[str, Any]:
    """The service root, which is open to everybody. Raises :class:`RedfishFault`, the service not being reached too."""
    try:
        root = await service.get(ROOT)
    except (Unreadable, LoginRefused) as fault:
        raise NoRedfish(f"no Redfish service: {fault}") from None
    if "RedfishVersion" not in root and "Systems" not in root and "Managers" not in root:
        raise NoRedfish(f"no Redfish service: {ROOT} is no service root")
    return root


@contextlib.asynccontextmanager
async def logged_in(service: Service, root: Mapping[str, Any], account: Account) -> AsyncIterator[str]:
    """Gives how we are logged in. The password is sent once; the session ends with the block, however that ends."""
    collection = _collection(root)
    reply = await _post(service, collection, account) if collection else None
    if collection is None or reply is None or reply.status in NO_SESSIONS:
        both = f"{account.user}:{account.password}".encode()
        service.headers = {"Authorization": f"Basic {base64.b64encode(both).decode()}"}
        yield BASIC
        return
    token, session = _accepted(reply), _session(reply, collection)
    service.headers = {"X-Auth-Token": token}
    if session is None:
        yield f"{SESSION}; the service does not say which session, so it ends by itself"
        return
    try:
        yield SESSION
    finally:
        await _log_out(service, session)


def _collection(root: Mapping[str, Any]) -> str | None:
    links, own = root.get("Links"), root.get("SessionService")
    if isinstance(links, dict) and isinstance(named := links.get("Sessions"), dict):
        return path_of(named.get("@odata.id"))
    if isinstance(own, dict) and (path := path_of(own.get("@odata.id"))):
        return f"{bare(path)}/Sessions"
    return None


async def _post(service: Service, collection: str, account: Account) -> Reply:
    """Also when we are stopped meanwhile: a session that came about is ended."""
    asking = asyncio.ensure_future(
        service.ask("POST", collection, {"UserName": account.user, "Password": account.password})
    )
    try:
        return await asyncio.shield(asking)
    except asyncio.CancelledError:
        with contextlib.suppress(RedfishFault, TimeoutError):
            reply = await asyncio.wait_for(asking, LOGOUT_SECONDS)
            service.headers = {"X-Auth-Token": _accepted(reply)}
            if session := _session(reply, collection):
                await _log_out(service, session)
        raise


def _accepted(reply: Reply) -> str:
    """The token. Raises :class:`LoginRefused` or another fault; it is never tried twice, accounts lock."""
    token = str(reply.headers.get("x-auth-token", ""))
    if reply.status in (httpx.codes.OK, httpx.codes.CREATED):
        if 0 < len(token) <= 4096 and token.isascii() and token.isprintable():
            return token
        raise Unreadable("the service made a session, but gave no token for it")
    if reply.status in (httpx.codes.BAD_REQUEST, httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        raise LoginRefused(f"the service refuses this user or password (HTTP {reply.status}); it was tried once")
    if reply.status in (429, 503):
        raise Unreachable(
            f"the service gives out no session now (HTTP {reply.status}): all may be taken", Reason.CONNECTION_REFUSED
        )
    raise Unreadable(f"logging in is answered with HTTP {reply.status}")


def _session(reply: Reply, collection: str) -> str | None:
    """The path to DELETE: only ever one of a session."""
    said = [urlsplit(reply.headers.get("location", "")[:2048]).path]
    with contextlib.suppress(Unreadable):
        said.append(str(decoded(reply).get("@odata.id", "")))
    for path in filter(None, map(path_of, said)):
        below = bare(path).rpartition("/")[0] == bare(collection) and bare(collection).endswith("/Sessions")
        if below or _OF_A_SESSION.fullmatch(path):
            return path
    return None


async def _log_out(service: Service, session: str) -> None:
    """Whether it worked or not, the visit is over; the service ends it by itself otherwise."""
    with contextlib.suppress(RedfishFault):
        await service.ask("DELETE", session, seconds=LOGOUT_SECONDS)
