"""From a credential to user and password of a BMC's account.

A credential given to ``probe`` is one text: ``user:password`` on one line, or these lines in any order::

    user: scan
    password: what a password may be, with: colons too
"""

from dataclasses import dataclass, field

from scanner.query import Login
from scanner.transports.redfish_faults import LoginUnusable

KEYS = ("user", "password")
LONGEST = 1024  # characters; no BMC takes more


@dataclass(frozen=True, slots=True)
class Account:
    user: str
    password: str = field(repr=False)


def read_credential(text: str) -> Login:
    """Raises :class:`LoginUnusable`; no message repeats what the text says."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and not lines[0].startswith(("user: ", "password: ")):
        user, _, password = lines[0].partition(":")
        given = {"user": user, "password": password}
    else:
        given = _lines(lines)
    login = Login(user=given.get("user"), password=given.get("password"))
    account(login)
    return login


def _lines(lines: list[str]) -> dict[str, str]:
    given: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        key, _, value = line.partition(":")
        if line.startswith("#"):
            continue
        if key.strip() not in KEYS:
            raise LoginUnusable(f"line {number} of the credential is none of: {', '.join(KEYS)}")
        given[key.strip()] = value.strip()
    return given


def account(login: Login) -> Account:
    """Raises :class:`LoginUnusable`."""
    if not login.user or not login.password:
        raise LoginUnusable(
            "Redfish needs a `user` and a `password`: user:password, or lines `user: ...`, `password: ...`"
        )
    if ":" in login.user or not login.user.isprintable():
        raise LoginUnusable("the `user` of the credential must not hold a colon or control characters")
    if len(login.user) > LONGEST or len(login.password) > LONGEST:
        raise LoginUnusable(f"`user` and `password` may have {LONGEST} characters at most")
    return Account(login.user, login.password)
