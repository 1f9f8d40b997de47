"""The kernels once more, as plain loops over one channel in the words of their definition."""

import math


def bridge_gaps(x, max_gap, lag, n_level):
    out, missing, shift = [], 0, math.nan
    for n, value in enumerate(x):
        if math.isfinite(value):
            missing = 0
            out.append(value)
            continue
        missing += 1
        if missing == 1:
            pairs = [(out[k], out[k - lag]) for k in range(n - 1, n - 1 - n_level, -1) if k >= lag]
            rises = [new - old for new, old in pairs if math.isfinite(new - old)]
            shift = math.nan
            if rises:
                total = 0.0
                for rise in rises:
                    total += rise
                shift = total / len(rises)
        repeated = out[n - lag] + shift if n >= lag else math.nan
        held = out[-1] if out else math.nan
        bridged = held if math.isnan(repeated) else repeated
        out.append(bridged if missing <= max_gap else math.nan)
    return out


def sosfilt(x, sos, steady_state):
    out, state = [], None
    for value in x:
        if math.isnan(value):
            state = None
            out.append(math.nan)
            continue
        if state is None:
            state = [[z0 * value, z1 * value] for z0, z1 in steady_state]
        for (b0, b1, b2, _, a1, a2), z in zip(sos, state, strict=True):
            y = b0 * value + z[0]
            z[0] = b1 * value - a1 * y + z[1]
            z[1] = b2 * value - a2 * y
            value = y
        out.append(value)
    return out


def rms_envelope(x, alpha):
    out, first, second = [], None, None
    for value in x:
        power = value * value
        if math.isnan(power):
            first = second = None
            out.append(math.nan)
            continue
        if first is None:
            first = second = first_weight = second_weight = 0.0
        first += alpha * (power - first)
        second += alpha * (first - second)
        first_weight += alpha * (1 - first_weight)
        second_weight += alpha * (first_weight - second_weight)
        out.append(math.sqrt(second / second_weight))
    return out
