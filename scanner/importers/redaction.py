"""Takes secrets out of a foreign file before anything of it is hashed or kept. Bytes in, bytes out, linear in time.

What is recognised: private keys in PEM, passwords in URLs, values of fields that are named as a password, the
preferences that Nessus marks as passwords. A tool that prints a found password as free text cannot be recognised.
"""

import re

REMOVED = b"[removed]"
_PEM = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----.{0,20000}?-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY-----",
    re.DOTALL,
)
_URL = re.compile(rb"(\b[a-z][a-z0-9+.-]{1,12}://[^\s/:@<>\"']{1,80}:)([^\s/@<>\"']{1,200})(@)", re.IGNORECASE)
_NAMED = re.compile(
    rb"(?P<head>(?:pass(?:word|wd|phrase)|secret|api[_-]?key|auth[_-]?token|community)[\"']?\s{0,3}[=:]\s{0,3}[\"']?)"
    rb"(?P<value>[^\s\"'<>,;&|]{1,200})",
    re.IGNORECASE,
)
_ITEM = re.compile(rb"<item>.{0,20000}?</item>", re.DOTALL)  # a preference of a plugin
_PREFERENCE = re.compile(rb"<preference>.{0,20000}?</preference>", re.DOTALL)
_SELECTED = re.compile(rb"(<selectedValue>)(.*?)(</selectedValue>)", re.DOTALL)
_VALUE = re.compile(rb"(<value>)(.*?)(</value>)", re.DOTALL)
_IS_PASSWORD = re.compile(rb"<preferenceType>\s*password\s*</preferenceType>", re.IGNORECASE)
_NAMES_PASSWORD = re.compile(rb"<name>[^<]*(?:passw|secret|passphrase|community)[^<]*</name>", re.IGNORECASE)


_WORDS = (b"pass", b"secret", b"api", b"auth", b"community")  # the beginnings that _NAMED knows


def redacted(data: bytes) -> bytes:
    """What any format may carry. Most texts hold none of the words, which is found out much faster."""
    if b"PRIVATE KEY-----" in data:
        data = _PEM.sub(REMOVED, data)
    if b"@" in data and b"://" in data:
        data = _URL.sub(rb"\1" + REMOVED + rb"\3", data)
    small = data.lower()
    if any(word in small for word in _WORDS):
        data = _NAMED.sub(rb"\g<head>" + REMOVED, data)
    return data


def without_preferences(data: bytes) -> bytes:
    """Nessus v2: values of preferences that are passwords, then what any format may carry."""
    data = _ITEM.sub(lambda item: _emptied(item.group(), _IS_PASSWORD, _SELECTED), data)
    data = _PREFERENCE.sub(lambda item: _emptied(item.group(), _NAMES_PASSWORD, _VALUE), data)
    return redacted(data)


def _emptied(part: bytes, marks: re.Pattern[bytes], value: re.Pattern[bytes]) -> bytes:
    return value.sub(rb"\1" + REMOVED + rb"\3", part) if marks.search(part) else part


def redacted_text(text: str) -> str:
    return redacted(text.encode("utf-8", "replace")).decode("utf-8", "replace")
