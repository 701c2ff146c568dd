"""System services, from systemd."""

import re
from dataclasses import dataclass

# Instances that systemd numbers anew each time: connections (sshd@4-192.0.2.1:22-192.0.2.9:50312), core dumps
# (systemd-coredump@12-3456-0), calls on the bus (dbus-:1.2-org.example@0), transient units (run-r1f2e..., run-u12).
_PASSING = re.compile(
    r"(?<=@)[0-9]+-.*:.*|(?<=@)[0-9]+-[0-9]+-[0-9]+(_[0-9]+)?|(?<=dbus-:)[0-9.]+|(?<=run-)[rpu]?[0-9a-f-]+"
)


@dataclass(frozen=True, slots=True)
class Unit:
    name: str  # cron.service
    active: str  # active, inactive, failed, activating
    sub: str  # running, exited, dead
    enabled: str  # enabled, disabled, static, masked, "" unknown

    @property
    def lasting_name(self) -> str:
        """The name without what systemd gives anew to each instance; it may hold addresses of people."""
        stem, dot, kind = self.name.rpartition(".")
        plain = _PASSING.sub("*", stem)
        return f"{re.sub(r'@[0-9]+$', '@*', plain) if plain.startswith('dbus-:') else plain}{dot}{kind}"


@dataclass(frozen=True, slots=True)
class Services:
    """Loaded service and socket units. Not to be had where systemd is not process 1."""

    units: tuple[Unit, ...]

    @property
    def failed(self) -> tuple[Unit, ...]:
        return tuple(u for u in self.units if u.active == "failed")

    @property
    def running(self) -> frozenset[str]:
        """Names, without ``.service``, of services and sockets that are active now."""
        return frozenset(u.name.removesuffix(".service") for u in self.units if u.active == "active")
