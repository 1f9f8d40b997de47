"""How far a session is, step by step; no Qt."""

from emg_config.muscles import unnamed
from emg_feedback.link.messages import Phase
from emg_feedback.views.console.model import ConsoleModel
from emg_feedback.views.console.words import Mark, Step


def marks(model: ConsoleModel, now_s: float) -> dict[Step, Mark]:
    """Return how far each step of the session is."""
    session, muscles = model.session, model.muscles(now_s)
    n = len(muscles)
    words = [view.quality.light.value for view in muscles]
    rest = sum(view.rest_uv is not None for view in muscles)
    mvc = sum(view.mvc_uv is not None for view in muscles)
    marks = {
        Step.PATIENT: Mark.DONE if session.patient else Mark.OPEN,
        Step.ELECTRODES: Mark.CHECK if "bad" in words else Mark.DONE,
        Step.REST: _of(rest, n),
        Step.MAXIMUM: _of(mvc, n),
        Step.EXERCISE: Mark.OPEN,
        Step.SUMMARY: Mark.DONE if model.answers.summary and not session.patient else Mark.OPEN,
    }
    begun = session.patient is not None or rest or mvc
    nameless = any(view.name == unnamed(view.number) for view in muscles)
    if nameless and marks[Step.ELECTRODES] is Mark.DONE:
        marks[Step.ELECTRODES] = Mark.OPEN
    if n == 0 or not begun or model.stale(now_s):
        marks[Step.ELECTRODES] = Mark.OPEN
    if model.calibration.refused and marks[Step.REST] is not Mark.DONE:
        marks[Step.REST] = Mark.CHECK
    if model.calibration.warnings:
        marks[Step.MAXIMUM] = Mark.CHECK
    if (session.results or model.done) and not model.exercising:
        marks[Step.EXERCISE] = Mark.DONE
    for step, runs in (
        (Step.REST, model.measuring_rest),
        (Step.MAXIMUM, model.measuring_maximum),
        (Step.EXERCISE, model.exercising),
    ):
        if runs:
            marks[step] = Mark.PAUSED if session.phase is Phase.PAUSE else Mark.RUNNING
    return marks


def present_step(model: ConsoleModel) -> Step:
    """Return the page on which the session is now."""
    if model.measuring_rest:
        return Step.REST
    if model.measuring_maximum:
        return Step.MAXIMUM
    if model.exercising or model.session.phase is Phase.DONE:
        return Step.EXERCISE
    return Step.ELECTRODES if model.session.patient else Step.PATIENT


def _of(done: int, n_channels: int) -> Mark:
    if n_channels == 0 or done == 0:
        return Mark.OPEN
    return Mark.DONE if done == n_channels else Mark.CHECK
