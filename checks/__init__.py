"""What we think of what was found. Pure: no network, no clock, no disk beyond the package's own catalogue."""
