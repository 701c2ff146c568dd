"""``estatecheck init``: a commented inventory to start from."""

import getpass
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from scanner.cli.console import fail, say

STARTER = """\
# The inventory of your estate: what there is, how to reach it, and who permitted looking at it.
# Form: Ansible's YAML inventory. Everything of ours stands under `estatecheck:`.
# Check it with:  estatecheck inventory validate --inventory @FILE@
# All keys:       docs/write-an-inventory.md

estatecheck:
  estate:
    name: My estate
    # marking: OFFICIAL              # printed on every report

  # Permission. A host that no valid scope covers is not looked at.
  scopes:
    own-machine:
      authorised_by: @AUTHORISED_BY@
      reference: own machine         # the letter, ticket or contract that permits it
      valid_from: @FROM@
      valid_until: @UNTIL@
      intrusiveness: polite          # passive, polite or intrusive
      hosts: [this-machine]          # or groups: [all], or networks: [192.0.2.0/24]

  # Parts of the organisation, with weights for coverage.
  # areas:
  #   north: {name: Northern branch, users: 120}

  # Places, and who can reach them: internet, third-party, internal or isolated.
  # sites:
  #   dc1: {name: Data centre 1, exposure: internal, area: north}

  # Log-ins. Secrets never stand here; each is a reference:
  # env:NAME, file:PATH, keyring:SERVICE/USER, vault:PATH#FIELD or cmd:COMMAND.
  # credentials:
  #   scan: {user: scan, key: "file:~/.ssh/scan_ed25519"}

all:
  hosts:
    this-machine:
      ansible_connection: local
      estatecheck:
        become: sudo                 # collector, sudo or none: how root-only files are read
        # criticality: 2             # 1 (low) to 4 (vital)

  # children:
  #   web:
  #     hosts:
  #       web[01:03].example.org:
  #     vars:
  #       estatecheck:
  #         site: dc1
  #         credential: scan
  #         roles: [web]
  #         expected_ports: [tcp/22, tcp/443]
"""


def init(path: Annotated[Path, typer.Argument(help="The file to write.")] = Path("inventory.yaml")) -> None:
    """Write a commented starter inventory that looks at this machine. Never overwrites a file.

    Example:  estatecheck init inventory.yaml
    """
    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(starter(path, datetime.now(UTC).date()))
    except FileExistsError:
        raise fail(f"{path} is there already and is left as it is; name another file") from None
    except OSError as fault:
        raise fail(f"{path} cannot be written: {fault.strerror}") from None
    say(f"Written: {path}. Edit it, then run:  estatecheck inventory validate --inventory {path}")


def starter(path: Path, today: date) -> str:
    """The text, with a scope that begins today and lasts a year."""
    filled = {
        "@FILE@": str(path) if str(path).isprintable() else "FILE",
        "@AUTHORISED_BY@": json.dumps(f"{_who()}, who runs this scan on their own machine"),
        "@FROM@": today.isoformat(),
        "@UNTIL@": (today + timedelta(days=365)).isoformat(),
    }
    text = STARTER
    for word, value in filled.items():
        text = text.replace(word, value)
    return text


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in this container
        return "the person"
