"""What the engine says of strength, fatigue and pairs, on a board and a clock of the test's own."""

import numpy as np
import pytest
from engines import RATE_HZ, Board, Collector

from emg_config import DeviceError, UserError
from emg_feedback import Chain
from emg_feedback.engine import Engine
from emg_feedback.link.messages import Event, Frame, Status
from emg_feedback.store.archive import Archive
from emg_feedback.store.journal import Journal
from emg_feedback.store.rows import PatientRow, SessionRow


class NoControl:
    def serve(self, handler):
        pass


def run(x_uv, mvc_uv=None):
    board, collector = Board(x_uv), Collector()
    engine = Engine(
        board, Chain(2, RATE_HZ), ["left", "right"], collector, NoControl(), pairs=[(0, 1)],
        clock=lambda: board.at / RATE_HZ, unix_time=lambda: board.at / RATE_HZ,
        sleep=lambda seconds: None,
    )  # fmt: skip
    if mvc_uv is not None:
        engine.session.calibration.mvc_uv = np.array(mvc_uv)
    engine.run(lambda: board.at >= len(x_uv))
    return collector


def contractions(n_seconds=12):
    random = np.random.default_rng(3)
    x = random.normal(0.0, 3.0, (round(n_seconds * RATE_HZ), 2))
    x[750:2500, 0] *= 20.0
    x[750:2500, 1] *= 10.0
    return x


def test_the_end_of_a_contraction_tells_its_strength():
    offsets = [e for e in run(contractions(), [120.0, 120.0]).of(Event) if e.kind == "offset"]
    assert {e.channel for e in offsets} == {0, 1}
    for event in offsets:
        level = 0.44 if event.channel == 0 else 0.22  # of white noise, the band's share
        assert event.data["mean_mvc"] == pytest.approx(level, rel=0.15)
        assert event.data["mean_uv"] == pytest.approx(120.0 * event.data["mean_mvc"], rel=1e-3)
        assert {"decided_sample", "peak_uv", "time_to_peak_s", "cv", "rise_s", "release_s"} < set(
            event.data
        )


def test_without_calibration_there_are_no_shares_of_full_effort():
    sent = run(contractions())
    (one, *_) = [e for e in sent.of(Event) if e.kind == "offset"]
    assert one.data["mean_mvc"] is None
    assert one.data["mean_uv"] > 0.0
    assert all(frame.pairs[0].symmetry is None for frame in sent.of(Frame))


def test_frames_carry_the_pairs_while_one_contracts():
    frames = run(contractions(), [60.0, 60.0]).of(Frame)
    (resting,) = frames[20].pairs
    (holding,) = frames[90].pairs
    assert (resting.symmetry, resting.co_contraction) == (None, None)
    assert holding.channels == (0, 1)
    assert holding.symmetry == pytest.approx(-1 / 3, abs=0.12)
    assert holding.co_contraction == pytest.approx(2 / 3, abs=0.12)


def test_status_carries_fatigue():
    last = run(contractions()).of(Status)[-1]
    assert [one["relative"] for one in last.fatigue] == [True, True]
    assert all(20.0 < one["median_frequency_hz"] < 112.5 for one in last.fatigue)
    assert all(one["trend"] == "steady" for one in last.fatigue)


def test_a_pair_that_is_not_there_is_refused():
    with pytest.raises(UserError, match="is no pair"):
        Engine(
            Board(contractions()),
            Chain(2, RATE_HZ),
            ["left", "right"],
            Collector(),
            NoControl(),
            pairs=[(0, 2)],
        )


def test_a_session_whose_board_failed_is_kept_as_interrupted(tmp_path):
    class Broken(Board):
        def read(self):
            if self.at >= 500:
                raise DeviceError("the dongle was pulled")
            return super().read()

    path = tmp_path / "archive.sqlite"
    board = Broken(contractions())
    with Journal(path) as journal:
        engine = Engine(
            board, Chain(2, RATE_HZ), ["left", "right"], Collector(), NoControl(), journal=journal,
            clock=lambda: board.at / RATE_HZ, unix_time=lambda: board.at / RATE_HZ,
            sleep=lambda seconds: None,
        )  # fmt: skip
        engine.begin("P1")
        with pytest.raises(DeviceError):
            engine.run(lambda: False)
    with Archive(path) as archive:
        assert [(one.patient, one.state) for one in archive.sessions()] == [("P1", "interrupted")]


@pytest.mark.parametrize(
    ("channels_set", "names", "since"),
    [(False, ["Soleus left", "Soleus right"], 77.0), (True, ["left", "right"], None)],
)
def test_who_begins_with_the_engine_has_last_times_channels_unless_they_were_named(
    tmp_path, channels_set, names, since
):
    path = tmp_path / "archive.sqlite"
    last = SessionRow(
        id="last", patient="P1", started=77.0, board="b", sample_rate_hz=RATE_HZ,
        channel_names=["Soleus left", "Soleus right"], used=[True, False], software="0.1.0",
    )  # fmt: skip
    with Archive(path) as archive:
        archive.add_patient(PatientRow(id="P1", created=1.0))
        archive.begin_session(last)
        archive.end_session("last", 90.0, 5, 0)
    board, collector = Board(contractions(1)), Collector()
    with Journal(path) as journal:
        engine = Engine(
            board, Chain(2, RATE_HZ), ["left", "right"], collector, NoControl(), journal=journal,
            clock=lambda: board.at / RATE_HZ, unix_time=lambda: 100.0 + board.at / RATE_HZ,
            sleep=lambda seconds: None,
        )  # fmt: skip
        engine.session.channels_given = channels_set
        engine.begin("P1")
        engine.run(lambda: board.at >= 200)
    status, frame = collector.of(Status)[-1], collector.of(Frame)[-1]
    assert (status.channel_names, status.channels_from) == (names, since)
    assert frame.session.used == ([] if channels_set else [True, False])
    with Archive(path) as archive:
        assert archive.sessions("P1")[0].channel_names == names


def test_what_could_not_be_written_at_the_end_is_said():
    class Full:
        failure = None

        def write(self, *_):
            pass

        def close(self):
            self.failure = "7 entries were not kept: the disk is full"

    board, said = Board(contractions()), []
    engine = Engine(
        board, Chain(2, RATE_HZ), ["left", "right"], Collector(), NoControl(), journal=Full(),
        clock=lambda: board.at / RATE_HZ, unix_time=lambda: board.at / RATE_HZ,
        sleep=lambda seconds: None, say=said.append,
    )  # fmt: skip
    engine.run(lambda: board.at >= 500)
    assert said == ["7 entries were not kept: the disk is full"]
