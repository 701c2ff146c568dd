"""OpenSSH for Windows: the same SSH visit, with PowerShell at the other end of it.

Whatever the machine's default shell is (cmd.exe unless HKLM\\SOFTWARE\\OpenSSH says otherwise), the command has nothing
that one of them would read differently, and the script comes on its stdin.
"""

from collections.abc import Sequence

from inventory.asset import Asset
from inventory.facts.missing import Reason
from scanner.query import Deadline, Query
from scanner.transports.ssh_session import Output
from scanner.transports.transcript import Transcript
from scanner.transports.windows_script import COMMAND, compose
from scanner.transports.windows_visit import Printed, read_printed, script_seconds

WAY = "ssh-windows"


class PowerShell:
    """A :class:`scanner.transports.ssh.Dialect`."""

    way = WAY
    command = COMMAND
    of_the_stream = tuple(Reason)  # a document counts whole or not at all

    def compose(self, queries: Sequence[Query], marker: str, asset: Asset, deadline: Deadline) -> bytes:  # noqa: ARG002
        return compose(queries, marker, script_seconds(deadline))

    def read(self, output: Output, queries: Sequence[Query], marker: str, asset: Asset) -> Transcript:
        printed = Printed(output.raw, output.exit_status, output.asked_at, output.cut_by)
        return read_printed(printed, queries, marker, asset.limits.output_bytes)


POWERSHELL = PowerShell()
