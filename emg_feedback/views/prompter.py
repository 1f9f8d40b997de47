"""What is said aloud in a session, and when."""

from typing import NamedTuple

from emg_config.language import Language
from emg_feedback.link.messages import Phase, SessionState
from emg_feedback.views.model import ViewModel
from emg_feedback.views.words import effort_word, phase_word

_MODES = ("stay-below", "follow", "endurance", "reproduce", "symmetry", "free")


class Prompt(NamedTuple):
    """What is due; ``urgent`` cuts off what is being said, anything else gives way to it."""

    text: str
    urgent: bool


class Prompter:
    """Decides which word is due; deaf to the state in which it finds the session."""

    def __init__(self) -> None:
        self._place: tuple[Phase, int, int] | None = None
        self._text = ""

    def due(self, model: ViewModel, now_s: float) -> Prompt | None:
        """Return what is to be said since the last call, if anything."""
        if model.frame is None or model.stale(now_s):
            return None
        session = model.session
        text = prompt(model.language, session, model.elapsed_s(now_s) or 0.0)
        place = (session.phase, session.set, session.repetition)
        if session.phase is Phase.PAUSE:  # what is skipped in it is left out in silence
            place = (Phase.PAUSE, 0, 0)
        first, moved = self._place is None, place != self._place
        changed = moved or text != self._text
        self._place, self._text = place, text
        if first or not changed or not text:
            return None
        return Prompt(text, urgent=moved or session.phase is not Phase.MVC_CALIBRATION)


def prompt(language: Language, session: SessionState, elapsed_s: float) -> str:
    """Return what is said in this state, or nothing.

    Nothing in ``react``, where a word would be a signal of its own; in the first repetition of an
    exercise what is to be done, later only that it begins. Which share of full effort is asked for
    must be known before the trial.
    """
    if session.phase is Phase.IDLE:
        return ""
    if session.phase in (Phase.PREPARE, Phase.HOLD) and session.mode == "react":
        return ""
    if session.phase is Phase.PREPARE and session.in_trials and session.effort < 1.0:
        return effort_word(language, session.effort)
    if session.phase is Phase.HOLD and session.alarm:
        return language.mode.alarm
    if (
        session.phase is Phase.PREPARE
        and session.cue
        and (session.set, session.repetition) == (1, 1)
    ):
        return language.told(session.cue)
    return phase_word(language, session, elapsed_s)


def prompts(language: Language) -> list[str]:
    """Return all that may be said whatever the exercise, what is needed soonest first."""
    holds = (
        phase_word(language, SessionState(phase=Phase.HOLD, mode=mode), 0.0) for mode in _MODES
    )
    phase = language.phase
    first = (phase.rest, phase.strongest, *language.encouragement, phase.let_go, phase.pause)
    then = (phase.prepare, phase.hold, phase.recover, phase.done)
    efforts = (effort_word(language, tenths / 10) for tenths in range(1, 10))
    last = (language.mode.alarm, *holds)
    return list(dict.fromkeys((*first, *then, *efforts, *last)))
