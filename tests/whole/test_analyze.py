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


@pytest.fixture
def jaw(data):
    return analyze(data / "openbci_gui_v6_jaw.txt")


def test_jaw_clenches_are_where_they_should_be(jaw):
    # The excerpt starts at 80.56 s of the recording.
    for channel, onsets in {2: (82.06, 84.31), 4: (82.06, 84.47), 5: (83.12,)}.items():
        for onset in onsets:
            assert near(onset - 80.56, found(jaw, channel)), (channel, onset, found(jaw, channel))
    assert [s for s in found(jaw, 3) if s[0] < 83.2 - 80.56 < 84.0 - 80.56 < s[1]]
    assert found(jaw, 0) == []
    assert jaw["mains_hz"] == 60


def test_finger_flexion_on_a_cyton(data):
    result = analyze(data / "cyton_forearm.bdf")
    for channel in (0, 1, 4, 5):
        assert near(14.3, found(result, channel)), (channel, found(result, channel))
    assert near(19.5, found(result, 6))
    assert result["sample_rate_hz"] == 250.0


def test_the_result_is_what_the_contract_says(jaw):
    assert {"file", "sample_rate_hz", "n_samples", "detector", "version", "channels"} <= set(jaw)
    one = jaw["channels"][2]["contractions"][0]
    assert {
        *("onset_s", "decided_s", "offset_s", "offset_decided_s"),
        *("peak_uv", "mean_uv", "median_frequency_hz"),
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
    assert first["offset_s"] == pytest.approx(0.8, abs=0.2)


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
