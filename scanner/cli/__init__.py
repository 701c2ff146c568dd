"""The command line. One file per verb; whatever is slow to import is imported inside the command."""
