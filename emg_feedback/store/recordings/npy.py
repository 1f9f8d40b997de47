"""NumPy's ``.npy``: (n_samples, n_channels) or (n_samples,)."""

import io

import numpy as np

from emg_config.errors import UserError
from emg_feedback.store.recordings.given import Given
from emg_feedback.store.recordings.recording import Recording, make_recording, numbered_names


def read(content: bytes, given: Given) -> Recording:
    """Read an array; its rate must be given, its unit is µV unless given."""
    path = given.path
    try:
        data = np.load(io.BytesIO(content), allow_pickle=False)
    except (ValueError, EOFError, OSError, MemoryError, SyntaxError) as error:
        raise UserError(f"{path}: is not a whole array of numbers; save it again") from error
    if data.ndim not in (1, 2) or data.dtype.kind not in "iuf":
        raise UserError(
            f"{path}: holds {data.dtype} of shape {data.shape}; save real numbers of shape "
            "(samples, channels)"
        )
    data = data[:, np.newaxis] if data.ndim == 1 else data
    n_samples, n_channels = data.shape
    if n_channels > n_samples:
        raise UserError(
            f"{path}: has {n_samples} samples of {n_channels} channels; "
            "transpose it to (samples, channels)"
        )
    data_uv = data.astype(np.float64) * given.scale_uv("")
    rate_hz = given.rate_hz(None)
    return make_recording(path, data_uv, rate_hz, numbered_names(n_channels), "NumPy array")
