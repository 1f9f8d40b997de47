"""Which word of a language is said when."""

from enum import StrEnum

from emg_config.language import Language
from emg_feedback.link.messages import Phase, SessionState

GOOD = "good"
ENCOURAGE_S = 1.4
# For so long the word of a cue is said; then that of a hold.
CUE_S = 1.2


class Place(StrEnum):
    """Where a bar is, seen from its target."""

    BELOW = "below"
    IN = "in"
    ABOVE = "above"
    NONE = "none"


def place_word(language: Language, place: Place, quiet: bool = False) -> str:
    """Return the word under a bar; ``quiet`` for a muscle that is to rest."""
    match place:
        case Place.BELOW:
            return language.place.below
        case Place.IN:
            return language.place.quiet if quiet else language.place.inside
        case Place.ABOVE:
            return language.place.above
    return ""


def hint(language: Language, quality: str) -> str:
    """Return what is to be done about an electrode, or nothing."""
    match quality:
        case "good" | "mains" | "movement" | "heartbeat" | "noisy":
            return ""
        case "off scale":
            return language.hint.off_scale
        case "flat":
            return language.hint.flat
    return language.hint.check_electrode


def note(language: Language, quality: str) -> str:
    """Return what else a signal carries that can be trained with, or nothing."""
    match quality:
        case "mains":
            return language.note.mains
        case "movement":
            return language.note.movement
        case "heartbeat":
            return language.note.heartbeat
        case "noisy":
            return language.note.noisy
    return ""


def effort_word(language: Language, effort: float) -> str:
    """Return which share of full effort is asked for."""
    percent = round(100 * effort)
    match percent:
        case 100:
            return language.phase.strongest
        case 50:
            return language.phase.half
    return language.phase.share.format(percent=percent)


def phase_word(language: Language, session: SessionState, elapsed_s: float) -> str:
    """Return the headline of a phase while nothing is judged in it.

    Where full effort would hurt nobody is driven on.
    """
    phase, mode = language.phase, language.mode
    match session.phase:
        case Phase.IDLE:
            return phase.ready
        case Phase.REST_CALIBRATION:
            return phase.rest
        case Phase.MVC_CALIBRATION if session.effort < 1.0:
            return effort_word(language, session.effort)
        case Phase.MVC_CALIBRATION:
            turn = int(max(0.0, elapsed_s) / ENCOURAGE_S)
            calls = language.encouragement
            return calls[(turn - 1) % len(calls)] if turn else phase.strongest
        case Phase.PREPARE:
            return mode.wait if session.mode == "react" else phase.prepare
        case Phase.HOLD:
            return _hold(language, mode_said(session, elapsed_s))
        case Phase.RELAX:
            return phase.recover if session.between_parts else phase.let_go
        case Phase.PAUSE:
            return phase.pause
        case Phase.DONE:
            return phase.done


def mode_said(session: SessionState, elapsed_s: float) -> str:
    """Return the mode whose word is said in a hold: ``react`` is a hold after ``CUE_S``."""
    return "hold" if session.mode == "react" and elapsed_s >= CUE_S else session.mode or ""


def which_part(language: Language, session: SessionState) -> str:
    """Return which part runs, or else which set, where there are several."""
    if session.part > 0:
        return language.page.part.format(number=session.part, total=len(session.parts))
    if session.sets > 1 and session.set > 0:
        return language.page.set.format(number=session.set, total=session.sets)
    return ""


def judgement(language: Language, session: SessionState, places: set[Place]) -> str:
    """Return the headline that says what the bars say together."""
    match Place.BELOW in places, Place.ABOVE in places:
        case False, False:
            return _hold(language, session.mode, session.phase)
        case True, False:
            return language.place.below
        case False, True:
            relaxing = session.mode == "stay-below" or session.phase is Phase.RELAX
            return language.phase.let_go if relaxing else language.place.above
    return language.place.mixed


def explanation(language: Language, session: SessionState) -> str:
    """Return the small line under the headline: what is done or was done, or why not."""
    match session.phase:
        case Phase.PAUSE:
            pause = language.pause
            said = {"pain": pause.pain, "loss": pause.loss}
            return said.get(session.paused_for, pause.asked)
        case Phase.REST_CALIBRATION:
            return language.phase.keep_still
        case Phase.PREPARE if session.set == 0:
            return effort_word(language, session.effort)
        case Phase.MVC_CALIBRATION if session.effort < 1.0:
            return language.phase.gently
        case Phase.PREPARE | Phase.HOLD | Phase.MVC_CALIBRATION:
            return language.told(session.cue)
        case Phase.DONE:
            return language.told(session.title or "")
    return ""


def _hold(language: Language, mode: str | None, phase: Phase = Phase.HOLD) -> str:
    words = language.mode
    if phase is Phase.RELAX:
        return words.relaxed
    said = {
        "stay-below": words.stay_below,
        "follow": words.follow,
        "react": words.now,
        "endurance": words.endurance,
        "reproduce": words.reproduce,
        "symmetry": words.symmetry,
        "free": words.free,
    }
    return said.get(mode or "", language.phase.hold)
