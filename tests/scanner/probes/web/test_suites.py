"""The lists of cipher suites beside OpenSSL's own: numbers, and which question each belongs to."""

import shutil
import subprocess

import pytest

from scanner.probes.web.suites import ALL, DHE, MODERN, NAMES, OLD, STATIC, WEAK


def known_to_openssl() -> dict[int, str]:
    program = shutil.which("openssl")
    if not program:
        pytest.skip("the lab needs openssl: apt-get install openssl")
    asked = [program, "ciphers", "-V", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]
    told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    rows = (line.split() for line in told.splitlines())
    found = {int(row[0].replace("0x", "").replace(",", ""), 16): row[2] for row in rows}
    return {number: name for number, name in found.items() if "PSK" not in name and "SRP" not in name}


def question(name: str) -> tuple[int, ...]:
    if name.startswith("TLS_"):
        return MODERN
    if "NULL" in name or name.startswith(("ADH", "AECDH")):
        return WEAK
    if name.startswith("DHE"):
        return DHE
    return ALL if name.startswith("ECDHE") else STATIC


@pytest.mark.lab
def test_every_suite_that_openssl_knows_is_asked_for_by_the_right_hello() -> None:
    suites = known_to_openssl()
    assert len(suites) > 60
    assert {number: name for number, name in suites.items() if number not in question(name)} == {}


def test_no_suite_is_in_two_questions_that_exclude_each_other() -> None:
    lists = [set(one) for one in (WEAK, OLD, STATIC, DHE, MODERN)]
    assert sum(map(len, lists)) == len(set().union(*lists))
    assert set(ALL) | set(MODERN) == set(NAMES)
