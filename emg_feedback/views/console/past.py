"""What is told of a patient's earlier sessions, and when they were."""

import time
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from emg_feedback.views.console.parts import is_part, part_title
from emg_feedback.views.console.words import EVALUATION, MODES, percent, sentence, unfinished

TIMES = {1: "once", 2: "twice"}
MOST_EARLIER = 20


class LastDose(NamedTuple):
    """A dose that a patient trained with, and when that was."""

    dose: dict[str, Any]
    when: str


def moment(told: Any) -> datetime | None:
    """Return a time as the engine tells it, in Unix seconds or as text."""
    try:
        if isinstance(told, int | float):
            return datetime.fromtimestamp(told)
        return datetime.fromisoformat(str(told)).astimezone().replace(tzinfo=None)
    except (ValueError, OSError, OverflowError):
        return None


def day(told: Any, now_unix_s: float) -> str:
    """Return the day of a time, with its year if that is another; empty if it is not known."""
    then = moment(told)
    if then is None:
        return ""
    of = "" if then.year == datetime.fromtimestamp(now_unix_s).year else f" {then.year}"
    return f"{then.day} {then:%B}{of}"


def visit(told: Any, history: dict[str, Any], now_unix_s: float) -> str:
    """Return the day on which a session of a patient began, with the time if two began that day.

    Sessions in which nothing was done do not count, unless they run.
    """
    on, then = day(told, now_unix_s), moment(told)
    running = [one for one in history.get("sessions", []) if one.get("state") == "running"]
    days = [day(one.get("started"), now_unix_s) for one in (*running, *told_sessions(history))]
    return f"{on}, {then:%H:%M}" if then and days.count(on) > 1 else on


def days_ago(told: Any, now_unix_s: float) -> str:
    """Return how long ago something was, as one says it."""
    then = moment(told)
    if then is None:
        return "never"
    days = (datetime.fromtimestamp(now_unix_s).date() - then.date()).days
    if days <= 0:
        return "today"
    if days == 1:
        return "yesterday"
    return f"{days} days ago" if days < 60 else f"{then:%d %b %Y}"


def visits(patient: dict[str, Any], now_unix_s: float) -> str:
    """Return how often and when a patient was here."""
    sessions = int(patient.get("sessions") or 0)
    if sessions == 0:
        return "new, no session yet"
    counted = "1 session" if sessions == 1 else f"{sessions} sessions"
    return f"last visit {days_ago(patient.get('last'), now_unix_s)} · {counted}"


def past_sessions(history: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the sessions that are over, the newest first."""
    return [one for one in history.get("sessions", []) if one.get("state") != "running"]


def past_evaluation(history: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the newest evaluation of sessions that are over, and its day; empty without one."""
    for one in past_sessions(history):
        if one.get("evaluation"):
            return one["evaluation"], visit(one.get("started"), history, time.time())
    return {}, ""


def what_was_done(session: dict[str, Any]) -> list[str]:
    """Return what was measured and trained in a session, a line each."""
    measured = " and ".join(what for what in ("rest", "maximum") if session.get(what))
    lines = [sentence(f"{measured} measured")] if measured else []
    for evaluated, exercises in groupby(session.get("exercises", []), is_part):
        if evaluated:
            lines.append(f"{EVALUATION}: {'; '.join(map(how_far, exercises))}")
            continue
        for done in exercises:
            title = done.get("title") or MODES.get(str(done.get("mode")), "")
            lines.append(f"{title}: {how_it_went(done)}")
    return lines


def how_far(part: dict[str, Any]) -> str:
    """Return a part of the evaluation, and what of it was not done."""
    title = part_title(str(part.get("title", ""))).lower()
    early = not_done(part)
    return f"{title} ({early})" if early else title


def how_it_went(done: dict[str, Any]) -> str:
    """Return how far an exercise of an earlier session went, and how well."""
    share = done.get("time_in_band")
    reached = "" if share is None else f", {percent(share)} in the band"
    number, early = int(done.get("repetitions") or 0), not_done(done)
    good = f"{done.get('good', 0)} of {number} good{reached}" if number else ""
    uneven = done.get("asymmetry") if done.get("mode") == "symmetry" else None
    alike = "" if uneven is None else f"uneven by {percent(abs(uneven))}"
    return ", ".join(one for one in (good, alike, early) if one)


def not_done(exercise: dict[str, Any]) -> str:
    """Return what of an exercise of an earlier session was not done."""
    counts = ("repetitions", "skipped", "planned")
    return unfinished(*(int(exercise.get(count) or 0) for count in counts))


def pain_pressed(session: dict[str, Any]) -> str:
    """Return how often pain was pressed in a session; empty if it was not."""
    times = int(session.get("pain") or 0)
    return f"Pain was pressed {TIMES.get(times, f'{times} times')}" if times else ""


def told_sessions(history: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the sessions in which something was done or hurt, the newest first."""
    return [one for one in past_sessions(history) if what_was_done(one) or one.get("pain")]


def earlier_sessions(history: dict[str, Any], now_unix_s: float) -> str:
    """Return what is told of the sessions before the last, a paragraph each."""
    earlier = told_sessions(history)[1:]
    paragraphs = [
        "\n".join(
            line
            for line in (
                visit(one.get("started"), history, now_unix_s),
                pain_pressed(one),
                *what_was_done(one),
            )
            if line
        )
        for one in earlier[:MOST_EARLIER]
    ]
    if len(earlier) > MOST_EARLIER:
        paragraphs.append(f"and {len(earlier) - MOST_EARLIER} more before")
    return "\n\n".join(paragraphs)


def last_dose(history: dict[str, Any], protocol: str, now_unix_s: float) -> LastDose:
    """Return with which dose an exercise was done the last time, and when; empty if never."""
    last = history.get("doses", {}).get(protocol)
    if last is None:
        return LastDose({}, "")
    on = "" if last.get("running") else visit(last.get("started"), history, now_unix_s)
    return LastDose(last["dose"], f"As last time, {on}" if on else "As earlier today")


def last_time(history: dict[str, Any], protocol: object, session: object, now_unix_s: float) -> str:
    """Return how an exercise went the last time that it was done before a session."""
    for one in past_sessions(history):
        for done in reversed(one.get("exercises", [])):
            same = done.get("protocol") == protocol and one.get("id") != session
            if same and done.get("repetitions"):
                on = visit(one.get("started"), history, now_unix_s)
                return f"Last time{on and f', {on}'}: {how_it_went(done)}"
    return ""
