"""The default envelopes: one with a long memory in a hold and none at a change, and a slow one."""

import math

from emg_kernels._jit import Array, channel_loop, kernel
from emg_kernels.envelope import N_DAMPED, damped_rms
from emg_kernels.sos import ANTI_DENORMAL

# Rows of the state; the last ones are those of the slow envelope.
LEVEL, WEIGHT, SHOWN, PULL = 0, 1, 2, 3
RISE, RISE_SUM, RISE_COUNT, RISE_SCALE = 4, 5, 6, 7
FALL, FALL_SUM, FALL_COUNT, FALL_SCALE = 8, 9, 10, 11
CELL, CELL_COUNT = 12, 13
SLOW = 14
N_ADAPTIVE = SLOW + N_DAMPED

# A change to look for, as a ratio of power: six times up, or down to a sixth (8 dB).
CHANGE = 6.0
# Log-likelihood at which a change is believed, and the most that one cell may speak for it: a
# spike alone, however high, is no change.
THRESHOLD_NATS = 12.0
LARGEST_RATIO = 8.0
# A mean that starts anew after a fall counts for this part of its cells, so that it follows a
# muscle that lets go all the way.
FALL_PART = 0.3
# The smoother after the mean has this part of the mean's memory.
SMOOTHER_PARTS = 8.0

RISE_GAIN = 0.5 * (1.0 - 1.0 / CHANGE) / THRESHOLD_NATS
FALL_GAIN = 0.5 * (CHANGE - 1.0) / THRESHOLD_NATS
COST = 0.5 * math.log(CHANGE) / THRESHOLD_NATS


@channel_loop
def _begin_anew(signal: Array, state: Array) -> None:
    """Let each channel that has no level, but a sample, begin with that."""
    for c in range(len(signal)):
        power = signal[c] * signal[c]
        if power < math.inf and state[LEVEL, c] != state[LEVEL, c]:
            state[:SLOW, c] = 0.0
            state[LEVEL, c], state[SHOWN, c], state[PULL, c] = power, power, 1.0


@channel_loop
def _gather(signal: Array, cell_samples: float, state: Array) -> int:
    """Take one sample of each channel into its cell; return how many cells are full."""
    cells, counts = state[CELL], state[CELL_COUNT]
    n_full = 0
    for c in range(len(signal)):
        cell, count = cells[c] + signal[c] * signal[c], counts[c] + 1.0
        cells[c], counts[c] = cell, count
        n_full += 1 if count >= cell_samples else 0
    return n_full


@channel_loop
def _show(signal: Array, state: Array, out: Array) -> int:
    """Smooth the level of each channel; return how many samples are lost."""
    levels, smooth, pulls = state[LEVEL], state[SHOWN], state[PULL]
    n_lost = 0
    for c in range(len(signal)):
        power, level, shown, pull = signal[c] * signal[c], levels[c], smooth[c], pulls[c]
        shown = (shown + (level - shown) * pull + ANTI_DENORMAL) - ANTI_DENORMAL
        level, root = level if power < math.inf else math.nan, math.sqrt(shown)
        levels[c], smooth[c] = level, shown
        out[c] = root if power < math.inf else math.nan
        n_lost += 0 if power < math.inf else 1
    return n_lost


@channel_loop
def _close_cells(settings: Array, state: Array) -> None:
    """Take the full cells of some channels into their means.

    Nothing here branches and everything is loaded first, so that the loop over channels vectorises.
    """
    cell_samples, longest, shortest, freedom = settings[0], settings[1], settings[2], settings[3]
    rise_gain, fall_gain, cost = freedom * RISE_GAIN, freedom * FALL_GAIN, freedom * COST
    for c in range(state.shape[1]):
        level, weight, mean = state[LEVEL, c], state[WEIGHT, c], state[CELL, c] / cell_samples
        rise, rise_sum, rise_count = state[RISE, c], state[RISE_SUM, c], state[RISE_COUNT, c]
        fall, fall_sum, fall_count = state[FALL, c], state[FALL_SUM, c], state[FALL_COUNT, c]
        rise_scale, fall_scale = state[RISE_SCALE, c], state[FALL_SCALE, c]
        scale = 1.0 / (level + ANTI_DENORMAL)
        rising = rise_count if rise_count < 1.0 else 1.0
        falling = fall_count if fall_count < 1.0 else 1.0
        rise_scale = rising * rise_scale + (1.0 - rising) * scale
        fall_scale = falling * fall_scale + (1.0 - falling) * scale
        risen, fallen = mean * rise_scale, mean * fall_scale
        rise += rise_gain * (risen if risen < LARGEST_RATIO else LARGEST_RATIO) - cost
        fall += cost - fall_gain * (fallen if fallen < LARGEST_RATIO else LARGEST_RATIO)
        rise = rise if rise_count < longest else 0.0
        fall = fall if fall_count < longest else 0.0
        rise, fall = rise if rise > 0.0 else 0.0, fall if fall > 0.0 else 0.0
        rises, falls = 1.0 if rise > 0.0 else 0.0, 1.0 if fall > 0.0 else 0.0
        rise_sum, rise_count = rises * (rise_sum + mean), rises * (rise_count + 1.0)
        fall_sum, fall_count = falls * (fall_sum + mean), falls * (fall_count + 1.0)
        weight = weight + 1.0 if weight + 1.0 < longest else longest
        level += (mean - level) / weight
        doubt = rise if rise > fall else fall
        total = rise_sum if rise > 1.0 else fall_sum
        count = rise_count if rise > 1.0 else fall_count
        part = 1.0 if rise > 1.0 else FALL_PART
        anew = (1.0 if doubt > 1.0 else 0.0) * (1.0 if count >= shortest else 0.0)
        level, weight = (
            total / count if anew > 0.0 else level,
            part * count if anew > 0.0 else weight,
        )
        pull = SMOOTHER_PARTS / (weight * cell_samples)
        keep = 1.0 - anew
        state[LEVEL, c], state[WEIGHT, c] = level, weight
        state[PULL, c] = pull if pull < 1.0 else 1.0
        state[RISE, c], state[FALL, c] = keep * rise, keep * fall
        state[RISE_SUM, c], state[RISE_COUNT, c] = keep * rise_sum, keep * rise_count
        state[FALL_SUM, c], state[FALL_COUNT, c] = keep * fall_sum, keep * fall_count
        state[RISE_SCALE, c], state[FALL_SCALE, c] = rise_scale, fall_scale
        state[CELL, c] = state[CELL_COUNT, c] = 0.0


@kernel("void(f8[:,::1], f8[::1], f8[:,::1], f8[:,:,::1])")
def adaptive_envelopes(block: Array, settings: Array, state: Array, out: Array) -> None:
    """Root of the mean square since the level last changed, and a critically damped one.

    The first envelope is a mean over all samples since the last change, up to a limit beyond which
    old ones are forgotten. A change is looked for in cells of a few milliseconds with two
    cumulative sums of the log-likelihood ratio of a Gaussian signal of six times, and of a sixth
    of, the power that the mean had when the sum began to grow (Page 1954, Biometrika 41:100). One
    that reaches its threshold makes the mean start anew at the cell from which the sum has grown,
    the most likely time of the change. One that has grown for as long as the memory is given up:
    the mean has followed by then. A smoother with an eighth of the mean's memory takes the corners
    off. This does what a Bayesian estimate with jumps and diffusion does (``drive_envelope``) at a
    small part of its cost.

    The second envelope is that of ``rms_envelope``; it is here because a call costs as much as
    the work on a block of few channels.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Filtered samples in µV; NaN and infinity give NaN, and all starts anew after them.
    settings : ndarray, shape (5,)
        Samples in a cell; longest memory of the mean in cells (a hold is as steady as with a
        moving RMS over twice as many); least number of cells to start anew from; independent
        values in a cell, at most 1; ``alpha`` of the slow envelope, see ``rms_envelope``.
    state : ndarray, shape (N_ADAPTIVE, n_channels)
        NaN to start.
    out : ndarray, shape (2, n_samples, n_channels)
        Both envelopes in µV.
    """
    n_samples, n_channels = block.shape
    cell_samples, alpha, slow_state = settings[0], settings[4], state[SLOW:]
    n_lost = n_channels
    for i in range(n_samples):
        signal = block[i]
        if n_lost:
            _begin_anew(signal, state)
        n_full = _gather(signal, cell_samples, state)
        if n_full == n_channels:
            _close_cells(settings, state)
        elif n_full:
            for c in range(n_channels):
                if state[CELL_COUNT, c] >= cell_samples:
                    _close_cells(settings, state[:, c : c + 1])
        n_lost = _show(signal, state, out[0, i])
        damped_rms(signal, alpha, slow_state, out[1, i])
