"""XDF, as LabRecorder writes streams of the Lab Streaming Layer."""

import io
import logging
from typing import Any

import numpy as np
import pyxdf

from emg_config.errors import UserError
from emg_feedback.store.recordings.gaps import fill, lost_before
from emg_feedback.store.recordings.given import Given, voltages
from emg_feedback.store.recordings.recording import Recording, make_recording, numbered_names

STREAM_TYPES = ("EMG", "EXG", "EEG")
"""In order of preference; of several streams of one type the longest is read."""

logging.getLogger("pyxdf").addHandler(logging.NullHandler())


def read(content: bytes, given: Given) -> Recording:
    """Read the EMG stream of an XDF file, gaps in its corrected time stamps filled."""
    path = given.path
    try:
        streams, _ = pyxdf.load_xdf(io.BytesIO(content), dejitter_timestamps=False)
        stream = _chosen(streams)
    except Exception as error:  # what pyxdf raises on a damaged file is not documented
        raise UserError(f"{path}: is a damaged XDF file; record or copy it again") from error
    if stream is None:
        raise UserError(
            f"{path}: has no stream of type {', '.join(STREAM_TYPES)} with samples at an even "
            "rate; choose another file"
        )
    info = stream["info"]
    data = np.asarray(stream["time_series"], dtype=np.float64)
    rate_hz = given.rate_hz(float(info["nominal_srate"][0]))
    channels = _channels(info, data.shape[1])
    units = [_first(channel, "unit") for channel in channels]
    kept = voltages(units)
    if not kept:
        raise UserError(f"{path}: its {units[0]!r} is not a voltage; choose another file")
    scale_uv = np.array([given.scale_uv(units[place]) for place in kept])
    lost = lost_before(rate_hz, np.asarray(stream["time_stamps"], dtype=np.float64))
    data_uv = fill(path, data[:, kept] * scale_uv, lost, rate_hz)
    numbered = numbered_names(len(channels))
    names = tuple(_first(channels[place], "label") or numbered[place] for place in kept)
    return make_recording(path, data_uv, rate_hz, names, "XDF")


def _chosen(streams: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Find the stream to read, None when there is none."""
    usable = [
        stream
        for stream in streams
        if stream["info"]["type"][0] in STREAM_TYPES
        and float(stream["info"]["nominal_srate"][0]) > 0
        and np.ndim(stream["time_series"]) == 2
        and np.asarray(stream["time_series"]).dtype.kind in "iuf"
    ]
    return min(
        usable,
        key=lambda stream: (
            STREAM_TYPES.index(stream["info"]["type"][0]),
            -len(stream["time_stamps"]),
        ),
        default=None,
    )


def _channels(info: dict[str, Any], n_channels: int) -> list[dict[str, Any]]:
    """Descriptions of the channels; each empty when the sender did not give one for all."""
    try:
        channels = [dict(channel) for channel in info["desc"][0]["channels"][0]["channel"]]
    except (KeyError, IndexError, TypeError, ValueError):
        channels = []
    return channels if len(channels) == n_channels else [{}] * n_channels


def _first(channel: dict[str, Any], key: str) -> str:
    """Value of a field that XDF allows to repeat; empty when absent."""
    values = channel.get(key) or [""]
    return str(values[0] or "")
