"""Where in an evaluation the patient is, and what came of each of its parts; no Qt."""

from collections.abc import Mapping
from typing import Any

from emg_feedback.link.messages import Part, Phase, SessionState
from emg_feedback.training.evaluation import EXERCISES
from emg_feedback.views.console.words import PHASES, sentence, unfinished
from emg_feedback.views.parts import as_one


def is_part(exercise: Mapping[str, Any]) -> bool:
    """Return whether what was done is a part of the initial evaluation."""
    return exercise.get("protocol") in EXERCISES


def part_title(title: str) -> str:
    """Return what a part of the evaluation is called where it is clear what it is a part of."""
    return sentence(title.removeprefix("Evaluation: "))


def count_of(session: SessionState) -> str:
    """Return which part, repetition and set it is; empty where none runs."""
    if session.phase is Phase.DONE:
        return ""
    part = f"Part {session.part} of {len(session.parts)}" if session.part else ""
    if not session.repetition:
        return part
    told = [part, f"{session.repetition} of {session.repetitions}"]
    if session.sets > 1:
        told.append(f"Set {session.set} of {session.sets}")
    return " · ".join(one for one in told if one)


def ended(session: SessionState) -> str:
    """Return how an exercise, or all parts of an evaluation, ended."""
    whole = as_one(session)
    told = unfinished(len(whole.results), whole.skipped, whole.sets * whole.repetitions)
    if session.parts:
        return "Stopped" if whole.stopped or not whole.results else PHASES[Phase.DONE]
    if whole.stopped:
        return sentence(told)
    return f"{PHASES[Phase.DONE]}, {told}" if told else PHASES[Phase.DONE]


def what_of_each(session: SessionState) -> str:
    """Return what came of each part of an evaluation."""
    return "\n".join(
        f"{number}  {part_title(part.title)}: {_came_to(part)}"
        for number, part in enumerate(session.parts, 1)
    )


def _came_to(part: Part) -> str:
    done = len(part.results)
    if done + part.skipped == 0:
        return "not done"
    if done == 0 and part.skipped >= part.planned:
        return "left out"
    told = f"{done} of {part.planned} done"
    return f"{told}, {part.skipped} left out" if part.skipped else told
