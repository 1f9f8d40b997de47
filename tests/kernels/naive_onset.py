"""The detector once more: one channel, in plain Python, from what its parts say they do.

Fits are `numpy.linalg.lstsq`, a line of the mains is a complex number, dating is done on arrays.
Only the tuned numbers are taken from the kernels.
"""

import math
from types import SimpleNamespace

import numpy as np

from emg_kernels import (
    burst,
    contraction,
    dating,
    decision,
    evidence,
    explain,
    fits,
    growing,
    layout,
    mains,
    onset,
    rest,
)

SHARES = {
    *("THRESHOLD", "MOST_FREEDOM", "MUSCLE_FREEDOM", "FOLLOWING", "TRACKING", "FADING"),
    *("FLOOR_POWER", "SAMPLE_RATE"),
}
COUNTS = {
    *("SETTLE", "LEARN", "BLOCK", "MOST_LOST", "LOOK_BACK", "DATING_STEP", "BURST", "BEAT"),
    *("TAIL", "PATIENCE", "RETRY", "MOST_DOUBT", "CALM", "REACH", "REFIT", "SHORT_BURST"),
    "N_APPEARING",
}


def numbers(settings):
    """Give names to a vector of settings; what counts samples becomes a whole number."""
    named = {}
    for name, entry in vars(layout).items():
        if name in SHARES:
            named[name.lower()] = float(settings[entry])
        elif name in COUNTS:
            named[name.lower()] = int(settings[entry])
    return SimpleNamespace(**named)


def at_least_zero(steps):
    """Last value of a sum that never falls below zero."""
    totals = np.cumsum(steps)
    return totals[-1] - min(0.0, totals.min())


def rise_sums(y, rest_power, freedom):
    ratio = np.minimum(np.square(y) / rest_power, evidence.MOST_OF_A_SAMPLE)
    return [
        at_least_zero(freedom * (0.5 * (1.0 - 1.0 / r) * ratio - 0.5 * math.log(r)))
        for r in evidence.RATIOS
    ]


def fit(regressors, y):
    """Least squares with the slightest of ridges; return coefficients and what is left."""
    if not len(regressors):
        return np.zeros(0), y
    ridge = np.diag(np.sqrt(1e-6 * np.square(regressors).sum(axis=1) + 1e-12))
    matrix = np.vstack([np.transpose(regressors), ridge])
    wanted = np.concatenate([y, np.zeros(len(regressors))])
    coefficients = np.linalg.lstsq(matrix, wanted, rcond=None)[0]
    return coefficients, y - coefficients @ regressors


def foot_of_rise(power, step_s, rest_power, free_samples, later_nats):
    n = len(power)
    if not n:
        return 0.0
    ratio = np.asarray(power) / rest_power
    later = np.arange(n)[None, :] + 0.5 - np.arange(n)[:, None]  # rows: feet
    best = np.full(n, -np.inf)
    for rise_s in dating.RISES_S:
        share = np.where(later > 0, np.minimum(later * step_s / rise_s, 1.0) ** 2, 0.0)
        rise = (share @ (ratio - 1.0)) / np.square(share).sum(axis=1)
        model = 1.0 + np.maximum(rise, 0.0)[:, None] * share
        terms = np.where(later > 0, np.log(model) + ratio * (1.0 / model - 1.0), 0.0)
        likelihood = -0.5 * free_samples * terms.sum(axis=1) + later_nats * np.arange(n)
        best = np.maximum(best, np.where(rise > dating.LEAST_RISE, likelihood, -np.inf))
    if best.max() == -np.inf:
        return float(n)
    passed = np.concatenate([[0.0], np.cumsum(np.exp(best - best.max()))])
    half = 0.5 * passed[-1]
    foot = int(np.argmax(passed[1:] >= half))
    return foot + (half - passed[foot]) / (passed[foot + 1] - passed[foot])


class Lines:
    """The references of the mains, which follow its frequency; a line is a complex number."""

    def __init__(self, lines, following):
        self.cycles, self.reach = lines[:, mains.CYCLES], lines[:, mains.REACH]
        self.off, self.slip, self.since = np.zeros(len(lines)), np.zeros(len(lines)), 0
        self.following, self.every = following, int(max(1.0, 1.0 / (mains.TUNINGS * following)))

    def turned(self, samples):
        """References at these samples, shape (n_lines, n_samples)."""
        samples = np.asarray(samples)
        ahead = self.slip[:, None] + np.outer(self.off, samples - self.since)
        return np.exp(2j * np.pi * ((np.outer(self.cycles, samples) + ahead) % 1.0))

    def tune(self, weights, before, least, now):
        """Take the weights, now and when this was last done, of shape (n_lines, n_channels)."""
        heard = np.abs(before) > least
        power = np.where(heard, np.abs(before) ** 2, 0.0).sum(axis=1)
        turned = -np.where(heard, (before.conj() * weights).imag, 0.0).sum(axis=1)
        if not power.any():
            return
        self.slip = self.slip + self.off * (now - self.since)
        self.since, reach, loud = now, np.abs(self.reach), power > 0.0
        rate = np.clip(
            turned[loud] / power[loud] / (2.0 * np.pi * self.every), -reach[loud], reach[loud]
        )
        self.off[loud] += 0.125 * self.following * self.every * rate
        self.off = np.clip(self.off, -reach, reach)
        strongest = np.argmax(power)
        share = self.off[strongest] / self.reach[strongest]
        self.off[~loud] = share * self.reach[~loud]


class Channel:
    """One channel; feed it with ``take``, read ``clean``, ``active`` and ``events``."""

    def __init__(self, settings, lines, responses):
        self.n = numbers(settings)
        self.lines = Lines(lines, self.n.following)
        self.gains = lines[:, mains.GAIN_RE] + 1j * lines[:, mains.GAIN_IM]
        self.impulse, self.step = responses[fits.IMPULSE], responses[fits.STEP]
        self.line_shapes = responses[fits.LINES :]
        self.clean, self.active, self.events = [], [], []
        self.ring = np.zeros(self.n.learn)
        self.beat = np.zeros(self.n.beat)
        self.weights = np.zeros(len(lines), complex)
        self.appeared = np.zeros(len(lines), complex)
        self.before = np.zeros(len(lines), complex)
        self.expected = np.zeros(self.n.tail)
        self.s = {
            "phase": "settling", "since": 0, "rest": 0.0, "scatter": 0.0, "freedom": 0.0,
            "limit": 0.0, "gathered": 0.0, "counted": 0, "fall": 0.0, "power": 0.0,
            "afterglow": 0.0, "last_event": 0, "lost": 0, "wait": 0, "doubt": 0,
            "kind": None, "start": 0, "rise": [0.0] * evidence.N_RATIOS,
        }  # fmt: skip

    def take(self, x, now):
        turned = self.lines.turned([now])[:, 0]
        y = x - (self.weights * turned.conj()).real.sum()
        error = self.lose(now) if math.isnan(x) else None
        if error is None:
            y, error = self.look(y, now, turned)
        self.clean.append(y - 0.5 * self.n.following * error * len(turned))
        if (now + 1) % self.n.block == 0:
            self.end_what_came_of_nothing(now)
        self.active.append(self.s["phase"] == "contracting")
        self.weights += self.n.following * error * turned
        if (now + 1) % self.lines.every == 0:
            self.lines.tune(self.weights[:, None], self.before[:, None], self.listen(), now)
            self.before = self.weights.copy()
        if (now + 1) % self.n.block == 0:
            self.close_block()

    def listen(self):
        """Say from which amplitude on mains tells its frequency."""
        s = self.s
        if s["phase"] == "contracting":
            return onset.AUDIBLE * s["limit"]
        quiet = s["phase"] == "resting" and not s["kind"] and not s["lost"] and s["wait"] <= 0
        return onset.AUDIBLE_AT_REST * s["limit"] if quiet or s["phase"] == "learning" else math.nan

    def recent(self, count, now):
        """Return the last samples, oldest first."""
        return self.ring[np.arange(now - count + 1, now + 1) % self.n.learn]

    def lose(self, now):
        s, n = self.s, self.n
        s["lost"] += 1
        s["kind"] = None
        self.ring[now % n.learn] = math.sqrt(s["rest"])
        if s["phase"] in ("settling", "learning"):
            s["phase"], s["since"] = "settling", 0
        elif s["phase"] == "contracting" and s["lost"] >= n.most_lost:
            self.begin_rest()
            s["last_event"] = now
            self.events.append((0, now - s["lost"] + 1, now))
        elif s["phase"] == "resting":
            s["wait"], s["doubt"] = n.tail, 0
        return 0.0

    def look(self, y, now, turned):
        """Return the sample as it goes on, and what the canceller learns from it."""
        s, n = self.s, self.n
        s["lost"] = 0
        told = y
        if s["kind"]:
            was_mains = s["kind"] == "mains"
            y = self.without_expected(y, now, turned)
            told = y if was_mains else told
        self.ring[now % n.learn] = y
        s["since"] += 1
        if s["phase"] == "settling":
            if s["since"] >= n.settle:
                self.find_mains(now)
                s["phase"], s["since"] = "learning", 0
                if s["rest"] > 0.0:
                    self.begin_rest()
            return told, 0.0
        error = min(max(y, -s["limit"]), s["limit"])
        if s["phase"] == "learning":
            if s["since"] >= n.learn:
                self.learn(now)
            return told, error
        if s["phase"] == "resting" and s["wait"] > 0 and not s["doubt"]:
            s["wait"] -= 1
            s["rise"] = [0.0] * evidence.N_RATIOS
            self.ring[now % n.learn] = math.sqrt(s["rest"])
            return told, 0.0
        if s["doubt"] or s["kind"] == "mains":
            error = 0.0
        square = min(y * y, contraction.LARGEST_SQUARE)
        if s["phase"] == "contracting":
            self.contract(square, now)
        else:
            self.rest_on(square, now)
        return told, error

    def contract(self, square, now):
        s, n = self.s, self.n
        s["power"] += square
        freedom = min(s["freedom"], n.muscle_freedom)
        ratio = min(square / self.quiet_power(), 4.0 * evidence.RELEASE_RATIO)
        if s["since"] > n.learn and s["power"] / s["since"] < contraction.TONE * s["rest"]:
            s["rest"] = max(s["rest"], self.followed(square))
        cost = 0.5 * math.log(evidence.RELEASE_RATIO)
        gain = 0.5 * (1.0 - 1.0 / evidence.RELEASE_RATIO)
        s["fall"] = max(0.0, s["fall"] + freedom * (cost - gain * ratio))
        if s["fall"] > contraction.RELEASE_THRESHOLD:
            self.decide_offset(now)

    def quiet_power(self):
        rest_power, power = self.s["rest"], self.s["power"] / self.s["since"]
        staying = rest_power * math.sqrt(max(1.0, power / (contraction.STRONG * rest_power)))
        return max(staying, contraction.RELEASED_SHARE * power)

    def remaining_power(self, now):
        ringing = contraction.RELEASED_SHARE * self.s["power"] / self.s["since"]
        mean = np.square(self.recent(self.n.block, now)).mean()
        staying = min(decision.REMAINING_SHARE * (mean - ringing), self.quiet_power())
        return max(self.s["rest"], staying)

    def decide_offset(self, now):
        s, n = self.s, self.n
        start = s["last_event"]
        power, remaining = s["power"] / s["since"], self.remaining_power(now)
        end = self.date(now, False, max(remaining, decision.AFTERGLOW_SHARE * power))
        if end - start < n.short_burst:
            held = [abs(self.ring[k % n.learn]) for k in range(start, end)]
            peak = start + int(np.argmax(held)) if held else start
            if 2 * (now - peak) > n.beat:
                self.remember_beat(peak)
        s["rest"] = remaining
        self.begin_rest()
        s["afterglow"], s["last_event"] = decision.AFTERGLOW_SHARE * power, end
        self.events.append((0, end, now))

    def end_what_came_of_nothing(self, now):
        s, n = self.s, self.n
        most = decision.MOST_OUT_OF_NOTHING_S * n.sample_rate
        flat = s["rest"] <= decision.FLAT * n.floor_power
        if s["phase"] == "contracting" and flat and s["since"] >= most:
            s.update(phase="settling", since=0, rest=0.0, afterglow=0.0, kind=None, last_event=now)
            self.events.append((0, now, now))

    def date(self, now, is_onset, rest_power):
        s, n = self.s, self.n
        n_steps = min(n.look_back, now - s["last_event"]) // n.dating_step
        past = self.recent(n_steps * n.dating_step, now)
        power = np.square(past).reshape(n_steps, n.dating_step).mean(axis=1)
        foot = foot_of_rise(
            power if is_onset else power[::-1],
            n.dating_step / n.sample_rate,
            rest_power,
            n.dating_step * min(s["freedom"], n.muscle_freedom),
            n.dating_step / n.sample_rate / decision.DECISION_S if is_onset else 0.0,
        )
        back = n_steps - foot if is_onset else foot
        return min(now, max(s["last_event"], now - round(back * n.dating_step)))

    def rest_on(self, square, now):
        s, n = self.s, self.n
        ratio, rest_before, glow = square / s["rest"], s["rest"], s["afterglow"]
        s["gathered"] += min(ratio, rest.MOST_GATHERED)
        s["counted"] += 1
        if glow == 0.0:
            s["rest"] = self.followed(square)
        ratio = min(ratio, square / max(glow, n.floor_power), evidence.MOST_OF_A_SAMPLE)
        for k, r in enumerate(evidence.RATIOS):
            step = s["freedom"] * (0.5 * (1.0 - 1.0 / r) * ratio - 0.5 * math.log(r))
            s["rise"][k] = max(0.0, s["rise"][k] + step)
        suspected = max(s["rise"]) > n.threshold
        ordinary = glow == 0.0 and not s["kind"] and s["doubt"] == 0
        if ordinary and not suspected:
            return
        s["wait"] = max(s["wait"] - 1, -n.calm)
        if (suspected or s["kind"] == "mains") and s["wait"] <= 0:
            if s["doubt"] < n.most_doubt and self.explained(now):
                s["wait"] = n.retry
                s["doubt"] += n.retry
            elif max(s["rise"]) > n.threshold:
                start = self.date(now, True, s["rest"])
                s.update(phase="contracting", since=0, fall=0.0, power=0.0, doubt=0)
                s["last_event"] = start
                self.events.append((1, start, now))
                return
        if s["wait"] <= -n.calm:
            s["doubt"] = 0
        s["afterglow"] = glow * (1.0 - n.fading) if glow > rest_before else 0.0

    def followed(self, square):
        """Return the level at rest after one more sample of it."""
        most = min(square / self.s["rest"], rest.MOST_TRACKED)
        step = self.n.tracking * (most - rest.TRACKED_MEAN)
        return max(self.n.floor_power, self.s["rest"] * (1.0 + step))

    def explained(self, now):
        s, n = self.s, self.n
        rest_power = max(s["rest"], s["afterglow"])
        stop = min(n.burst, now + 1)
        oldest, age = now - stop + 1, now - s["start"]
        seen = self.recent(stop, now).copy()
        refit = s["kind"] is not None and age <= n.refit
        if refit:
            at = np.arange(oldest, now + 1) - s["start"]
            seen[at >= 0] += self.expected[at[at >= 0]]
        places = np.arange(oldest, now + 1) % n.learn
        self.ring[places] = seen
        length = 1 + self.likeliest_back(min(now - s["last_event"], n.learn), now, rest_power)
        length = max(length, age + 1) if refit else length
        begin = stop - min(length, stop)
        clear = refit or stop - begin >= n.patience
        if not clear and self.little_seen(seen[begin:], rest_power):
            return True
        for try_kind in (
            *(self.try_artefact, self.try_heartbeat, self.try_mains, self.try_growing_mains),
        ):
            answer = try_kind(seen, oldest, begin, rest_power)
            if answer:
                break
        if not answer:
            s["kind"] = None
            if refit:
                s["rise"] = rise_sums(seen, rest_power, s["freedom"])
            return False
        if not clear:
            return True
        s["kind"], start, shape, left, extra = answer
        s["start"] = oldest + start
        self.expected = shape
        self.ring[places] = left
        s["rise"] = rise_sums(left, rest_power, s["freedom"])
        if s["kind"] == "mains":
            self.appeared = extra
        elif s["kind"] == "heartbeat" and start >= 0 and start + n.beat <= stop:
            newest = seen[start : start + n.beat] / extra
            self.beat = self.beat + burst.BEAT_RENEWAL * (newest - self.beat)
        return True

    def little_seen(self, seen, rest_power):
        if len(seen) < max(burst.EARLY * self.n.patience, min(burst.LEAST_SEEN, self.n.patience)):
            return True
        return np.sum(np.square(seen) - rest_power) < explain.LEAST_ARTEFACT * rest_power

    def likeliest_back(self, count, now, rest_power):
        if not count:
            return 0
        length = np.arange(1, count + 1)
        ratio = np.cumsum(np.square(self.recent(count, now)[::-1])) / length / rest_power
        gain = length * (ratio - 1.0 - np.log(np.maximum(ratio, 1e-300)))
        gain[ratio <= 1.0] = 0.0
        return int(np.argmax(gain))

    def passes_for_rest(self, left, rest_power):
        most = max(rise_sums(left, rest_power, self.s["freedom"]))
        return most < explain.LEFT_EVIDENCE * self.n.threshold

    def try_artefact(self, seen, oldest, begin, rest_power):
        peak = begin + int(np.argmax(np.abs(seen[begin:])))
        for start in range(max(0, peak - self.n.reach), peak + 1):
            first, n_after = min(start, begin), len(seen) - start
            excess = np.square(seen[first:]).sum() - (len(seen) - first) * rest_power
            late = np.concatenate([[0.0], self.impulse[:-1]])
            both = [self.impulse, late]
            shapes = [[self.impulse], [self.step], both, [*both, self.step]]
            for shape, (_, _, least_seen, times) in zip(shapes, explain.SHAPES, strict=True):
                if n_after < least_seen or excess < times * explain.LEAST_ARTEFACT * rest_power:
                    continue
                after = seen[start:]
                coefficients, residue = fit(np.array(shape)[:, :n_after], after)
                claimed = np.square(after).sum() - np.square(residue).sum()
                left = np.concatenate([seen[:start], residue])
                enough = claimed >= explain.ARTEFACT_SHARE * excess
                if enough and self.passes_for_rest(left, rest_power):
                    return "artefact", start, coefficients @ shape, left, None
        return None

    def try_heartbeat(self, seen, oldest, begin, rest_power):
        beat, n_beat, stop = self.beat, len(self.beat), len(seen)
        if np.square(beat).sum() < explain.LEAST_BEAT * rest_power:
            return None
        ends = np.concatenate([beat[:1], beat, beat[-1:]])
        slope = 0.5 * (ends[2:] - ends[:-2])
        excess = np.square(seen).sum() - stop * rest_power
        best, most = None, 0.0
        for start in range(3 - n_beat, stop - 2):
            inside = slice(max(0, start), min(stop, start + n_beat))
            part = slice(inside.start - start, inside.stop - start)
            n_inside = inside.stop - inside.start
            if n_inside < 3:
                continue
            shape = np.array([beat, slope])[: 2 if n_inside >= 5 else 1]
            (strength, *shift), residue = fit(shape[:, part], seen[inside])
            shift = shift[0] if shift else 0.0
            if not explain.WEAKEST_BEAT < strength < explain.STRONGEST_BEAT:
                continue
            claimed = np.square(seen[inside]).sum() - np.square(residue).sum()
            if abs(shift) > strength or claimed < explain.BEAT_SHARE * excess:
                continue
            left = seen.copy()
            left[inside] = residue
            if claimed > most and self.passes_for_rest(left, rest_power):
                most, expected = claimed, np.zeros(self.n.tail)
                expected[:n_beat] = strength * beat + shift * slope
                best = "heartbeat", start, expected, left, strength
        return best

    def lines_fit(self, seen, start, n_lines, rest_power):
        """Return what lines from ``start`` on claim, their coefficients, and what is left."""
        after, shapes = seen[start:], self.line_shapes[: 2 * n_lines]
        n_after = len(after)
        coefficients, residue = fit(shapes[:, :n_after], after)
        energy = np.square(after).sum()
        claimed = energy - np.square(residue).sum()
        alone = sum(
            np.square(coefficients[i : i + 2] @ shapes[i : i + 2, :n_after]).sum()
            for i in range(0, 2 * n_lines, 2)
        )
        left = np.concatenate([seen[:start], residue])
        excess = energy - n_after * rest_power
        if claimed - 2 * n_lines * rest_power < explain.MAINS_SHARE * excess:
            claimed = 0.0
        elif alone > explain.MOST_CANCELLED * claimed:
            claimed = explain.TOO_MANY
        elif not self.passes_for_rest(left, rest_power):
            claimed = 0.0
        return claimed, coefficients, left

    def try_mains(self, seen, oldest, begin, rest_power):
        most, best_start, n_best = 0.0, None, 0
        stop, reach = len(seen), burst.MAINS_REACH
        for start in range(max(0, begin - reach), min(begin + reach + 1, stop - 4)):
            after, n_after = seen[start:], stop - start
            excess = np.square(after).sum() - n_after * rest_power
            if excess < explain.LEAST_MAINS * rest_power:
                continue
            nats = 0.5 * math.log(1.0 + excess / n_after / rest_power)
            n_told = max(1, int(0.5 * (n_after - explain.MAINS_NATS / nats)))
            n_told = min(self.n.n_appearing, fits.MOST_REGRESSORS // 2, n_told)
            fewer = range(n_told, 0, -1)
            tried = ((n, self.lines_fit(seen, start, n, rest_power)[0]) for n in fewer)
            n_told, claimed = next((one for one in tried if one[1] != explain.TOO_MANY), (0, 0.0))
            if claimed > most:
                most, best_start, n_best = claimed, start, n_told
        for n_told in range(1, n_best + 1):
            claimed, coefficients, left = self.lines_fit(seen, best_start, n_told, rest_power)
            if claimed > 0.0:
                lines = np.zeros(len(self.gains), complex)
                lines[:n_told] = coefficients[::2] + 1j * coefficients[1::2]
                expected = coefficients @ self.line_shapes[: 2 * n_told]
                appeared = (
                    lines * self.gains.conj() * self.lines.turned([oldest + best_start])[:, 0]
                )
                return "mains", best_start, expected, left, appeared
        return None

    def try_growing_mains(self, seen, oldest, begin, rest_power):
        stop, freedom = len(seen), self.s["freedom"]
        n_lines = min(len(self.gains), fits.MOST_REGRESSORS // 2)
        if not n_lines:
            return None
        ratio = max(1.0, np.square(seen[begin:]).mean() / rest_power)
        muscle = 0.5 * freedom * (stop - begin) * (ratio - 1.0 - math.log(ratio))
        best, most = None, muscle + growing.GROWING_NATS
        for length in growing.FEET:
            foot = stop - length * (stop - begin)
            start = max(0, math.floor(foot) + 1)
            samples = np.arange(start, start + max(self.n.tail, stop))
            shapes = (
                (samples - foot) / (stop - foot) * self.lines.turned(oldest + samples)[:n_lines]
            )
            shapes = np.stack([shapes.real, shapes.imag], axis=1).reshape(2 * n_lines, -1)
            coefficients, residue = fit(shapes[:, : stop - start], seen[start:])
            pairs = coefficients.reshape(n_lines, 2, 1) * shapes.reshape(n_lines, 2, -1)
            alone = np.square(pairs.sum(axis=1)[:, : stop - start]).sum()
            claimed = np.square(seen[start:]).sum() - np.square(residue).sum()
            known = freedom * claimed / rest_power
            nats = 0.5 * known - n_lines * math.log(1.0 + 0.5 * known / n_lines)
            left = np.concatenate([seen[:start], residue])
            single = alone <= explain.MOST_CANCELLED * claimed
            if nats > most and single and self.passes_for_rest(left, rest_power):
                appeared = np.zeros(len(self.gains), complex)
                appeared[:n_lines] = coefficients[::2] + 1j * coefficients[1::2]
                handed_over = start + max(stop - start, self.n.refit + 1)
                appeared *= (handed_over - foot) / (stop - foot)
                expected = (coefficients @ shapes)[: self.n.tail]
                best, most = ("mains", start, expected, left, appeared), nats
        return best

    def without_expected(self, y, now, turned):
        s, n = self.s, self.n
        age = now - s["start"]
        if s["kind"] == "mains" and age > n.refit:
            self.weights = self.weights + self.appeared
            self.before = self.before + self.appeared
            s["kind"] = None
            return y - (self.appeared * turned.conj()).real.sum()
        if age >= n.tail:
            s["kind"] = None
            return y
        return y - self.expected[age]

    def begin_rest(self):
        self.s.update(phase="resting", since=0, gathered=0.0, counted=0, wait=0, doubt=0)
        self.s["rise"] = [0.0] * evidence.N_RATIOS
        self.know_rest()

    def know_rest(self):
        s, n = self.s, self.n
        s["freedom"] = min(n.most_freedom, 2.0 / (n.block * max(s["scatter"], 1e-9)))
        s["limit"] = mains.MOST_SCATTERS * math.sqrt(s["rest"])

    def close_block(self):
        s, n = self.s, self.n
        if s["counted"] >= n.block:
            excess = min(s["gathered"] / s["counted"], rest.MOST_OF_A_BLOCK) - 1.0
            most = rest.MOST_SCATTER * s["scatter"]
            weight = rest.SCATTER_RATE * n.block * n.tracking
            if excess > 0.0 or excess * excess < rest.MOST_BELOW * s["scatter"]:
                s["scatter"] += weight * (min(excess**2, most) - s["scatter"])
            self.know_rest()
        s["gathered"], s["counted"] = 0.0, 0

    def find_mains(self, now):
        n_lines = min(len(self.gains), fits.MOST_REGRESSORS // 2)
        n_used = self.n.settle - self.n.settle // 3
        samples = np.arange(now - n_used + 1, now + 1)
        turned = self.lines.turned(samples)[:n_lines]
        shapes = np.stack([turned.real, turned.imag], axis=1).reshape(2 * n_lines, -1)
        coefficients, left = fit(shapes, self.recent(n_used, now))
        self.s["limit"] = mains.MOST_SCATTERS * math.sqrt(np.square(left).mean())
        self.weights[:n_lines] += coefficients[::2] + 1j * coefficients[1::2]

    def learn(self, now):
        s, n = self.s, self.n
        n_blocks = n.learn // n.block
        blocks = self.recent(n_blocks * n.block, now).reshape(n_blocks, n.block)
        powers = np.sort(np.square(blocks).mean(axis=1))
        calm = powers[powers <= rest.OUTLYING * powers[n_blocks // 2]]
        s["rest"] = max(calm.mean(), n.floor_power)
        white = 2.0 / (n.block * n.most_freedom)
        scatter = rest.LITTLE_SEEN * np.square(calm / s["rest"] - 1.0).mean()
        s["scatter"] = max(scatter, white)
        peak = self.strongest(now)
        if self.ring[peak % n.learn] ** 2 > rest.STANDS_OUT * s["rest"]:
            self.remember_beat(peak)
        self.begin_rest()

    def strongest(self, now):
        """Return where the signal is strongest of what lies at least half a beat from the ends."""
        n = self.n
        ages = np.arange(n.learn // n.block * n.block)
        ages = ages[(2 * ages > n.beat) & (2 * ages < 2 * n.learn - n.beat)]
        held = np.abs(self.ring[(now - ages) % n.learn])
        age = ages[np.argmax(held)]
        usual = abs(self.ring[(now - n.beat) % n.learn])
        return now - age if held.max() > usual else now - n.beat

    def remember_beat(self, peak):
        places = peak - self.n.beat // 2 + np.arange(self.n.beat)
        self.beat = self.ring[places % self.n.learn].copy()

    def set_rest(self, rest_uv, scatter_uv):
        s, n = self.s, self.n
        rest_uv = max(rest_uv, math.sqrt(n.floor_power))
        white = 2.0 / (n.block * n.most_freedom)
        s["rest"] = rest_uv**2
        s["scatter"] = max((2.0 * scatter_uv / rest_uv) ** 2, white)
        self.know_rest()
        if s["phase"] == "learning":
            s["phase"] = "resting"

    def learn_rest(self, now):
        s = self.s
        if s["phase"] == "contracting":
            self.events.append((0, now, now))
            s["last_event"] = now
        s["rest"] = 0.0
        if s["phase"] != "settling":
            s.update(
                phase="learning", since=0, scatter=0.0, freedom=0.0, gathered=0.0, counted=0,
                fall=0.0, power=0.0, afterglow=0.0, lost=0, wait=0, doubt=0, kind=None,
                start=0, rise=[0.0] * evidence.N_RATIOS,
            )  # fmt: skip


def cancel_mains(x, lines, following, tracking, first_sample):
    """Return samples of shape (n_samples, n_channels) without mains; nothing is known of rest."""
    n_channels = x.shape[1]
    weights = np.zeros((len(lines), n_channels), complex)
    before, lines = weights, Lines(lines, following)
    spread, quiet, count, clean = (
        np.zeros(n_channels),
        np.zeros(n_channels),
        np.zeros(n_channels),
        [],
    )
    for now, row in enumerate(x, start=first_sample):
        turned = lines.turned([now])
        there = np.isfinite(row)
        y = row - (weights * turned.conj()).real.sum(axis=0)
        count = count + there
        limit = mains.MOST_SCATTERS * mains.DEVIATION * spread
        limit[count * tracking < mains.BEGINNING] = np.inf
        error = np.where(there, np.clip(y, -limit, limit), 0.0)
        share = np.maximum(tracking, 1.0 / np.maximum(count, 1.0))
        spread = spread + np.where(there, share * (np.abs(error) - spread), 0.0)
        weights = weights + following * error * turned
        clean.append(y - 0.5 * following * len(turned) * error)
        if (now + 1) % lines.every == 0:
            rising = (1.0 + mains.RISING) * quiet
            quiet = np.where(rising > 0.0, np.minimum(rising, spread), spread)
            least = mains.AUDIBLE * mains.MOST_SCATTERS * mains.DEVIATION * spread
            least[spread > mains.QUIET * quiet] = np.nan
            lines.tune(weights, before, least, now)
            before = weights
    return np.array(clean)
