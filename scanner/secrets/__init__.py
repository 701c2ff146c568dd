"""Secrets are named in the inventory by reference and resolved in memory, when a log-in is needed and not before."""
