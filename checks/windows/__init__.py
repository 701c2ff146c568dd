"""Checks of Windows servers and clients that a predicate cannot tell: one file a topic."""
