"""A disk that hangs: the engine goes on, and answers what concerns archive and exercises later."""

import sqlite3
from threading import Event

import msgspec
import numpy as np
import pytest
import zmq
from commands import wait_until
from engines import RATE_HZ, Board, Collector

from emg_config import library, muscles
from emg_config.home import home
from emg_feedback import Chain, reading
from emg_feedback.engine import Engine
from emg_feedback.keeper import Keeper
from emg_feedback.link.control import ControlServer
from emg_feedback.link.messages import Frame, Phase
from emg_feedback.store import journal
from emg_feedback.store.archive import Archive
from emg_feedback.store.journal import ANSWER_S, Journal
from emg_feedback.store.rows import PatientRow
from emg_feedback.training.evaluation import Evaluated, Finding

TURNS = 40
HELD_S = 60.0


class Station:
    """An engine and a console's socket; another program holds the archive until `let_go`."""

    def __init__(self, path, endpoint):
        with Archive(path) as archive:
            archive.add_patient(PatientRow(id="P1", created=1.0))
        self.path, self.journal_s = path, 0.0
        self.board = Board(np.random.default_rng(1).normal(size=(20_000, 2)))
        self.published, self.server = Collector(), ControlServer(endpoint)
        self.engine = Engine(
            self.board, Chain(2, RATE_HZ), ["A", "B"], self.published, self.server,
            journal=Journal(path, clock=lambda: self.journal_s),
            clock=self._now_s, unix_time=self._now_s,
        )  # fmt: skip
        self.client = zmq.Context.instance().socket(zmq.DEALER)
        self.client.linger = 0
        self.client.connect(endpoint)
        self.answers = []
        self._other = sqlite3.connect(path, isolation_level=None)
        self._other.execute("BEGIN IMMEDIATE")

    def _now_s(self):
        return self.board.at / RATE_HZ

    def ask(self, command, **args):
        request = {"v": 1, "id": command, "command": command, "args": args}
        self.client.send(msgspec.msgpack.encode(request))

    def live(self, turns=TURNS):
        """Let the engine work, each turn with a new block."""
        for _ in range(turns):
            self.engine.turn()
            while self.client.poll(0):
                self.answers.append(msgspec.msgpack.decode(self.client.recv()))

    def answered(self, *commands):
        """Let the engine work until these are answered, in this order and no others."""

        def all_answered():
            self.live(1)
            return len(self.answers) == len(commands)

        assert wait_until(all_answered, HELD_S)
        assert [answer["id"] for answer in self.answers] == list(commands)
        answers, self.answers = self.answers, []
        return answers

    @property
    def frames(self):
        return self.published.of(Frame)

    def let_go(self):
        self._other.close()

    def end(self):
        self.let_go()
        self.engine.run(lambda: True)
        self.client.close()
        self.server.close()


@pytest.fixture
def station(tmp_path, request, monkeypatch):
    monkeypatch.setattr(journal, "BUSY_S", HELD_S)
    station = Station(tmp_path / "archive.sqlite", f"inproc://{request.node.name}")
    yield station
    station.end()


def test_every_block_is_published_while_the_archive_does_not_answer(station):
    for command in ("patients", "history", "add_patient", "set_programme"):
        args = {} if command == "patients" else {"patient": "P1"}
        station.ask(command, **args, **({"items": []} if command == "set_programme" else {}))
    station.live()
    assert len(station.frames) == TURNS
    assert np.diff([frame.first_sample for frame in station.frames]).tolist() == [25] * (TURNS - 1)
    assert station.answers == []
    station.let_go()
    who, history, known, planned = station.answered(
        "patients", "history", "add_patient", "set_programme"
    )
    assert [one["id"] for one in who["result"]["patients"]] == ["P1"]
    assert history["result"]["sessions"] == []
    assert known["error"] == "P1 is in the archive already: choose that patient"
    assert planned["result"]["patient"] == "P1"


def test_the_training_is_led_meanwhile(station):
    station.ask("calibrate_rest", seconds=30.0)
    station.answered("calibrate_rest")
    station.ask("history", patient="P1")
    station.ask("pause", reason="pain")
    (paused,) = station.answered("pause")
    assert paused["result"]["paused_for"] == "pain"
    assert station.frames[-1].session.phase in (Phase.PAUSE, Phase.REST_CALIBRATION)
    station.let_go()
    station.answered("history")


def test_what_follows_the_beginning_of_a_session_is_done_in_it(station):
    station.ask("begin_session", patient="P1")
    station.ask("calibrate_rest", seconds=30.0)
    station.ask("state")
    station.live()
    assert station.answers == []
    assert len(station.frames) == TURNS
    assert {frame.session.phase for frame in station.frames} == {Phase.IDLE}
    station.let_go()
    begun, measuring, _ = station.answered("begin_session", "calibrate_rest", "state")
    assert (begun["result"]["patient"], begun["result"]["phase"]) == ("P1", "idle")
    assert (measuring["result"]["patient"], measuring["result"]["phase"]) == (
        "P1", "rest_calibration",
    )  # fmt: skip


def test_what_was_refused_is_not_done_when_the_archive_is_back(station):
    station.ask("add_patient", patient="P2")
    station.ask("begin_session", patient="P1")
    station.live()
    station.journal_s += ANSWER_S
    for answer in station.answered("add_patient", "begin_session"):
        assert answer["error"] == "the archive does not answer: check the disk"
    station.ask("state")
    (state,) = station.answered("state")
    assert state["result"]["patient"] is None
    station.let_go()
    station.ask("patients")
    (who,) = station.answered("patients")
    assert [one["id"] for one in who["result"]["patients"]] == ["P1"]
    station.live()
    assert station.frames[-1].session.patient is None


def test_a_session_does_not_begin_on_an_answer_that_came_too_late(station):
    station.let_go()
    station.ask("begin_session", patient="P1")
    promised = station.server._promised  # noqa: SLF001
    assert wait_until(lambda: station.engine.turn() or promised)
    (_, later) = promised[0]
    assert wait_until(later.ready)
    station.journal_s += ANSWER_S
    (refused,) = station.answered("begin_session")
    assert refused["error"] == "the archive answered too late: begin the session again"
    station.ask("state")
    (state,) = station.answered("state")
    assert state["result"]["patient"] is None


KNEE = {"name": "knee-extension-hold"}


@pytest.fixture
def home_disk(monkeypatch):
    """Let nothing of the user's be read before this is set, and nobody give it up."""
    free = Event()

    def home_at_last():
        assert free.wait(HELD_S)
        return home()

    monkeypatch.setattr(library, "home", home_at_last)
    monkeypatch.setattr(muscles, "home", home_at_last)
    monkeypatch.setattr(reading, "ANSWER_S", HELD_S)
    yield free
    free.set()


def know_maxima(station):
    for channel in (0, 1):
        station.ask("set_reference", channel=channel, mvc_uv=200.0)
        station.answered("set_reference")


def begin_an_exercise(station):
    """Ask for an exercise that can begin as soon as it is read."""
    station.let_go()
    know_maxima(station)
    station.ask("start_protocol", **KNEE)
    station.live()
    assert station.answers == []
    assert station.frames[-1].session.phase is Phase.IDLE


def test_an_exercise_begins_when_it_is_read_and_every_block_is_published(station, home_disk):
    begin_an_exercise(station)
    before = len(station.frames)
    station.live()
    assert len(station.frames) == before + TURNS
    home_disk.set()
    (begun,) = station.answered("start_protocol")
    assert (begun["ok"], begun["result"]["phase"]) == (True, "prepare")


def test_what_follows_the_beginning_of_an_exercise_is_done_in_it(station, home_disk):
    begin_an_exercise(station)
    station.ask("pause", reason="pain")
    station.live()
    assert station.answers == []
    home_disk.set()
    begun, paused = station.answered("start_protocol", "pause")
    assert (begun["result"]["phase"], paused["result"]["phase"]) == ("prepare", "pause")


@pytest.mark.parametrize("command", ["placements", "evaluation", "protocols"])
def test_every_block_is_published_while_an_answer_is_read(station, home_disk, command, monkeypatch):
    tense = Finding(channel=0, what="tense at rest", modes=("stay-below",))
    evaluated = Evaluated(names=("Soleus left",), findings=[tense])
    monkeypatch.setattr(Keeper, "evaluation", lambda _: evaluated)
    station.let_go()
    station.ask(command)
    station.live()
    assert len(station.frames) == TURNS
    assert station.answers == []
    home_disk.set()
    (answer,) = station.answered(command)
    assert answer["ok"]


def test_a_disk_that_does_not_answer_is_given_up_and_locks_nothing_out(
    station, home_disk, monkeypatch
):
    station.let_go()
    monkeypatch.setattr(reading, "ANSWER_S", 0.0)
    for _ in range(2 * reading.MOST_AT_ONCE):
        station.ask("start_protocol", **KNEE)
        (refused,) = station.answered("start_protocol")
        assert "the disk does not answer" in refused["error"]
    station.ask("calibrate_rest", seconds=1.0)
    station.ask("stop")
    assert all(answer["ok"] for answer in station.answered("calibrate_rest", "stop"))
    home_disk.set()
    monkeypatch.setattr(reading, "ANSWER_S", HELD_S)
    know_maxima(station)

    def begun():
        station.ask("start_protocol", **KNEE)
        return station.answered("start_protocol")[0]["ok"]

    assert wait_until(begun, HELD_S)
    station.ask("protocols")
    assert station.answered("protocols")[0]["result"]["protocols"]
