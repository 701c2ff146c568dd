"""A device with a command line: a real SSH server (paramiko) on loopback that carries recorded or made-up outputs.

netmiko and vendors' CLIs have no real peer here: recorded outputs over a real SSH server. What is real is SSH, the
terminal's echo and pages, and netmiko; what a vendor's own shell would do beside them is imitated in a few lines.
"""

# ruff: noqa: ARG002 - the arguments are those of paramiko's interface

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from scanner.query import HostKey

KEY = paramiko.ECDSAKey.generate()
USER, PASSWORD = "scan", "right"


@dataclass
class Manner:
    """How the device behaves. ``page``: lines after which it waits for a space; 0: never."""

    prompt: str = "lab-sw1#"
    banner: str = ""
    page: int = 0
    more: str = " --More-- "
    erase: str = "\x08" * 9 + " " * 9 + "\x08" * 9
    pager_off: str = ""  # the word that ends paging
    echo: bool = True
    newline: str = "\r\n"
    delay: float = 0.0  # seconds before each line
    decorate: str = ""  # escape codes before each line
    refuse: str = "% Invalid input detected at '^' marker."
    slow_start: float = 0.0  # seconds before it begins to read
    silent: bool = False  # no prompt at all
    hang_up_after: int = 0  # lines of an output
    endless: bool = False
    endless_pages: bool = False
    wants_key: str = ""  # asked for before the first prompt
    no_shell: bool = False


@dataclass
class Device:
    """``received``: every line that came; ``keys``: single keys for the pager. ``logins``: passwords tried."""

    outputs: Mapping[str, str]
    manner: Manner
    port: int = 0
    key: paramiko.PKey = field(default_factory=lambda: KEY)
    received: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)

    @property
    def host_key(self) -> HostKey:
        return HostKey(self.key.get_name(), self.key.get_base64())


class _Door(paramiko.ServerInterface):
    def __init__(self, device: Device) -> None:
        self.device = device
        self.shell = threading.Event()

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        self.device.logins.append(password)
        return AUTH_SUCCESSFUL if (username, password) == (USER, PASSWORD) else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_pty_request(self, *args: object) -> bool:
        return True

    def check_channel_shell_request(self, channel: paramiko.Channel) -> bool:
        self.shell.set()
        return not self.device.manner.no_shell


class _Terminal:
    """Lines in, lines out. Ends when the other side hangs up."""

    def __init__(self, device: Device, channel: paramiko.Channel) -> None:
        self.device, self.manner, self.channel = device, device.manner, channel
        self.held = ""
        self.paging = self.manner.page > 0

    def run(self) -> None:
        self.write(self.manner.banner.replace("\n", self.manner.newline))
        if self.manner.wants_key:
            self.write(self.manner.wants_key)
            self.device.keys.append(self.key())
            self.write(self.manner.newline)
        time.sleep(self.manner.slow_start)
        self.prompt()
        while True:
            line = self.line()
            if line.strip():
                self.device.received.append(line.strip())
                self.answer(line.strip())
            self.prompt()

    def answer(self, command: str) -> None:
        if command == self.manner.pager_off:
            self.paging = False
            return
        output = self.device.outputs.get(command)
        shown = 0
        for number, text in enumerate((output if output is not None else self.manner.refuse).split("\n"), start=1):
            time.sleep(self.manner.delay)
            self.write(self.manner.decorate + text + self.manner.newline)
            if number == self.manner.hang_up_after:
                self.channel.close()
                raise EOFError
            shown += 1
            if self.paging and shown == self.manner.page:
                shown = 0
                self.wait()
        while self.manner.endless:
            self.write("and so on, without an end" * 40 + self.manner.newline)
        while self.manner.endless_pages:
            self.wait()

    def wait(self) -> None:
        self.write(self.manner.more)
        self.device.keys.append(self.key())
        self.write(self.manner.erase)

    def prompt(self) -> None:
        if not self.manner.silent:
            self.write(self.manner.prompt)

    def write(self, text: str) -> None:
        self.channel.sendall(text.encode("utf-8", "surrogateescape"))

    def key(self) -> str:
        if not self.held:
            self.held = self.more()
        key, self.held = self.held[0], self.held[1:]
        return key

    def line(self) -> str:
        text = ""
        while (key := self.key()) not in "\r\n":
            text += key
        self.held = self.held.removeprefix("\n")
        if self.manner.echo:
            self.write(text + self.manner.newline)
        return text

    def more(self) -> str:
        data = self.channel.recv(4096)
        if not data:
            raise EOFError
        self.device.raw += data
        return data.decode()


def _serve(device: Device, connection: socket.socket) -> None:
    transport = paramiko.Transport(connection)
    transport.set_log_channel("tests.lab.cli_device.paramiko")
    transport.add_server_key(device.key)
    door = _Door(device)
    with contextlib.suppress(EOFError, OSError, paramiko.SSHException):
        transport.start_server(server=door)
        channel = transport.accept(10)
        if channel is not None and door.shell.wait(10):
            _Terminal(device, channel).run()
    transport.close()


@contextlib.contextmanager
def device(
    outputs: Mapping[str, str], manner: Manner | None = None, key: paramiko.PKey | None = None
) -> Iterator[Device]:
    """Serves until the block ends; every connection in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        served = Device(outputs, manner or Manner(), listening.getsockname()[1], key or KEY)
        open_ones: list[socket.socket] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    open_ones.append(connection)
                    threading.Thread(target=_serve, args=(served, connection), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield served
        finally:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            for connection in open_ones:
                connection.close()
