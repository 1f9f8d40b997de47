"""Envelope kernels once more, as plain loops over one channel in the words of their definition."""

import math

CHANGE, THRESHOLD, LARGEST_RATIO, PARTS, FALL_PART = 6.0, 12.0, 8.0, 8.0, 0.3


def moving_mean(x, n_window):
    out, window = [], []
    for value in x:
        if not math.isfinite(value):
            window = []
            out.append(math.nan)
            continue
        window = [*window, value][-n_window:]
        out.append(math.fsum(window) / len(window))
    return out


def adaptive(x, cell_samples, longest, shortest, freedom):
    """Cell by cell with the whole past of each sum kept as a list."""
    out, level = [], None
    for value in x:
        power = value * value
        if not math.isfinite(power):
            level = None
            out.append(math.nan)
            continue
        if level is None:
            level = shown = power
            cell, rises, falls, rise, fall, weight, pull = [], [], [], 0.0, 0.0, 0.0, 1.0
            before_rise = before_fall = level
        cell.append(power)
        if len(cell) == cell_samples:
            mean = sum(cell) / cell_samples
            cell = []
            before_rise = before_rise if rises else level
            before_fall = before_fall if falls else level
            risen = min(mean / (before_rise + 1e-30), LARGEST_RATIO)
            fallen = min(mean / (before_fall + 1e-30), LARGEST_RATIO)
            rise += freedom * 0.5 * (risen * (1 - 1 / CHANGE) - math.log(CHANGE)) / THRESHOLD
            fall += freedom * 0.5 * (math.log(CHANGE) - fallen * (CHANGE - 1)) / THRESHOLD
            going = rise > 0 and len(rises) < longest
            rise, rises = (rise, [*rises, mean]) if going else (0.0, [])
            going = fall > 0 and len(falls) < longest
            fall, falls = (fall, [*falls, mean]) if going else (0.0, [])
            weight = min(weight + 1, longest)
            level += (mean - level) / weight
            since = rises if rise > 1 else falls
            if max(rise, fall) > 1 and len(since) >= shortest:
                level = sum(since) / len(since)
                weight = len(since) * (1 if rise > 1 else FALL_PART)
                rises, falls, rise, fall = [], [], 0.0, 0.0
            pull = min(PARTS / (weight * cell_samples), 1)
        shown += (level - shown) * pull
        out.append(math.sqrt(shown))
    return out


def drive(x, levels_uv, freedom, move, jump):
    """Bayes' rule in the words of the book, one level at a time."""
    out, n = [], len(levels_uv)
    posterior = [1 / n] * n
    for value in x:
        if not math.isfinite(value):
            posterior = [1 / n] * n
            out.append(math.nan)
            continue
        prior = []
        for k in range(n):
            around = posterior[max(k - 1, 0)] + posterior[min(k + 1, n - 1)]
            stay = posterior[k] * (1 - 2 * move) + move * around
            prior.append((1 - jump) * stay + jump / n)
        joint = [
            p * (math.exp(-value * value / (2 * s * s)) / s) ** freedom
            for p, s in zip(prior, levels_uv, strict=True)
        ]
        posterior = [p / sum(joint) for p in joint]
        out.append(
            math.exp(sum(p * math.log(s) for p, s in zip(posterior, levels_uv, strict=True)))
        )
    return out
