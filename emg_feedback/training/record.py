"""What of a session is kept: the link between the training and the archive."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import msgspec

from emg_config import UserError
from emg_config.electrode import Electrode
from emg_config.library import load_protocol
from emg_feedback.link.messages import EventKind, Phase, ProgrammeItem, or_none
from emg_feedback.store import rows
from emg_feedback.store.archive import Archive
from emg_feedback.store.history import history
from emg_feedback.store.journal import Journal
from emg_feedback.training.evaluation import EXERCISES, evaluate
from emg_feedback.training.progress import progressed
from emg_feedback.training.session import Change, Session
from emg_feedback.training.statistics import exercise_summary

PROGRESS_S = 1.0
KEPT_OF_A_PHASE = ("phase", "set", "repetition", "paused_for", "refused")
# Rest further than this factor from the last session's does not fit it.
MOST_REST_CHANGE = 2.0


@dataclass(frozen=True, slots=True)
class Recorder:
    """With what a session is recorded, for the archive and for comparison with the last one."""

    board: str
    sample_rate_hz: float
    gain: float | None = None


class Record:
    """Keeps what a session does; without a journal it only sums up.

    Parameters
    ----------
    session : Session
    recorder : Recorder
    journal : Journal or None
        The archive's writer; None to keep nothing.
    counted : callable
        Returns how many samples were received and how many lost so far.
    unix_time : callable

    Attributes
    ----------
    electrodes : list of Electrode or None
        With what each channel is recorded, None where nobody said.
    """

    def __init__(
        self,
        session: Session,
        recorder: Recorder,
        journal: Journal | None,
        counted: Callable[[], tuple[int, int]],
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self._session = session
        self._recorder = recorder
        self._journal = journal
        self._counted = counted
        self._unix_time = unix_time
        self._next_progress_s = 0.0
        self.electrodes: list[Electrode | None] = []
        self._patient: str | None = None
        self._begin()

    @property
    def failure(self) -> str | None:
        """Return why not everything could be kept, in one line."""
        return self._journal.failure if self._journal else None

    # What the console asks.

    def patients(self) -> dict[str, Any]:
        """Return who is in the archive."""
        return {"patients": self._archive().ask(Archive.patients)}

    def add_patient(self, patient: str) -> dict[str, Any]:
        """Enter a patient."""
        entry = rows.PatientRow(id=patient, created=self._unix_time())
        self._archive().ask(Archive.add_patient, entry)
        return self.patients()

    def begin_session(self, patient: str) -> None:
        """Close what ran, and begin a session with a patient, whose references are compared."""
        self._session.refuse_while_running()
        archive = self._archive()
        archive.ask(Archive.require_patient, patient)
        known = archive.ask(Archive.last_calibrations, patient)
        programme = archive.ask(Archive.programme, patient)
        if self._empty and self._patient is None:
            archive.write(Archive.discard_session, self._id)
        else:
            self._end()
        self._session.change_patient(patient)
        self._begin(patient, known, programme)

    def end_session(self) -> dict[str, Any]:
        """Close the session and return its summary; one without a patient begins."""
        self._session.refuse_while_running()
        summary = self.summary()
        self._end()
        self._session.change_patient(None)
        self._begin()
        return {"summary": summary}

    def history(self, patient: str) -> dict[str, Any]:
        """Return what the archive knows of a patient."""
        return self._archive().ask(history, patient)

    def set_programme(self, patient: str, items: Sequence[ProgrammeItem]) -> dict[str, Any]:
        """Replace a patient's programme."""
        for item in items:
            load_protocol(item.protocol).with_dose(item.dose)
        self._archive().ask(Archive.set_programme, self._programme_of(patient, items))
        if patient == self._patient:
            self._programme = list(items)
        return self.history(patient)

    def evaluation(self) -> dict[str, Any]:
        """Return what the initial evaluation came to."""
        session = self._session
        return evaluate(session.played, session.calibration, session.channel_names)

    def summary(self) -> dict[str, Any]:
        """Return what the session came to."""
        received, lost = self._since()
        names = self._session.channel_names
        return {
            "session": self._id,
            "pauses": dict(self._pauses),
            "notes": list(self._notes),
            "maxima": self._maxima(),
            "patient": self._session.patient,
            "started": datetime.fromtimestamp(self._started, UTC).isoformat(timespec="seconds"),
            "seconds": round(self._unix_time() - self._started, 1),
            "samples": received,
            "lost_samples": lost,
            "exercises": [
                exercise_summary(played, names) for played in self._session.played if played.scores
            ],
        }

    def _maxima(self) -> list[dict[str, Any]]:
        """Return every maximum that is known, and that of the last session."""
        calibration, names = self._session.calibration, self._session.channel_names
        return [
            {
                "name": name,
                "mvc_uv": mvc_uv,
                "fraction": calibration.share(channel),
                "last_uv": self._last[name].mvc_uv if name in self._last else None,
            }
            for channel, (name, mvc_uv) in enumerate(
                zip(names, or_none(calibration.mvc_uv), strict=True)
            )
            if mvc_uv is not None
        ]

    def name_channel(self, channel: int, electrode: Electrode | None) -> None:
        """Keep which muscle each channel is on, and with what one is recorded (None: as before)."""
        if electrode is not None:
            self.electrodes = [*self.electrodes]
            self.electrodes[channel] = electrode
        self._write(Archive.name_channels, self._id, list(self._session.channel_names))
        self._keep_calibrations()

    # What the engine tells.

    def keep(self, change: Change, t_unix: float) -> None:
        """Keep a change of the session."""
        self._keep_calibrations()
        while self._number < change.exercise:
            self._begin_exercise()
        if change.kind is EventKind.REPETITION:
            score = rows.RepetitionRow(
                session=self._id, exercise=change.exercise, score=change.data
            )
            self._write(Archive.add, score)
            return
        data = change.data
        if change.kind is EventKind.PHASE:
            data = {name: data[name] for name in KEPT_OF_A_PHASE}
            if why := data["paused_for"]:
                self._pauses[why] = self._pauses.get(why, 0) + 1
        if data.get("phase") == Phase.DONE:
            self._end_exercise()
            if change.data["protocol"] == EXERCISES[-1] and change.data["results"]:
                result = {"evaluation": self.evaluation()}
                self.note(EventKind.MARK, change.sample, t_unix, data=result)
        self.note(change.kind, change.sample, t_unix, change.channel, data)

    def note(
        self,
        kind: EventKind,
        sample: int,
        t_unix: float,
        channel: int | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        """Keep an event."""
        if data is not None and "note" in data:
            self._notes.append(str(data["note"]))
        self._write(
            Archive.add,
            rows.EventRow(
                session=self._id,
                kind=str(kind),
                sample=sample,
                t_unix=t_unix,
                channel=channel,
                data=data or {},
            ),
        )

    def watch(self) -> None:
        """Keep, now and then, how much was recorded."""
        now = self._unix_time()
        if now >= self._next_progress_s:
            self._next_progress_s = now + PROGRESS_S
            received, lost = self._since()
            if self._journal is not None and self._begun:
                self._journal.write(Archive.progress, self._id, received + lost, lost)

    def close(self, state: rows.Completeness = "complete") -> None:
        """Close the session at the engine's end, and the archive when all is written."""
        self._end(state)
        if self._journal is not None:
            self._journal.close()

    # Inside.

    def _archive(self) -> Journal:
        if self._journal is None:
            raise UserError("this engine keeps no archive: start it without --no-archive")
        return self._journal

    def _write(self, method: Callable[..., object], *values: Any) -> None:
        if self._journal is not None:
            self._enter()
            self._empty = False
            self._journal.write(method, *values)

    def _since(self) -> tuple[int, int]:
        """Return samples received and lost since the session began."""
        received, lost = self._counted()
        return received - self._before[0], lost - self._before[1]

    def _begin(
        self,
        patient: str | None = None,
        known: Sequence[rows.CalibrationRow] = (),
        programme: Sequence[dict[str, Any]] = (),
    ) -> None:
        self._started = self._unix_time()
        moment = datetime.fromtimestamp(self._started, UTC)
        self._id = f"{moment:%Y%m%dT%H%M%S}{moment.microsecond // 1000:03d}-{patient or 'nobody'}"
        self._before = self._counted()
        self._number, self._open = 0, False
        self._pauses: dict[str, int] = {}
        self._notes: list[str] = []
        self._kept: dict[int, tuple[object, ...]] = {}
        self._last = {one.muscle: one for one in known}
        self._programme = msgspec.convert(programme, list[ProgrammeItem])
        worn = next((Electrode.read(one.electrode) for one in known if one.electrode), None)
        self.electrodes = [worn] * len(self._session.channel_names)
        self._patient, self._begun, self._empty = patient, False, True
        self._compare()
        if patient is not None:
            self._enter()

    def _enter(self) -> None:
        """Enter the session in the archive."""
        if self._begun or self._journal is None:
            return
        self._begun = True
        entry = rows.SessionRow(
            id=self._id,
            patient=self._patient,
            started=self._started,
            board=self._recorder.board,
            sample_rate_hz=self._recorder.sample_rate_hz,
            channel_names=list(self._session.channel_names),
            software=version("emg-feedback"),
        )
        self._journal.write(Archive.begin_session, entry)

    def _end(self, state: rows.Completeness = "complete") -> None:
        self._keep_calibrations()
        self._end_exercise()
        if state == "complete":
            self._progress_programme()
        if self._journal is None or not self._begun:
            return
        received, lost = self._since()
        end_s = self._unix_time()
        self._journal.write(Archive.end_session, self._id, end_s, received + lost, lost, state)

    def _begin_exercise(self) -> None:
        self._end_exercise()
        played = self._session.played[self._number]
        self._number, self._open = self._number + 1, True
        self._write(
            Archive.add,
            rows.ExerciseRow(
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
            self._write(Archive.end_exercise, self._id, self._number, self._unix_time())

    def _keep_calibrations(self) -> None:
        """Keep every channel whose references changed, and compare with the last session's."""
        calibration, names = self._session.calibration, self._session.channel_names
        rests, mvcs = or_none(calibration.rest_uv), or_none(calibration.mvc_uv)
        for channel, (name, rest_uv, mvc_uv) in enumerate(zip(names, rests, mvcs, strict=True)):
            electrode = self._told_electrode(channel)
            now = (name, rest_uv, mvc_uv, electrode)
            if (rest_uv, mvc_uv) == (None, None) or self._kept.get(channel) == now:
                continue
            self._kept[channel] = now
            self._write(
                Archive.add,
                rows.CalibrationRow(
                    session=self._id,
                    channel=channel,
                    muscle=name,
                    rest_uv=rest_uv,
                    mvc_uv=mvc_uv,
                    board=self._recorder.board,
                    sample_rate_hz=self._recorder.sample_rate_hz,
                    measured=self._unix_time(),
                    fraction=calibration.share(channel),
                    trials=msgspec.to_builtins(calibration.trials[channel]),
                    electrode=electrode,
                    gain=self._recorder.gain,
                ),
            )
        self._compare()

    def _told_electrode(self, channel: int) -> str | None:
        electrode = self.electrodes[channel]
        return None if electrode is None else str(electrode)

    def _compare(self) -> None:
        """Tell what differs from the last session, and for which muscles."""
        calibration, names = self._session.calibration, self._session.channel_names
        rests = or_none(calibration.rest_uv)
        found: dict[str, list[str]] = {}
        compared = [
            channel
            for channel, name in enumerate(names)
            if name in self._last and self._session.used[channel]
        ]
        for channel in compared:
            for warning in self._misfits(channel, rests[channel]):
                found.setdefault(warning, []).append(names[channel])
        calibration.warnings = [
            f"{'All muscles' if len(who) == len(compared) > 1 else ', '.join(who)}: {warning}"
            for warning, who in found.items()
        ]

    def _misfits(self, channel: int, rest_uv: float | None) -> list[str]:
        """Return what differs from the last session of a channel's muscle, where both are known."""
        last = self._last[self._session.channel_names[channel]]
        found = [
            f"{what} than last time ({then}, now {now}): measure the maximum again"
            for what, then, now in (
                ("another board", last.board, self._recorder.board),
                ("another gain", _plain(last.gain), _plain(self._recorder.gain)),
                ("other electrodes", last.electrode, self._told_electrode(channel)),
            )
            if then is not None and now is not None and then != now
        ]
        if rest_uv and last.rest_uv:
            ratio = rest_uv / last.rest_uv
            if max(ratio, 1.0 / ratio) > MOST_REST_CHANGE:
                found.append(f"rest is {ratio:.1f} times that of last time: check the electrodes")
        return found

    def _progress_programme(self) -> None:
        moved = progressed(self._programme, self._session.played)
        if self._patient is not None and self._journal is not None and moved != self._programme:
            programme = self._programme_of(self._patient, moved)
            self._journal.write(Archive.set_programme, programme)

    def _programme_of(self, patient: str, items: Sequence[ProgrammeItem]) -> rows.ProgrammeRow:
        return rows.ProgrammeRow(
            patient=patient, since=self._unix_time(), items=msgspec.to_builtins(list(items))
        )


def _plain(number: float | None) -> str | None:
    return None if number is None else f"{number:g}"
