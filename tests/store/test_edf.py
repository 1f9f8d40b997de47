"""EDF and BDF, written by pyedflib."""

import numpy as np
import pyedflib
import pytest

from emg_config.errors import UserError
from emg_feedback.store.recordings import read_recording

RATE_HZ = 250


def write(path, file_type, units=("uV", "uV"), rates_hz=(RATE_HZ, RATE_HZ), seconds=8):
    bdf = file_type in (pyedflib.FILETYPE_BDF, pyedflib.FILETYPE_BDFPLUS)
    half = 2 ** (23 if bdf else 15)
    rng = np.random.default_rng(2)
    counts = [rng.integers(-half, half, rate * seconds, dtype=np.int32) for rate in rates_hz]
    with pyedflib.EdfWriter(str(path), len(units), file_type=file_type) as writer:
        for k, unit in enumerate(units):
            header = {
                "label": f"exg_{k + 1}",
                "dimension": unit,
                "sample_frequency": rates_hz[k],
                "physical_min": -5000,
                "physical_max": 5000,
                "digital_min": -half,
                "digital_max": half - 1,
                "transducer": "",
                "prefilter": "",
            }
            writer.setSignalHeader(k, header)
        writer.writeSamples(counts, digital=True)
        if file_type in (pyedflib.FILETYPE_EDFPLUS, pyedflib.FILETYPE_BDFPLUS):
            writer.writeAnnotation(1.5, -1, "mark")
    return np.column_stack(
        [(count + half) * (10_000 / (2 * half - 1)) - 5000 for count in counts[:2]]
    )


@pytest.mark.parametrize(
    ("file_type", "name"),
    [
        (pyedflib.FILETYPE_EDF, "EDF"),
        (pyedflib.FILETYPE_EDFPLUS, "EDF+"),
        (pyedflib.FILETYPE_BDF, "BDF"),
        (pyedflib.FILETYPE_BDFPLUS, "BDF+"),
    ],
)
def test_round_trip_whatever_the_suffix(tmp_path, file_type, name):
    path = tmp_path / "recording.txt"
    expected_uv = write(path, file_type)
    recording = read_recording(path)
    assert recording.format == name
    assert recording.sample_rate_hz == RATE_HZ
    assert recording.channel_names == ("exg_1", "exg_2")
    np.testing.assert_allclose(recording.data_uv, expected_uv, rtol=0, atol=1e-9)


@pytest.mark.parametrize(("unit", "scale_uv"), [("mV", 1e3), ("V", 1e6), ("nV", 1e-3), ("", 1.0)])
def test_units(tmp_path, unit, scale_uv):
    path = tmp_path / "recording.bdf"
    expected_uv = write(path, pyedflib.FILETYPE_BDF, (unit, unit)) * scale_uv
    np.testing.assert_allclose(read_recording(path).data_uv, expected_uv, rtol=1e-9)


def test_latin_micro_sign(tmp_path):
    path = tmp_path / "recording.bdf"
    expected_uv = write(path, pyedflib.FILETYPE_BDF)
    path.write_bytes(path.read_bytes().replace(b"uV      ", b"\xb5V      "))
    np.testing.assert_allclose(read_recording(path).data_uv, expected_uv, rtol=0, atol=1e-9)


def test_only_voltages_of_the_commonest_rate(tmp_path):
    path = tmp_path / "recording.edf"
    units, rates_hz = ("uV", "uV", "g", "uV"), (RATE_HZ, RATE_HZ, RATE_HZ, 50)
    write(path, pyedflib.FILETYPE_EDFPLUS, units, rates_hz)
    assert read_recording(path).channel_names == ("exg_1", "exg_2")


@pytest.mark.parametrize("n_records", [b"8       ", b"-1      "])
def test_recording_that_ended_abruptly_keeps_its_whole_records(tmp_path, n_records):
    path = tmp_path / "recording.bdf"
    expected_uv = write(path, pyedflib.FILETYPE_BDFPLUS)
    content = path.read_bytes()
    path.write_bytes(content[:236] + n_records + content[244:-700])
    read_uv = read_recording(path).data_uv
    np.testing.assert_allclose(read_uv, expected_uv[: 7 * RATE_HZ], rtol=0, atol=1e-9)


def test_discontinuous_records_keep_their_time(tmp_path):
    path = tmp_path / "recording.edf"
    expected_uv = write(path, pyedflib.FILETYPE_EDFPLUS)
    content = path.read_bytes().replace(b"EDF+C", b"EDF+D")
    for second in (7, 6, 5):
        content = content.replace(b"+%d\x14\x14" % second, b"+%d\x14\x14" % (second + 2))
    path.write_bytes(content)
    read_uv = read_recording(path).data_uv
    assert len(read_uv) == 10 * RATE_HZ
    assert np.isnan(read_uv[5 * RATE_HZ : 7 * RATE_HZ]).all()
    np.testing.assert_allclose(read_uv[7 * RATE_HZ :], expected_uv[5 * RATE_HZ :], atol=1e-9)
    path.write_bytes(content.replace(b"+9\x14\x14", b"+1\x14\x14"))
    with pytest.raises(UserError, match="times of its records are damaged"):
        read_recording(path)


def test_real_cyton(data):
    recording = read_recording(data / "cyton_forearm.bdf")
    assert recording.data_uv.shape == (7500, 8)
    assert recording.sample_rate_hz == RATE_HZ
    assert recording.channel_names == tuple(f"exg_{k}" for k in range(1, 9))
    with pyedflib.EdfReader(str(data / "cyton_forearm.bdf")) as reader:
        np.testing.assert_allclose(recording.data_uv[:, 4], reader.readSignal(4), atol=1e-6)


@pytest.mark.parametrize("length", [8, 200, 256, 300, 767, 768])
def test_header_alone_is_refused(tmp_path, length):
    path = tmp_path / "recording.bdf"
    write(path, pyedflib.FILETYPE_BDF)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(UserError, match=r"header is damaged|no samples"):
        read_recording(path)
