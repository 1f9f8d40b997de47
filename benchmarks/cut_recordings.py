"""Cut the excerpts in ``emg_feedback/bench/recordings`` out of the recordings they come from.

    python benchmarks/cut_recordings.py FOLDER

FOLDER holds the sources as its table below names them; ``emg_feedback/bench/recordings/README.md``
tells where each is published. h5py is needed for ``plux_biceps``.
"""

import sys
from pathlib import Path

import numpy as np
from scipy import io, signal

from emg_feedback.store.recordings import read_recording

HERE = Path(__file__).parent.parent
OUT = HERE / "emg_feedback" / "bench" / "recordings"
PLUX_UV = 3.0 / 1000 * 1e6  # full scale of the converter: 3 V behind a gain of 1000
CARRIER_STEP = 0.01

# Source: rate, mains, step of the stored rest in µV, stretches of rest and of muscle as
# (file, column, first row, row after the last).
SOURCES = {
    "ganglion_hands": (
        200.0,
        50,
        0.02,
        [(f"OpenBCI-RAW-{s}_S1REST.txt", c, 200, None) for s in ("S05", "S10") for c in (0, 1)],
        [
            ("OpenBCI-RAW-S05_S1R0.txt", 0, 6860, 7020),
            ("OpenBCI-RAW-S05_S1R0.txt", 0, 7320, 7540),
            ("OpenBCI-RAW-S05_S1R0.txt", 0, 23000, 23220),
            ("OpenBCI-RAW-S05_S1R0.txt", 0, 22640, 22800),
            ("OpenBCI-RAW-S05_S1R0.txt", 1, 6900, 7600),
            ("OpenBCI-RAW-S10_S1R0.txt", 0, 8290, 8380),
            ("OpenBCI-RAW-S10_S1R0.txt", 1, 22800, 22920),
        ],
    ),
    "openbci_gui": (
        250.0,
        60,
        0.2,
        [("OpenBCI_GUI-v6-blinks-jawClench-alpha.txt", c, 5000, 18750) for c in (2, 3, 4, 5)],
        [
            ("OpenBCI_GUI-v6-blinks-jawClench-alpha.txt", c, a, b)
            for c, a, b in (
                (2, 2125, 2400),
                (4, 2125, 2400),
                (2, 2900, 3125),
                (5, 2488, 2775),
                (5, 3263, 3550),
            )
        ],
    ),
    "cyton_forearm": (
        250.0,
        60,
        0.0,
        [],
        [
            ("run_a/exg.csv", 0, 1150, 2625),
            ("run_a/exg.csv", 3, 3750, 6750),
            ("run_a/exg.csv", 4, 3750, 8750),
        ],
    ),
    "biceps_12kg": (
        2000.0,
        50,
        0.02,
        [("12_1.mat", 0, 100, 11256)],
        [
            *[("12_1.mat", 0, a, b) for a, b in ((45067, 46831), (53285, 55088), (69374, 71165))],
            *[("12_1.mat", 0, a, b) for a, b in ((85482, 87375), (93987, 96226))],
            *[("12_2.mat", 0, a, b) for a, b in ((45132, 47028), (77572, 79220), (85261, 87519))],
            ("12_2.mat", 0, 94181, 96361),
        ],
    ),
    "plux_biceps": (
        1000.0,
        50,
        0.1,
        [("emg_fatigue.h5", 2, 122500, 126850)],
        [
            *[("emg_bursts.h5", 3, a, b) for a, b in ((17445, 18273), (20408, 21404))],
            *[("emg_bursts.h5", 3, a, b) for a, b in ((23448, 24618), (26769, 27616))],
            *[("emg_fatigue.h5", 2, a, b) for a, b in ((1966, 2911), (10381, 11198))],
            *[("emg_fatigue.h5", 2, a, b) for a, b in ((22286, 23760), (26039, 27506))],
            *[("emg_fatigue.h5", 2, a, b) for a, b in ((30373, 31722), (34047, 35175))],
            *[("emg_fatigue.h5", 2, a, b) for a, b in ((38049, 39463), (41573, 43385))],
        ],
    ),
}  # fmt: skip

# Excerpts of the tests: file, mains, step in µV, and the columns that hold a labelled contraction.
LABELLED = {
    "cyton_forearm": ("cyton_forearm.bdf", 60, 0.05, (0, 1, 4, 5, 6)),
    "openbci_gui": ("openbci_gui_v6_jaw.txt", 60, 0.05, (2, 3, 4, 5)),
    "ganglion_hands": ("openbci_gui_v3_ganglion.txt", 50, 0.02, (0, 1)),
}


def column(path: Path, number: int) -> np.ndarray:
    """One channel in µV (the unit of ``biceps_12kg`` is taken to be mV)."""
    if path.suffix == ".mat":
        return io.loadmat(path)["semg"].ravel() * 1000.0
    if path.suffix == ".h5":
        import h5py

        with h5py.File(path) as file:
            counts = file[next(iter(file))]["raw"][f"channel_{number}"][:].ravel().astype(float)
        return counts / (1 << (16 if counts.max() > 4095 else 12)) * PLUX_UV
    return read_recording(path).data_uv[:, number]


def unit_carrier(x: np.ndarray, first: int, last: int, rate_hz: float) -> np.ndarray:
    """Muscle without its rise and fall: in the band, without mains, over its own envelope."""
    high_hz = min(450.0, 0.45 * rate_hz)
    band = signal.butter(4, [20.0, high_hz], "bandpass", output="sos", fs=rate_hz)
    y = signal.sosfiltfilt(band, x)
    for line_hz in (50, 60, 100, 120, 150, 180):
        if line_hz < 0.45 * rate_hz:
            y = signal.filtfilt(*signal.iirnotch(line_hz, line_hz / 2, fs=rate_hz), y)
    y = y[first:last]
    width = round(0.25 * rate_hz) | 1
    window = np.hanning(width) / np.hanning(width).sum()
    envelope = np.sqrt(np.convolve(y**2, window, "same"))
    y = (y / np.maximum(envelope, 0.2 * envelope.max()))[width // 4 : -(width // 4)]
    return y / np.sqrt(np.mean(y**2))


def steps(x: np.ndarray, step: float, dtype: type) -> np.ndarray:
    whole = np.round(x / step)
    assert np.abs(whole).max() <= np.iinfo(dtype).max
    return whole.astype(dtype)


def main(folder: Path) -> None:
    for name, (rate_hz, mains_hz, step_uv, rest, muscle) in SOURCES.items():
        arrays = {"sample_rate_hz": rate_hz, "mains_hz": mains_hz, "step_uv": step_uv}
        for number, (file, channel, first, last) in enumerate(rest):
            x = column(folder / name / file, channel)[first:last]
            arrays[f"rest_{number}"] = steps(x - np.round(np.median(x)), step_uv, np.int32)
        for number, (file, channel, first, last) in enumerate(muscle):
            carrier = unit_carrier(column(folder / name / file, channel), first, last, rate_hz)
            arrays[f"muscle_{number}"] = steps(carrier, CARRIER_STEP, np.int16)
        np.savez_compressed(OUT / f"{name}.npz", **arrays)
    for name, (file, mains_hz, step_uv, columns) in LABELLED.items():
        recording = read_recording(HERE / "tests" / "data" / file)
        x = recording.data_uv[:, columns]
        np.savez_compressed(
            OUT / f"labelled_{name}.npz",
            sample_rate_hz=recording.sample_rate_hz,
            mains_hz=mains_hz,
            step_uv=step_uv,
            channels=np.array([recording.channel_names[c] for c in columns]),
            samples=steps(x - np.round(np.median(x, axis=0)), step_uv, np.int32),
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
