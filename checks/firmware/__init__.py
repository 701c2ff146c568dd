"""Firmware versions: how each vendor writes and orders them, and what may not be compared."""
