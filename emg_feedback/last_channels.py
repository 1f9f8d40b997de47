"""A patient's channels as they were in the last session, on the board of this one."""

from collections.abc import Sequence

from emg_config.electrode import Electrode
from emg_feedback.store.rows import CalibrationRow, SessionRow


def fitted(last: SessionRow, first_names: Sequence[str]) -> tuple[list[str], list[bool]] | None:
    """Return muscle and use of each channel as they were; None if some would have no channel.

    Channels that there were not then have their first name and are out of use: ``--muscles`` names
    the first of a board.
    """
    names, used = last.channel_names, last.used or [True] * len(last.channel_names)
    n = len(first_names)
    if any(used[n:]):
        return None
    more = max(0, n - len(names))
    return [*names[:n], *first_names[len(names) :]], [*used[:n], *[False] * more]


def worn(
    names: Sequence[str], last: SessionRow | None, references: Sequence[CalibrationRow]
) -> list[Electrode | None]:
    """Return with what each channel was recorded: its muscle's last, or else the usual."""
    told = {one.muscle: Electrode.read(one.electrode) for one in references}
    if last is not None:
        then = [Electrode.read(one) for one in last.electrodes]
        if any(then) and last.channel_names == list(names):
            return [*then, *[None] * len(names)][: len(names)]
        told |= {name: one for name, one in zip(last.channel_names, then, strict=False) if one}
    usual = next((one for one in told.values() if one), None)
    return [told.get(name) or usual for name in names]
