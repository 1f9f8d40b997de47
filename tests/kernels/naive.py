"""The kernels once more, as plain loops over one channel in the words of their definition."""

import math


def bridge_gaps(x, max_gap):
    out, last, missing = [], math.nan, 0
    for value in x:
        if math.isfinite(value):
            last, missing = value, 0
            out.append(value)
        else:
            missing += 1
            out.append(last if missing <= max_gap else math.nan)
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


def detect_contractions(
    x, window, settle, learn, hang_over, alpha, onset_sd, release_sd, floor, look_back
):
    """Return ``[(is_onset, sample, decided)]`` of one channel without lost samples."""
    squares, found = [], []
    since, last_event = 0, 0
    rest = variance = contraction_power = afterglow = 0.0
    phase, quiet = "settling", 0
    for now, value in enumerate(x):
        before = sum(squares[-window:]) / window
        squares.append(min(value * value, 16.0 * max(before, floor * floor)))
        level = math.sqrt(sum(squares[-window:]) / window)
        since += 1
        scatter = max(math.sqrt(variance), 0.05 * rest, floor)
        rest_power = max(rest, floor) ** 2
        reach = range(min(look_back, now + 1 - last_event))
        if phase == "settling":
            if since >= settle:
                phase, since = "learning", 0
        elif phase == "learning":
            step = level - rest
            rest += step / since
            variance += (step * (level - rest) - variance) / since
            if since >= learn:
                phase = "resting"
        elif phase == "resting":
            afterglow *= 1 - 20 * alpha
            if afterglow < floor:
                afterglow = 0.0
            if level > max(rest + onset_sd * scatter, afterglow):
                gains = [0.0]
                for back in reach:
                    count = back + 1
                    ratio = sum(squares[now - back :]) / count / (1.05**2 * rest_power)
                    gains.append(count * (ratio - 1 - math.log(ratio)) if ratio > 1 else 0.0)
                start = now - max(gains.index(max(gains)) - 1, 0)
                found.append((1, start, now))
                phase, since, quiet, last_event = "contracting", 0, 0, start
                contraction_power = 0.0
            else:
                step = min(level - rest, 3 * scatter)
                if step < -3 * scatter:
                    rest += 5 * alpha * step
                    variance *= 1 - 10 * alpha
                else:
                    rest += alpha * step
                    variance += alpha * (step * step - variance)
        else:
            contraction_power += squares[-1]
            strength = math.sqrt(contraction_power / since)
            released = level < max(rest + release_sd * scatter, 0.05 * strength)
            quiet = quiet + 1 if released else 0
            if quiet >= hang_over:
                rest_power = max(rest_power, (0.05 * strength) ** 2)
                strong = max(strength**2, 1.5 * rest_power)
                gain = math.log(strong / rest_power)
                loss = 1 / rest_power - 1 / strong
                totals = [0.0]
                for back in reach:
                    totals.append(
                        (0.0 if back == 0 else totals[-1]) + gain - loss * squares[-1 - back]
                    )
                end = now - max(totals.index(max(totals)) - 1, 0)
                found.append((0, end, now))
                phase, since, last_event = "resting", 0, end
                afterglow = 0.1 * strength
    return found
