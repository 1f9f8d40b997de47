"""The default chain in one call: on a block of few channels a call costs as much as the work.

Every array that goes into a call costs time, too. So all coefficients are one vector, and all that
is kept of a channel is one column of an array.
"""

from emg_kernels._jit import Array, Cube, Flags, Integers, kernel
from emg_kernels.adaptive import N_ADAPTIVE, adaptive_envelopes
from emg_kernels.bridge import bridge_gaps
from emg_kernels.explain import N_SCRATCH
from emg_kernels.layout import BEAT, LEARN, N_SETTINGS, TAIL, WEIGHTS
from emg_kernels.mains import N_LINE
from emg_kernels.onset import detect_contractions
from emg_kernels.sos import sosfilt

# Head of the coefficients: longest gap that is bridged, how far back its bridge is taken from and
# how many rows of state that needs, and sizes.
MAX_GAP, LAG, N_BRIDGE, N_SECTIONS, N_LINES, N_ROOM, N_HEAD = 0, 1, 2, 3, 4, 5, 6
N_ENVELOPE = 5
# Planes of the output; a stage may use the place of a later one.
CLEAN, FAST, SLOW = 0, 1, 2
N_PLANES = 3


@kernel("i8(f8[:,::1], f8[::1], f8[:,::1], i8, f8[:,:,::1], b1[:,::1], i8[:,::1])")
def run_chain(
    block: Array,
    coefficients: Array,
    state: Array,
    first_sample: int,
    out: Cube,
    active: Flags,
    events: Integers,
) -> int:
    """Bridge, filter, take the mains out, detect, and take both envelopes.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Samples in µV; NaN where one was lost.
    coefficients : ndarray
        The head, then those of ``sosfilt``, ``detect_contractions`` and ``adaptive_envelopes``, one
        behind the other: sections, steady state, envelope and detector settings, lines, responses,
        scratch.
    state : ndarray, shape (n_rows, n_channels)
        The states of ``bridge_gaps``, ``sosfilt`` and ``adaptive_envelopes``, then state and memory
        of ``detect_contractions``.
    first_sample : int
        Absolute index of the block's first sample.
    out : ndarray, shape (N_PLANES, n_samples, n_channels)
        Out: samples without mains, and both envelopes, µV.
    active, events : ndarray
        See ``detect_contractions``.

    Returns
    -------
    int
        Number of events.
    """
    n_channels = block.shape[1]
    n_sections, n_lines = int(coefficients[N_SECTIONS]), int(coefficients[N_LINES])
    at, end = N_HEAD, N_HEAD + 6 * n_sections
    sos = coefficients[at:end].reshape((n_sections, 6))
    at, end = end, end + 2 * n_sections
    steady_state = coefficients[at:end].reshape((n_sections, 2))
    at, end = end, end + N_ENVELOPE
    envelope_settings = coefficients[at:end]
    at, end = end, end + N_SETTINGS
    settings = coefficients[at:end]
    at, end = end, end + N_LINE * n_lines
    lines = coefficients[at:end].reshape((n_lines, N_LINE))
    n_tail = int(settings[TAIL])
    at, end = end, end + (2 + 2 * n_lines) * n_tail
    responses = coefficients[at:end].reshape((2 + 2 * n_lines, n_tail))
    scratch = coefficients[end:].reshape((N_SCRATCH, int(coefficients[N_ROOM])))

    row, stop = 0, int(coefficients[N_BRIDGE])
    lag = int(coefficients[LAG])
    bridge_gaps(block, coefficients[MAX_GAP], lag, first_sample, state[row:stop], out[FAST])
    row, stop = stop, stop + 2 * n_sections
    delays = state[row:stop].reshape((n_sections, 2, n_channels))
    sosfilt(out[FAST], sos, steady_state, delays, out[CLEAN])
    row, stop = stop, stop + N_ADAPTIVE
    envelope_state = state[row:stop]
    row, stop = stop, stop + WEIGHTS + 6 * n_lines
    n_memory = int(settings[LEARN]) + n_tail + int(settings[BEAT])
    n_events = detect_contractions(
        out[CLEAN],
        lines,
        responses,
        settings,
        first_sample,
        state[row:stop],
        state[stop : stop + n_memory],
        scratch,
        out[CLEAN],
        active,
        events,
    )
    adaptive_envelopes(out[CLEAN], envelope_settings, envelope_state, out[FAST:])
    return n_events
