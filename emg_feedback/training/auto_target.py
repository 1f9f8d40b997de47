"""A target that follows success: the weighted up-down rule (Kaernbach 1991)."""

from emg_feedback.link.messages import AutoTarget


def step_after(success: bool, rule: AutoTarget, *, harder: float) -> float:
    """Return by how much of MVC the target moves after a repetition.

    Up and down balance where ``rate`` of the repetitions succeed: after a miss it gets easier by
    ``step``, after a success harder by ``step * (1 - rate) / rate`` (Kaernbach 1991, Percept
    Psychophys 49:227, equation 1). ``harder`` is 1 where more is harder, -1 where less is.
    """
    return harder * (rule.step * (1.0 - rule.rate) / rule.rate if success else -rule.step)
