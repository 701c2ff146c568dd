"""What a user can mend. The message is one clear sentence: what is wrong, where, and what to do."""


class Foreseen(Exception):
    """Every command tells these as they are, without a traceback, and ends with exit code 2."""
