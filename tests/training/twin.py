"""A session's course told in the plainest way, sample by sample, to compare the real one with.

It knows nothing of signals: only which steps come, how long each takes, and what must become of
every repetition.
"""

from dataclasses import dataclass, field

from emg_config.protocol import React
from emg_feedback.link.messages import Phase

RELEASE_WAIT_S = 2.0


class RefusedError(Exception):
    """The command makes no sense now."""


@dataclass
class Hold:
    """A repetition from the first sample of its hold until it is told."""

    number: tuple[int, int, int]
    n_hold: int
    n_seen: int = 0
    spoilt: set[str] = field(default_factory=set)


class Twin:
    """Steps are (phase, samples, exercise, set, repetition).

    ``told`` are the repetitions that were, each (exercise, set, repetition), with why they must not
    count; ``left_out`` those that were skipped, ``stopped`` exercises that were not ended.
    ``happened`` is what must have been told: ``(sample, phase, set, repetition)`` or
    ``(sample, "told", set, repetition)``.
    """

    def __init__(self, rate_hz, random):
        self.rate_hz, self.random = rate_hz, random
        self.sample = 0
        self.steps, self.at, self.left, self.paused = [], 0, 0, ""
        self.began = self.together = 0
        self.hold = None
        self.told, self.left_out, self.stopped = [], set(), set()
        self.happened = []

    @property
    def step(self):
        return self.steps[self.at] if self.at < len(self.steps) else None

    @property
    def phase(self):
        if self.paused:
            return Phase.PAUSE
        if self.step:
            return self.step[0]
        return Phase.DONE if self.steps and self.steps[-1][3] else Phase.IDLE

    # Commands.

    def begin(self, steps):
        self.steps, self.at = steps, 0
        self._enter()

    def start(self, exercises, between_s):
        """Every exercise that was begun has its number in the whole session."""
        self.together = len(exercises)
        steps = []
        for number, exercise in enumerate(exercises, self.began + 1):
            if number > self.began + 1 and between_s:
                steps.append((Phase.RELAX, self._samples(between_s), number, 1, 0))
            for set_ in range(1, exercise.sets + 1):
                for repetition in range(1, exercise.repetitions + 1):
                    relax_s = exercise.relax_s
                    if repetition == exercise.repetitions and set_ < exercise.sets:
                        relax_s = max(relax_s, exercise.set_rest_s)
                    where = (number, set_, repetition)
                    prepare_s = exercise.prepare_s
                    if isinstance(exercise, React):
                        prepare_s += self.random.uniform(*exercise.foreperiod_s)
                    if prepare_s:
                        steps.append((Phase.PREPARE, self._samples(prepare_s), *where))
                    steps.append((Phase.HOLD, self._samples(exercise.hold_s), *where))
                    if relax_s:
                        steps.append((Phase.RELAX, self._samples(relax_s), *where))
        self.begin(steps)

    def rest(self, seconds):
        self.begin([(Phase.REST_CALIBRATION, self._samples(seconds), 0, 0, 0)])

    def mvc(self, asked):
        steps = []
        for trial in range(1, asked.trials + 1):
            rest_s = asked.rest_s if trial < asked.trials else 0.0
            for phase, seconds in (
                (Phase.PREPARE, asked.prepare_s),
                (Phase.MVC_CALIBRATION, asked.seconds),
                (Phase.RELAX, rest_s),
            ):
                if seconds:
                    steps.append((phase, self._samples(seconds), 0, 0, trial))
        self.begin(steps)

    def pause(self, reason):
        if not self.step or (self.paused and (reason != "pain" or self.paused == "pain")):
            raise RefusedError
        self.paused, self.hold = reason, None
        self._tell(Phase.PAUSE)

    def interrupt(self):
        if self.step and not self.paused:
            self.pause("loss")

    def resume(self):
        """Go on: a rest whose repetition is over is rested anew, all else is done anew."""
        if not self.paused:
            raise RefusedError
        number = self.step[2:]
        over = number[1] == 0 or number in self.left_out or number in self.numbers
        if not (over and self.step[0] is Phase.RELAX):
            while self.at and self.steps[self.at - 1][2:] == number:
                self.at -= 1
        self.paused = ""
        self._enter()

    def skip(self):
        """Go to the next step, in a pause without beginning it; what is got ready for goes too."""
        step = self.step
        if not step:
            raise RefusedError
        self._leave(step)
        if self.paused and step[0] is Phase.PREPARE:
            self.at += 1
            step = self.step
        if step[4] and step[3] and step[0] is not Phase.PREPARE and step[2:] not in self.numbers:
            self.left_out.add(step[2:])
        self.at += 1
        self._enter()

    def skip_part(self):
        step = self.step
        if not step or not step[3] or self.together < 2:
            raise RefusedError
        self._leave(step)
        for one in self.steps:
            if one[2] == step[2] and one[4] and one[2:] not in self.numbers:
                self.left_out.add(one[2:])
        while self.step and self.step[2] == step[2]:
            self.at += 1
        self._enter()

    def take_back(self):
        """Do what was skipped last after all, unless a later repetition has been held."""
        here = self.step and self.at
        if not self.step or not self.step[4] or not self.step[3]:
            raise RefusedError
        number = self.step[2:]
        if number not in self.left_out and self.step[0] is not Phase.RELAX:
            while here and self.steps[here][2:] == number:
                here -= 1
            number = self.steps[here][2:]
        if number not in self.left_out or number[0] != self.step[2]:
            raise RefusedError
        self.left_out.remove(number)
        self.hold = None
        self.at = next(k for k, step in enumerate(self.steps) if step[2:] == number)
        self._enter()

    def stop(self):
        if not self.step:
            raise RefusedError
        self._leave(self.step)
        if self.step[3]:
            self.stopped.add(self.step[2])
        self.at = len(self.steps)
        self._enter()

    def extend(self, seconds):
        if self.phase is not Phase.RELAX or self.left + seconds * self.rate_hz > 900 * self.rate_hz:
            raise RefusedError
        self.left += round(seconds * self.rate_hz)
        self._tell(Phase.RELAX)

    def change_patient(self):
        if self.step:
            raise RefusedError
        self.steps, self.at, self.began = [], 0, 0
        self.told, self.left_out, self.stopped = [], set(), set()
        self._tell(Phase.IDLE)

    # What comes by itself.

    def spoil(self, why):
        if self.hold and self.phase is Phase.HOLD:
            self.hold.spoilt.add(why)

    def pass_by(self, n_samples, lost):
        for _ in range(n_samples):
            self.sample += 1
            if self.step and not self.paused:
                self._pass_one(lost)

    @property
    def numbers(self):
        return [number for number, _ in self.told]

    def _pass_one(self, lost):
        if self.hold:
            self.hold.n_seen += 1
            if lost:
                self.spoil("gap")
        self.left -= 1
        wait = round(RELEASE_WAIT_S * self.rate_hz)
        if self.hold and self.hold.n_seen == self.hold.n_hold + wait:
            self._tell_repetition()
        if self.left == 0:
            rest = (Phase.RELAX, *self.step[2:])
            rests = any((one[0], *one[2:]) == rest for one in self.steps[self.at + 1 :])
            if not (self.phase is Phase.HOLD and rests):
                self._tell_repetition()
            self.at += 1
            self._enter()

    def _leave(self, step):
        if step[0] is Phase.RELAX:
            self._tell_repetition()
        self.hold = None

    def _enter(self):
        if self.step:
            phase, self.left, number, *_ = self.step
            self.began = max(self.began, number)
            if phase is Phase.HOLD and not self.paused:
                self.hold = Hold(self.step[2:], self.left)
        else:
            self.paused = ""
        if not self.paused:
            self._tell(self.phase)

    def _tell_repetition(self):
        if self.hold:
            number, spoilt = self.hold.number, self.hold.spoilt
            self.hold = None
            assert number not in self.numbers
            assert number not in self.left_out
            self.told.append((number, spoilt))
            self.happened.append((self.sample, "told", *number[1:]))

    def _tell(self, phase):
        _, _, _, set_, repetition = self.step or (None, None, 0, 0, 0)
        self.happened.append((self.sample, phase, set_, repetition))

    def _samples(self, seconds):
        return max(1, round(seconds * self.rate_hz))
