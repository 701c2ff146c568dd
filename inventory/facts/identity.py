"""What proves that this is the same machine as last time. Strong identities only; names and addresses are weak."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Identity:
    machine_id: str | None  # machine-id(5)
    smbios_uuid: str | None  # needs root
    ssh_host_keys: tuple[str, ...]  # SHA256 fingerprints of the public host keys on disk
    serials: tuple[str, ...] = ()  # of a network device, with its vendor: its own, its chassis', its stack members'
