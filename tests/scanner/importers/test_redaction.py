"""Secrets in foreign files: what is taken out, what is left, and that hostile text costs no time."""

import time

import pytest

from scanner.importers.redaction import redacted, redacted_text, without_preferences

PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param(f"a {PEM} b", "a [removed] b", id="private key"),
        pytest.param(PEM.replace("OPENSSH ", ""), "[removed]", id="PKCS 8"),
        pytest.param("ftp://admin:hunter2@web-1/", "ftp://admin:[removed]@web-1/", id="URL"),
        pytest.param("PASSWORD = hunter2 x", "PASSWORD = [removed] x", id="named"),
        pytest.param('"api_key":"hunter2"', '"api_key":"[removed]"', id="in JSON"),
        pytest.param("community: hunter2", "community: [removed]", id="SNMP"),
        pytest.param("auth-token=hunter2&x=1", "auth-token=[removed]&x=1", id="query"),
        pytest.param("PASS_MAX_DAYS 99999", "PASS_MAX_DAYS 99999", id="no secret"),
        pytest.param("https://web-1/a", "https://web-1/a", id="no password"),
        pytest.param("-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----", id="certificate"),
    ],
)
def test_what_is_taken_out(text: str, left: str) -> None:
    assert redacted_text(text) == left


def test_preferences_of_nessus() -> None:
    kept = "<item><preferenceType>entry</preferenceType><selectedValue>root</selectedValue></item>"
    secret = "<item><preferenceType>password</preferenceType><selectedValue>hunter2</selectedValue></item>"
    found = without_preferences((kept + secret).encode()).decode()
    assert found == kept + secret.replace("hunter2", "[removed]")


@pytest.mark.parametrize("part", [b"-----BEGIN PRIVATE KEY-----", b"a://a:", b"password=", b"<item>", b"<preference>"])
def test_hostile_text_costs_no_time(part: bytes) -> None:
    began = time.process_time()
    without_preferences(part * 2000)
    redacted(part * 2000)
    assert time.process_time() - began < 5
