"""Heartbeats once more, for one channel, in the words of their definition."""

import math


def similarity(stretch, curve):
    """Normalised correlation."""
    product = sum(x * y for x, y in zip(stretch, curve, strict=True))
    scale = math.sqrt(sum(x * x for x in stretch)) * math.sqrt(sum(y * y for y in curve))
    return product / scale if scale else 0.0


def fit(stretch, curve):
    """Least squares of a curve and its slope: gain, shift, energy, and what they explain."""
    slope = [
        0.5 * (curve[k + 1] - (curve[k - 1] if k else 0.0)) for k in range(len(stretch))
    ]  # the curve is longer than the stretch
    cc = sum(y * y for y in curve[: len(stretch)])
    cd = sum(y * d for y, d in zip(curve, slope, strict=False))
    dd = sum(d * d for d in slope)
    xc = sum(x * y for x, y in zip(stretch, curve, strict=False))
    xd = sum(x * d for x, d in zip(stretch, slope, strict=True))
    energy = sum(x * x for x in stretch)
    determinant = cc * dd - cd * cd
    if not determinant > 1e-12 * cc * dd:
        return 0.0, 0.0, energy, 0.0
    gain, shift = (xc * dd - xd * cd) / determinant, (xd * cc - xc * cd) / determinant
    return gain, shift, energy, gain * xc + shift * xd


def slopes(curve):
    padded = [0.0, *curve, curve[-1]]
    return [0.5 * (padded[k + 2] - padded[k]) for k in range(len(curve))]


def remove_heartbeats(
    signal, alpha, rate, fade, lead, length, lag, shortest, longest, forget, held, tail,
    n_curve, n_curves=8,
):  # fmt: skip
    """Return ``(out, codes)`` of a signal without losses; the search is of every sample."""
    delay, wait = length + 2 * lag, length - lead + lag
    clean, out, codes = [], [], []
    curves = [None] * n_curves  # each a dict
    level = smooth = power = peak = beat_power = interval = 0.0
    peak_at = high_since = high_at = last_beat = beat_ends = -math.inf
    busy_until, running = -math.inf, None

    def go_on(now):
        nonlocal running
        curve, k, gain, shift, follow, beats, old, slope = running
        x = clean[now]
        if beats:
            clean[now] = x - gain * old[k] - shift * slope[k]
        curve["values"][k] = old[k] + follow * (x - shift * slope[k] - old[k])
        running = (curve, k + 1, gain, shift, follow, beats, old, slope)
        if k + 1 == n_curve:
            running = None

    for now, x in enumerate(signal):
        clean.append(x)
        if (now + 1) * rate < 1.0:
            level += (0.8453 * abs(x) - level) / (now + 1)
        else:
            down = 10 * rate if power < 0.1 * 2.198 * level * level else rate
            level *= 1 + rate if abs(x) > level else 1 - down
        variance = 2.198 * level * level
        smooth += alpha * (x * x - smooth)
        power += alpha * (smooth - power)
        high = max(smooth, power) > 2.0 * variance
        code = 0
        if high or power > 1.5 * variance or now <= busy_until:
            if running:
                go_on(now)
            if now - last_beat > forget:
                beat_power = 0.0
            threshold = 3.0 * variance
            if beat_power:
                threshold = min(threshold, max(0.3 * beat_power, 1.5 * variance))
            age = now - peak_at
            if power > threshold and power >= peak * (1 - fade) ** max(age - wait, 0.0):
                peak, peak_at, age = power, now, 0
                busy_until = max(busy_until, now + wait)
            if age < wait or high:
                if now - high_at > 1:
                    high_since = now
                high_at = now
            since_beat = now - last_beat
            if age == wait and now + 1 >= delay + 1:
                alone = peak_at - high_since < held
                start = peak_at - lead
                since = peak_at - last_beat
                beats_since = since / max(interval, 1.0)
                due = 0.5 < beats_since < 3.5 and abs(beats_since - round(beats_since)) < 0.15
                best, which, at = -2.0, None, start
                for curve in curves:
                    if curve is not None and now - curve["at"] > forget:
                        curve["count"] = 0.0
                    if curve is None or not curve["count"]:
                        continue
                    bonus = 0.15 if curve["count"] >= 3 else 0.0
                    for begin in range(start - lag, start + lag + 1):
                        stretch = clean[begin : begin + length]
                        r = similarity(stretch, curve["values"][:length]) + bonus
                        if r > best:
                            best, which, at = r, curve, begin
                gain = shift = 0.0
                like = False
                if which:
                    gain, shift, energy, explained = fit(clean[at : at + length], which["values"])
                    left = max(2 * (1 + 1 / which["count"]) * length * variance, 0.15 * energy)
                    like = (
                        explained >= (0.3 if due else 0.55) * energy
                        and energy - explained <= left
                        and 0.4 < gain < 2.5
                    )
                is_beat, follow = False, 1.0
                if like:
                    count, apart = which["count"], peak_at - which["at"]
                    if apart < shortest:
                        count = 1.0
                    elif apart <= longest and since >= shortest:
                        if count >= 3 or alone:
                            count = min(count + 1, 12.0)
                    else:
                        count = max(1.0, count - 1)
                    follow = max(1 / count, 0.08) if count > 1 else 0.5
                    is_beat = count >= 3 and since >= shortest
                    which["count"] = count
                elif alone:
                    worth = [
                        -1.0
                        if curve is None or not curve["count"]
                        else curve["at"] + forget * (curve["count"] >= 3)
                        for curve in curves
                    ]
                    at = start
                    which = {"values": [0.0] * n_curve, "count": 1.0, "usual": 0.0}
                    curves[worth.index(min(worth))] = which
                if like or alone:
                    which["at"] = peak_at
                    which["usual"] += follow * (peak - which["usual"])
                    old = list(which["values"])
                    running = (which, 0, gain, shift, follow, is_beat, old, slopes(old))
                    busy_until = at + n_curve
                    for sample in range(at, now + 1):
                        go_on(sample)
                if is_beat:
                    beat_power, last_beat, beat_ends = which["usual"], peak_at, now + tail
                    if due:
                        interval = since / round(beats_since)
                    elif since <= longest:
                        interval = since
                    code = 3
            elif now <= beat_ends:
                code = 2
            elif (
                high_at == now
                and now - high_since < held
                and power < 3.0 * beat_power
                and since_beat > shortest
            ):
                code = 1
        codes.append(code)
        out.append(clean[now - delay] if now >= delay else math.nan)
    return out, codes
