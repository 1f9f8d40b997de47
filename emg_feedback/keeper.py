"""What of a session is kept: the link between the training and the archive."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from emg_config import UserError
from emg_config.electrode import Electrode
from emg_feedback.enquiries import Known, keep_evaluation, move_programme_on
from emg_feedback.last_channels import fitted, worn
from emg_feedback.link.messages import EventKind, PatientLook, Phase
from emg_feedback.link.wire import or_none
from emg_feedback.store.archive import Archive
from emg_feedback.store.journal import Answer, Journal
from emg_feedback.store.rows import (
    CalibrationRow,
    Completeness,
    EventRow,
    ExerciseRow,
    RepetitionRow,
    SessionRow,
)
from emg_feedback.training.comparison import misfits
from emg_feedback.training.evaluation import EXERCISES, Evaluated, evaluate, parts_of
from emg_feedback.training.running import Change
from emg_feedback.training.session import Session
from emg_feedback.training.statistics import exercise_summary, maxima

P = ParamSpec("P")
R = TypeVar("R")

PROGRESS_S = 1.0
# What happens also while nobody does anything: alone it makes no session.
BY_ITSELF = (
    EventKind.ONSET, EventKind.OFFSET, EventKind.GAP, EventKind.STALL, EventKind.RESUME,
)  # fmt: skip
NOBODY_KNOWN = Known([], None, None)
KEPT_OF_A_PHASE = ("phase", "set", "repetition", "paused_for", "refused")
SOFTWARE = version("emg-feedback")


@dataclass(frozen=True, slots=True)
class Equipment:
    """With what a session is recorded."""

    board: str
    sample_rate_hz: float
    gain: float | None = None


class Keeper:
    """Keeps what a session does; without a journal it only sums up.

    Nothing here waits for the archive: what is asked of it is answered later. Without a patient
    there is a session only from what is first done in it on.

    Parameters
    ----------
    session : Session
    equipment : Equipment
    journal : Journal or None
        The archive's writer; None to keep nothing.
    counted : callable
        Returns how many samples were received and how many lost so far.
    unix_time : callable

    Attributes
    ----------
    electrodes : list of Electrode or None
        With what each channel is recorded, None where nobody said.
    look : PatientLook or None
        How the patient's page looks, None while nobody changed it.
    """

    def __init__(
        self,
        session: Session,
        equipment: Equipment,
        journal: Journal | None,
        counted: Callable[[], tuple[int, int]],
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self._session = session
        self._equipment = equipment
        self._journal = journal
        self._counted = counted
        self._unix_time = unix_time
        self._next_progress_s = 0.0
        self.electrodes: list[Electrode | None] = [None] * len(session.channel_names)
        self.look: PatientLook | None = None
        self._last_session: SessionRow | None = None
        self._last_channels: tuple[list[str], list[bool]] | None = None
        self._patient: str | None = None
        self._just_ended: str | None = None
        self._begin()

    @property
    def failure(self) -> str | None:
        """Return why not everything could be kept, in one line."""
        return self._journal.failure if self._journal else None

    @property
    def channels_from(self) -> float | None:
        """Return when the last session began, in Unix seconds, while the channels are as in it."""
        session, last = self._session, self._last_session
        as_last = (list(session.channel_names), list(session.used)) == self._last_channels
        return last.started if last is not None and as_last else None

    def ask(
        self, question: Callable[Concatenate[Archive, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> Answer[R]:
        """Ask the archive.

        Raises
        ------
        UserError
            There is none.
        """
        if self._journal is None:
            raise UserError("this engine keeps no archive: start it without --no-archive")
        return self._journal.ask(question, *args, **kwargs)

    # What the console asks.

    def begin_session(self, patient: str, known: Known) -> None:
        """Close what ran, and begin a session with a patient of whom something is ``known``.

        The channels are as in the last session, unless somebody has set them for this one.
        """
        self._session.refuse_while_running()
        if self._begun:
            self._end()
        self._session.change_patient(patient)
        self._just_ended = None
        self._begin(patient, known)

    def end_session(self) -> dict[str, Any]:
        """Close the session and return its summary; one without a patient begins."""
        self._session.refuse_while_running()
        summary = self.summary()
        self._end()
        self._just_ended = self._id if self._patient is not None else self._just_ended
        self._session.change_patient(None)
        self._begin()
        return {"summary": summary}

    def evaluation(self) -> Evaluated:
        """Return what the initial evaluation came to."""
        session = self._session
        return evaluate(session.played, session.calibration, session.channel_names)

    def summary(self) -> dict[str, Any]:
        """Return what the session came to so far."""
        received, lost = self._since()
        names, playing = self._session.channel_names, self._session.playing
        return {
            "session": self._id,
            "pauses": dict(self._pauses),
            "notes": list(self._notes),
            "maxima": maxima(self._session.calibration, names, self._last),
            "patient": self._session.patient,
            "started": datetime.fromtimestamp(self._started, UTC).isoformat(timespec="seconds"),
            "seconds": round(self._unix_time() - self._started, 1),
            "samples": received,
            "lost_samples": lost,
            "exercises": [
                exercise_summary(played, names) | {"running": played is playing}
                for played in self._session.played
            ],
        }

    def name_channel(self, channel: int, electrode: Electrode | None) -> None:
        """Keep which muscle each channel is on, and with what one is recorded (None: as before)."""
        if electrode is not None:
            self.electrodes = [*self.electrodes]
            self.electrodes[channel] = electrode
        if self._begun:
            self._write(Archive.name_channels, self._id, *self._channels())
        self._keep_calibrations()

    def keep_look(self, look: PatientLook) -> None:
        """Keep how the patient's page looks, for whenever this patient comes again."""
        self.look = look
        if self._patient is not None:
            self._write(Archive.keep_look, self._patient, msgspec.to_builtins(look))

    # What the engine tells.

    def keep(self, change: Change, t_unix: float) -> None:
        """Keep a change of the session."""
        self._keep_calibrations()
        while self._number < change.exercise:
            self._begin_exercise()
        if change.kind is EventKind.REPETITION:
            score = RepetitionRow(session=self._id, exercise=change.exercise, score=change.data)
            self._write(Archive.add, score)
            return
        data = change.data
        if change.kind is EventKind.PHASE:
            data = {name: data[name] for name in KEPT_OF_A_PHASE}
            if why := data["paused_for"]:
                self._pauses[why] = self._pauses.get(why, 0) + 1
        if data.get("phase") == Phase.DONE:
            self._end_exercise()
            measured = any(one.scores for one in parts_of(self._session.played))
            if change.data["protocol"] in EXERCISES and measured:
                kind, sample = str(EventKind.MARK), change.sample
                mark = EventRow(session=self._id, kind=kind, sample=sample, t_unix=t_unix)
                self._write(keep_evaluation, mark, self.evaluation())
        self.note(change.kind, change.sample, t_unix, change.channel, data)

    def note(
        self,
        kind: EventKind,
        sample: int,
        t_unix: float,
        channel: int | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """Keep an event; pain while nobody's session is open, with the session that ended last."""
        told = data or {}
        if "note" in told:
            self._notes.append(str(told["note"]))
        idle = kind is EventKind.PHASE and told.get("phase") == Phase.IDLE
        if not self._begun and (idle or kind in BY_ITSELF):
            return
        event = EventRow(
            session=self._id,
            kind=str(kind),
            sample=sample,
            t_unix=t_unix,
            channel=channel,
            data=told,
        )
        if self._just_ended is not None and self._journal and told.get("reason") == "pain":
            self._journal.write(
                Archive.add, msgspec.structs.replace(event, session=self._just_ended)
            )
        else:
            self._write(Archive.add, event)

    def watch(self) -> None:
        """Keep, now and then, how much was recorded."""
        now = self._unix_time()
        if now >= self._next_progress_s:
            self._next_progress_s = now + PROGRESS_S
            received, lost = self._since()
            if self._journal is not None and self._begun:
                self._journal.write(Archive.progress, self._id, received + lost, lost)

    def close(self, state: Completeness = "complete") -> None:
        """Close the session at the engine's end, and the archive when all is written."""
        self._end(state)
        if self._journal is not None:
            self._journal.close()

    # Inside.

    def _write(self, method: Callable[..., object], *values: Any) -> None:
        if self._journal is not None:
            self._enter()
            self._journal.write(method, *values)

    def _since(self) -> tuple[int, int]:
        """Return samples received and lost since the session began."""
        received, lost = self._counted()
        return received - self._before[0], lost - self._before[1]

    def _begin(self, patient: str | None = None, known: Known = NOBODY_KNOWN) -> None:
        self._started = self._unix_time()
        moment = datetime.fromtimestamp(self._started, UTC)
        self._id = f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}-{patient or 'nobody'}"
        self._before = self._counted()
        self._number, self._open = 0, False
        self._pauses: dict[str, int] = {}
        self._notes: list[str] = []
        self._kept: dict[int, tuple[object, ...]] = {}
        self._last = {one.muscle: one for one in known.references}
        self.look = known.look
        if self._patient not in (None, patient):
            self.electrodes = [None] * len(self.electrodes)
        self._take_channels(known)
        self._patient, self._begun = patient, False
        self._keep_calibrations()
        if patient is not None:
            self._enter()

    def _take_channels(self, known: Known) -> None:
        """Take the channels as they were in the last session, where that can be."""
        session = self._session
        self._last_session = last = known.last
        self._last_channels = None if last is None else fitted(last, session.first_names)
        if self._last_channels is not None and not session.channels_set:
            with suppress(UserError):
                session.take_channels(*self._last_channels)
        if any(self.electrodes):
            return
        self.electrodes = worn(session.channel_names, last, known.references)

    def _channels(self) -> tuple[list[str], list[bool], list[str | None]]:
        """Return of each channel its muscle, whether it is used, and with what."""
        session = self._session
        told = [None if electrode is None else str(electrode) for electrode in self.electrodes]
        return list(session.channel_names), list(session.used), told

    def _enter(self) -> None:
        """Enter the session in the archive."""
        if self._begun or self._journal is None:
            return
        self._begun = True
        names, used, electrodes = self._channels()
        entry = SessionRow(
            id=self._id,
            patient=self._patient,
            started=self._started,
            board=self._equipment.board,
            sample_rate_hz=self._equipment.sample_rate_hz,
            channel_names=names,
            used=used,
            electrodes=electrodes,
            software=SOFTWARE,
        )
        self._journal.write(Archive.begin_session, entry)

    def _end(self, state: Completeness = "complete") -> None:
        self._keep_calibrations()
        self._end_exercise()
        if self._journal is None or not self._begun:
            return
        end_s = self._unix_time()
        if state == "complete" and self._patient is not None:
            self._journal.write(move_programme_on, self._patient, list(self._session.played), end_s)
        received, lost = self._since()
        self._journal.write(Archive.end_session, self._id, end_s, received + lost, lost, state)

    def _begin_exercise(self) -> None:
        self._end_exercise()
        played = self._session.played[self._number]
        self._number, self._open = self._number + 1, True
        self._write(
            Archive.add,
            ExerciseRow(
                session=self._id,
                number=self._number,
                protocol=msgspec.to_builtins(played.exercise),
                started=self._unix_time(),
                channels=list(played.channels),
            ),
        )

    def _end_exercise(self) -> None:
        if self._open:
            self._open = False
            skipped = self._session.played[self._number - 1].skipped
            now = self._unix_time()
            self._write(Archive.end_exercise, self._id, self._number, now, skipped)

    def _keep_calibrations(self) -> None:
        """Keep every channel whose references changed, and compare with the last session's."""
        calibrations = self._calibrations()
        for one in calibrations:
            now = (one.muscle, one.rest_uv, one.mvc_uv, one.electrode)
            if (one.rest_uv, one.mvc_uv) == (None, None) or self._kept.get(one.channel) == now:
                continue
            self._kept[one.channel] = now
            self._write(Archive.add, one)
        used = [one for one in calibrations if self._session.used[one.channel]]
        self._session.calibration.warnings = misfits(used, self._last)

    def _calibrations(self) -> list[CalibrationRow]:
        """Return what is known of each channel's muscle now."""
        calibration, names = self._session.calibration, self._session.channel_names
        rests, mvcs = or_none(calibration.rest_uv), or_none(calibration.mvc_uv)
        return [
            CalibrationRow(
                session=self._id,
                channel=channel,
                muscle=name,
                rest_uv=rests[channel],
                mvc_uv=mvcs[channel],
                board=self._equipment.board,
                sample_rate_hz=self._equipment.sample_rate_hz,
                measured=self._unix_time(),
                fraction=calibration.share(channel),
                trials=msgspec.to_builtins(calibration.trials[channel]),
                electrode=None if electrode is None else str(electrode),
                gain=self._equipment.gain,
            )
            for channel, (name, electrode) in enumerate(zip(names, self.electrodes, strict=True))
        ]
