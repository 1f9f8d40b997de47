"""The kernels of the classical rules once more, as plain loops over one channel."""

import math

ORDER = 8


def teager_kaiser(x):
    padded = [math.nan, math.nan, *x]
    return [abs(padded[n - 1] ** 2 - padded[n] * padded[n - 2]) for n in range(2, len(padded))]


def whitened_power(x, settle, learn):
    out, past, products, weights, counted = [], [], [0.0] * (ORDER + 1), [0.0] * ORDER, 0
    for value in x:
        if not math.isfinite(value):
            past = []
            out.append(math.nan)
            continue
        counted += 1
        if len(past) == ORDER:
            predicted = sum(w * p for w, p in zip(weights, past, strict=True))
            out.append((value - predicted) ** 2)
            if settle < counted <= settle + learn:
                for lag, other in enumerate([value, *past]):
                    products[lag] += value * other
        else:
            out.append(math.nan)
        if counted == settle + learn:
            weights = levinson(products)
        past = [value, *past][:ORDER]
    return out


def levinson(products):
    weights, error = [], products[0]
    for m in range(ORDER):
        if error <= 0.0:
            break
        known = sum(w * products[m - k] for k, w in enumerate(weights))
        reflection = (products[m + 1] - known) / error
        weights = [w - reflection * v for w, v in zip(weights, weights[::-1], strict=True)]
        weights.append(reflection)
        error *= 1 - reflection**2
    return weights + [0.0] * (ORDER - len(weights))


def held_above(
    number, window, settle, learn, hold, hang_over, grace, lag, of_mean, of_scatter, least
):
    """Return ``[(is_onset, sample, decided)]``; NaN for what is lost, never for long."""
    ring, found, learnt = [0.0] * window, [], []
    since = last_event = run = run_start = 0
    phase, below, threshold = "settling", 0, math.inf
    for now, value in enumerate(number):
        lost = math.isnan(value)
        ring = [*ring[1:], sum(ring) / window if lost else value]
        if lost:
            continue
        level = sum(ring) / window
        since += 1
        if phase == "settling":
            if since >= settle:
                phase = "learning"
        elif phase == "learning":
            learnt.append(level)
            if len(learnt) >= learn:
                mean = sum(learnt) / learn
                scatter = math.sqrt(sum((one - mean) ** 2 for one in learnt) / learn)
                threshold = max(of_mean * mean + of_scatter * scatter, least)
                phase, below = "resting", grace
        else:
            below = 0 if level > threshold else below + 1
            if (below < grace) == (phase == "contracting"):
                run = 0
                continue
            if run == 0:
                run_start = now
            run += 1
            if phase == "resting" and run >= hold + grace - 1:
                last_event = max(run_start - lag, last_event)
                found.append((1, last_event, now))
                phase, run = "contracting", 0
            elif phase == "contracting" and run >= hang_over:
                last_event = max(run_start - lag - grace + 1, last_event)
                found.append((0, last_event, now))
                phase, run, below = "resting", 0, grace
    return found
