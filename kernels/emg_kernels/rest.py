"""What rest looks like in a channel: its level, how much that scatters, and who rests still."""

import math

from emg_kernels._jit import Array, channel_loop, helper
from emg_kernels.evidence import N_RATIOS, add_rise
from emg_kernels.fits import SEEN
from emg_kernels.layout import (
    AFTERGLOW,
    BEAT,
    BLOCK,
    BLOCK_COUNT,
    BLOCK_SUM,
    CLOSER,
    CONTRACTS,
    DOUBT,
    ERROR_UV,
    FLOOR_POWER,
    FREEDOM,
    LEARN,
    LIMIT_UV,
    MOST_FREEDOM,
    ORDINARY,
    PHASE,
    REST_POWER,
    RESTING,
    RESTS,
    RISE,
    SCATTER,
    SINCE,
    SPECIAL,
    TAIL,
    THRESHOLD,
    TRACKING,
    WAIT,
)
from emg_kernels.mains import MOST_SCATTERS

# The tracked level follows a sample by no more than this many times itself; a Gaussian one gives
# 0.98 on average then.
MOST_TRACKED, TRACKED_MEAN = 6.0, 0.98
# One sample, and the mean of one block, count for no more in the scatter of blocks.
MOST_GATHERED, MOST_OF_A_BLOCK = 25.0, 3.0
# The scatter follows a block by no more than this many times itself, and more slowly than the
# level by this factor.
MOST_SCATTER, SCATTER_RATE = 9.0, 0.25
# A block so far below the level, as a multiple of the scatter, tells that the level is too high.
MOST_BELOW = 4.0
# Rest that was seen for a second only may scatter more than it showed.
LITTLE_SEEN = 1.5
# Blocks above this many times the median were not rest; a peak of this many variances stands out.
OUTLYING, STANDS_OUT = 3.0, 25.0


@helper
def know_rest(settings: Array, state: Array, c: int) -> None:
    """Work out what follows from level and scatter."""
    scatter = max(state[SCATTER, c], 1e-9)
    state[FREEDOM, c] = min(settings[MOST_FREEDOM], 2.0 / (settings[BLOCK] * scatter))
    state[LIMIT_UV, c] = MOST_SCATTERS * math.sqrt(state[REST_POWER, c])


@helper
def begin_rest(settings: Array, state: Array, c: int) -> None:
    """Begin to rest, with nothing suspected."""
    state[PHASE, c], state[SINCE, c] = RESTING, 0.0
    state[BLOCK_SUM, c] = state[BLOCK_COUNT, c] = 0.0
    state[WAIT, c] = state[DOUBT, c] = 0.0
    for k in range(N_RATIOS):
        state[RISE + k, c] = 0.0
    know_rest(settings, state, c)


@helper
def followed(tracking: float, floor: float, rest: float, square: float) -> float:
    """Return the level at rest after one more sample of it."""
    ratio = square / rest
    ratio = ratio if ratio < MOST_TRACKED else MOST_TRACKED
    level = rest * (1.0 + tracking * (ratio - TRACKED_MEAN))
    return level if level > floor else floor


@channel_loop
def _rest_on(
    settings: Array,
    row: Array,
    kinds: Array,
    rests: Array,
    limits: Array,
    freedoms: Array,
    block: tuple[Array, Array],
    rises: tuple[Array, ...],
    errors: Array,
    closer: Array,
) -> tuple[int, int]:
    """See `rest_on`; each argument that is not said there is a row of the state.

    Nothing here branches, everything is loaded first, and what is stored is computed rather than
    chosen where this can be: so the loop over channels vectorises, and stores whole vectors.
    """
    tracking, floor, threshold = settings[TRACKING], settings[FLOOR_POWER], settings[THRESHOLD]
    sums, counts = block
    contracting = wanted = 0
    for c in range(len(row)):
        y, ordinary, rest, limit, freedom = row[c], kinds[c], rests[c], limits[c], freedoms[c]
        block_sum, block_count = sums[c], counts[c]
        ordinary = ordinary if y == y else SPECIAL
        resting = 1.0 if ordinary == RESTS else 0.0
        square = y * y if resting > 0.0 else 0.0
        ratio = square / rest if resting > 0.0 else 0.0
        most = 0.0
        for k in range(N_RATIOS):
            total = add_rise(rises[k][c], k, ratio, resting * freedom)
            most = total if total > most else most
            rises[k][c] = total
        sums[c] = block_sum + (ratio if ratio < MOST_GATHERED else MOST_GATHERED)
        counts[c] = block_count + resting
        level = followed(tracking, floor, rest, square)
        rests[c] = level if resting > 0.0 else rest
        held = y if y < limit else limit
        held = held if held > -limit else -limit
        errors[c] = held if y == y else 0.0
        contracting += 1 if ordinary == CONTRACTS else 0
        suspected = SPECIAL if resting * most > threshold else ordinary
        closely = 0.0 if suspected > SPECIAL else 1.0
        closer[c] = closely
        wanted += 1 if closely > 0.0 else 0
    return contracting, wanted


@helper
def rest_on(settings: Array, state: Array, row: Array) -> tuple[int, int]:
    """Take one sample of each channel that rests ordinarily.

    Returns how many channels contract ordinarily, and how many want a closer look.
    """
    return _rest_on(
        settings,
        row,
        state[ORDINARY],
        state[REST_POWER],
        state[LIMIT_UV],
        state[FREEDOM],
        (state[BLOCK_SUM], state[BLOCK_COUNT]),
        (state[RISE], state[RISE + 1], state[RISE + 2], state[RISE + 3]),
        state[ERROR_UV],
        state[CLOSER],
    )


@helper
def greatest_evidence(state: Array, c: int) -> float:
    """Return the greatest of a channel's sums."""
    most = 0.0
    for k in range(N_RATIOS):
        most = max(most, state[RISE + k, c])
    return most


@helper
def rest_in_doubt(settings: Array, state: Array, c: int, square: float) -> None:
    """Take one sample of a channel that rests, but is not ordinary."""
    rest = state[REST_POWER, c]
    ratio = square / rest
    state[BLOCK_SUM, c] += min(ratio, MOST_GATHERED)
    state[BLOCK_COUNT, c] += 1.0
    if state[AFTERGLOW, c] == 0.0:
        state[REST_POWER, c] = followed(settings[TRACKING], settings[FLOOR_POWER], rest, square)
    ratio = min(ratio, square / max(state[AFTERGLOW, c], settings[FLOOR_POWER]))
    for k in range(N_RATIOS):
        state[RISE + k, c] = add_rise(state[RISE + k, c], k, ratio, state[FREEDOM, c])


@helper
def close_blocks(settings: Array, state: Array) -> None:
    """Note, at the end of a block, how much its mean power differs from the level at rest."""
    for c in range(state.shape[1]):
        count = state[BLOCK_COUNT, c]
        if count >= settings[BLOCK]:
            excess = min(state[BLOCK_SUM, c] / count, MOST_OF_A_BLOCK) - 1.0
            scatter = state[SCATTER, c]
            squared = excess * excess
            if excess > 0.0 or squared < MOST_BELOW * scatter:
                weight = SCATTER_RATE * settings[BLOCK] * settings[TRACKING]
                state[SCATTER, c] += weight * (min(squared, MOST_SCATTER * scatter) - scatter)
            know_rest(settings, state, c)
        state[BLOCK_SUM, c] = state[BLOCK_COUNT, c] = 0.0


@helper
def remember_beat(settings: Array, memory: Array, c: int, peak: int) -> None:
    """Keep the burst around a peak as what a heartbeat looks like."""
    n_ring, n_beat = int(settings[LEARN]), int(settings[BEAT])
    first = n_ring + int(settings[TAIL])
    for k in range(n_beat):
        memory[first + k, c] = memory[(peak - n_beat // 2 + k) % n_ring, c]


@helper
def learn_rest(
    settings: Array, state: Array, memory: Array, scratch: Array, c: int, now: int
) -> None:
    """Take level and scatter from the blocks of the ring, but for those that stand out.

    The strongest moment, where it stands out, is kept as the first heartbeat.
    """
    n_ring, n_block, n_beat = int(settings[LEARN]), int(settings[BLOCK]), int(settings[BEAT])
    n_blocks = n_ring // n_block
    powers = scratch[SEEN]
    peak = now - n_beat
    for b in range(n_blocks):
        total = 0.0
        for k in range(n_block):
            sample = now - b * n_block - k
            y = memory[sample % n_ring, c]
            total += y * y
            whole = n_beat < 2 * (now - sample) < 2 * n_ring - n_beat
            if whole and abs(y) > abs(memory[peak % n_ring, c]):
                peak = sample
        at = b
        while at > 0 and powers[at - 1] > total / n_block:
            powers[at] = powers[at - 1]
            at -= 1
        powers[at] = total / n_block
    limit, n_calm, level = OUTLYING * powers[n_blocks // 2], 0, 0.0
    while n_calm < n_blocks and powers[n_calm] <= limit:
        level += powers[n_calm]
        n_calm += 1
    level = max(level / n_calm, settings[FLOOR_POWER])
    scatter = 0.0
    for b in range(n_calm):
        scatter += LITTLE_SEEN * (powers[b] / level - 1.0) ** 2 / n_calm
    state[REST_POWER, c] = level
    state[SCATTER, c] = max(scatter, 2.0 / (n_block * settings[MOST_FREEDOM]))
    if memory[peak % n_ring, c] ** 2 > STANDS_OUT * level:
        remember_beat(settings, memory, c, peak)
