"""The default chain in one call: on a block of few channels a call costs as much as the work.

Every array that goes into a call costs time, too. So all coefficients and all state are one vector,
and all output of a block is another.
"""

import numpy as np

from emg_kernels._jit import Array, Integers, kernel
from emg_kernels._shaped import shaped
from emg_kernels.adaptive import N_ADAPTIVE, adaptive_envelopes
from emg_kernels.bridge import bridge_gaps
from emg_kernels.fits import N_RESPONSES, N_SCRATCH
from emg_kernels.layout import BURST, N_SETTINGS, TAIL, WEIGHTS
from emg_kernels.mains import N_LINE
from emg_kernels.onset import detect_contractions
from emg_kernels.sos import sosfilt

# Head of the vector: absolute index of the next sample, and the place that its block's output goes
# to; longest gap that is bridged, how far back its bridge is taken from and how many rows of state
# that needs, and sizes.
NEXT, PLACE = 0, 1
MAX_GAP, LAG, N_BRIDGE, N_SECTIONS, N_LINES, N_ROOM, N_CHANNELS, N_HEAD = 2, 3, 4, 5, 6, 7, 8, 9
N_ENVELOPE = 5
# Planes of the output; a stage may use the place of a later one.
CLEAN, FAST, SLOW = 0, 1, 2
N_PLANES = 3
FLAGS_IN_A_PLACE = 8  # as many as a float64 has bytes
OTHER_SHAPE = -1


@kernel("i8(f8[:,::1], f8[::1], f8[:,::1], i8[:,::1])")
def run_chain(block: Array, chain: Array, places: Array, events: Integers) -> int:
    """Bridge, filter, take the mains out, detect, and take both envelopes.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Samples in µV; NaN where one was lost.
    chain : ndarray
        The head; the coefficients of ``sosfilt``, ``detect_contractions`` and
        ``adaptive_envelopes``: sections, steady state, envelope and detector settings, lines,
        responses, factors, scratch; then, one row for all channels after the other, the states of
        ``bridge_gaps``, ``sosfilt`` and ``adaptive_envelopes``, and state and memory of
        ``detect_contractions``.
    places : ndarray, shape (n_places, n_values)
        Out: in the row that the head tells, N_PLANES of the block's shape: samples without mains,
        and both envelopes, µV; then, in bytes, whether each channel contracts.
    events : ndarray
        See ``detect_contractions``.

    Returns
    -------
    int
        Number of events; OTHER_SHAPE, and nothing is done, if the chain has other channels or the
        places are for another length.
    """
    n_samples, n_channels = block.shape
    n_values = N_PLANES * block.size
    n_flags = (block.size + FLAGS_IN_A_PLACE - 1) // FLAGS_IN_A_PLACE
    if n_channels != int(chain[N_CHANNELS]) or n_values + n_flags != places.shape[1]:
        return OTHER_SHAPE
    first_sample, out = int(chain[NEXT]), places[int(chain[PLACE])]
    chain[NEXT] += n_samples
    chain[PLACE] += 1.0
    n_sections, n_lines = int(chain[N_SECTIONS]), int(chain[N_LINES])
    at, end = N_HEAD, N_HEAD + 6 * n_sections
    sos = shaped(chain[at:end], (n_sections, 6))
    at, end = end, end + 2 * n_sections
    steady_state = shaped(chain[at:end], (n_sections, 2))
    at, end = end, end + N_ENVELOPE
    envelope_settings = chain[at:end]
    at, end = end, end + N_SETTINGS
    settings = chain[at:end]
    at, end = end, end + N_LINE * n_lines
    lines = shaped(chain[at:end], (n_lines, N_LINE))
    n_tail = int(settings[TAIL])
    at, end = end, end + N_RESPONSES * n_tail
    responses = shaped(chain[at:end], (N_RESPONSES, n_tail))
    n_lengths = int(settings[BURST]) + 1
    at, end = end, end + n_lengths * N_RESPONSES * N_RESPONSES
    factors = shaped(chain[at:end], (n_lengths, N_RESPONSES, N_RESPONSES))
    at, end = end, end + N_SCRATCH * int(chain[N_ROOM])
    scratch = shaped(chain[at:end], (N_SCRATCH, int(chain[N_ROOM])))
    state = shaped(chain[end:], ((chain.size - end) // n_channels, n_channels))

    planes = shaped(out[:n_values], (N_PLANES, n_samples, n_channels))
    active = shaped(out[n_values:].view(np.bool_)[: block.size], block.shape)

    row, stop = 0, int(chain[N_BRIDGE])
    lag = int(chain[LAG])
    bridge_gaps(block, chain[MAX_GAP], lag, first_sample, state[row:stop], planes[FAST])
    row, stop = stop, stop + 2 * n_sections
    delays = shaped(state[row:stop], (n_sections, 2, n_channels))
    sosfilt(planes[FAST], sos, steady_state, delays, planes[CLEAN])
    row, stop = stop, stop + N_ADAPTIVE
    envelope_state = state[row:stop]
    row, stop = stop, stop + WEIGHTS + 6 * n_lines
    n_events = detect_contractions(
        planes[CLEAN],
        lines,
        responses,
        factors,
        settings,
        first_sample,
        state[row:stop],
        shaped(state[stop:], (n_channels, state.shape[0] - stop)),
        scratch,
        planes[CLEAN],
        active,
        events,
    )
    adaptive_envelopes(planes[CLEAN], envelope_settings, envelope_state, planes[FAST:])
    return n_events
