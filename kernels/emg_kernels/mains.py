"""Mains taken out by a canceller that follows it, instead of a notch.

For each line (the mains and its harmonics, where sampling puts them) every channel has the weights
of a cosine and a sine, which follow the signal by the least-mean-squares rule (Widrow et al. 1975,
*Proceedings of the IEEE* 63:1692; Glover 1977, *IEEE Transactions on Acoustics, Speech, and Signal
Processing* 25:484). While the signal is small this is a narrow notch. The error that moves the
weights is limited: a strong contraction or a spike cannot push them, and nothing rings after it.
"""

import math

from emg_kernels._jit import Array, channel_loop, helper, kernel

# Columns of ``lines``: cycles per sample; one sample's turn, and the reference now, as cosine and
# sine; the sample the reference stands at; gain of the filters before, as real and imaginary part.
CYCLES, TURN_COS, TURN_SIN, NOW_COS, NOW_SIN, NOW, GAIN_RE, GAIN_IM = range(8)
N_LINE = 8
# The reference is computed afresh this often, so that no rounding error adds up.
FRESH_SAMPLES = 512
# An error moves the weights by no more than this many standard deviations of rest would.
MOST_SCATTERS = 3.0

# Rows of the state of a canceller that stands alone, before its weights.
SPREAD_UV = 0  # mean magnitude of what is left, robustly
COUNT = 1  # samples taken
N_ALONE = 2
# The error is not limited in this share of the time constant of the limit, the beginning.
BEGINNING = 0.25
# Mean magnitude to standard deviation, of a Gaussian signal.
DEVIATION = 1.25


@helper
def turn_lines(lines: Array, now: int) -> None:
    """Turn the reference of each line to sample ``now``."""
    for line in range(lines.shape[0]):
        if now % FRESH_SAMPLES == 0 or lines[line, NOW] != now - 1:
            angle = 2.0 * math.pi * ((lines[line, CYCLES] * now) % 1.0)
            lines[line, NOW_COS], lines[line, NOW_SIN] = math.cos(angle), math.sin(angle)
        else:
            c, s = lines[line, NOW_COS], lines[line, NOW_SIN]
            turn_cos, turn_sin = lines[line, TURN_COS], lines[line, TURN_SIN]
            lines[line, NOW_COS] = c * turn_cos - s * turn_sin
            lines[line, NOW_SIN] = s * turn_cos + c * turn_sin
        lines[line, NOW] = now


@channel_loop
def subtract_mains(lines: Array, state: Array, first: int, row: Array) -> None:
    """Take the mains out of one sample of every channel; weights begin at row ``first``."""
    for line in range(lines.shape[0]):
        cos_now, sin_now = lines[line, NOW_COS], lines[line, NOW_SIN]
        cosines, sines = state[first + 2 * line], state[first + 2 * line + 1]
        for c in range(len(row)):
            row[c] -= cosines[c] * cos_now + sines[c] * sin_now


@channel_loop
def follow_mains(
    lines: Array, state: Array, first: int, errors: Array, rate: float, row: Array
) -> None:
    """Move the weights of every channel, and count half of the move for this sample.

    The weights before the sample would make the gain between the lines ``rate / 2`` a line too
    high, those after it as much too low.
    """
    half = 0.5 * rate * lines.shape[0]
    for c in range(len(row)):
        row[c] -= half * errors[c]
    # One row of weights at a time: a loop that changes two of them is not vectorised.
    for k in range(2 * lines.shape[0]):
        step, weights = rate * lines[k // 2, NOW_COS + k % 2], state[first + k]
        for c in range(len(row)):
            weights[c] += errors[c] * step


@kernel("void(f8[:,::1], f8[:,::1], f8, f8, i8, f8[:,::1], f8[:,::1])")
def cancel_mains(
    block: Array,
    lines: Array,
    following: float,
    tracking: float,
    first_sample: int,
    state: Array,
    clean: Array,
) -> None:
    """Take the mains out of each channel, without anything known of rest.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Filtered samples in µV; NaN stays NaN and changes nothing.
    lines : ndarray, shape (n_lines, N_LINE)
        See the names of the columns.
    following, tracking : float
        Rate at which the weights follow the mains, and the limit of their error follows what is
        left; share a sample.
    first_sample : int
        Absolute index of the block's first sample.
    state : ndarray, shape (N_ALONE + 2 * n_lines + 1, n_channels)
        Zeros to start.
    clean : ndarray, shape (n_samples, n_channels)
        Out: samples without mains.
    """
    n_samples, n_channels = block.shape
    errors = state[N_ALONE + 2 * lines.shape[0]]
    for i in range(n_samples):
        row = clean[i]
        turn_lines(lines, first_sample + i)
        for c in range(n_channels):
            row[c] = block[i, c]
        subtract_mains(lines, state, N_ALONE, row)
        for c in range(n_channels):
            y, spread = row[c], state[SPREAD_UV, c]
            magnitude, lost = abs(y), y != y
            count = state[COUNT, c] + (0.0 if lost else 1.0)
            limit = MOST_SCATTERS * DEVIATION * spread
            held = magnitude if magnitude < limit or count * tracking < BEGINNING else limit
            errors[c] = 0.0 if lost else (held if y > 0.0 else -held)
            share = max(tracking, 1.0 / max(count, 1.0))
            state[SPREAD_UV, c] = spread if lost else spread + share * (held - spread)
            state[COUNT, c] = count
        follow_mains(lines, state, N_ALONE, errors, following, row)
