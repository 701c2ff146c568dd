"""What is needed to log in to one asset: its address, its account, what is known of its host key."""

from dataclasses import dataclass
from pathlib import Path

import paramiko

from inventory.asset import Asset
from inventory.facts.missing import Reason
from scanner.query import SecretUnavailable, Surroundings
from scanner.transports.ssh_bounds import printable
from scanner.transports.ssh_hostkeys import SSH_PORT, Trust
from scanner.transports.ssh_login import KeyCache, account
from scanner.transports.ssh_session import Target
from scanner.transports.ssh_wire import Fault

USER_CONFIG = Path("~/.ssh/config")
_REACHED_OTHERWISE = ("proxycommand", "proxyjump")


@dataclass(frozen=True, slots=True)
class Named:
    """What ~/.ssh/config says of a host; the inventory's own words win over it."""

    address: str
    port: int
    user: str | None = None


def target_of(asset: Asset, surroundings: Surroundings, cache: KeyCache) -> Target:
    """Touches secrets and files, not the network. Raises :class:`Fault`."""
    connection = asset.connection
    named = Named(connection.address, connection.port)
    if connection.ssh_config:
        named = read_user_config(named, USER_CONFIG.expanduser())
    try:
        login = surroundings.logins.login(asset)
    except SecretUnavailable as error:
        raise Fault(Reason.CREDENTIAL_UNUSABLE, str(error)) from error
    keys = surroundings.host_keys
    where = (connection.address, connection.port)  # as the inventory writes it, whatever it resolves to
    trust = Trust(
        asset.name, keys.pinned(*where), keys.revoked(*where), keys.authorities(*where), keys.may_trust_new(*where)
    )
    trust.check_before()
    return Target(
        address=named.address,
        port=named.port,
        limits=asset.limits,
        trust=trust,
        account=account(connection.user or login.user or named.user, login, cache),
        pin=lambda key: keys.pin(*where, key),
    )


def read_user_config(asked: Named, path: Path) -> Named:
    """HostName, Port and User of ssh_config(5). Raises :class:`Fault` when the file wants a way in of its own."""
    try:
        found = paramiko.SSHConfig.from_path(str(path)).lookup(asked.address)
        port = int(found.get("port", asked.port))
    except FileNotFoundError:
        return asked
    except (OSError, ValueError, paramiko.SSHException) as error:
        raise Fault(Reason.NOT_ATTEMPTED, f"{path} cannot be used: {printable(str(error), 160)}") from error
    for key in _REACHED_OTHERWISE:
        if found.get(key, "none") != "none":
            raise Fault(
                Reason.NOT_ATTEMPTED, f"{path} sets {key} for {asked.address}: name the bastion in the inventory"
            )
    return Named(found["hostname"], port if asked.port == SSH_PORT else asked.port, found.get("user"))
