"""Checks of services seen from outside that need arithmetic."""
