"""What PAM and login.defs demand of passwords: pam.d(5), pam_pwquality(8), pam_unix(8), pam_faillock(8), login.defs(5).

Only lines about including, password quality and lockout leave the host: other PAM arguments may hold secrets.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from inventory.facts.accounts import PasswordPolicy
from inventory.facts.missing import Reason
from scanner.probes.linux.sections import bounded, ended
from scanner.probes.script import ScriptProbe, number
from scanner.query import Script, Unreadable

BODY = r"""
set -- /etc/login.defs /usr/etc/login.defs /etc/pam.conf /etc/pam.d/* /usr/lib/pam.d/* /usr/etc/pam.d/* \
  /etc/security/pwquality.conf /etc/security/pwquality.conf.d/*.conf /usr/etc/security/pwquality.conf \
  /etc/security/faillock.conf /usr/etc/security/faillock.conf /etc/passwdqc.conf
echo =denied=
for file; do [ ! -e "$file" ] || [ -r "$file" ] || printf '%s\n' "$file"; done
echo =lines=
grep -sHE '^[^#]*(include|substack|pam_(unix|pwquality|cracklib|passwdqc|faillock|tally2|tally)\.so)|^[[:space:]]*(minlen|min|enforcing|deny)[[:space:]]*=|^[^#]*(minlen|deny)=|^[[:space:]]*PASS_MAX_DAYS[[:space:]]' "$@" /dev/null
echo =end=
"""  # noqa: E501 (a regular expression cannot be broken)

PWQUALITY_DEFAULT, CRACKLIB_DEFAULT, LEAST = 8, 9, 6  # pwquality.conf(5), pam_cracklib(8); lower values are raised to 6
PASSWDQC_DEFAULT = "disabled,24,11,8,7"  # pam_passwdqc(8)
FAILLOCK_DEFAULT = 3  # faillock.conf(5)
PAM_FOLDERS = ("/etc/pam.d/", "/usr/lib/pam.d/", "/usr/etc/pam.d/")
PASSWORD_SERVICES = ("passwd", "common-password", "system-auth", "base-password", "system-password", "other")
LOGIN_SERVICES = ("sshd", "login", "common-auth", "system-auth", "password-auth", "base-auth", "other")
MAX_DEPTH = 8
MAX_STEPS = 100

_ENTRY = re.compile(r"-?(auth|account|password|session)\s+(\[[^\]]*\]|\S+)\s+(\S+)\s*(.*)", re.IGNORECASE)
_INCLUDE = re.compile(r"@include\s+(\S+)")


@dataclass(frozen=True, slots=True)
class Step:
    """One module of a stack."""

    file: str
    module: str  # pam_unix
    arguments: dict[str, str]


def read_password_policy(text: str) -> PasswordPolicy:
    found = ended(text, "denied", "lines")
    if found.lines("denied"):
        raise Unreadable(f"this account may not read {found.lines('denied')[0]}", Reason.PRIVILEGE_TOO_LOW)
    files: dict[str, list[str]] = {}
    for line in found.lines("lines"):
        file, _, rest = line.partition(":")
        files.setdefault(file, []).append(rest)
    length, length_source = _min_length(files)
    lockout, lockout_source = _lockout(files)
    return PasswordPolicy(length, length_source, lockout, lockout_source, _max_age(files))


def _stack(files: dict[str, list[str]], services: tuple[str, ...], kind: str) -> list[Step]:
    """The modules of the first of these services that the host has, with everything it includes."""
    service = next((name for name in services if _folder(files, name)), None)
    steps = list(_steps(files, service, kind, MAX_DEPTH, set())) if service else []
    bounded(len(steps), MAX_STEPS, "modules in one PAM stack")
    return steps


def _folder(files: dict[str, list[str]], service: str) -> str | None:
    return next((folder + service for folder in PAM_FOLDERS if folder + service in files), None)


def _steps(files: dict[str, list[str]], service: str, kind: str, depth: int, seen: set[str]) -> Iterator[Step]:
    file = _folder(files, service.rpartition("/")[2])
    if file is None or depth == 0 or file in seen:
        return
    seen.add(file)
    for line in _joined(files[file]):
        include = _INCLUDE.match(line)
        entry = _ENTRY.match(line)
        if include:
            yield from _steps(files, include.group(1), kind, depth - 1, seen)
        elif entry and entry.group(1).lower() == kind:
            if entry.group(2) in ("include", "substack"):
                yield from _steps(files, entry.group(3), kind, depth - 1, seen)
            else:
                module = entry.group(3).rpartition("/")[2].removesuffix(".so")
                yield Step(file, module, _arguments(entry.group(4)))


def _joined(lines: list[str]) -> Iterator[str]:
    """A backslash at the end continues a line (pam.d(5)); comments end it."""
    waiting = ""
    for line in lines:
        text = waiting + line.strip()
        waiting = ""
        if text.endswith("\\"):
            waiting = text[:-1]
        elif not text.startswith("#"):
            yield text.partition("#")[0]
    if waiting and not waiting.startswith("#"):
        yield waiting


def _arguments(text: str) -> dict[str, str]:
    words = (word.strip("[]").partition("=") for word in text.split())
    return {key: value for key, _, value in words}


def _settings(files: dict[str, list[str]], file: str) -> dict[str, str]:
    """``key = value`` lines; the last of two equal keys counts."""
    pairs = (line.partition("#")[0].partition("=") for line in files.get(file, []))
    return {key.strip(): value.strip() for key, sign, value in pairs if sign}


def _min_length(files: dict[str, list[str]]) -> tuple[int | None, str]:
    """The longest that any module demands: a password has to pass all of them."""
    demands = [d for step in _stack(files, PASSWORD_SERVICES, "password") if (d := _demand(files, step))]
    return max(demands, default=(None, ""), key=lambda demand: demand[0] or 0)


def _demand(files: dict[str, list[str]], step: Step) -> tuple[int, str] | None:
    said = number(step.arguments.get("minlen", ""))
    if step.module == "pam_pwquality":
        return _pwquality(files, step, said)
    if step.module == "pam_cracklib":
        return max(CRACKLIB_DEFAULT if said is None else said, LEAST), f"{step.file} (pam_cracklib)"
    if step.module == "pam_passwdqc":
        return _passwdqc(files, step)
    return (said, f"{step.file} (pam_unix)") if step.module == "pam_unix" and said is not None else None


def _pwquality(files: dict[str, list[str]], step: Step, said: int | None) -> tuple[int, str] | None:
    """Arguments come before pwquality.conf, and that before the files of pwquality.conf.d (pwquality.conf(5))."""
    main = "/etc/security/pwquality.conf"
    folder = sorted((file for file in files if file.startswith(f"{main}.d/")), reverse=True)
    order = (main, *folder, "/usr/etc/security/pwquality.conf")
    enforcing = step.arguments.get("enforcing") or _first(files, order, "enforcing")[0]
    if enforcing == "0":
        return None
    if said is not None:
        return max(said, LEAST), f"{step.file} (pam_pwquality)"
    value, source = _first(files, order, "minlen")
    length = number(value)
    return (PWQUALITY_DEFAULT, "pam_pwquality default") if length is None else (max(length, LEAST), source)


def _first(files: dict[str, list[str]], order: tuple[str, ...], key: str) -> tuple[str, str]:
    return next(((value, file) for file in order if (value := _settings(files, file).get(key, ""))), ("", ""))


def _passwdqc(files: dict[str, list[str]], step: Step) -> tuple[int, str] | None:
    """``min=N0,N1,N2,N3,N4``, one length for each kind of password; the shortest that is allowed counts."""
    own = _settings(files, "/etc/passwdqc.conf").get("min", "")
    lengths = [number(word) for word in (step.arguments.get("min") or own or PASSWDQC_DEFAULT).split(",")]
    shortest = min((length for length in lengths if length is not None), default=None)
    return None if shortest is None else (shortest, f"{step.file} (pam_passwdqc)")


def _lockout(files: dict[str, list[str]]) -> tuple[int | None, str]:
    for step in _stack(files, LOGIN_SERVICES, "auth"):
        if step.module not in ("pam_faillock", "pam_tally2", "pam_tally"):
            continue
        value, source = step.arguments.get("deny", ""), step.file
        if step.module == "pam_faillock" and not value:
            order = ("/etc/security/faillock.conf", "/usr/etc/security/faillock.conf")
            value, source = _first(files, order, "deny")
            value, source = (value, source) if value else (str(FAILLOCK_DEFAULT), "pam_faillock default")
        deny = number(value)
        return (deny, source) if deny else (None, "")  # 0: never locks
    return None, ""


def _max_age(files: dict[str, list[str]]) -> int | None:
    for file in ("/etc/login.defs", "/usr/etc/login.defs"):
        for line in files.get(file, []):
            words = line.split()
            if len(words) > 1 and words[0] == "PASS_MAX_DAYS":
                return number(words[1])
    return None


PASSWORD_POLICY = ScriptProbe("password_policy", Script("password_policy", BODY), read_password_policy)
