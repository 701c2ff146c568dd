"""Whose key may have signed a pack: one that a person names, or our own."""

from pathlib import Path

from scanner.cli.console import fail


def key_id(key: str, option: str = "--key") -> str:
    """Of an id, or of a file with a public key in PEM. Ends with exit code 2 when it is neither."""
    from scanner.service.signing import SigningError, named_key_id

    try:
        return named_key_id(key)
    except OSError as fault:
        raise fail(f"{option} {key} is no id of a key, and no file that can be read: {fault.strerror}") from fault
    except SigningError as fault:
        raise fail(f"{option} {key}: {fault}") from fault


def own_key_id(path: Path | None) -> str | None:
    """None when there is no key of our own that can be used: then it is known from nowhere."""
    from scanner.service.signing import SigningError, load

    try:
        return load(path).key_id if path else None
    except SigningError:
        return None
