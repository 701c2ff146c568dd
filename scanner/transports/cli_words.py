"""What may be sent to the command line of a network device. Nothing else leaves the scanner: the list is closed.

Every word here only shows something, or sets how this one session is shown. Nothing enters a privileged or a
configuration mode. A command is added here when a probe needs it, after reading what the vendor says it does.
"""

import re

SHOWS = frozenset(
    {
        "display device manuinfo",  # Comware
        "display deviceInfo",  # Huawei ONT
        "display esn",  # VRP
        "display inner version",  # Huawei ONT
        "display version",  # Comware, VRP, SmartAX, ONT
        "get system status",  # FortiOS
        "show chassis hardware",  # Junos
        "show inventory",  # Cisco, EOS, ArubaOS
        "show modules",  # ArubaOS-Switch
        "show system",  # ArubaOS-Switch, ArubaOS-CX
        "show system id",  # Cisco 300 series
        "show system info",  # PAN-OS
        "show version",
    }
)
# how this session pages, by netmiko's name; not one of these outlives the session (vendors' command references)
_LENGTH_0 = ("terminal length 0",)
PAGING_OFF = {
    "arista_eos": _LENGTH_0,
    "aruba_aoscx": ("no page",),
    "cisco_asa": ("terminal pager 0",),
    "cisco_ios": _LENGTH_0,
    "cisco_nxos": _LENGTH_0,
    "cisco_s300": ("terminal datadump",),
    "cisco_xe": _LENGTH_0,
    "cisco_xr": _LENGTH_0,
    "dell_force10": _LENGTH_0,
    "hp_comware": ("screen-length disable",),
    "huawei_vrp": ("screen-length 0 temporary",),
    "juniper_junos": ("set cli screen-length 0",),
    "paloalto_panos": ("set cli pager off",),
    "ubiquiti_edgeswitch": _LENGTH_0,
    "zte_zxros": _LENGTH_0,
}
SESSION = frozenset(word for words in PAGING_OFF.values() for word in words)
KEYS = frozenset({"\n", "\r", "\r\n", " ", "q", "a"})  # " ": the next page; q: the end of a pager; a: below
_PAGER = re.compile(
    r"[ ]*(?:-+ ?[(<]? ?more[^\n]{0,20}?[)>]? ?-+|<-+ ?more ?-+>|-- ?more ?--[^\n]{0,80}|lines \d+-\d+[^\n]{0,40})"
    r"[ \x08]*\Z|press any key to (?:continue|page down)[^\n]{0,60}\s*\Z",
    re.IGNORECASE,
)
_LAST_PAGE = re.compile(r"(?:lines \d+-\d+[^\n]{0,20})?\(END\)[ \x08]*\Z")
_ACCEPT = re.compile(r"press 'a' to accept\)?:?\s*\Z", re.IGNORECASE)  # FortiOS: the banner before the prompt
_TAIL = 200  # characters in which a device can ask for a key
# how a device says that it has no such command; the first lines of its answer
REFUSAL = re.compile(
    r"^[ \t]*(?:\^[ \t]*$|% ?(?:invalid|unknown|unrecogni[sz]ed|incomplete|ambiguous|bad |error)"
    r"|(?:invalid|unknown|unrecogni[sz]ed) (?:input|syntax|command|action)|syntax error|parse error"
    r"|command (?:parse error|fail|not found)|error: ?%? ?(?:unrecogni[sz]ed|unknown|invalid|bad)"
    r"|.{0,40}unknown command|.{0,80}command not found)",
    re.IGNORECASE | re.MULTILINE,
)


def permitted(command: str) -> bool:
    """Whether a probe may ask this."""
    return command in SHOWS


def may_be_written(text: str) -> bool:
    """Whether this may be sent, as it is: a key, or one permitted line and its end."""
    return text in KEYS or (text.rstrip("\r\n") in SHOWS | SESSION and len(text) - len(text.rstrip("\r\n")) <= 2)


def key_wanted(text: str) -> tuple[str, str] | None:
    """The key a device waits for at the end of what it printed, and the text without the question."""
    tail = text[-_TAIL:]
    for pattern, key in ((_LAST_PAGE, "q"), (_PAGER, " "), (_ACCEPT, "a")):
        if found := pattern.search(tail):
            return key, text[: len(text) - len(tail) + found.start()]
    return None


def refused(output: str) -> bool:
    """Whether the device says that it does not know the command."""
    return REFUSAL.search(output[:400]) is not None
