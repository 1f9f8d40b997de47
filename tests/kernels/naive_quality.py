"""The sums of quality once more, for one channel, as plain loops."""

import cmath
import math


def watch_quality(raw, filtered, drift, low, rail, flat, frequencies):
    """Return present, railed, low power, band power, muscle power, unfit, and power by line.

    ``frequencies`` are in cycles a sample; the power of a line is that of its Fourier coefficient.
    """
    present = railed = same = 0
    low_power = band_power = muscle_power = 0.0
    last = slow = math.nan
    slower = lows = lowers = 0.0
    fasts = []
    for x, y in zip(raw, filtered, strict=True):
        if math.isfinite(x):
            present += 1
            railed += abs(x) >= rail
            same = same + 1 if x == last else 0
            last = x
        if math.isfinite(y):
            muscle_power += y * y
        fast = 0.0
        if not math.isnan(last):
            slow = last if math.isnan(slow) else slow
            slow += drift * (last - slow)
            fast = last - slow
        slower += drift * (fast - slower)
        fast -= slower
        lows += low * (fast - lows)
        lowers += low * (lows - lowers)
        low_power += lowers**2
        band_power += (fast - lowers) ** 2
        fasts.append(fast)
    powers = []
    for frequency in frequencies:
        turn = cmath.exp(-2j * math.pi * frequency)
        powers.append(abs(sum(x * turn**k for k, x in enumerate(fasts))) ** 2)
    unfit = int(abs(last) >= rail or same >= flat)
    return present, railed, low_power, band_power, muscle_power, unfit, powers
