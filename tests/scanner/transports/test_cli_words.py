"""What may be sent to a device's command line, and what a device says that asks for a key."""

import pytest

from inventory.sources.platforms import OF_DEVICES
from scanner.probes.cli.commands import COMMANDS, DETECTION, more
from scanner.probes.cli.rules import rules
from scanner.transports.cli_words import PAGING_OFF, SESSION, SHOWS, key_wanted, may_be_written, permitted, refused


def test_every_command_of_the_probe_is_permitted() -> None:
    asked = {command for commands in COMMANDS.values() for command in commands} | set(DETECTION)
    asked |= {command for rule in rules() for command in more(rule.name, ())}
    assert asked == SHOWS
    assert all(permitted(command) for command in asked)


def test_the_platforms_of_the_inventory_are_those_that_can_be_asked() -> None:
    assert set(COMMANDS) == set(OF_DEVICES)
    assert set(PAGING_OFF) <= set(OF_DEVICES)


def test_the_list_shows_things_and_sets_this_sessions_pages_only() -> None:
    assert all(command.split()[0] in ("show", "display") or command == "get system status" for command in SHOWS)
    assert all(not set("|;&<>`$?!\n\r\t") & set(word) for word in SHOWS | SESSION)
    unfit = ("config", "enable", "write", "copy", "save", "delete", "reload", "running", "startup")
    assert not [word for word in SHOWS | SESSION if any(bad in word for bad in unfit)]


@pytest.mark.parametrize(
    "text",
    [
        "configure terminal\n",
        "enable\n",
        "show running-config\n",
        "show version | redirect flash:x\n",
        "show version\nreload\n",
        "show version;reload\n",
        "Show version\n",
        "  show version\n",
        "show version\n\n\n",
        "show versio",
        "reload",
        "y",
        "qa",
        "",
    ],
)
def test_what_is_not_on_the_list_may_not_be_written(text: str) -> None:
    assert not permitted(text)
    assert not may_be_written(text)


@pytest.mark.parametrize("text", ["show version\n", "show version\r\n", "terminal length 0\r", "\n", "\r\n", " "])
def test_what_may_be_written(text: str) -> None:
    assert may_be_written(text)


@pytest.mark.parametrize(
    ("tail", "key"),
    [
        (" --More-- ", " "),
        ("--More--", " "),
        ("<--- More --->", " "),
        ("---(more)---", " "),
        ("---(more 45%)---", " "),
        ("-- MORE --, next page: Space, next line: Enter, quit: Control-C", " "),
        ("  ---- More ----", " "),
        ("lines 1-29/43 58%", " "),
        ("--More-- or (q)uit", " "),
        ("Press any key to continue", " "),
        ("Press any key to continue\n", " "),
        ("lines 1-40/40 (END)", "q"),
        ("(Press 'a' to accept):", "a"),
    ],
)
def test_a_device_that_waits_for_a_key(tail: str, key: str) -> None:
    assert key_wanted(f"one line\n{tail}") == (key, "one line\n" if key != "a" else "one line\n(")


@pytest.mark.parametrize("text", ["sw1#", "", "no more of this\n", "a --More-- in a line\n", "show more-things"])
def test_a_device_that_waits_for_no_key(text: str) -> None:
    assert key_wanted(text) is None


@pytest.mark.parametrize(
    ("output", "is_refusal"),
    [
        ("         ^\n% Invalid input detected at '^' marker.", True),
        ("ERROR: % Invalid input detected at '^' marker.", True),
        ("command parse error before 'version'\nCommand fail. Return code -61", True),
        ("Unknown action 0\nCommand fail. Return code -1", True),
        ("Invalid syntax.", True),
        ("Unknown command: version", True),
        ("Invalid input: version", True),
        ("              ^\n % Unrecognized command found at '^' position.", True),
        ("Error: Unrecognized command found at '^' position.", True),
        ("show: Command not found.", True),
        ("Cisco IOS Software, C2960 Software (C2960-LANBASEK9-M), Version 15.0(2)SE11", False),
        ("hostname: pa1\nip-address: unknown\n", False),
        ("", False),
    ],
)
def test_refusals(output: str, is_refusal: bool) -> None:
    assert refused(output) is is_refusal
