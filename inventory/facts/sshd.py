"""Effective configuration of the OpenSSH server, as ``sshd -T`` prints it (sshd(8), sshd_config(5)).

The fields say what holds for everybody; the properties say what holds for anybody: a Match block may set a value
otherwise for some accounts or addresses, and that counts as much.
"""

import re
from dataclasses import dataclass

_ZERO = re.compile(r"0+[smhdw]?")  # "0", "0s": the time formats of sshd_config(5)


@dataclass(frozen=True, slots=True)
class MatchSetting:
    """A keyword that stands under a Match line."""

    place: str  # file and line of the Match line
    keyword: str  # lower case
    value: str  # lower case


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
    authentication_methods: tuple[str, ...] = ("any",)  # lists of methods, one of which has to succeed as a whole
    match_settings: tuple[MatchSetting, ...] = ()

    @property
    def root_login(self) -> tuple[str, ...]:
        """PermitRootLogin, for everybody and under Match lines."""
        return (self.permit_root_login, *(s.value for s in self._matched("permitrootlogin")))

    @property
    def password_log_in(self) -> bool | None:
        """Somebody can log in with nothing but a password. None: the host did not report enough."""
        if self._always_key():
            return False
        said = [self.password_authentication, self.kbd_interactive_authentication]
        said += [s.value == "yes" for s in self._matched("passwordauthentication", "kbdinteractiveauthentication")]
        return True if True in said else None if None in said else False

    @property
    def empty_passwords(self) -> bool:
        return self.permit_empty_passwords or any(s.value == "yes" for s in self._matched("permitemptypasswords"))

    @property
    def most_auth_tries(self) -> int:
        tries = [int(s.value) for s in self._matched("maxauthtries") if s.value.isdecimal()]
        return max(self.max_auth_tries, *tries) if tries else self.max_auth_tries

    @property
    def forwards_x11(self) -> bool:
        return self.x11_forwarding or any(s.value == "yes" for s in self._matched("x11forwarding"))

    @property
    def asks_every_client(self) -> bool:
        """No session, under no Match line, goes without a question to its client."""
        counts = (self.client_alive_interval_seconds, self.client_alive_count_max)
        matched = self._matched("clientaliveinterval", "clientalivecountmax")
        return min(counts) > 0 and not any(_ZERO.fullmatch(s.value) for s in matched)

    @property
    def under_match(self) -> tuple[str, ...]:
        """The settings under Match lines as a reader looks for them."""
        return tuple(f"{s.keyword} {s.value} under Match at {s.place}" for s in self.match_settings)

    def _matched(self, *keywords: str) -> list[MatchSetting]:
        return [s for s in self.match_settings if s.keyword in keywords]

    def _always_key(self) -> bool:
        """Every list of methods, under every Match line too, has a key in it (AuthenticationMethods)."""
        lists = [self.authentication_methods, *(s.value.split() for s in self._matched("authenticationmethods"))]
        return all("publickey" in methods for one in lists for methods in one)
