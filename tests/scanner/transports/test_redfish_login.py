"""Credentials for Redfish: one line or several, and no message that repeats them."""

import pytest

from scanner.query import Login
from scanner.transports.redfish_faults import LoginUnusable
from scanner.transports.redfish_login import Account, account, read_credential


@pytest.mark.parametrize(
    "text",
    [
        "scan:pass:word",
        "scan:pass:word\n",
        "user: scan\npassword: pass:word\n",
        "# the BMCs\npassword: pass:word\n\nuser: scan",
    ],
)
def test_user_and_password(text: str) -> None:
    assert read_credential(text) == Login(user="scan", password="pass:word")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("s3cret", "`user` and a `password`"),
        (":s3cret", "`user` and a `password`"),
        ("user: scan", "`user` and a `password`"),
        ("user: scan\npasswort: s3cret", "line 2"),
        ("user: a:b\npassword: s3cret", "colon"),
        ("s3cret\ns3cret", "line 1"),
        ("scan:" + "s3cret" * 1000, "1024 characters"),
    ],
)
def test_what_cannot_be_used(text: str, why: str) -> None:
    with pytest.raises(LoginUnusable) as refused:
        read_credential(text)
    assert why in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_password_is_not_shown() -> None:
    assert "s3cret" not in repr(account(Login(user="scan", password="s3cret")))
    assert account(Login(user="scan", password="s3cret")) == Account("scan", "s3cret")
