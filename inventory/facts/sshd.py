"""Effective configuration of the OpenSSH server, as ``sshd -T`` prints it (sshd(8), sshd_config(5))."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sshd:
    version: str  # "OpenSSH_9.2p1 ...", "" when not reported
    ports: tuple[int, ...]
    permit_root_login: str  # yes, no, prohibit-password, forced-commands-only
    password_authentication: bool
    kbd_interactive_authentication: bool | None
    permit_empty_passwords: bool
    pubkey_authentication: bool
    max_auth_tries: int
    x11_forwarding: bool
    client_alive_interval_seconds: int  # 0: idle sessions are kept for ever
    client_alive_count_max: int
    ciphers: tuple[str, ...]
    macs: tuple[str, ...]
    kex_algorithms: tuple[str, ...]
    host_key_algorithms: tuple[str, ...]
    allow_users: tuple[str, ...]
    allow_groups: tuple[str, ...]
    log_level: str
    banner: str  # path or "none"
