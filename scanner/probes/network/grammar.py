"""What sysDescr says in plain words. RFC 3418: "the full name and version identification of the system's hardware type,
software operating-system, and networking software" -- free text, so only marked words are read.

A word that marks hardware, a boot loader or a kernel takes its number out of the reading. Two different numbers marked
alike are no answer: unknown is better than wrong.
"""

import re
from collections.abc import Iterable

MAX_TEXT = 1_024  # RFC 3418 allows 255; longer ones exist
MAX_VALUE = 160

NUMBER = r"(?:[A-Za-z]{0,3}[-_]?)?\d[\w.()+/-]*"
MAX_NUMBER = 60  # what is longer is no version
MARK = r"\s*(?:[:=]|is\b)?\s*"
VERSION = r"(?:versions?|vers?|rev(?:ision)?|release|rel)\b\.?"
FOREIGN = (  # numbers of something else than the running software
    r"(?:hardware|h/?w|hw[ _]?rev|board|boot(?:[ -]?(?:loader|code|rom|p?))?|btldr|bootr|u-?boot|rom|mon(?:itor)?|"
    r"kernel|agent|snmp|mib|cpld|fpga|bios|device manager|engine|protocol|openssl|compiler|gcc|java)"
)
FOREIGN_NUMBER = re.compile(
    rf"\b{FOREIGN}(?:\s+(?:software|firmware|sw|fw))?[\s:_-]{{0,4}}(?:(?:[\w-]{{1,24}}\s+)?{VERSION})?{MARK}v?{NUMBER}",
    re.IGNORECASE,
)
KERNEL = re.compile(r"\bLinux\s+(?:\S{1,255}\s+)?(\d+\.\d+\S{0,120})(?=\s+#\d+|\s*[,;)]|$)")
UNAME_TAIL = re.compile(r"#\d+[ ~\w-]{0,80}(?:SMP|PREEMPT|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b.{0,200}")
DATE = re.compile(
    r"\b(?:19|20)\d\d([-/.])\d{1,2}\1\d{1,2}\b|\b\d{1,2}([-/.])\d{1,2}\2(?:19|20)\d\d\b|\b\d{1,2}:\d{2}(?::\d{2})?\b"
)
ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}/\d{1,2}\b")

MARKED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:software|firmware|image|system|os|f/?w|s/?w|application)[\s:_]*{VERSION}{MARK}({NUMBER})",
        rf"\b{VERSION}{MARK}({NUMBER})",
        rf"\b(?:software|firmware|f/?w|s/?w|prog|app)(?:{MARK}|[_ -]?rev{MARK})({NUMBER})",
        r"(?:^|[\s,;(/_-])(v\d+(?:\.\w+)+[\w().-]*)",
        r"(?:^|[\s,;(])(\d+\.\d+(?:\.\w+)*(?:\(\w+\))?(?:-[\w.]+)?)(?=$|[\s,;)])",
    )
)
TOLD = re.compile(r"\d[.(]|^\d{4,}$|[A-Z]\d+[A-Z]\d")  # 7.1, 15(2), 74104, V200R003: a lone digit or a hash is none
SERIAL = re.compile(
    r"\b(?:serial(?:[ _-]*(?:number|no\.?|num|#))?|s/n|sn)\s*[:=#]?\s*([A-Za-z0-9][\w-]{4,40})\b", re.IGNORECASE
)
MODEL = re.compile(
    r"\b(?:model(?:[ _-]*(?:name|number|no\.?))?|product(?:[ _-]*name)?|prod|platform)\s*[:=]\s*([^,;\r\n>]{2,60})",
    re.IGNORECASE,
)
PLAIN_MODEL = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[\w+./()-]+(?: [\w+./()-]+){0,4}")
NO_VALUE = re.compile(
    r"[\W_]*|n/?a|none|null|nil|unknown|unspecified|undefined|invalid|empty|tbd|default string|chassis|"
    r"not (?:available|set|specified|present|applicable|supported)|to be filled.*|no such (?:instance|object).*|"
    r"0+|x+|f{8,}|(?:system |chassis )?serial ?number",
    re.IGNORECASE,
)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
TOKEN = re.compile(r"[^\s,;:/()\[\]|=]+")


def one_line(text: str) -> str:
    """The text as one line: control characters become blanks, quotation marks around the whole go."""
    return CONTROL.sub(" ", text[:MAX_TEXT]).strip(" \\\"'")


def clean(text: str) -> str | None:
    """A value fit to print, or None where the text only says that there is none."""
    value = one_line(text)[:MAX_VALUE].strip(" ,;:\"'")
    return None if not value or NO_VALUE.fullmatch(value) else value


def version(description: str) -> str | None:
    """The one version number that the words around it mark as that of the running software."""
    text = one_line(description)
    if text.startswith("Linux "):
        return None  # uname -a: every number in it is the kernel's
    for gone in (KERNEL, UNAME_TAIL, DATE, ADDRESS, FOREIGN_NUMBER):
        text = gone.sub(" ", text)
    for pattern in MARKED:
        found = _distinct(_trimmed(number) for number in pattern.findall(text))
        if found:
            return _told(found)
    return None


def _told(found: list[str]) -> str | None:
    """The number, when there is one and it looks like a version. A small "v" is a mark, a large one part of it."""
    number = found[0]
    return number.removeprefix("v") if len(found) == 1 and len(number) <= MAX_NUMBER and TOLD.search(number) else None


def serial(description: str) -> str | None:
    found = _distinct(SERIAL.findall(one_line(description)))
    return found[0] if len(found) == 1 and any(map(str.isdigit, found[0])) else None


def model(description: str) -> str | None:
    """The text behind "Model:", else the whole description where it is nothing but a short type name."""
    text = one_line(description)
    if found := MODEL.search(text):
        return clean(found[1])
    return text if len(text) <= 60 and PLAIN_MODEL.fullmatch(text) and version(text) is None else None


def agree(one: str, other: str) -> bool:
    """Whether the two say the same: equal, or the whole of one stands in the other, token by token."""
    left, right = _tokens(one), _tokens(other)
    shorter, longer = sorted((left, right), key=len)
    if not shorter:
        return False
    span = len(shorter)
    return any(longer[at : at + span] == shorter for at in range(len(longer) - span + 1))


def _tokens(text: str) -> list[str]:
    return [token.removeprefix("v").strip(".") for token in TOKEN.findall(text.lower())]


def _trimmed(number: str) -> str:
    """Without the punctuation of the sentence around it: a last dot, a bracket that was not opened."""
    number = number.rstrip(".-_/+")
    while number.endswith(")") and number.count("(") < number.count(")"):
        number = number[:-1]
    if number.endswith("(") or number.count("(") > number.count(")"):
        number = number.rpartition("(")[0]
    return number


def _distinct(values: Iterable[str]) -> list[str]:
    """Each value once; values that only differ in a leading "v" or in case are one."""
    return list({value.lower().removeprefix("v"): value for value in values if any(map(str.isdigit, value))}.values())
