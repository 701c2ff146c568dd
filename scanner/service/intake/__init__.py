"""Snapshots: machines that looked at themselves. They come as files, through a folder, or over HTTPS."""
