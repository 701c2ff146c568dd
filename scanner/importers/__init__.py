"""Files that other people supply, as facts. One file per foreign format; pure: bytes in, dataclass out."""
