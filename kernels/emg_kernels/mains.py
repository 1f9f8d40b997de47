"""Mains taken out by a canceller that follows it, instead of a notch.

For each line (the mains and its harmonics, where sampling puts them) every channel has the weights
of a cosine and a sine, which follow the signal by the least-mean-squares rule (Widrow et al. 1975,
*Proceedings of the IEEE* 63:1692; Glover 1977, *IEEE Transactions on Acoustics, Speech, and Signal
Processing* 25:484). While the signal is small this is a narrow notch. The error that moves the
weights is limited: a strong contraction or a spike cannot push them, and nothing rings after it.

A grid is never quite on time. Weights that turn steadily tell by how much each line is off, and the
reference is turned with it: a second integrator in the loop, as in a phase-locked loop of the
second order (Gardner 2005, *Phaselock Techniques*, chapter 2). All channels give one estimate.
"""

import math

from emg_kernels._jit import Array, channel_loop, helper, kernel
from emg_kernels.sos import LARGEST

# Columns of ``lines``: cycles per sample; one sample's turn, and the reference now, as cosine and
# sine; the sample the reference stands at; gain of the filters before, as real and imaginary part;
# how far off the line may be, in cycles a sample, below zero where sampling mirrors it; how far it
# is off; cycles that this had made by a sample, and that sample.
CYCLES, TURN_COS, TURN_SIN, NOW_COS, NOW_SIN, NOW, GAIN_RE, GAIN_IM = range(8)
REACH, OFF, SLIP, SINCE = range(8, 12)
N_LINE = 12
# The reference is computed afresh this often, so that no rounding error adds up.
FRESH_SAMPLES = 512
# An error moves the weights by no more than this many standard deviations of rest would.
MOST_SCATTERS = 3.0

# Rows of the state of a canceller that stands alone, before its weights.
SPREAD_UV = 0  # mean magnitude of what is left, robustly
COUNT = 1  # samples taken
QUIET_UV = 2  # the lowest spread of late
N_ALONE = 3
# The error is not limited in this share of the time constant of the limit, the beginning.
BEGINNING = 0.25
# Mean magnitude to standard deviation, of a Gaussian signal.
DEVIATION = 1.25
# The lines are tuned about this many times in half the time constant of the weights.
TUNINGS = 1.7
# Mains tells how far a line is off where its amplitude is this many times the limit of the error;
# alone, a limit that grows with what is left because the line is off.
AUDIBLE = 0.5
# It does so while the spread is below this many times the lowest of late, which is taken to rise by
# this share from one tuning to the next.
QUIET, RISING = 1.5, 0.002


@helper
def angle_of(lines: Array, line: int, sample: int) -> float:
    """Angle of a line's reference at a sample."""
    slip = lines[line, SLIP] + lines[line, OFF] * (sample - lines[line, SINCE])
    return float(2.0 * math.pi * ((lines[line, CYCLES] * sample + slip) % 1.0))


@helper
def turn_wave(cosine: float, sine: float, turn_cos: float, turn_sin: float) -> tuple[float, float]:
    """Turn a wave, told by its cosine and sine, by an angle that is told likewise."""
    return cosine * turn_cos - sine * turn_sin, sine * turn_cos + cosine * turn_sin


@channel_loop
def _turn_all(
    cosines: Array, sines: Array, turned: tuple[Array, Array], turn: tuple[float, float]
) -> None:
    turned_cosines, turned_sines = turned
    for k in range(len(turned_cosines)):
        turned_cosines[k], turned_sines[k] = turn_wave(cosines[k], sines[k], turn[0], turn[1])


@helper
def fill_waves(
    lines: Array, line: int, first_sample: int, n: int, cosines: Array, sines: Array
) -> None:
    """Put down ``n`` samples of a line's reference: what there is, turned, makes as much again."""
    angle = angle_of(lines, line, first_sample)
    cosines[0], sines[0] = math.cos(angle), math.sin(angle)
    turn_cos, turn_sin, done = lines[line, TURN_COS], lines[line, TURN_SIN], 1
    while done < n:
        more = min(2 * done, n)
        turned = cosines[done:more], sines[done:more]
        _turn_all(cosines, sines, turned, (turn_cos, turn_sin))
        turn_cos, turn_sin = turn_wave(turn_cos, turn_sin, turn_cos, turn_sin)
        done = more


@helper
def turn_lines(lines: Array, now: int) -> None:
    """Turn the reference of each line to sample ``now``."""
    for line in range(lines.shape[0]):
        if lines[line, NOW] != now - 1:
            lines[line, SLIP] += lines[line, OFF] * (lines[line, NOW] - lines[line, SINCE])
            lines[line, SINCE] = now
        if now % FRESH_SAMPLES == 0 or lines[line, NOW] != now - 1:
            angle = angle_of(lines, line, now)
            lines[line, NOW_COS], lines[line, NOW_SIN] = math.cos(angle), math.sin(angle)
        else:
            lines[line, NOW_COS], lines[line, NOW_SIN] = turn_wave(
                lines[line, NOW_COS],
                lines[line, NOW_SIN],
                lines[line, TURN_COS],
                lines[line, TURN_SIN],
            )
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


@helper
def _tune(lines: Array, line: int, off: float, now: int) -> None:
    """Let a reference turn with another frequency from the next sample on."""
    slip = lines[line, SLIP] + lines[line, OFF] * (now - lines[line, SINCE])
    turn = 2.0 * math.pi * (lines[line, CYCLES] + off)
    lines[line, OFF], lines[line, SLIP], lines[line, SINCE] = off, slip % 1.0, now
    lines[line, TURN_COS], lines[line, TURN_SIN] = math.cos(turn), math.sin(turn)


@helper
def tuning_samples(following: float) -> int:
    """Return after how many samples the lines are tuned again."""
    return int(max(1.0, 1.0 / (TUNINGS * following)))


@helper
def tune_lines(
    lines: Array, state: Array, first: int, before: int, least: Array, following: float, now: int
) -> None:
    """Follow each line's frequency, from how its weights turned since the last time.

    A line tells how far it is off in the channels where its amplitude is more than ``least``. One
    that is too weak everywhere goes with the strongest. The weights begin at row ``first``, and
    those of the last time at row ``before``.
    """
    n = tuning_samples(following)
    gain, strongest, most = 0.125 * following * n, -1, 0.0
    for line in range(lines.shape[0]):
        cosines, sines = state[first + 2 * line], state[first + 2 * line + 1]
        old_cosines, old_sines = state[before + 2 * line], state[before + 2 * line + 1]
        turned = power = 0.0
        for c in range(len(least)):
            a, b = old_cosines[c], old_sines[c]
            if a * a + b * b > least[c] * least[c]:
                turned += b * cosines[c] - a * sines[c]
                power += a * a + b * b
            old_cosines[c], old_sines[c] = cosines[c], sines[c]
        if power > 0.0:
            reach = abs(lines[line, REACH])
            rate = turned / power / (2.0 * math.pi * n)
            off = lines[line, OFF] + gain * min(max(rate, -reach), reach)
            _tune(lines, line, min(max(off, -reach), reach), now)
            if power > most:
                strongest, most = line, power
    if strongest >= 0:
        share = lines[strongest, OFF] / lines[strongest, REACH]
        for line in range(lines.shape[0]):
            if lines[line, SINCE] != now:
                _tune(lines, line, share * lines[line, REACH], now)


@helper
def _listen(state: Array, least: Array) -> None:
    """Say from which amplitude on mains tells its frequency in each channel."""
    for c in range(len(least)):
        spread, quiet = state[SPREAD_UV, c], (1.0 + RISING) * state[QUIET_UV, c]
        quiet = quiet if 0.0 < quiet < spread else spread
        state[QUIET_UV, c] = quiet
        least[c] = AUDIBLE * MOST_SCATTERS * DEVIATION * spread
        if spread > QUIET * quiet:
            least[c] = LARGEST


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
    state : ndarray, shape (N_ALONE + 4 * n_lines + 1, n_channels)
        Zeros to start.
    clean : ndarray, shape (n_samples, n_channels)
        Out: samples without mains.
    """
    n_samples, n_channels = block.shape
    n_lines, n_tuning = lines.shape[0], tuning_samples(following)
    errors, before = state[N_ALONE + 4 * n_lines], N_ALONE + 2 * n_lines
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
        if (first_sample + i + 1) % n_tuning == 0:
            least = errors  # their work is done
            _listen(state, least)
            tune_lines(lines, state, N_ALONE, before, least, following, first_sample + i)
