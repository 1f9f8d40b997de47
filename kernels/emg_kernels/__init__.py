"""Numerical kernels: plain functions over blocks of samples, with explicit state.

Every kernel is ``f(block, coefficients, state, out)``. Blocks are ``(n_samples, n_channels)``
float64, C-contiguous. State goes in and comes back changed, so a stream may be cut into blocks
anywhere and gives the same result. A kernel allocates nothing, reads no clock and does no I/O.
"""

from emg_kernels._jit import compile_all, compile_now
from emg_kernels.adaptive import adaptive_envelopes
from emg_kernels.bridge import bridge_gaps
from emg_kernels.chain import run_chain
from emg_kernels.classical import held_above, teager_kaiser, whitened_power
from emg_kernels.drive import drive_envelope
from emg_kernels.ecg import remove_heartbeats
from emg_kernels.envelope import moving_mean, rms_envelope
from emg_kernels.level import bin_levels, fit_rise
from emg_kernels.mains import cancel_mains
from emg_kernels.onset import detect_contractions
from emg_kernels.pairs import pair_sums
from emg_kernels.quality import watch_quality
from emg_kernels.sos import sosfilt
from emg_kernels.spectrum import lag_products
from emg_kernels.track import follow_levels, settle_levels

__all__ = [
    "adaptive_envelopes",
    "bin_levels",
    "bridge_gaps",
    "cancel_mains",
    "compile_all",
    "compile_now",
    "detect_contractions",
    "drive_envelope",
    "fit_rise",
    "follow_levels",
    "held_above",
    "lag_products",
    "moving_mean",
    "pair_sums",
    "remove_heartbeats",
    "rms_envelope",
    "run_chain",
    "settle_levels",
    "sosfilt",
    "teager_kaiser",
    "watch_quality",
    "whitened_power",
]
