"""System services, from systemd."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    name: str  # cron.service
    active: str  # active, inactive, failed, activating
    sub: str  # running, exited, dead
    enabled: str  # enabled, disabled, static, masked, "" unknown


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
