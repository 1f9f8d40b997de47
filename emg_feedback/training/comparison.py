"""What differs from the last session: levels that were measured otherwise cannot be compared."""

from collections.abc import Mapping, Sequence

from emg_feedback.store.rows import CalibrationRow

# Rest further than this factor from the last session's does not fit it.
MOST_REST_CHANGE = 2.0


def misfits(now: Sequence[CalibrationRow], last: Mapping[str, CalibrationRow]) -> list[str]:
    """Return what does not fit the last session, and for which muscles, a line each.

    Parameters
    ----------
    now : sequence of CalibrationRow
        What is known of each muscle today, also of one that is not measured yet.
    last : mapping of str to CalibrationRow
        What was known in the last session, by muscle.
    """
    compared = [one for one in now if one.muscle in last]
    found: dict[str, list[str]] = {}
    for one in compared:
        for warning in _misfits(one, last[one.muscle]):
            found.setdefault(warning, []).append(one.muscle)
    return [
        f"{'All muscles' if len(who) == len(compared) > 1 else ', '.join(who)}: {warning}"
        for warning, who in found.items()
    ]


def _misfits(now: CalibrationRow, last: CalibrationRow) -> list[str]:
    """Return what differs where both are known."""
    found = [
        f"{what} than last time ({before}, now {today}): measure the maximum again"
        for what, before, today in (
            ("another board", last.board, now.board),
            ("another gain", _plain(last.gain), _plain(now.gain)),
            ("other electrodes", last.electrode, now.electrode),
        )
        if before is not None and today is not None and before != today
    ]
    if now.rest_uv and last.rest_uv:
        ratio = now.rest_uv / last.rest_uv
        if max(ratio, 1.0 / ratio) > MOST_REST_CHANGE:
            found.append(f"rest is {ratio:.1f} times that of last time: check the electrodes")
    return found


def _plain(number: float | None) -> str | None:
    return None if number is None else f"{number:g}"
