"""Numerical kernels: plain functions over blocks of samples, with explicit state.

Every kernel is ``f(block, coefficients, state, out)``. Blocks are ``(n_samples, n_channels)``
float64, C-contiguous. State goes in and comes back changed, so a stream may be cut into blocks
anywhere and gives the same result. A kernel allocates nothing, reads no clock and does no I/O.
"""

from emg_kernels._jit import compile_all
from emg_kernels.bridge import bridge_gaps
from emg_kernels.envelope import rms_envelope
from emg_kernels.onset import detect_contractions
from emg_kernels.sos import sosfilt

__all__ = ["bridge_gaps", "compile_all", "detect_contractions", "rms_envelope", "sosfilt"]
