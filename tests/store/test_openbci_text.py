"""Text that the OpenBCI GUI and BrainFlow write: real excerpts and rows written here."""

import numpy as np
import pytest

from emg_config.errors import UserError
from emg_feedback.store.recordings import read_recording


def gui_v4(data_uv, counter, start_s=43_000.0, rate_hz=250):
    lines = [
        "%OpenBCI Raw EEG Data",
        f"%Number of channels = {data_uv.shape[1]}",
        f"%Sample Rate = {rate_hz}.0 Hz",
        "%First Column = SampleIndex",
        "%Last Column = Timestamp ",
        "%Other Columns = EEG data in microvolts followed by Accel Data (in G)",
    ]
    for i, row in enumerate(data_uv):
        ms = round((start_s + i / rate_hz) * 1000)
        clock = f"{ms // 3_600_000 % 24:02}:{ms // 60_000 % 60:02}:{ms % 60_000 / 1000:06.3f}"
        values = ", ".join(f"{value:.2f}" for value in row)
        lines.append(f"{counter[i]}, {values}, 0.0, 0.0, 1.0, {clock}, {1557936000000 + ms}")
    return "\r\n".join(lines) + "\r\n"


def brainflow(data_uv, n_columns, stamp_column, counter, stamps_s):
    rows = np.zeros((len(data_uv), n_columns))
    rows[:, 0] = counter
    rows[:, 1 : 1 + data_uv.shape[1]] = data_uv
    rows[:, stamp_column] = stamps_s
    return "".join("\t".join(f"{value:f}" for value in row) + "\n" for row in rows)


@pytest.fixture
def samples_uv():
    return np.round(np.random.default_rng(1).normal(0, 100, (600, 16)), 2)


def test_version_6(data):
    recording = read_recording(data / "openbci_gui_v6_jaw.txt")
    assert recording.data_uv.shape == (1240, 8)
    assert recording.data_uv.flags.c_contiguous
    assert recording.sample_rate_hz == 250
    assert recording.channel_names == tuple(f"EXG Channel {k}" for k in range(8))
    assert recording.format == "OpenBCI GUI text"
    assert np.isfinite(recording.data_uv).all()
    np.testing.assert_array_equal(recording.data_uv[0, :3], [59636.55, 47875.36, -18168.59])


def test_version_3_ganglion_keeps_unused_channels(data):
    recording = read_recording(data / "openbci_gui_v3_ganglion.txt")
    assert recording.data_uv.shape == (2250, 4)
    assert recording.sample_rate_hz == 200
    assert recording.channel_names == ("channel 1", "channel 2", "channel 3", "channel 4")
    assert not recording.data_uv[:, 2:].any()
    assert np.isfinite(recording.data_uv).all()


def test_pause_of_the_clock_is_filled(data):
    lost = np.isnan(read_recording(data / "openbci_gui_v3_ganglion_gap.txt").data_uv).all(axis=1)
    assert len(lost) == 600 + lost.sum()
    assert np.flatnonzero(lost)[0] == 300
    assert lost.sum() / 200 == pytest.approx(29.2, abs=0.01)


@pytest.mark.parametrize("n_channels", [4, 8, 16])
def test_version_4_over_midnight(tmp_path, samples_uv, n_channels):
    path = tmp_path / "gui.txt"
    samples_uv = samples_uv[:, :n_channels]
    path.write_text(gui_v4(samples_uv, np.arange(600) % 256, start_s=86_399.0))
    np.testing.assert_array_equal(read_recording(path).data_uv, samples_uv)
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line.rsplit(",", 1)[0] for line in lines) + "\n")
    np.testing.assert_array_equal(read_recording(path).data_uv, samples_uv)


def test_lost_packets_of_a_cyton(tmp_path, samples_uv):
    path = tmp_path / "gui.txt"
    kept = np.delete(np.arange(600), [20, 21, 300])
    path.write_text(gui_v4(samples_uv[kept, :8], kept % 256))
    read_uv = read_recording(path).data_uv
    assert np.flatnonzero(np.isnan(read_uv[:, 0])).tolist() == [20, 21, 300]
    np.testing.assert_array_equal(read_uv[kept], samples_uv[kept, :8])


def test_last_line_that_was_cut_is_left_out(tmp_path, data):
    path = tmp_path / "cut.txt"
    content = (data / "openbci_gui_v6_jaw.txt").read_bytes()
    for cut in (5, 20, 80, 150):
        path.write_bytes(content[:-cut])
        assert len(read_recording(path).data_uv) in (1239, 1240)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("59799.99, ", ""), "row 2 of the data has not as many columns"),
        (
            lambda text: text.replace("59799.99", "lost"),
            "row 2 of the data holds something else than numbers",
        ),
        (lambda text: text.replace("59799.99", "nan"), "not a number in every channel"),
        (lambda text: text[:100], "no samples"),
        (lambda text: text.replace("EXG Channel", "x"), "header does not match"),
    ],
)
def test_damage_is_named(tmp_path, data, change, message):
    path = tmp_path / "bad.txt"
    path.write_text(change((data / "openbci_gui_v6_jaw.txt").read_text()))
    with pytest.raises(UserError, match=message) as caught:
        read_recording(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_what_the_user_says_may_not_contradict(data):
    path = data / "openbci_gui_v6_jaw.txt"
    assert read_recording(path, sample_rate_hz=250, unit="µV").sample_rate_hz == 250
    with pytest.raises(UserError, match="250 Hz, not 500 Hz"):
        read_recording(path, sample_rate_hz=500)
    with pytest.raises(UserError, match="is in uV, not mV"):
        read_recording(path, unit="mV")


@pytest.mark.parametrize(
    ("n_channels", "n_columns", "stamp", "rate_hz", "board"),
    [
        (4, 15, 13, 200, "Ganglion"),
        (8, 24, 22, 250, "Cyton"),
        (8, 24, 22, 1000, "Cyton"),
        (16, 32, 30, 125, "Cyton with Daisy"),
    ],
)
def test_brainflow(tmp_path, samples_uv, n_channels, n_columns, stamp, rate_hz, board):
    path = tmp_path / "stream.csv"
    samples_uv = samples_uv[:, :n_channels]
    stamps_s = 1.7e9 + np.arange(600) / rate_hz
    path.write_text(brainflow(samples_uv, n_columns, stamp, np.arange(600) % 256, stamps_s))
    recording = read_recording(path)
    assert recording.sample_rate_hz == rate_hz
    assert recording.format == f"BrainFlow text, {board}"
    np.testing.assert_array_equal(recording.data_uv, samples_uv)


def test_brainflow_of_an_unknown_board_is_refused(tmp_path, samples_uv):
    path = tmp_path / "stream.csv"
    path.write_text(brainflow(samples_uv, 20, 18, np.arange(600) % 256, np.full(600, 1.7e9)))
    with pytest.raises(UserError, match=r"20 columns, known are 15 \(Ganglion\), 24 \(Cyton\)"):
        read_recording(path)
