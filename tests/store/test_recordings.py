"""Delimited text, arrays, XDF, and what every reader refuses."""

import contextlib
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from emg_config.errors import UserError
from emg_feedback.store.recordings import read_recording

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
SAMPLES = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, max_side=12).filter(lambda shape: shape[1] <= shape[0]),
    elements=st.floats(-2e5, 2e5),
)
RNG = np.random.default_rng(3)


@SHARED
@given(SAMPLES, st.sampled_from(",;\t "), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_delimited_round_trip(tmp_path, data_uv, delimiter, line_break, named):
    path = tmp_path / "recording.edf"
    rows = [delimiter.join(map(repr, row.tolist())) for row in data_uv]
    names = [f"muscle_{k}" for k in range(data_uv.shape[1])]
    rows = [delimiter.join(names), *rows] if named else rows
    path.write_bytes(line_break.join([*rows, ""]).encode())
    recording = read_recording(path, sample_rate_hz=1000.0)
    np.testing.assert_array_equal(recording.data_uv, data_uv)
    assert recording.sample_rate_hz == 1000.0
    if named:
        assert recording.channel_names == tuple(names)


@SHARED
@given(SAMPLES, st.sampled_from(["V", "mV", "uV", "µV"]))
def test_array_round_trip(tmp_path, data, unit):
    path = tmp_path / "recording.csv"
    with path.open("wb") as file:
        np.save(file, data)
    recording = read_recording(path, sample_rate_hz=2000.0, unit=unit)
    scale_uv = {"V": 1e6, "mV": 1e3, "uV": 1.0, "µV": 1.0}[unit]
    np.testing.assert_array_equal(recording.data_uv, data * scale_uv)


def timed(path, title, stamps, data_uv, name="biceps"):
    rows = [f"{stamp!r},{value!r}" for stamp, value in zip(stamps, data_uv, strict=True)]
    path.write_text("\n".join([f"{title},{name}", *rows]))


@pytest.mark.parametrize(
    ("title", "per_second", "rate_hz"),
    [
        ("time", 1, 250),
        ("timestamp", 1e3, 250),
        ("t", 1e6, 2048),
        ("Time (s)", 1, 10),
        ("time_ms", 1e3, 1000),
        ("Timestamp [µs]", 1e6, 1000),
    ],
)
def test_rate_from_time(tmp_path, title, per_second, rate_hz):
    path = tmp_path / "recording.csv"
    data_uv = RNG.normal(size=500).tolist()
    timed(path, title, (np.arange(500) / rate_hz * per_second + 199967778).tolist(), data_uv)
    recording = read_recording(path)
    assert recording.sample_rate_hz == rate_hz
    assert recording.channel_names == ("biceps",)
    np.testing.assert_array_equal(recording.data_uv[:, 0], data_uv)
    with pytest.raises(UserError, match="Hz, not 333 Hz"):
        read_recording(path, sample_rate_hz=333)


def test_time_in_whole_ms_is_no_loss(tmp_path):
    path = tmp_path / "recording.csv"
    stamps = np.rint(np.arange(3000) * 4.0009 + RNG.uniform(-0.4, 0.4, 3000)).astype(int).tolist()
    timed(path, "timestamp", stamps, RNG.normal(size=3000).tolist())
    recording = read_recording(path)
    assert recording.sample_rate_hz == 250
    assert len(recording.data_uv) == 3000


def test_missing_rows_are_filled_from_exact_time(tmp_path):
    path = tmp_path / "recording.csv"
    kept = np.delete(np.arange(400), [7, 8, 200])
    timed(path, "time_s", (kept / 1000).tolist(), kept.astype(float).tolist())
    data_uv = read_recording(path).data_uv[:, 0]
    assert np.flatnonzero(np.isnan(data_uv)).tolist() == [7, 8, 200]


@pytest.mark.parametrize(
    ("title", "scale_uv", "name"),
    [("vl (mV)", 1e3, "vl"), ("vl_uv", 1, "vl"), ("vl [V]", 1e6, "vl"), ("vl (left)", 1, None)],
)
def test_unit_in_a_title(tmp_path, title, scale_uv, name):
    path = tmp_path / "recording.csv"
    path.write_text(f"# from a lab\n{title}\n1.5\n-2\n")
    recording = read_recording(path, sample_rate_hz=1000)
    assert recording.channel_names == (name or title,)
    np.testing.assert_array_equal(recording.data_uv[:, 0], np.array([1.5, -2]) * scale_uv)


def test_decimal_commas_and_lost_samples(tmp_path):
    path = tmp_path / "recording.csv"
    path.write_text("1,5;-2\nnan;nan\n0;1e1\n")
    data_uv = read_recording(path, sample_rate_hz=1000).data_uv
    np.testing.assert_array_equal(data_uv, [[1.5, -2], [np.nan, np.nan], [0, 10]])


def chunk(tag, content):
    return b"\x04" + struct.pack("<IH", len(content) + 2, tag) + content


def xdf(data, stamps_s, unit, rate_hz=500, kind="EMG"):
    n_channels = data.shape[1]
    channels = "".join(
        f"<channel><label>m{k}</label><unit>{unit}</unit></channel>" for k in range(n_channels)
    )
    header = (
        f"<info><name>x</name><type>{kind}</type><channel_count>{n_channels}</channel_count>"
        f"<nominal_srate>{rate_hz}</nominal_srate><channel_format>double64</channel_format>"
        f"<desc><channels>{channels}</channels></desc></info>"
    )
    stream = struct.pack("<I", 1)
    samples = b"".join(
        b"\x08" + struct.pack("<d", stamp) + row.astype("<f8").tobytes()
        for stamp, row in zip(stamps_s, data, strict=True)
    )
    return b"".join(
        [
            b"XDF:",
            chunk(1, b"<info><version>1.0</version></info>"),
            chunk(2, stream + header.encode()),
            chunk(3, stream + b"\x04" + struct.pack("<I", len(data)) + samples),
            chunk(6, stream + b"<info></info>"),
        ]
    )


def test_xdf(tmp_path):
    path = tmp_path / "recording.bdf"
    data_mv = RNG.normal(size=(2000, 3))
    stamps_s = 100 + np.arange(2000) / 500
    path.write_bytes(xdf(data_mv, stamps_s, "millivolts"))
    recording = read_recording(path)
    assert recording.format == "XDF"
    assert recording.sample_rate_hz == 500
    assert recording.channel_names == ("m0", "m1", "m2")
    np.testing.assert_allclose(recording.data_uv, data_mv * 1e3)
    stamps_s[1000:] += 2
    path.write_bytes(xdf(data_mv, stamps_s, "millivolts"))
    assert np.isnan(read_recording(path).data_uv[1000:2000]).all()
    path.write_bytes(xdf(data_mv, stamps_s, "newton"))
    with pytest.raises(UserError, match="'newton' is not a voltage"):
        read_recording(path)
    path.write_bytes(xdf(data_mv, stamps_s, "uV", kind="Markers"))
    with pytest.raises(UserError, match="no stream of type EMG, EXG, EEG"):
        read_recording(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"1,2\n3,4\n", "does not say its sample rate; give --sample-rate-hz"),
        (b"a,b\n", "holds no samples"),
        (b"time,emg\n0,1\n0,2\n0,3\n", "fits no sample rate"),
        (b"PK\x03\x04\x00\x00", "is not a recording this program can read"),
        (b"\x89HDF\r\n\x1a\n\x00", "is not a recording this program can read"),
        (b"%OpenBCI Raw EXG Data\n", "does not say its sample rate"),
        (b"XDF:junk", "damaged XDF|no stream"),
        (b"\x93NUMPY\x01", "not a whole array"),
    ],
)
def test_refusals_name_the_file_and_what_to_do(tmp_path, content, message):
    path = tmp_path / "bad"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        read_recording(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("array", [np.zeros((2, 9)), np.zeros((2, 2, 2)), np.array(["a"])])
def test_arrays_of_another_kind_are_refused(tmp_path, array):
    path = tmp_path / "bad.npy"
    np.save(path, array)
    with pytest.raises(UserError, match=r"save real numbers|transpose it"):
        read_recording(path, sample_rate_hz=1000)


def test_no_file(tmp_path):
    with pytest.raises(UserError, match="there is no such file"):
        read_recording(tmp_path / "none")
    with pytest.raises(UserError, match="is a folder"):
        read_recording(tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        read_recording("a\0b")


def test_huge_file(tmp_path):
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(2**30 + 1)
    with pytest.raises(UserError, match="larger than 1 GB"):
        read_recording(path)


@pytest.mark.parametrize(("rate_hz", "unit"), [(0, None), (float("nan"), None), (100, "kg")])
def test_absurd_wishes(tmp_path, rate_hz, unit):
    with pytest.raises(UserError, match=r"makes no sense|not a unit of voltage"):
        read_recording(tmp_path, sample_rate_hz=rate_hz, unit=unit)


HEADS = [
    b"",
    b"XDF:",
    b"\x93NUMPY\x01\x00",
    b"\xffBIOSEMI" + b" " * 228 + b"1       1       1   ",
    b"0       " + b" " * 228 + b"1       1       2   ",
    b"%OpenBCI Raw EEG Data\n%Sample Rate = 200.0 Hz\n0, 1, 2, 3, 4, 5, 6, 7, 11:01:26.155\n",
    b"%OpenBCI Raw EXG Data\n%Sample Rate = 250\nSample Index, EXG Channel 0, Timestamp\n0,1,2\n",
    b"1.0\t" * 22 + b"1.7e9\t0\n",
    b"time,emg\n0,1\n0.001,2\n",
]
TEXT = st.text("0123456789.,;:\t\n -+enaif%µ", max_size=60).map(str.encode)


@SHARED
@given(st.sampled_from(HEADS), st.one_of(st.binary(max_size=600), TEXT))
def test_junk_is_read_or_refused(tmp_path, head, junk):
    path = tmp_path / "junk"
    path.write_bytes(head + junk)
    with contextlib.suppress(UserError):
        recording = read_recording(path)
        assert recording.data_uv.shape[1] == len(recording.channel_names)
