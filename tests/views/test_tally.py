"""What is told of a hold as soon as it ends, before the engine has scored it."""

import pytest

from emg_feedback.link.messages import Phase
from emg_feedback.views import palette
from emg_feedback.views.chimes import Cue
from emg_feedback.views.judge import SURE_SHARE
from emg_feedback.views.model import ViewModel
from emg_feedback.views.sound import Crier
from tests.views.frames import T0_S, frame
from tests.views.scenes import BAND, FRAMES_PER_S, LOW, exercise, scenes, scored
from tests.views.test_pages import page, written

HOLD_S = 5.0


def held(
    level_at, mode="hold", targets=(BAND,), begins_s=0.0, ends_s=HOLD_S, quality="good", **changes
):
    """Return a model that saw a hold, then the first frame of the rest after it."""
    model = ViewModel()
    n_frames = round((ends_s - begins_s) * FRAMES_PER_S)
    for seq in range(n_frames + 1):
        hold_s = begins_s + seq / FRAMES_PER_S
        last = seq == n_frames
        state = exercise(
            Phase.RELAX if last else Phase.HOLD,
            mode,
            list(targets),
            remaining_s=HOLD_S if last else HOLD_S - hold_s,
            phase_s=HOLD_S,
            **changes,
        )
        words = [quality if 2.0 <= hold_s < 3.0 else "good"] * len(targets)
        at_s = T0_S + hold_s - ends_s
        told = frame(list(level_at(hold_s)), seq=seq, at_s=at_s, state=state, quality=words)
        model.receive(told, at_s)
    return model


def steady(level):
    return lambda _s: [level]


def most_of(share):
    """Be in the band for a share of what is judged, without its first second."""
    return lambda hold_s: [0.3 if hold_s < 1.0 + share * (HOLD_S - 1.0) else 0.1]


@pytest.mark.parametrize("mode", ["hold", "stay-below", "endurance", "follow", "reproduce"])
def test_a_hold_in_the_band_is_good_as_soon_as_it_ends(mode):
    assert held(steady(0.3), mode).result() == "good"
    assert held(steady(0.1), mode).result() == ""


def test_reaching_the_band_takes_a_second_that_does_not_count():
    late = held(lambda hold_s: [0.3 if hold_s > 0.9 else 0.0])
    assert late.result() == "good"


def test_a_border_case_waits_for_its_score():
    assert held(most_of(SURE_SHARE + 0.1)).result() == "good"
    assert held(most_of(SURE_SHARE - 0.1)).result() == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"mode": "react"},
        {"mode": "contract-relax"},
        {"mode": "symmetry"},
        {"mode": "reproduce", "hidden": True},
        {"quality": "flat"},
        {"begins_s": 1.0},
        {"ends_s": 4.0},
    ],
)
def test_what_cannot_be_known_is_not_told(changes):
    assert held(steady(0.3), **changes).result() == ""


def test_every_muscle_counts_and_quiet_ones_must_be_calm():
    quiet = {"targets": (BAND, LOW), "roles": ["train", "quiet"], "mode": "isolate"}
    assert held(lambda _s: [0.3, 0.05], **quiet).result() == "good"
    assert held(lambda _s: [0.3, 0.2], **quiet).result() == ""


def test_an_unknown_level_is_no_level_in_the_band():
    assert held(lambda hold_s: [None if hold_s > 3.0 else 0.3]).result() == ""


@pytest.mark.parametrize("result", ["good", "missed"])
def test_a_star_is_heard_as_it_is_seen_and_once(result):
    heard = {}
    model, crier = ViewModel(), Crier()
    relax = exercise(Phase.RELAX, "hold", [BAND])
    scored_ = exercise(
        Phase.RELAX, "hold", [BAND], last=scored(result, 0.3), results=[*relax.results, result]
    )
    rest_s = [(0.0, relax), (1.0, relax), (2.0, scored_), (3.0, scored_)]
    hold_s = [(seq / FRAMES_PER_S - HOLD_S, None) for seq in range(round(HOLD_S * FRAMES_PER_S))]
    for seq, (at_s, state) in enumerate(hold_s + rest_s):
        state = state or exercise(Phase.HOLD, "hold", [BAND], remaining_s=-at_s, phase_s=HOLD_S)
        model.receive(frame([0.3], seq=seq, at_s=T0_S + at_s, state=state), T0_S + at_s)
        heard[at_s] = crier.due(model, T0_S + at_s)
    assert {at_s: cues for at_s, cues in heard.items() if cues} == {0.0: [Cue.LET_GO, Cue.GOOD]}


@pytest.mark.parametrize("result", ["good", "missed", "void"])
def test_the_score_has_the_last_word(result):
    model = held(steady(0.3))
    state = exercise(Phase.RELAX, "hold", [BAND], last=scored(result, 0.3))
    state.results.append(result)
    model.receive(frame([0.1], seq=10_000, state=state), T0_S)
    assert model.result() == result


def test_the_next_repetition_begins_anew():
    model = held(steady(0.3))
    for phase in (Phase.PREPARE, Phase.HOLD, Phase.RELAX):
        state = exercise(phase, "hold", [BAND], repetition=5)
        model.receive(frame([0.3], seq=10_000, state=state), T0_S)
        assert model.result() == ""


def test_success_is_a_star_by_the_headline_and_one_in_the_row():
    def stars(model):
        colours = page(model).vertices()["a_colour"][:, :3]
        return int((abs(colours - palette.STAR[:3]) < 1e-3).all(axis=1).sum())

    good, other = scenes()["relax_good"], scenes()["relax"]
    assert "Let go" in written(page(good))
    assert good.result() == "good"
    assert stars(good) == 3 * stars(other)
