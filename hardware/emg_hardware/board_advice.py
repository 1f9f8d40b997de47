"""What to do when a board fails, in words for who stands beside it."""

_CAUSES = {
    "UNABLE_TO_OPEN_PORT_ERROR": (
        "cannot open {port}: close other programs that use it, and check that you may use it "
        "(on Linux: be in the group 'dialout')"
    ),
    "SER_PORT_ERROR": "{port} is no serial port: name the dongle's port",
    "PORT_ALREADY_OPEN_ERROR": "{port} is in use: close the other program",
    "ANOTHER_BOARD_IS_CREATED_ERROR": "{board} is already in use: stop the other session first",
    "BOARD_NOT_READY_ERROR": (
        "{board} does not answer on {port}: switch it on (to PC), check its battery, and that the "
        "dongle is in and switched to GPIO6"
    ),
}
_WIRELESS_CAUSES = _CAUSES | {
    "UNABLE_TO_OPEN_PORT_ERROR": (
        "cannot reach {board}: this computer has no Bluetooth, or it is off; switch it on"
    ),
    "BOARD_NOT_READY_ERROR": (
        "{board} does not answer: switch it on, check its battery, bring it nearer"
    ),
}


def explain(code: str, board: str, port: str | None, detail: str) -> str:
    """Return one line that says what is wrong and what to do.

    Parameters
    ----------
    code
        Name of BrainFlow's exit code.
    board
        Its name here.
    port
        Serial port, or None for a board without a wire.
    detail
        The driver's own words, for what is not known here.
    """
    cause = (_CAUSES if port else _WIRELESS_CAUSES).get(
        code, "{board} failed: switch it off and on, and start again ({detail})"
    )
    return cause.format(port=port, board=board, detail=detail)
