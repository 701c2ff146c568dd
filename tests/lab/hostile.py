"""SSH servers that misbehave, one port per fault. Run as a process of its own; ends when its stdin does.

Prints one JSON line: the ports by fault, and the host key they all present.

``blackhole``: a listening socket whose accept queue is full, so that Linux drops every further SYN: from outside it
looks like a firewall that drops. ``refused``: a bound socket that does not listen.
"""

# ruff: noqa: ARG002 - the arguments are those of paramiko's interface

import json
import re
import socket
import struct
import sys
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import suppress

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_SUCCESSFUL, OPEN_SUCCEEDED, cMSG_EXT_INFO, cMSG_KEXINIT
from paramiko.message import Message

PASSWORD = "right"
BOMB_MEGABYTES = 100
KEY = paramiko.ECDSAKey.generate()
_FILLERS: list[socket.socket] = []  # keep the blackhole's queue full

Raw = Callable[[socket.socket], None]
After = Callable[["Shell"], None]  # what happens when the script was asked for


class Door(paramiko.ServerInterface):
    """Lets everybody in, but for those who must be refused."""

    def __init__(self, refuse: bool) -> None:
        self.refuse = refuse

    def get_allowed_auths(self, username: str) -> str:
        return "publickey,password"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return AUTH_FAILED if self.refuse else AUTH_SUCCESSFUL

    def check_auth_password(self, username: str, password: str) -> int:
        return AUTH_SUCCESSFUL if password == PASSWORD else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        return True


class Shell:
    """A channel on which a script was asked for."""

    def __init__(self, sock: socket.socket, transport: paramiko.Transport, channel: paramiko.Channel) -> None:
        self.socket = sock
        self.transport = transport
        self.channel = channel

    def read_script(self) -> bytes:
        parts: list[bytes] = []
        while part := self.channel.recv(65536):
            parts.append(part)
        return b"".join(parts)

    def marker(self) -> bytes:
        found = re.search(rb"marker=([0-9a-f]{32})", self.read_script())
        return found[1] if found else b""

    def reset(self) -> None:
        """RST instead of FIN."""
        time.sleep(0.1)  # what was sent must have arrived
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.close()

    def end(self, status: int) -> None:
        self.channel.send_exit_status(status)
        self.channel.close()


def ssh_server(after: After, refuse: bool = False) -> Raw:
    def serve(sock: socket.socket) -> None:
        transport = paramiko.Transport(sock)
        transport.add_server_key(KEY)
        transport.start_server(server=Door(refuse))
        channel = transport.accept(20)
        if channel is not None:
            after(Shell(sock, transport, channel))

    return serve


def reset_before_output(shell: Shell) -> None:
    shell.read_script()
    shell.reset()


def reset_during_output(shell: Shell) -> None:
    """One whole section, half of another, and a reset."""
    marker = shell.marker()
    whole = b"first\n"
    shell.channel.sendall(
        b"\nestatecheck %s raw\n\n%s begin 0 user\n%s\n%s end 0 user e0 e0 - %d\n\n%s begin 1 user\nsec"
        % (marker, marker, whole, marker, len(whole), marker)
    )
    shell.reset()


def healthy(shell: Shell) -> None:
    """The one server here that does no harm: answers one section with ``hello``, far cheaper than a real shell."""
    marker = shell.marker()
    shell.channel.sendall(
        b"\nestatecheck %s raw\n\n%s begin 0 user\nhello\n\n%s end 0 user e0 e0 - 6\n\n%s done\n" % ((marker,) * 4)
    )
    shell.end(0)


def drip(shell: Shell) -> None:
    while True:
        shell.channel.sendall(b"x")
        time.sleep(1)


def endless_stdout(shell: Shell) -> None:
    while True:
        shell.channel.sendall(b"x" * 32000)


def endless_stderr(shell: Shell) -> None:
    while True:
        shell.channel.sendall_stderr(b"x" * 32000)


def hang(shell: Shell) -> None:
    shell.read_script()


def bomb(shell: Shell) -> None:
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(bytes(1024 * 1024)) for _ in range(BOMB_MEGABYTES)) + packer.flush()
    shell.channel.sendall(b"\nestatecheck %s gz\n" % shell.marker() + packed)
    shell.end(0)


def garbage(shell: Shell) -> None:
    shell.read_script()
    shell.channel.sendall(bytes(range(256)) * 200)
    shell.end(0)


def ignore_flood(shell: Shell) -> None:
    while shell.transport.is_active():  # sending on a dead transport does not raise
        shell.transport.send_ignore(30000)


def many_extensions(shell: Shell) -> None:
    """An EXT_INFO message (RFC 8308) that announces four billion extensions and holds none."""
    message = Message()
    message.add_byte(cMSG_EXT_INFO)
    message.add_int(0xFFFFFFFF)
    shell.transport._send_message(message)  # type: ignore[attr-defined]
    shell.read_script()


def mute(sock: socket.socket) -> None:
    sock.recv(1)
    time.sleep(60)


def slow_banner(sock: socket.socket) -> None:
    for byte in b"SSH-2.0-OpenSSH_9.9_and_a_long_name":
        sock.sendall(bytes([byte]))
        time.sleep(1)


def endless_line(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"x" * 32000)


def http(sock: socket.socket) -> None:
    sock.recv(100)
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    sock.close()


def huge_packet(sock: socket.socket) -> None:
    sock.sendall(b"SSH-2.0-huge\r\n" + b"\xff\xff\xff\xf4")
    while True:
        sock.sendall(b"x" * 32000)


def only(kex: str, host_key: str) -> Raw:
    """Announces one key exchange and one host key algorithm, as devices that were never updated do."""

    def serve(sock: socket.socket) -> None:
        message = Message()
        message.add_byte(cMSG_KEXINIT)
        message.add_bytes(bytes(16))
        for names in ([kex], [host_key], *([["aes128-ctr"]] * 2), *([["hmac-sha2-256"]] * 2), *([["none"]] * 2)):
            message.add_list(names)
        message.add_bytes(bytes(8 + 1 + 4))
        payload = message.asbytes()
        padding = 8 - (len(payload) + 5) % 8 + 8
        packet = struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)
        sock.sendall(b"SSH-2.0-old\x1b[31m\xc3\xa9 device\r\n" + packet)
        time.sleep(60)

    return serve


SERVERS: dict[str, Raw] = {
    "healthy": ssh_server(healthy),
    "mute": mute,
    "slow banner": slow_banner,
    "endless line": endless_line,
    "http": http,
    "huge packet": huge_packet,
    "sha1 key exchange": only("diffie-hellman-group1-sha1", "ssh-ed25519"),
    "sha1 host key": only("ecdh-sha2-nistp256", "ssh-rsa"),
    "wrong key": ssh_server(hang, refuse=True),
    "changed host key": ssh_server(hang),
    "reset before output": ssh_server(reset_before_output),
    "reset during output": ssh_server(reset_during_output),
    "drip": ssh_server(drip),
    "endless stdout": ssh_server(endless_stdout),
    "endless stderr": ssh_server(endless_stderr),
    "hanging command": ssh_server(hang),
    "decompression bomb": ssh_server(bomb),
    "binary garbage": ssh_server(garbage),
    "ignore flood": ssh_server(ignore_flood),
    "many extensions": ssh_server(many_extensions),
}


def listening(backlog: int = 100) -> socket.socket:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen(backlog)
    return sock


def blackhole() -> socket.socket:
    sock = listening(0)
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(sock.getsockname())
        _FILLERS.append(filler)
    return sock


def refused() -> socket.socket:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


def accept_all(sock: socket.socket, serve: Raw) -> None:
    while True:
        peer, _ = sock.accept()
        threading.Thread(target=serve_one, args=(peer, serve), daemon=True).start()


def serve_one(sock: socket.socket, serve: Raw) -> None:
    with suppress(OSError, EOFError, paramiko.SSHException):
        serve(sock)


def main() -> None:
    sockets = {"blackhole": blackhole(), "refused": refused()}
    for name, serve in SERVERS.items():
        sockets[name] = listening()
        threading.Thread(target=accept_all, args=(sockets[name], serve), daemon=True).start()
    ports = {name: sock.getsockname()[1] for name, sock in sockets.items()}
    json.dump({"ports": ports, "host_key": [KEY.get_name(), KEY.get_base64()]}, sys.stdout)
    sys.stdout.write("\n")
    sys.stdout.flush()
    sys.stdin.read()  # until the tests that started us are done, or dead


if __name__ == "__main__":
    main()
