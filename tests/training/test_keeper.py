"""What is kept of a session, in a real archive."""

import sqlite3
from threading import current_thread

import msgspec
import numpy as np
import pytest
from clinic import Clinic

from emg_config import UserError, muscles
from emg_config.electrode import Electrode
from emg_config.library import load_protocol
from emg_config.muscles import placements
from emg_config.protocol import Aim, Dose, Hold, Muscle, StayBelow
from emg_feedback import enquiries
from emg_feedback.keeper import Equipment, Keeper
from emg_feedback.link.messages import EventKind, PatientLook, ProgrammeItem
from emg_feedback.store.archive import Archive
from emg_feedback.store.history import history
from emg_feedback.store.journal import Journal
from emg_feedback.training.conclusion import conclusion
from emg_feedback.training.evaluation import EXERCISES
from emg_feedback.training.progress import progressed
from emg_feedback.training.score import RepetitionScore
from emg_feedback.training.statistics import Played

NAMES = ["Vastus medialis", "Vastus lateralis"]
SHORT = Dose(repetitions=2, hold_s=3.0, prepare_s=0.5, relax_s=2.5)


class Kept:
    """A clinic whose session is recorded."""

    def __init__(self, path, seed=1, board="emulated-cyton", gain=24.0, names=NAMES):
        self.now = 1_000_000.0 + 1000.0 * seed
        self.clinic = Clinic(names, seed)
        self.journal = Journal(path)
        self.keeper = Keeper(
            self.clinic.session,
            Equipment(board, 250.0, gain),
            self.journal,
            lambda: (len(self.clinic.drives) * 5, 0),
            lambda: self.now,
        )

    def ask(self, question, *args):
        return self.keeper.ask(question, *args).result()

    def add_patient(self, patient):
        self.ask(enquiries.add_patient, patient, self.now)

    def begin_session(self, patient):
        self.keeper.begin_session(patient, self.ask(enquiries.known, patient))

    def set_programme(self, patient, items):
        self.ask(enquiries.set_programme, patient, items, self.now)

    def settle(self):
        """Hand over what changed."""
        for change in self.clinic.changes:
            self.now += 0.001
            self.keeper.keep(change, self.now)
        self.clinic.changes.clear()

    def calibrate(self):
        self.clinic.calibrate()
        self.settle()

    def do(self, name, dose=SHORT):
        scores = self.clinic.do(load_protocol(name).with_dose(dose))
        self.settle()
        return scores


@pytest.fixture
def path(tmp_path):
    return tmp_path / "archive.sqlite"


def test_a_session_is_kept_as_it_went(path):
    kept = Kept(path)
    kept.add_patient("P1")
    kept.begin_session("P1")
    kept.calibrate()
    scores = kept.do("knee-extension-hold")
    summary = kept.keeper.end_session()["summary"]
    kept.keeper.close()
    assert summary["patient"] == "P1"
    assert [one["good"] for one in summary["exercises"]] == [2]
    with Archive(path) as archive:
        (second,) = archive.sessions("P1")
        assert [(one.patient, one.state) for one in archive.sessions()] == [("P1", "complete")]
        contents = archive.session(second.id)
        kept_scores = [msgspec.convert(one.score, RepetitionScore) for one in contents.repetitions]
        assert kept_scores == scores
        (exercise,) = contents.exercises
        assert exercise.protocol["repetitions"] == 2
        assert exercise.ended is not None
        newest = {one.muscle: one for one in contents.calibrations}
        assert newest["Vastus medialis"].mvc_uv > 100.0
        assert len(newest["Vastus medialis"].trials) == 2
    with sqlite3.connect(path) as plain:
        assert plain.execute("SELECT count(*) FROM repetitions").fetchone() == (2,)
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    plain.close()


def test_nothing_of_one_patient_reaches_the_next(path):
    kept = Kept(path)
    for patient in ("P1", "P2"):
        kept.add_patient(patient)
    kept.begin_session("P1")
    kept.calibrate()
    kept.begin_session("P2")
    assert np.isnan(kept.clinic.session.calibration.mvc_uv).all()
    assert kept.clinic.session.scores == []
    kept.settle()
    kept.keeper.close()
    with Archive(path) as archive:
        assert archive.last_calibrations("P2") == []
        assert len(archive.last_calibrations("P1")) == 2


GEL, DRY = Electrode(size_mm=10.0), Electrode(kind="dry", size_mm=10.0, spacing_mm=30.0)


def first_session(path):
    """Keep a session of P1 with everything known; return the levels of rest, µV."""
    kept = Kept(path)
    kept.add_patient("P1")
    kept.begin_session("P1")
    assert kept.keeper.electrodes == [None, None]
    for channel in range(2):
        kept.keeper.name_channel(channel, GEL)
    kept.calibrate()
    assert kept.clinic.session.calibration.warnings == []
    kept.keeper.close()
    return kept.clinic.session.calibration.rest_uv


def measured(kept, rest_uv):
    """Take rest as measured, as if the patient lay still."""
    kept.clinic.session.calibration.rest_uv[:] = rest_uv
    kept.clinic.session.calibrate_rest(1.0)
    kept.clinic.session.stop()
    kept.clinic.changes += kept.clinic.session.changes()
    kept.settle()
    return kept.clinic.session.calibration.warnings


def test_with_what_a_muscle_was_recorded_is_kept(path):
    first_session(path)
    with Archive(path) as archive:
        known = archive.last_calibrations("P1")
        assert [(one.electrode, one.gain, one.board) for one in known] == [
            ("gel 10 mm, 20 mm apart", 24.0, "emulated-cyton")
        ] * 2
        assert history(archive, "P1")["calibrations"][0]["electrode"] == str(GEL)
    later = Kept(path, 2)
    later.begin_session("P1")
    assert later.keeper.electrodes == [GEL, GEL]
    later.keeper.close()


UNNAMED = ["CH1", "CH2", "CH3"]


def put(kept, channel, muscle=None, electrode=None, used=None):
    kept.clinic.session.name_channel(channel, muscle, used)
    kept.keeper.name_channel(channel, electrode)


def channels(kept):
    session = kept.clinic.session
    return session.channel_names, session.used, kept.keeper.electrodes


def set_up(path, patient="P1", seed=1):
    """Keep a session in which two muscles were named, one channel left out, nothing measured."""
    kept = Kept(path, seed, names=UNNAMED)
    kept.add_patient(patient)
    kept.begin_session(patient)
    put(kept, 0, "Soleus left", GEL)
    put(kept, 1, "Soleus right", DRY)
    put(kept, 2, used=False)
    kept.keeper.close()
    return kept.now


AS_SET_UP = (["Soleus left", "Soleus right", "CH3"], [True, True, False], [GEL, DRY, None])


def test_who_comes_back_has_the_channels_of_the_last_session(path):
    begun = set_up(path)
    kept = Kept(path, 2, names=UNNAMED)
    kept.begin_session("P1")
    assert channels(kept) == AS_SET_UP
    assert kept.keeper.channels_from == begun
    put(kept, 0, electrode=DRY)
    assert kept.keeper.channels_from == begun
    put(kept, 2, "Tibialis anterior left", used=True)
    assert kept.keeper.channels_from is None, "they are others now"
    changed = channels(kept)
    kept.begin_session("P1")
    assert channels(kept) == changed, "the same patient once more"
    kept.keeper.close()
    later = Kept(path, 3, names=UNNAMED)
    later.begin_session("P1")
    assert channels(later) == changed
    later.keeper.close()


def test_nobody_gets_the_muscles_of_another(path):
    set_up(path)
    kept = Kept(path, 2, names=UNNAMED)
    for patient in ("P2", "P3"):
        kept.add_patient(patient)
    kept.begin_session("P1")
    assert channels(kept) == AS_SET_UP
    for act in (lambda: kept.begin_session("P2"), kept.keeper.end_session):
        act()
        assert channels(kept) == (UNNAMED, [True] * 3, [None] * 3)
        assert kept.keeper.channels_from is None
    kept.begin_session("P2")
    put(kept, 1, "Biceps brachii left")
    kept.begin_session("P1")
    assert channels(kept) == AS_SET_UP
    kept.keeper.end_session()
    kept.begin_session("P3")
    assert channels(kept)[0] == UNNAMED
    kept.keeper.close()


def test_channels_that_were_set_before_the_session_begins_stay(path):
    set_up(path)
    kept = Kept(path, 2, names=UNNAMED)
    put(kept, 0, "Biceps brachii left")
    kept.begin_session("P1")
    assert channels(kept) == (["Biceps brachii left", "CH2", "CH3"], [True] * 3, [GEL] * 3)
    assert kept.keeper.channels_from is None
    kept.keeper.end_session()
    put(kept, 0, electrode=DRY)  # these are no muscles
    kept.begin_session("P1")
    assert channels(kept)[0] == ["Biceps brachii left", "CH2", "CH3"]
    assert channels(kept)[2] == [DRY, None, None]
    kept.keeper.close()


@pytest.mark.parametrize(
    ("names", "now"),
    [
        (
            [*UNNAMED, "CH4"],
            ([*AS_SET_UP[0], "CH4"], [True, True, False, False], [GEL, DRY, GEL, GEL]),
        ),
        (UNNAMED[:2], (AS_SET_UP[0][:2], [True, True], [GEL, DRY])),
        (UNNAMED[:1], (UNNAMED[:1], [True], [GEL])),  # the other muscle would have no channel
    ],
)
def test_on_another_board_the_first_channels_are_those_of_the_last_session(path, names, now):
    set_up(path)
    kept = Kept(path, 2, names=names)
    kept.begin_session("P1")
    assert channels(kept) == now
    kept.keeper.close()


def test_a_session_without_a_muscle_is_no_last_session(path):
    set_up(path)
    between = Kept(path, 2, names=UNNAMED[:1])
    between.begin_session("P1")
    assert between.keeper.channels_from is None
    between.keeper.close()
    kept = Kept(path, 3, names=UNNAMED)
    kept.begin_session("P1")
    assert channels(kept) == AS_SET_UP
    kept.keeper.close()


def test_pain_after_the_end_is_kept_with_the_session_that_ended(path):
    kept = Kept(path)
    kept.add_patient("P1")
    kept.begin_session("P1")
    kept.keeper.end_session()
    kept.keeper.note(EventKind.MARK, 9, kept.now, data={"note": "pain", "reason": "pain"})
    (session,) = kept.ask(history, "P1")["sessions"]
    assert session["pain"] == 1
    kept.now += 10.0
    kept.begin_session("P1")
    kept.keeper.note(EventKind.MARK, 9, kept.now, data={"note": "pain", "reason": "pain"})
    assert [one["pain"] for one in kept.ask(history, "P1")["sessions"]] == [1, 1]
    kept.keeper.close()


def test_electrodes_go_with_their_muscles(path):
    set_up(path)
    kept = Kept(path, 2, names=["Soleus right", "Soleus left", "CH3"])
    kept.clinic.session.channels_given = True
    kept.begin_session("P1")
    assert channels(kept)[2] == [DRY, GEL, GEL]
    kept.keeper.close()


def test_what_was_tried_on_the_board_and_taken_back_was_not_set(path):
    set_up(path)
    kept = Kept(path, 2, names=UNNAMED)
    for used in (False, True):
        put(kept, 1, used=used)
    kept.begin_session("P1")
    assert channels(kept) == AS_SET_UP
    kept.keeper.close()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("channel_names", '["Soleus left", "Soleus right"]'),
        ("channel_names", '["Soleus left", "Soleus left", "CH3"]'),
        ("channel_names", '["Soleus left", "", "CH3"]'),
        ("channel_names", '["Soleus left", 7, null]'),
        ("channel_names", "no JSON"),
        ("used", "[false, false, false]"),
        ("used", "[true]"),
        ("used", "{"),
        ("electrodes", "[1, 2, 3]"),
    ],
)
def test_a_bad_record_of_the_last_session_keeps_nobody_from_beginning(path, column, value):
    set_up(path)
    with sqlite3.connect(path) as plain:
        plain.execute(f"UPDATE sessions SET {column} = ?", [value])
    plain.close()
    kept = Kept(path, 2, names=UNNAMED)
    kept.begin_session("P1")
    assert channels(kept)[:2] == (UNNAMED, [True] * 3)
    assert kept.keeper.channels_from is None
    kept.keeper.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE calibrations SET trials = 'no JSON'",
        "UPDATE patients SET look = '{\"of a later version\": 1}'",
        "UPDATE sessions SET used = '[]', electrodes = '[]'",  # of an earlier version
        "UPDATE sessions SET electrodes = '[\"velvet\", null]'",
    ],
)
def test_old_and_bad_records_beside_it_do_no_harm(path, damage):
    first_session(path)
    with sqlite3.connect(path) as plain:
        plain.execute(damage)
    plain.close()
    kept = Kept(path, 2, names=["CH1", "CH2"])
    kept.begin_session("P1")
    assert channels(kept) == (NAMES, [True, True], [GEL, GEL])
    assert kept.keeper.channels_from is not None
    kept.keeper.close()


@pytest.mark.parametrize(
    ("board", "gain", "electrode", "rest_factor", "warnings"),
    [
        ("emulated-cyton", 24.0, None, 1.5, []),
        ("emulated-cyton", None, None, 1.0, []),
        (
            "ganglion", 24.0, None, 1.0,
            ["All muscles: another board than last time (emulated-cyton, now ganglion): "
             "measure the maximum again"],
        ),
        (
            "emulated-cyton", 12.0, None, 1.0,
            ["All muscles: another gain than last time (24, now 12): measure the maximum again"],
        ),
        (
            "emulated-cyton", 24.0, DRY, 1.0,
            ["Vastus lateralis: other electrodes than last time (gel 10 mm, 20 mm apart, "
             "now dry 10 mm, 30 mm apart): measure the maximum again"],
        ),
        (
            "emulated-cyton", 24.0, None, 3.0,
            ["All muscles: rest is 3.0 times that of last time: check the electrodes"],
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_last_session_is_told(
    path, board, gain, electrode, rest_factor, warnings
):
    rest_uv = first_session(path)
    later = Kept(path, 2, board, gain)
    later.begin_session("P1")
    later.keeper.name_channel(1, electrode)
    if rest_factor < 2.0:
        assert later.clinic.session.calibration.warnings == warnings, "told before measuring"
    assert measured(later, rest_uv * rest_factor) == warnings
    later.keeper.end_session()
    assert later.clinic.session.calibration.warnings == []
    later.keeper.close()


def test_a_session_with_somebody_unknown_is_refused_and_changes_nothing(path):
    kept = Kept(path)
    kept.calibrate()
    before = kept.clinic.session.calibration.mvc_uv.copy()
    with pytest.raises(UserError, match="no patient is called"):
        kept.begin_session("P9")
    np.testing.assert_array_equal(kept.clinic.session.calibration.mvc_uv, before)
    kept.keeper.close()


def test_without_an_archive_it_only_sums_up():
    clinic = Clinic(NAMES)
    keeper = Keeper(clinic.session, Equipment("emulated-cyton", 250.0), None, lambda: (0, 0))
    with pytest.raises(UserError, match="keeps no archive"):
        keeper.ask(Archive.patients)
    assert keeper.end_session()["summary"]["exercises"] == []


def test_a_session_is_not_closed_under_a_running_exercise(path):
    kept = Kept(path)
    kept.add_patient("P1")
    kept.clinic.session.calibrate_rest(5.0)
    for act in (kept.keeper.end_session, lambda: kept.begin_session("P1")):
        with pytest.raises(UserError, match="running"):
            act()
    kept.keeper.close()


def played(results, target=(0.3, 0.5), cls=Hold, name="knee-extension-hold"):
    exercise = cls(
        name=name, title="T", region="knee", repetitions=len(results),
        muscles=(Muscle(name="A", target=target),),
    )  # fmt: skip
    scores = [
        RepetitionScore(set=1, repetition=n, result=result, counted=result != "void")
        for n, result in enumerate(results, start=1)
    ]
    return Played(exercise, [0], scores)


def aims(item):
    return [(aim.low, aim.high) for aim in item.dose.targets if aim]


@pytest.mark.parametrize(
    ("results", "target"),
    [
        (["good"] * 5, (0.32, 0.52)),
        (["good"] * 4 + ["missed"], (0.32, 0.52)),
        (["good"] * 3 + ["missed"] * 2, None),
        (["good"] * 4 + ["void"], None),
    ],
)
def test_a_programme_moves_on_after_success(results, target):
    item = ProgrammeItem(protocol="knee-extension-hold", step=0.02, limit=0.6)
    (moved,) = progressed([item], [played(results)])
    assert aims(moved)[:1] == ([target] if target else [])


def test_a_programme_stops_at_its_limit_and_relaxes_downwards():
    item = ProgrammeItem(
        protocol="knee-extension-hold", step=0.2, limit=0.45, dose=Dose(target=(0.3, 0.5))
    )
    (moved,) = progressed([item], [played(["good"] * 3)])
    assert aims(moved)[0] == pytest.approx((0.35, 0.55))
    down = ProgrammeItem(
        protocol="knee-extension-hold", step=0.02, limit=0.03, dose=Dose(target=(0.0, 0.1))
    )
    (moved,) = progressed([down], [played(["good"] * 3, (0.0, 0.1), StayBelow)])
    assert aims(moved)[0] == pytest.approx((0.0, 0.08))


def test_a_programme_never_gets_easier_and_leaves_microvolts_alone():
    beyond = Dose(targets=(Aim(low=0.6, high=0.8), Aim(low=4.0, high=9.0, unit="uv")))
    item = ProgrammeItem(protocol="knee-extension-hold", step=0.05, limit=0.5, dose=beyond)
    (moved,) = progressed([item], [played(["good"] * 3)])
    assert aims(moved)[:2] == [(0.6, 0.8), (4.0, 9.0)]
    item = ProgrammeItem(protocol="neck-shoulders-hang", step=0.05)
    relaxed = played(["good"] * 6, (0.0, 0.1), StayBelow, "neck-shoulders-hang")
    assert progressed([item], [relaxed]) == [item]


def test_the_programme_of_a_patient_moves_on_when_the_session_ends(path):
    kept = Kept(path)
    kept.add_patient("P1")
    kept.begin_session("P1")
    item = ProgrammeItem(protocol="knee-extension-hold", dose=SHORT, step=0.05)
    kept.set_programme("P1", [item])
    with pytest.raises(UserError, match="no protocol is called"):
        kept.set_programme("P1", [ProgrammeItem(protocol="dance")])
    kept.calibrate()
    kept.do("knee-extension-hold")
    kept.keeper.end_session()
    (moved,) = kept.ask(history, "P1")["programme"]
    first = moved["dose"]["targets"][0]
    assert (first["low"], first["high"]) == pytest.approx((0.35, 0.55))
    kept.keeper.close()


def test_the_summary_tells_maxima_pauses_notes_and_what_was_planned(path):
    first_session(path)
    kept = Kept(path, seed=2)
    kept.begin_session("P1")
    kept.calibrate()
    session = kept.clinic.session
    session.start([load_protocol("knee-extension-hold").with_dose(SHORT)])
    kept.clinic.until("hold")
    session.pause("pain")
    session.resume()
    kept.clinic.until("relax")
    kept.clinic.live(2.2)
    session.stop()
    kept.clinic.changes += session.changes()
    kept.settle()
    kept.keeper.note("mark", 0, 0.0, data={"note": "slight pain, knee"})
    summary = kept.keeper.end_session()["summary"]
    kept.keeper.close()
    assert summary["pauses"] == {"pain": 1}
    assert summary["notes"] == ["slight pain, knee"]
    assert [one["name"] for one in summary["maxima"]] == NAMES
    assert all(one["mvc_uv"] > 50.0 and one["last_uv"] > 50.0 for one in summary["maxima"])
    (exercise,) = summary["exercises"]
    assert exercise["repetitions"] == 1
    assert exercise["planned"] > 1
    assert len(exercise["missed_scores"]) == exercise["missed"]
    assert exercise["channels"][0]["target"] is not None
    with Archive(path) as archive:
        (done,) = history(archive, "P1")["sessions"][0]["exercises"]
        assert (done["repetitions"], done["planned"]) == (1, exercise["planned"])


def test_the_last_repetition_of_an_exercise_stays_with_it(path):
    kept = Kept(path)
    session = kept.clinic.session
    kept.add_patient("P1")
    kept.begin_session("P1")
    kept.calibrate()
    exercises = [
        load_protocol(name).with_dose(Dose(repetitions=1, hold_s=3.0, prepare_s=0.5, relax_s=2.5))
        for name in ("knee-extension-hold", "knee-steps-follow")
    ]
    session.start(exercises, between_s=0.0)
    kept.clinic.until("relax")
    kept.clinic.live(0.5)
    session.skip()
    kept.clinic.until("relax")
    session.stop()
    kept.clinic.live(0.1)
    kept.settle()
    kept.keeper.end_session()
    kept.keeper.close()
    with Archive(path) as archive:
        (one,) = archive.sessions("P1")
        contents = archive.session(one.id)
    assert [e.protocol["name"] for e in contents.exercises] == [e.name for e in exercises]
    assert [r.exercise for r in contents.repetitions] == [1, 2]


@pytest.mark.parametrize("question", [Archive.require_patient, Archive.last_calibrations])
def test_a_session_that_cannot_begin_changes_nothing(path, monkeypatch, question):
    kept = Kept(path)
    for patient in ("P1", "P2"):
        kept.add_patient(patient)
    kept.begin_session("P1")
    kept.calibrate()
    kept.ask(history, "P1")  # so that all is written

    def fails(*_):
        raise UserError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Archive, question.__name__, fails)
        with pytest.raises(UserError, match="disk is full"):
            kept.begin_session("P2")
    assert kept.clinic.session.patient == "P1"
    kept.do("knee-extension-hold")
    kept.keeper.close()
    with Archive(path) as archive:
        (only,) = archive.sessions()
        assert only.patient == "P1"
        assert len(archive.session(only.id).repetitions) == 2
    assert kept.journal.failure is None


def test_a_programme_moves_on_when_the_next_patient_comes(path):
    kept = Kept(path)
    for patient in ("P1", "P2"):
        kept.add_patient(patient)
    kept.begin_session("P1")
    item = ProgrammeItem(protocol="knee-extension-hold", dose=SHORT, step=0.05)
    kept.set_programme("P1", [item])
    kept.calibrate()
    kept.do("knee-extension-hold")
    moved = progressed([item], kept.clinic.session.played)
    kept.begin_session("P2")
    assert moved != [item]
    kept_items = kept.ask(history, "P1")["programme"]
    assert msgspec.convert(kept_items, list[ProgrammeItem]) == moved
    kept.keeper.close("interrupted")
    with Archive(path) as archive:
        assert [one.state for one in archive.sessions("P2")] == ["interrupted"]


def test_nobody_who_does_nothing_leaves_no_session(path):
    kept = Kept(path)
    kept.add_patient("P1")

    def happens_by_itself():
        kept.clinic.session.change_patient(kept.clinic.session.patient)
        kept.clinic.changes += kept.clinic.session.changes()
        kept.settle()
        for kind in ("onset", "offset", "gap", "stall", "resume"):
            kept.keeper.note(EventKind(kind), 0, kept.now)
        kept.keeper.name_channel(0, None)
        kept.keeper.watch()

    happens_by_itself()
    kept.begin_session("P1")
    happens_by_itself()
    kept.keeper.end_session()
    happens_by_itself()
    kept.keeper.close()
    with Archive(path) as archive:
        assert [one.patient for one in archive.sessions()] == ["P1"]


@pytest.mark.parametrize("deed", ["note", "rest", "exercise"])
def test_nobody_who_does_something_is_kept(path, deed):
    kept = Kept(path)
    if deed == "note":
        kept.keeper.note(EventKind.MARK, 0, kept.now, data={"note": "tried the electrodes"})
    elif deed == "rest":
        kept.clinic.session.calibrate_rest(1.0)
        kept.clinic.until("idle")
    else:
        kept.clinic.session.start([load_protocol("neck-shoulders-hang").with_dose(SHORT)])
        kept.clinic.live(0.2)
        kept.clinic.session.stop()
        kept.clinic.changes += kept.clinic.session.changes()
    kept.settle()
    kept.keeper.note(EventKind.ONSET, 7, kept.now)
    kept.keeper.close()
    with Archive(path) as archive:
        (only,) = archive.sessions()
        contents = archive.session(only.id)
    assert only.patient is None
    found = {"note": contents.events, "rest": contents.calibrations, "exercise": contents.exercises}
    assert found[deed]
    assert "onset" in [one.kind for one in contents.events]


def test_what_was_stopped_or_skipped_is_told(path):
    kept = Kept(path)
    kept.add_patient("P1")
    kept.begin_session("P1")
    kept.calibrate()
    session, clinic = kept.clinic.session, kept.clinic
    exercise = load_protocol("knee-extension-hold").with_dose(SHORT)
    session.start([exercise])
    clinic.live(0.1)
    session.stop()
    session.start([exercise])
    clinic.until("relax")
    clinic.until("prepare")
    session.skip()
    assert session.phase == "hold"
    clinic.live(0.1)
    session.skip()
    session.pause()
    session.resume()
    assert session.phase == "relax", "what was skipped does not come again"
    session.skip()
    clinic.changes += session.changes()
    kept.settle()
    assert (session.phase, session.state.skipped, session.state.stopped) == ("done", 1, False)
    summary = kept.keeper.end_session()["summary"]
    kept.keeper.close()
    told = [(one["repetitions"], one["planned"], one["skipped"]) for one in summary["exercises"]]
    assert told == [(0, 2, 0), (1, 2, 1)]
    with Archive(path) as archive:
        (kept_too,) = history(archive, "P1")["sessions"]
    done = [(one["repetitions"], one["planned"], one["skipped"]) for one in kept_too["exercises"]]
    assert done == told


def test_a_skip_in_a_pause_is_no_second_pause(path):
    kept = Kept(path)
    kept.add_patient("P1")
    kept.begin_session("P1")
    kept.calibrate()
    session, clinic = kept.clinic.session, kept.clinic
    session.start([load_protocol(name).with_dose(SHORT) for name in EXERCISES])
    clinic.until("hold")
    session.pause("pain")
    clinic.live(0.5)
    for is_part in (False, True, True):
        session.skip(part=session.state.part if is_part else None)
        clinic.live(0.5)
    session.resume()
    clinic.live(0.5)
    session.stop()
    clinic.changes += session.changes()
    kept.settle()
    summary = kept.keeper.end_session()["summary"]
    kept.keeper.close()
    assert summary["pauses"] == {"pain": 1}
    assert [one["skipped"] for one in summary["exercises"]] == [2, 2, 0]
    with Archive(path) as archive:
        assert history(archive, "P1")["sessions"][0]["pain"] == 1
        contents = archive.session(archive.sessions("P1")[0].id)
    told = [one.data for one in contents.events if one.kind == "phase"]
    assert [(one["phase"], one["paused_for"]) for one in told][-4:] == [
        ("hold", ""),
        ("pause", "pain"),
        ("relax", ""),
        ("done", ""),
    ]
    assert [(one.number, one.skipped) for one in contents.exercises] == [(1, 2), (2, 2), (3, 0)]


def test_how_the_page_looks_is_the_patients(path):
    kept = Kept(path)
    half = PatientLook(side="left", text_size=1.4)
    for patient in ("P1", "P2"):
        kept.add_patient(patient)
    kept.begin_session("P1")
    assert kept.keeper.look is None
    kept.keeper.keep_look(half)
    kept.begin_session("P2")
    assert kept.keeper.look is None, "of another patient"
    kept.keeper.end_session()
    kept.keeper.close()
    later = Kept(path, 2)
    assert later.keeper.look is None
    later.begin_session("P1")
    assert later.keeper.look == half
    later.keeper.end_session()
    assert later.keeper.look is None
    later.keeper.close()


def test_maxima_tell_from_which_effort_they_are(path):
    first_session(path)
    kept = Kept(path, seed=2)
    kept.begin_session("P1")
    kept.clinic.session.set_reference(0, 200.0, 0.5)
    (one,) = kept.keeper.summary()["maxima"]
    kept.keeper.close()
    assert one["fraction"] == 0.5


def test_the_summary_so_far_tells_the_exercise_that_runs_set_by_set(path):
    kept = Kept(path)
    kept.add_patient("P1")
    kept.begin_session("P1")
    assert kept.keeper.summary()["exercises"] == []
    kept.calibrate()
    session, clinic = kept.clinic.session, kept.clinic
    dose = Dose(sets=2, repetitions=1, hold_s=3.0, prepare_s=0.5, relax_s=2.5, set_rest_s=3.0)
    session.start([load_protocol("knee-extension-hold").with_dose(dose)])
    clinic.until("hold")
    (running,) = kept.keeper.summary()["exercises"]
    assert (running["running"], running["repetitions"], running["sets"]) == (True, 0, [])
    session.pause("pain")
    assert kept.keeper.summary()["exercises"][0]["running"]
    session.resume()
    clinic.until("relax")
    clinic.until("prepare")
    (running,) = kept.keeper.summary()["exercises"]
    assert (running["running"], running["repetitions"], running["planned"]) == (True, 1, 2)
    assert running["sets"] == [{"set": 1, "good": 1, "missed": 0, "void": 0}]
    clinic.until("done")
    (over,) = kept.keeper.summary()["exercises"]
    assert (over["running"], [one["good"] for one in over["sets"]]) == (False, [1, 1])
    session.calibrate_rest(1.0)
    assert not kept.keeper.summary()["exercises"][0]["running"], "rest is measured, nothing else"
    session.stop()
    kept.keeper.close()


def test_an_evaluation_whose_last_part_was_skipped_is_kept_for_who_comes_back(path):
    kept = Kept(path)
    kept.add_patient("P1")
    kept.begin_session("P1")
    session, clinic = kept.clinic.session, kept.clinic
    short = Dose(repetitions=1, hold_s=3.0, relax_s=2.5)
    kept.calibrate()
    session.start([load_protocol(name) for name in EXERCISES])
    session.stop()
    clinic.changes += session.changes()
    kept.settle()
    session.start([load_protocol(name).with_dose(short) for name in EXERCISES])
    while session.exercise.name != EXERCISES[-1]:
        clinic.live(0.1)
    clinic.until("hold")
    for _ in range(2):
        session.skip()
    clinic.changes += session.changes()
    kept.settle()
    assert session.phase == "done"
    kept.keeper.end_session()
    kept.begin_session("P1")
    running, then = kept.ask(history, "P1")["sessions"]
    kept.keeper.close()
    assert running["evaluation"] is None
    assert [one["name"] for one in then["evaluation"]["channels"]] == NAMES
    assert "Not measured: endurance." in conclusion(then["evaluation"])
    with Archive(path) as archive:
        marks = [one.data for one in archive.session(then["id"]).events if one.kind == "mark"]
    assert [*marks[0]] == ["skipped"]
    assert [[*mark] for mark in marks[1:]] == [["evaluation"]], (
        "nothing of what was stopped at once"
    )


def misspelt():
    raise UserError("muscles.toml is not a valid list of muscles")


@pytest.mark.parametrize(("reads", "proposes"), [(placements, True), (misspelt, False)])
def test_what_an_evaluation_came_to_is_kept_without_reading_in_the_engines_loop(
    path, monkeypatch, reads, proposes
):
    sides = ["Vastus medialis left", "Vastus medialis right"]
    kept, readers = Kept(path, names=sides), set()

    def read():
        readers.add(current_thread())
        return reads()

    monkeypatch.setattr(muscles, "placements", read)
    kept.calibrate()
    mvc_uv = kept.clinic.session.calibration.mvc_uv
    mvc_uv[1] = 2.0 * mvc_uv[0]
    kept.do("evaluation-endurance")
    kept.keeper.close()
    assert readers
    assert current_thread() not in readers
    with Archive(path) as archive:
        (session,) = archive.sessions()
        (mark,) = [one for one in archive.session(session.id).events if one.kind == "mark"]
    assert mark.data["evaluation"]["findings"][0] == (
        "Vastus medialis left: 50 % less signal at full effort"
    )
    assert bool(mark.data["evaluation"]["programme"]) is proposes


def test_a_maximum_that_was_taken_over_is_no_strength_of_today(path):
    kept = Kept(path)
    kept.calibrate()
    kept.clinic.session.set_reference(1, 200.0, 1.0)
    kept.do("evaluation-endurance")
    told = kept.keeper.evaluation().told([])
    kept.keeper.close()
    measured, taken = told["channels"]
    assert (measured["mvc_uv"] is None, taken["mvc_uv"]) == (False, None)
    assert taken["rest_share"] is not None
    assert f"full effort ({NAMES[1]})" in conclusion(told)
