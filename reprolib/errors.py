"""The one exception whose message is written for the person at the keyboard."""


class ReproError(Exception):
    """What was wrong, where, what was expected, and what to do about it.

    The command line prints it as `error: ...` and exits with status 1; a notebook
    shows it as the failing cell's last line.
    """
