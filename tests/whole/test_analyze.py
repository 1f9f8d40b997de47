"""Real recordings through the same chain; what they hold is told in tests/data/README.md."""

import json

import numpy as np
import pytest

from emg_feedback.analyze import analyze, tell
from emg_feedback.cli import main


def found(result, channel):
    return [
        (one["onset_s"], one["offset_s"]) for one in result["channels"][channel]["contractions"]
    ]


def near(onset_s, stretches, within_s=0.25):
    return [s for s in stretches if abs(s[0] - onset_s) < within_s]


def covering(at_s, stretches, earlier_s):
    """Contractions that are on at a time, and began at most so much earlier."""
    return [
        s
        for s in stretches
        if at_s - earlier_s < s[0] < at_s + 0.25 and (s[1] is None or s[1] > at_s + 0.3)
    ]


@pytest.fixture
def jaw(data):
    return analyze(data / "openbci_gui_v6_jaw.txt")


def test_jaw_clenches_are_where_they_should_be(jaw):
    # The excerpt starts at 80.56 s of the recording.
    for channel, onsets in {2: (82.06, 84.31), 4: (81.9, 84.2), 5: (83.0,)}.items():
        for onset in onsets:
            # The jaw tightens a little before it clenches.
            on = covering(onset - 80.56, found(jaw, channel), 0.4)
            assert on, (channel, onset, found(jaw, channel))
    assert [s for s in found(jaw, 3) if s[1] and s[0] < 83.2 - 80.56 < 83.6 - 80.56 < s[1]]
    # Channel 0 hears no more than the others' clenches.
    assert all(2.5 < s[0] < 3.6 or 3.7 < s[0] < 4.9 for s in found(jaw, 0))
    assert jaw["mains_hz"] == 60


def test_finger_flexion_on_a_cyton(data):
    result = analyze(data / "cyton_forearm.bdf")
    for channel in (0, 1, 4, 5):
        # Tone rises for a second before the finger bends.
        on = covering(14.3, found(result, channel), 1.0)
        assert on, (channel, found(result, channel))
    assert near(19.5, found(result, 6))
    assert result["sample_rate_hz"] == 250.0


def test_the_result_is_what_the_contract_says(jaw):
    assert {"file", "sample_rate_hz", "n_samples", "detector", "version", "channels"} <= set(jaw)
    one = jaw["channels"][2]["contractions"][0]
    assert {
        *("onset_s", "decided_s", "offset_s", "offset_decided_s"),
        *("rest_uv", "peak_uv", "mean_uv", "level_uv", "median_frequency_hz"),
        *("time_to_peak_s", "cv", "rise_s", "release_s", "mean_frequency_hz"),
    } == set(one)
    assert one["onset_s"] <= one["decided_s"] < one["offset_decided_s"]
    assert one["onset_s"] < one["offset_s"] <= one["offset_decided_s"]
    assert 20.0 < one["median_frequency_hz"] < 112.5
    assert "EXG Channel 2" in tell(jaw)


@pytest.fixture
def burst(tmp_path):
    random = np.random.default_rng(4)
    x = random.normal(0.0, 3.0, (5000, 2))
    x[2000:2500, 0] *= 20.0
    x[4000:, 1] *= 20.0
    file = tmp_path / "burst.npy"
    np.save(file, x)
    return file


@pytest.mark.parametrize("sample_rate_hz", [200.0, 250.0])
def test_a_level_is_that_within_the_band(tmp_path, sample_rate_hz):
    t_s = np.arange(round(14.0 * sample_rate_hz)) / sample_rate_hz
    rest = np.random.default_rng(4).normal(0.0, 3.0, len(t_s))
    on = (t_s >= 7.0) & (t_s < 10.0)
    inside, beyond = (
        on * 90.0 * np.sin(2.0 * np.pi * share * sample_rate_hz * t_s) for share in (0.29, 0.485)
    )
    levels_uv = []
    for name, x in (("inside", rest + inside), ("both", rest + inside + beyond)):
        np.save(tmp_path / f"{name}.npy", x[:, None])
        result = analyze(tmp_path / f"{name}.npy", sample_rate_hz=sample_rate_hz)
        (one,) = result["channels"][0]["contractions"]
        levels_uv.append((one["mean_uv"], one["level_uv"]))
    assert levels_uv[1] == pytest.approx(levels_uv[0], rel=0.01)


def test_a_contraction_open_at_the_end_has_no_offset(burst):
    result = analyze(burst, sample_rate_hz=500.0)
    (closed,), (still_open,) = (c["contractions"] for c in result["channels"])
    assert closed["onset_s"] == pytest.approx(4.0, abs=0.02)
    assert closed["offset_s"] == pytest.approx(5.0, abs=0.2)
    assert closed["mean_uv"] == pytest.approx(
        60.0 * np.sqrt(0.8), rel=0.15
    )  # the share of white noise in the band
    assert still_open["offset_s"] is None
    assert still_open["offset_decided_s"] is None


def test_a_named_rest_serves_from_the_first_sample(burst, tmp_path):
    late = tmp_path / "late.npy"
    np.save(late, np.load(burst)[2100:])  # begins in the middle of a contraction
    result = analyze(late, sample_rate_hz=500.0, rest_s=(1.0, 3.5))
    (first,) = result["channels"][0]["contractions"]
    assert first["onset_s"] < 0.2
    # What was taken for mains in the contraction goes in a quarter of a second.
    assert first["offset_s"] == pytest.approx(0.8, abs=0.25)


def test_json_on_the_command_line(burst, capsys):
    arguments = ["analyze", str(burst), "--sample-rate-hz", "500", "--unit", "uV", "--json"]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["n_samples"] == 5000
    assert err == ""
    assert main(["analyze", str(burst)]) == 2
    assert "--sample-rate-hz" in capsys.readouterr().err


def test_the_same_samples_give_the_same_result(burst):
    assert analyze(burst, sample_rate_hz=500.0) == analyze(burst, sample_rate_hz=500.0)


@pytest.fixture
def two_muscles(tmp_path):
    """Eight contractions of 3 s in two channels; the second does half, and its spectrum sinks."""
    rate_hz, random = 1000.0, np.random.default_rng(7)
    x = random.normal(0.0, 2.0, (50_000, 2))
    for k in range(8):
        start = 4000 + 5500 * k
        for channel, level_uv, width_hz in ((0, 100.0, 200.0), (1, 50.0, 150.0 - 10.0 * k)):
            f = np.fft.rfftfreq(3000, 1 / rate_hz)
            spectrum = np.fft.rfft(random.normal(0.0, 1.0, 3000)) * np.exp(-f / width_hz)
            spectrum[(f < 30.0) | (f > 400.0)] = 0.0
            muscle = np.fft.irfft(spectrum, 3000)
            x[start : start + 3000, channel] += level_uv * muscle / muscle.std()
    file = tmp_path / "two.npy"
    np.save(file, x)
    return file


def test_strength_and_shape_of_each_contraction(two_muscles):
    result = analyze(two_muscles, sample_rate_hz=1000.0, mains_hz=50)
    for channel, level_uv in zip(result["channels"], (100.0, 50.0), strict=True):
        assert len(channel["contractions"]) == 8
        for one in channel["contractions"]:
            # The filters take a part of the mains' neighbourhood and of the band's edges.
            assert one["level_uv"] == pytest.approx(0.95 * level_uv, rel=0.06)
            assert one["level_uv"] <= one["peak_uv"] < 1.6 * level_uv
            assert 0.0 < one["cv"] < 0.15
            assert 0.0 < one["rise_s"] < 0.2
            assert 0.0 < one["release_s"] < 0.2
            assert 0.0 <= one["time_to_peak_s"] < 3.2
            assert one["median_frequency_hz"] < one["mean_frequency_hz"]


def test_a_sinking_spectrum_is_fatigue(two_muscles):
    result = analyze(two_muscles, sample_rate_hz=1000.0, mains_hz=50)
    steady, tiring = (channel["fatigue"] for channel in result["channels"])
    assert (steady["trend"], tiring["trend"]) == ("steady", "fatigue")
    assert tiring["frequency_slope_per_s"] < 0.0
    assert not tiring["relative"]
    assert tiring["median_frequency_hz"] < steady["median_frequency_hz"]
    assert "over all contractions: fatigue" in tell(result)


def test_pairs_are_judged_by_their_shares_of_the_strongest(two_muscles):
    result = analyze(two_muscles, sample_rate_hz=1000.0, mains_hz=50, pairs=[(0, 1)])
    (pair,) = result["pairs"]
    assert pair["channels"] == [0, 1]
    assert abs(pair["symmetry"]) < 0.1
    assert pair["co_contraction"] > 0.8
    assert "channel 1 and channel 2: symmetry" in tell(result)
    assert analyze(two_muscles, sample_rate_hz=1000.0)["pairs"] == []


def test_each_contraction_tells_the_rest_it_was_held_against(tmp_path):
    random = np.random.default_rng(4)
    level_uv = np.where(np.arange(40_000) < 20_000, 12.0, 3.0)
    for start in (10_000, 32_000):
        level_uv[start : start + 2000] = 100.0
    file = tmp_path / "rest.npy"
    np.save(file, level_uv[:, None] * random.normal(size=(40_000, 1)))
    result = analyze(file, sample_rate_hz=1000.0, unit="uV")
    rests_uv = [one["rest_uv"] for one in result["channels"][0]["contractions"]]
    in_band = result["channels"][0]["baseline_uv"] / 3.0
    assert rests_uv == pytest.approx([12.0 * in_band, 3.0 * in_band], rel=0.2)
    assert "rest" in tell(result)


def test_prose_is_no_recording(tmp_path, capsys):
    file = tmp_path / "words.md"
    file.write_text("# A title\n\nSome words, and more.\nOther words\n")
    assert main(["analyze", str(file)]) == 2
    assert "is no recording" in capsys.readouterr().err


def test_an_unknown_board_is_told_before_a_port_in_use(capsys):
    assert main(["engine", "--board", "nosuch", "--publish", "tcp://127.0.0.1:1"]) == 2
    assert "there is no board 'nosuch'" in capsys.readouterr().err
