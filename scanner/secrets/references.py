"""Resolve one reference to a secret.

    env:NAME            environment variable of the scanner
    file:PATH           file that only its owner (us, or root) can read
    keyring:SERVICE/USER  the desktop's or system's keyring, by the optional package keyring
    vault:PATH#FIELD    HashiCorp Vault by VAULT_ADDR and VAULT_TOKEN, by the optional package hvac
    cmd:COMMAND         output of a command, run without a shell

Every fault is a :class:`scanner.query.SecretUnavailable` that names the reference and what to do. No function here
raises while it holds a value: a traceback that prints local variables shows no secret either.
"""

import importlib
import os
import shlex
import stat
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from scanner.query import SecretUnavailable
from scanner.secrets.command import run_command

MAX_SECRET_BYTES = 64 * 1024  # a key with its comments is under 10 KB


def resolve(reference: str) -> str:
    """The secret itself, never empty; of a file's or a command's last line the newline is taken away.

    Raises :class:`SecretUnavailable`.
    """
    scheme, colon, rest = reference.partition(":")
    way = _SCHEMES.get(scheme)
    if not colon or not rest or way is None:
        raise SecretUnavailable(
            # not even the text is shown: it may be a password that was written where a reference belongs
            "a secret in the inventory is not a reference: write env:NAME, file:PATH, keyring:SERVICE/USER,"
            " vault:PATH#FIELD or cmd:COMMAND"
        )
    return way(reference, rest)


def _environment(reference: str, name: str) -> str:
    if not os.environ.get(name):
        raise SecretUnavailable(f"{reference}: the environment variable {name} is not set or empty")
    return os.environ[name]


def _file(reference: str, name: str) -> str:
    path = Path(name).expanduser()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a fifo must not block us
    except OSError as fault:
        problem = fault.strerror
    else:
        with os.fdopen(descriptor, "rb") as file:
            problem = _exposed(os.fstat(descriptor), path)
            value = None if problem else as_value(file.read(MAX_SECRET_BYTES + 1))
        if value is not None:
            return value
    raise SecretUnavailable(f"{reference}: {problem or NOT_A_SECRET}")


def _exposed(status: os.stat_result, path: Path) -> str:
    """What is wrong with the opened file, "" if nothing. Of a symlink the target is what counts."""
    target = shlex.quote(os.path.realpath(path))
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    if status.st_uid not in (os.geteuid(), 0):
        return f"the file belongs to another user; run: chown {os.geteuid()} {target}"
    if status.st_mode & 0o077:
        return f"others on this machine may read the file; run: chmod 600 {target}"
    return ""


def _keyring(reference: str, name: str) -> str:
    service, slash, user = name.rpartition("/")
    if not slash or not service or not user:
        raise SecretUnavailable(f"{reference}: write keyring:SERVICE/USER")
    keyring = _optional(reference, "keyring")
    errors = importlib.import_module("keyring.errors")
    try:
        value = keyring.get_password(service, user)
    except errors.KeyringError as fault:
        problem = f"the keyring could not be asked ({type(fault).__name__})"
    else:
        if value:
            return str(value)
        problem = f"the keyring has no such entry; run: keyring set {shlex.quote(service)} {shlex.quote(user)}"
    raise SecretUnavailable(f"{reference}: {problem}")


def _vault(reference: str, name: str) -> str:
    path, sign, field = name.rpartition("#")
    if not sign or not path or not field:
        raise SecretUnavailable(f"{reference}: write vault:PATH#FIELD, e.g. vault:secret/data/scan#password")
    hvac = _optional(reference, "hvac")
    value, problem = _from_vault(hvac, path, field)
    if value is not None:
        return value
    raise SecretUnavailable(f"{reference}: {problem}")


def _from_vault(hvac: ModuleType, path: str, field: str) -> tuple[str | None, str]:
    """Version 2 of Vault's key/value engine wraps the fields once more, in ``data``."""
    network = importlib.import_module("requests").RequestException
    try:
        answer = hvac.Client().read(path)
    except (hvac.exceptions.VaultError, network) as fault:
        return None, f"Vault could not be asked ({type(fault).__name__}): check VAULT_ADDR and VAULT_TOKEN"
    fields = (answer or {}).get("data") or {}
    if isinstance(fields.get("data"), dict):
        fields = fields["data"]
    value = fields.get(field)
    return (value, "") if isinstance(value, str) and value else (None, "Vault has no such path or field")


def _optional(reference: str, package: str) -> ModuleType:
    try:
        return importlib.import_module(package)
    except ImportError:
        raise SecretUnavailable(
            f"{reference}: the Python package {package} is not installed beside estatecheck; install it,"
            " or use env:, file: or cmd:"
        ) from None


def _command(reference: str, line: str) -> str:
    try:
        words = shlex.split(line)
    except ValueError:
        words = []
    if not words:
        raise SecretUnavailable(f"{reference}: the command's quotes do not match")
    problem, value = "", None
    output, problem = run_command(words, MAX_SECRET_BYTES)
    if not problem:
        value = as_value(output)
    del output
    if value is not None:
        return value
    raise SecretUnavailable(f"{reference}: {problem or NOT_A_SECRET}")


NOT_A_SECRET = f"it gives nothing, no UTF-8 text, or more than {MAX_SECRET_BYTES} bytes"


def as_value(data: bytes) -> str | None:
    """The text without its last newline; None when it is empty, too long, or not UTF-8."""
    text = data.decode("utf-8", "replace")
    text = text.removesuffix("\n").removesuffix("\r")
    return None if not text or "\ufffd" in text or len(data) > MAX_SECRET_BYTES else text


_SCHEMES: dict[str, Callable[[str, str], str]] = {
    "env": _environment,
    "file": _file,
    "keyring": _keyring,
    "vault": _vault,
    "cmd": _command,
}
