"""Errors that a user can cause or mend; each is one line that says what is wrong and what to do."""


class UserError(Exception):
    """Bad input or usage."""

    exit_code = 2


class DeviceError(UserError):
    """A board, a port or a socket that failed."""

    exit_code = 3
