"""What the end-to-end tests share: an estate on disk, and the command run as a user runs it."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab import warm
from tests.lab.sshd import Sshd

SCOPE = {
    "authorised_by": "the person who runs the tests",
    "reference": "lab",
    "valid_from": "2026-01-01",
    "valid_until": "2099-12-31",
    "intrusiveness": "polite",
    "groups": ["all"],
}


@dataclass
class Estate:
    """An inventory, a record and an output folder of its own."""

    folder: Path
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    credentials: dict[str, dict[str, Any]] = field(default_factory=dict)
    scopes: dict[str, Any] = field(default_factory=lambda: {"lab": SCOPE})

    def local(self, name: str = "here", **own: object) -> "Estate":
        self.hosts[name] = {"ansible_connection": "local", "estatecheck": {"become": "sudo", **own}}
        return self

    def ssh(self, name: str, server: Sshd, address: str = "127.0.0.1", **own: object) -> "Estate":
        key = self.folder / "scan-key"
        key.write_text(server.login.key or "")
        key.chmod(0o600)
        self.credentials["scan"] = {"user": server.login.user, "key": f"file:{key}"}
        self.hosts[name] = {
            "ansible_host": address,
            "ansible_port": server.port,
            "estatecheck": {"credential": "scan", **own},
        }
        return self

    @property
    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("ESTATECHECK_")}
        return {
            **kept,
            "ESTATECHECK_DATABASE": f"sqlite:///{self.folder / 'record.db'}",
            "ESTATECHECK_INVENTORY": str(self.folder / "inventory.yaml"),
            "ESTATECHECK_OUTPUT": str(self.folder / "out"),
            "ESTATECHECK_SIGNING_KEY": str(self.folder / "signing-key.pem"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
            "XDG_DATA_HOME": str(self.folder / "data"),
            "COLUMNS": "100",
        }

    def write(self) -> None:
        """YAML that is JSON: every JSON document is one."""
        own = {"estate": {"name": "Lab"}, "scopes": self.scopes, "credentials": self.credentials}
        inventory = {"estatecheck": own, "all": {"hosts": self.hosts}}
        (self.folder / "inventory.yaml").write_text(json.dumps(inventory, indent=1))

    def run(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """The command as a user runs it. The inventory is written anew before."""
        self.write()
        return warm.run([*words], {**self.environment, **environment}, self.folder)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "scanner.cli.main", *words]

    def report(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "out" / "report.json").read_text())
        return document
