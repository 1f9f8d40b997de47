"""What each command does, and what is answered."""

from collections.abc import Callable
from typing import Any

import msgspec

from emg_config.library import described, load_protocol, protocols
from emg_config.muscles import placements
from emg_config.protocol import Exercise
from emg_feedback import enquiries
from emg_feedback.keeper import Keeper
from emg_feedback.link import messages
from emg_feedback.link.control import Later
from emg_feedback.link.displays import Displays
from emg_feedback.link.messages import Phase
from emg_feedback.reading import Reader, Reading
from emg_feedback.store.archive_file import ArchiveError
from emg_feedback.store.history import history
from emg_feedback.store.journal import Answer
from emg_feedback.stream.chain import Chain
from emg_feedback.stream.fatigue import Fatigue
from emg_feedback.training.evaluation import EXERCISES
from emg_feedback.training.session import Session

# While nothing runs there is nothing to pause; that it hurt is kept all the same.
AT_REST = (Phase.IDLE, Phase.DONE)
PAIN_AT_REST = "pain while nothing was running"


class CommandHandler:
    """Carries out commands, one at a time, between two blocks.

    What the archive must be asked, or read from files, is answered later. Meanwhile other commands
    are carried out, unless a session or an exercise is about to begin: what follows is meant for
    that one.

    Parameters
    ----------
    session : Session
    keeper : Keeper
    chain : Chain
    fatigue : Fatigue
    displays : Displays
    facts : callable
        Returns what the status tells, too.
    mark : callable
        Publishes and keeps a mark with these data.
    unix_time : callable

    Attributes
    ----------
    pain_unseen : bool
        Pain was pressed while nothing ran, and nobody has seen it yet.
    """

    def __init__(
        self,
        session: Session,
        keeper: Keeper,
        chain: Chain,
        fatigue: Fatigue,
        displays: Displays,
        *,
        facts: Callable[[], dict[str, Any]],
        mark: Callable[[dict[str, Any]], None],
        unix_time: Callable[[], float],
    ) -> None:
        self._session = session
        self._keeper = keeper
        self._chain = chain
        self._fatigue = fatigue
        self._displays = displays
        self._facts = facts
        self._mark = mark
        self._unix_time = unix_time
        self._reader = Reader()
        self.pain_unseen = False

    def handle(self, command: messages.Command) -> Any:
        """Carry out a command; return its result, or that it comes later.

        Raises
        ------
        UserError
            It cannot be carried out, and has changed nothing.
        """
        keeper = self._keeper
        match command:
            case messages.Patients():
                return _later(keeper.ask(enquiries.patients))
            case messages.AddPatient(patient=patient):
                return _later(keeper.ask(enquiries.add_patient, patient, self._unix_time()))
            case messages.History(patient=patient):
                return _later(keeper.ask(history, patient))
            case messages.SetProgramme(patient=patient, items=items):
                now = self._unix_time()
                return _later(keeper.ask(enquiries.set_programme, patient, items, now))
            case messages.BeginSession(patient=patient):
                return self.begin_session(patient)
            case messages.EndSession():
                return keeper.end_session()
            case messages.Protocols():
                return _later(self._reader.ask(_library))
            case messages.StartProtocol(name=name, dose=dose, channels=channels):
                return self._start(lambda: [load_protocol(name).with_dose(dose)], channels)
            case messages.StartEvaluation(channels=channels):
                return self._start(lambda: [load_protocol(name) for name in EXERCISES], channels)
            case messages.State():
                pass
            case messages.Placements():
                return _later(self._reader.ask(_placements))
            case messages.Evaluation():
                evaluated = keeper.evaluation()
                of = {"patient": self._session.patient}
                return _later(self._reader.ask(lambda: of | evaluated.told(evaluated.programme())))
            case messages.Repetitions():
                return {"repetitions": msgspec.to_builtins(self._session.scores)}
            case messages.Display():
                asked = self._displays.take(command)
                return {"wanted": asked or not (command.shown or self._session.phase in AT_REST)}
            case messages.Summary():
                return {"summary": keeper.summary()}
            case messages.OpenDisplay():
                return self._displays.ask()
            case messages.SetLook(look=look):
                keeper.keep_look(look)
            case messages.Mark(label=label):
                self._mark({"label": label})
            case messages.Note(text=text):
                self._mark({"note": text})
            case messages.Pause(reason="pain") if self._session.phase in AT_REST:
                self.pain_unseen = True
                self._mark({"note": PAIN_AT_REST, "reason": "pain"})
            case messages.PainSeen():
                self.pain_unseen = False
            case _:
                self._lead(command)
        return self._state()

    def begin_session(self, patient: str) -> Later:
        """Begin a session as soon as the archive has told what is known of the patient."""
        self._session.refuse_while_running()
        asked = self._keeper.ask(enquiries.known, patient)

        def begin() -> dict[str, Any]:
            known = asked.result()
            if asked.late:
                raise ArchiveError("the archive answered too late: begin the session again")
            self._keeper.begin_session(patient, known)
            self._chain.learn_rest()
            return self._state()

        return Later(asked.ready, begin, holds_up=True)

    def _start(self, read: Callable[[], list[Exercise]], channels: list[int] | None) -> Later:
        """Begin exercises as soon as they are read."""
        self._session.refuse_while_running()
        asked = self._reader.ask(read)

        def begin() -> dict[str, Any]:
            self._session.start(asked.result(), channels)
            self._fatigue.restart_trends()
            return self._state()

        return Later(asked.ready, begin, holds_up=True)

    def _state(self) -> dict[str, Any]:
        return {**msgspec.to_builtins(self._session.state), **self._facts()}

    def _lead(self, command: messages.Command) -> None:
        """Carry out what concerns the training."""
        session = self._session
        match command:
            case messages.NameChannel(
                channel=channel, muscle=muscle, electrode=electrode, used=used
            ):
                session.name_channel(channel, muscle, used)
                self._keeper.name_channel(channel, electrode)
            case messages.CalibrateRest(seconds=seconds):
                session.calibrate_rest(seconds)
                self._chain.learn_rest()
            case messages.CalibrateMvc():
                session.calibrate_mvc(command)
            case messages.DropTrial(channel=channel):
                session.drop_trial(channel)
            case messages.SetReference(channel=channel, mvc_uv=mvc_uv, fraction=fraction):
                session.set_reference(channel, mvc_uv, fraction)
            case messages.SetTarget(channel=channel, low=low, high=high, unit=unit):
                session.set_target(channel, low, high, unit)
            case messages.SetPath():
                asked = msgspec.structs.asdict(command)
                session.set_path(**{k: v for k, v in asked.items() if v is not None})
            case messages.NudgeTarget(by=by):
                session.nudge_target(by)
            case messages.AutoTarget():
                session.set_auto_target(command)
            case messages.ExtendRest(seconds=seconds):
                session.extend_rest(seconds)
            case messages.Pause(reason=reason):
                session.pause(reason)
            case messages.Resume():
                session.resume()
            case messages.Skip(part=part):
                session.skip(part)
            case messages.TakeBack():
                session.take_back()
            case messages.Stop():
                session.stop()


def _library() -> dict[str, Any]:
    return {"protocols": [described(one) for one in protocols().values()]}


def _placements() -> dict[str, Any]:
    return {"placements": msgspec.to_builtins(placements())}


def _later(answer: Answer[dict[str, Any]] | Reading[dict[str, Any]]) -> Later:
    return Later(answer.ready, answer.result)
