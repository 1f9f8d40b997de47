"""What a channel carries besides muscle, summed up sample by sample.

The sums are read and cleared a few times a second by who judges them. Mains is measured by one
resonator a line (Goertzel 1958, *Am Math Mon* 65:34), so that the cost of a sample does not depend
on the window.
"""

from emg_kernels._jit import Array, kernel
from emg_kernels.sos import ANTI_DENORMAL, LARGEST

# Rows of the per-channel state.
LAST, SAME = 0, 1  # last raw sample, and for how many it has not changed
SLOW, SLOWER = 2, 3  # what is taken away as drift
LOW, LOWER = 4, 5  # what moves as slowly as limbs and cables do
FAST = 6  # the last sample without drift
N_STATE = 7

# Rows of the sums.
PRESENT, RAILED = 0, 1  # samples; those at the amplifier's limit
LOW_POWER, BAND_POWER, MUSCLE_POWER = 2, 3, 4  # µV² below and in the EMG's band; after the filters
N_SUMS = 5

# Entries of the settings vector.
DRIFT_ALPHA, LOW_ALPHA = 0, 1
RAIL_UV, FLAT_SAMPLES = 2, 3
N_SETTINGS = 4


@kernel("i8(f8[:,::1], f8[:,::1], f8[::1], f8[::1], f8[:,::1], f8[:,::1], f8[:,:,::1])")
def watch_quality(
    block: Array,
    filtered: Array,
    settings: Array,
    cosines: Array,
    state: Array,
    sums: Array,
    lines: Array,
) -> int:
    """Add a block to the sums.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Raw samples in µV; what is not finite is left out.
    filtered : ndarray, shape (n_samples, n_channels)
        What the filters make of them, in µV; NaN is left out.
    settings : ndarray, shape (N_SETTINGS,)
        Shares per sample of the smoothers that take drift away and that pass movement; the largest
        reading; samples after which a channel that does not change is flat.
    cosines : ndarray, shape (n_lines,)
        ``2 cos(2 pi f / rate)`` of each line of the mains.
    state : ndarray, shape (N_STATE, n_channels)
        NaN in ``LAST`` and ``SLOW``, zeros elsewhere to start.
    sums : ndarray, shape (N_SUMS, n_channels)
    lines : ndarray, shape (n_lines, 2, n_channels)
        Last two values of each resonator. Zeros to start, and whenever the sums were read.

    Returns
    -------
    int
        How many channels are at the limit or flat at the end of the block.
    """
    n_samples, n_channels = block.shape
    drift, low = settings[DRIFT_ALPHA], settings[LOW_ALPHA]
    rail, flat = settings[RAIL_UV], settings[FLAT_SAMPLES]
    last, same, fast = state[LAST], state[SAME], state[FAST]
    slow, slower, lows, lowers = state[SLOW], state[SLOWER], state[LOW], state[LOWER]
    present, railed, low_power = sums[PRESENT], sums[RAILED], sums[LOW_POWER]
    band_power, muscle_power = sums[BAND_POWER], sums[MUSCLE_POWER]
    for i in range(n_samples):
        raw, clean = block[i], filtered[i]
        for c in range(n_channels):
            x, y, before = raw[c], clean[c], last[c]
            is_present = abs(x) < LARGEST
            present[c] += 1.0 if is_present else 0.0
            railed[c] += 1.0 if is_present and abs(x) >= rail else 0.0
            x = x if is_present else before
            same[c] = (same[c] + (1.0 if is_present else 0.0)) if x == before else 0.0
            last[c] = x
            muscle_power[c] += y * y if abs(y) < LARGEST else 0.0
            level = x if slow[c] != slow[c] else slow[c]
            level += drift * (x - level)
            slow[c] = level
            once = x - level if x == x else 0.0
            slower[c] = (slower[c] + drift * (once - slower[c]) + ANTI_DENORMAL) - ANTI_DENORMAL
            twice = once - slower[c]
            lows[c] = (lows[c] + low * (twice - lows[c]) + ANTI_DENORMAL) - ANTI_DENORMAL
            lowers[c] = (lowers[c] + low * (lows[c] - lowers[c]) + ANTI_DENORMAL) - ANTI_DENORMAL
            low_power[c] += lowers[c] * lowers[c]
            band_power[c] += (twice - lowers[c]) * (twice - lowers[c])
            fast[c] = twice
        for k in range(cosines.shape[0]):
            one, two, cosine = lines[k, 0], lines[k, 1], cosines[k]
            for c in range(n_channels):
                latest = fast[c] + cosine * one[c] - two[c]
                two[c] = one[c]
                one[c] = latest
    unfit = 0
    for c in range(n_channels):
        unfit += abs(last[c]) >= rail or same[c] >= flat
    return unfit
