"""Listening sockets and network interfaces."""

import re
from dataclasses import dataclass

# The names that do not change from start to start: no veth..., no br-1a2b...
_GUESTS = re.compile(
    r"docker0|docker_gwbridge|podman[0-9]|cni[0-9]|cni-podman[0-9]|nerdctl[0-9]|flannel\.1|cilium_host|kube-ipvs0|"
    r"vxlan\.calico|virbr[0-9]|lxcbr[0-9]|lxdbr[0-9]|incusbr[0-9]|vmbr[0-9]+|tailscale[0-9]|wg[0-9]|tun[0-9]"
)


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
    port: bool = False  # of a bridge, a bond or a virtual switch, which itself makes it listen to everything


@dataclass(frozen=True, slots=True)
class Interfaces:
    items: tuple[Interface, ...]

    @property
    def of_guests(self) -> tuple[str, ...]:
        """Interfaces that container engines, hypervisors and VPNs make, as their names tell: evidence of a role."""
        return tuple(i.name for i in self.items if _GUESTS.fullmatch(i.name))
