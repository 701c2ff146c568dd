"""Listening sockets and network interfaces."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listener:
    protocol: str  # tcp, udp
    address: str  # 0.0.0.0, ::, 127.0.0.1, ...
    port: int
    process: str | None  # None: this privilege does not show it
    exposed: bool  # not bound to loopback only

    @property
    def endpoint(self) -> str:
        return f"{self.protocol}/{self.port}"


@dataclass(frozen=True, slots=True)
class Sockets:
    listeners: tuple[Listener, ...]


@dataclass(frozen=True, slots=True)
class Interface:
    name: str
    up: bool
    promiscuous: bool


@dataclass(frozen=True, slots=True)
class Interfaces:
    items: tuple[Interface, ...]
