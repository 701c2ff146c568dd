"""``estatecheck inventory trust``: compare a host's key with your own eyes, then pin it."""

from typing import Annotated

import typer

from scanner.cli.console import Exit, fail, plain_errors, say
from scanner.cli.settings import SettingsError, resolve


def trust(
    host: Annotated[str, typer.Argument(help="The host's name in the inventory.")],
    fingerprint: Annotated[
        str | None, typer.Option(help="The key you expect, SHA256:...; no question is asked.")
    ] = None,
    inventory: Annotated[str | None, typer.Option("--inventory", "-i", help="Inventory file or folder.")] = None,
    database: Annotated[str | None, typer.Option(help="The record, as an SQLAlchemy URL.")] = None,
) -> None:
    """Fetch the key that a host presents, show it, and pin it when you say so. Nobody is logged in.

    Compare it with what the host itself says:  ssh-keygen -l -f /etc/ssh/ssh_host_ed25519_key.pub

    Examples:
      estatecheck inventory trust web-1
      estatecheck inventory trust web-1 --fingerprint SHA256:qT1...
    """
    with plain_errors(SettingsError):
        settings = resolve({"inventory": inventory, "database": database})
    import asyncio

    from inventory.facts.missing import Missing
    from reports.text import safe_text
    from scanner.cli.workbench import EXPECTED, Workbench
    from scanner.service.trust import presented_key
    from scanner.transports.ssh_hostkeys import fingerprint as fingerprint_of

    with plain_errors(*EXPECTED):
        bench = Workbench(settings)
        asset = next((asset for asset in bench.plan([host]).assets if asset.name == host), None)
        if asset is None or asset.connection.way not in ("ssh", "ssh-windows", "cli"):
            raise fail(f"{host} is not a host of the inventory that is reached over ssh")
        keys = bench.host_keys()
        key = asyncio.run(presented_key(asset, bench.surroundings(keys)))
        if isinstance(key, Missing):
            raise fail(safe_text(f"{host}: {key.reason}: {key.detail}"), Exit.INCOMPLETE)
        place, presented = (asset.connection.address, asset.connection.port), fingerprint_of(key)
        pinned = keys.pinned(*place)
        if key in pinned:
            say(f"{host}: {presented} ({key.type}) is pinned already")
            return
        say(f"{host} ({place[0]} port {place[1]}) presents {presented} ({key.type})")
        for old in pinned:
            say(f"  pinned until now: {fingerprint_of(old)} ({old.type})")
        if fingerprint is not None and fingerprint != presented:
            raise fail(f"that is not the key you expect: {fingerprint}; nothing was pinned", Exit.THRESHOLD_MET)
        if fingerprint is None and not _confirmed():
            raise fail("nothing was pinned", Exit.THRESHOLD_MET)
        keys.unpin(*place)
        keys.pin(*place, key)
    say("pinned")


def _confirmed() -> bool:
    """Nobody there to answer is a no."""
    try:
        return typer.confirm("Pin this key?")
    except typer.Abort:
        return False
