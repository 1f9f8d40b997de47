import itertools
from functools import reduce

import msgspec
import numpy as np
import pytest

from emg_config.language import load_language
from emg_feedback.link.messages import Phase, SessionState
from emg_feedback.views.console.model import ConsoleModel
from emg_feedback.views.footer import set_results
from emg_feedback.views.header import clock
from emg_feedback.views.look import Layout, Look, Side, layout_for, look_after
from emg_feedback.views.model import ViewModel
from emg_feedback.views.outcome import outcome
from emg_feedback.views.prompter import prompt
from emg_feedback.views.scale import FOOT
from emg_feedback.views.words import ENCOURAGE_S, Place
from tests.views.frames import T0_S, frame
from tests.views.scenes import (
    BAND,
    HALVES,
    LOOSE,
    LOW,
    STRONG,
    TRAPEZOID,
    during,
    exercise,
    follow_state,
    following,
    play,
    scenes,
    scored,
    steady,
)
from tests.views.test_pages import page, written


@pytest.fixture(scope="module")
def english():
    return scenes()


def told(model):
    return model.instruction(T0_S)


@pytest.mark.parametrize(
    ("scene", "instruction"),
    [
        ("idle", "Ready"),
        ("over", "That is all for today"),
        ("rest", "Relax"),
        ("mvc_rest", "Rest"),
        ("prepare", "Get ready"),
        ("hold", "Adjust"),
        ("hold_one", "Hold"),
        ("stay_below", "Stay loose"),
        ("stay_below_out", "Let go"),
        ("contract_relax", "Let go"),
        ("contract_relaxed", "Stay relaxed"),
        ("isolate", "Less"),
        ("react_wait", "Wait…"),
        ("react_now", "Now!"),
        ("symmetry", "Both alike"),
        ("endurance", "Keep it there"),
        ("endurance_alarm", "Back on target!"),
        ("reproduce_hidden", "Same as before"),
        ("free", "Try it out"),
        ("follow", "Follow the path"),
        ("follow_steps", "More"),
        ("pause_pain", "Pause"),
        ("done", "Well done"),
    ],
)
def test_what_the_patient_is_told(english, scene, instruction):
    assert told(english[scene]) == instruction


def test_a_muscle_to_keep_quiet_has_its_own_word_and_scale(english):
    bars = english["isolate"].bars(T0_S)
    assert [bar.word for bar in bars] == ["Good", "Quiet", "Less"]
    assert [bar.role for bar in bars] == ["train", "quiet", "quiet"]
    assert bars[1].band[1] > 0.25


def test_the_relaxing_part_of_contract_relax_is_judged(english):
    assert english["contract_relax"].bars(T0_S)[0].place is Place.ABOVE
    assert english["contract_relaxed"].bars(T0_S)[0].place is Place.IN


def test_the_bar_of_contract_relax_keeps_its_scale_over_the_repetition():
    bars = []
    for phase, target in (
        (Phase.RELAX, LOOSE),  # of the repetition before, for a page opened then
        (Phase.PREPARE, STRONG),
        (Phase.HOLD, STRONG),
        (Phase.RELAX, LOOSE),
        (Phase.PAUSE, LOOSE),
    ):
        state = during(phase, "contract-relax", [target], **HALVES)
        bars.append(play(lambda _t: [0.4], state).bars(T0_S)[0])
    assert {bar.level for bar in bars} == {bars[0].level}
    assert {frozenset((bar.band, bar.other)) for bar in bars} == {
        frozenset((bars[0].band, bars[0].other))
    }
    assert [bar.band[0] == 0.0 for bar in bars] == [True, False, False, True, True]


@pytest.mark.parametrize("below", [0.02, 0.05, 0.1, 0.3])
def test_what_to_relax_below_is_a_part_of_the_bar_that_is_seen_from_afar(below):
    halves = {"hold_targets": [STRONG], "relax_targets": [(0.0, below)]}
    heights = []
    for percent in range(100):
        state = during(Phase.HOLD, "contract-relax", [STRONG], **halves)
        bar = play(lambda _t, level=percent / 100: [level], state, seconds=0.1).bars(T0_S)[0]
        assert bar.other[1] >= FOOT
        assert (bar.level < bar.other[1]) == (percent / 100 < below)
        heights.append(bar.level)
    steps = np.diff([height for height in heights if height < 1.0])
    assert (steps > 0.0).all()
    assert steps.max() < 0.11  # no jump: not even where 2 % are a fifth of the bar


def test_other_rests_are_not_judged(english):
    assert {bar.place for bar in english["relax"].bars(T0_S)} == {Place.NONE}


def test_a_hidden_bar_tells_nothing(english):
    bar = english["reproduce_hidden"].bars(T0_S)[0]
    assert (bar.level, bar.number, bar.place, bar.word) == (None, "", Place.NONE, "")
    assert bar.hidden
    assert not bar.stale


@pytest.mark.parametrize(
    ("mean", "line", "place"),
    [
        (0.42, "12 % too strong", Place.ABOVE),
        (0.20, "10 % too weak", Place.BELOW),
        (0.31, "Just right", Place.IN),
    ],
)
def test_the_error_of_a_hidden_hold_is_told_after_it(mean, line, place):
    last = scored("missed", mean, hidden=True)
    state = exercise(Phase.RELAX, "reproduce", [BAND], last=last)
    assert outcome(load_language(), state) == (line, place)
    state.repetition += 1
    assert outcome(load_language(), state) is None


@pytest.mark.parametrize("changes", [{"result": "void"}, {"hidden": False}, {"repetition": 3}])
def test_a_repetition_that_says_nothing_has_no_outcome(changes):
    last = scored("missed", 0.4, hidden=True) | changes
    state = exercise(Phase.RELAX, "reproduce", [BAND], last=last)
    assert outcome(load_language(), state) is None


def test_the_error_in_microvolts_is_a_share_of_the_target():
    last = scored("missed", 24.0, hidden=True, unit="uv", band=[15.0, 25.0])
    state = exercise(Phase.RELAX, "reproduce", [None], last=last)
    assert outcome(load_language(), state) == ("Just right", Place.IN)
    last["channels"][0]["mean"] = 30.0
    assert outcome(load_language(), state) == ("50 % too strong", Place.ABOVE)


@pytest.mark.parametrize(
    "channels",
    [
        None,
        3,
        [None],
        [{"role": "train", "mean": "x", "band": [0, 1]}],
        [{"role": "train", "mean": 1.0, "band": [0, None]}],
        [{"role": "train", "mean": 1.0, "band": [1]}],
    ],
)
def test_odd_figures_are_no_outcome(channels):
    for mode in ("reproduce", "react"):
        last = scored("good", 0.3, hidden=True) | {"channels": channels}
        state = exercise(Phase.RELAX, mode, [BAND], last=last)
        assert outcome(load_language(), state) is None


@pytest.mark.parametrize(
    ("code", "half", "share", "gently"),
    [
        (
            "en",
            "About half as hard as you can",
            "About 70 % of full effort",
            "As far as it does not hurt",
        ),
        (
            "de",
            "Etwa halb so fest wie möglich",
            "Etwa 70 % der vollen Kraft",
            "So fest es ohne Schmerz geht",
        ),
    ],
)
def test_where_full_effort_would_hurt_the_share_asked_for_is_read_and_nobody_driven_on(
    code, half, share, gently
):
    for name, wanted in (("mvc_half", half), ("mvc_share", share)):
        model = scenes(code)[name]
        assert (told(model), model.explanation(T0_S)) == (wanted, gently)
        assert {wanted, gently} <= set(written(page(model)))
    assert told(scenes(code)["mvc"]) in load_language(code).encouragement


@pytest.mark.parametrize(("since_s", "said"), [(0.0, "Now!"), (1.1, "Now!"), (1.3, "Hold")])
def test_once_the_signal_was_seen_both_windows_say_to_hold(since_s, said):
    state = exercise(Phase.HOLD, "react", [BAND], remaining_s=3.0 - since_s, phase_s=3.0)
    patient, console = ViewModel(), ConsoleModel()
    for model in (patient, console):
        model.receive(frame([0.3], state=state), T0_S)
    assert told(patient) == console.asked_for == said
    assert said in written(page(patient))


def test_the_time_to_react_is_told_after_it(english):
    assert english["react_after"].outcome(T0_S).line == "0.28 s"
    german = scenes("de")["react_after"]
    assert german.outcome(T0_S).line == "0,28 s"


def test_nothing_counts_down_to_the_cue(english):
    assert english["react_wait"].seconds_left() is None
    foreseen = exercise(Phase.PREPARE, "react", [BAND], remaining_s=2.0)
    assert play(steady(0.1), lambda _t: foreseen).seconds_left() is None


def test_without_an_mvc_targets_and_bars_are_in_microvolts(english):
    calm, tense = english["microvolt"].bars(T0_S)
    assert (calm.number, tense.number) == ("4 µV", "8 µV")
    assert (calm.place, tense.place) == (Place.IN, Place.ABOVE)
    assert calm.band == pytest.approx((0.0, 0.6), abs=0.05)


def test_encouragement_changes_during_full_effort():
    def state_at(t):
        return SessionState(
            phase=Phase.MVC_CALIBRATION,
            repetition=1,
            repetitions=3,
            remaining_s=-t,
            phase_s=6.0,
        )

    said = [
        play(steady(0.5), lambda t, at=at: state_at(t - at), seconds=0.1, mvc=False)
        for at in np.arange(0.0, 6.0, ENCOURAGE_S)
    ]
    lines = [told(model) for model in said]
    assert lines[-1] == "As strong as you can"
    assert all(one != other for one, other in itertools.pairwise(lines))


def test_between_trials_the_patient_rests_once_the_muscle_has_let_go():
    trials = SessionState(
        phase=Phase.RELAX, repetition=1, repetitions=3, remaining_s=20.0, phase_s=30.0
    )
    model = ViewModel()
    for seq, (active, said) in enumerate([(True, "Let go"), (False, "Rest")]):
        message = frame([0.2], seq=seq, state=trials)
        model.receive(msgspec.structs.replace(message, active=[active]), T0_S)
        assert told(model) == said
    assert model.seconds_left()[0] == 20


def test_after_the_session_the_page_says_so_until_the_next_one_begins(english):
    model = english["over"]
    assert written(page(model))[:1] == ["That is all for today"]
    assert not any("electrode" in word for word in written(page(model)))
    state = SessionState(patient="P-017")
    begun = play(steady(0.02), lambda t: SessionState() if t < -1.0 else state)
    assert told(begun) == "Ready"


def test_trials_are_counted_as_such(english):
    assert english["mvc"].of_trials
    assert english["mvc_rest"].of_trials
    assert not english["relax"].of_trials
    assert english["mvc"].repetitions()[:2] == (2, 3)


def test_before_a_trial_the_patient_gets_ready_and_no_old_target_is_left(english):
    model = english["mvc_prepare"]
    assert told(model) == "Get ready"
    assert model.explanation(T0_S) == "As strong as you can"
    assert model.of_trials
    assert model.seconds_left()[0] == 3
    assert {bar.band for bar in model.bars(T0_S)} == {None}
    assert prompt(model.language, model.session, 0.0) == "Get ready"


def test_the_path_comes_towards_the_patient(english):
    ahead = english["follow_prepare"].course(0, T0_S)
    assert ahead.at_s == pytest.approx(-1.2, abs=0.05)
    here = english["follow"].course(0, T0_S)
    assert here.at_s == pytest.approx(5.0, abs=0.05)
    assert here.length_s == 10.0
    bar = english["follow"].bars(T0_S)[0]
    assert np.interp(here.at_s, here.time_s, here.level) == pytest.approx(sum(bar.band) / 2)
    assert here.tolerance == pytest.approx((bar.band[1] - bar.band[0]) / 2)
    assert english["hold"].course(0, T0_S) is None


def test_the_scale_of_a_path_does_not_move_with_it():
    tops = set()
    for at_s in (0.5, 2.0, 5.0, 9.5):
        model = play(following(TRAPEZOID, at_s), follow_state(TRAPEZOID, at_s))
        tops.add(round(float(model.course(0, T0_S).level.max()), 6))
    assert len(tops) == 1


@pytest.mark.parametrize(
    "path", [[], [(0.0, 0.1)], [(0.0, float("nan")), (1.0, 0.2)], [(0.0, 0.1), (0.0, 0.2)]]
)
def test_a_path_that_makes_no_sense_is_none(path):
    model = play(steady(0.1), during(Phase.HOLD, "follow", [BAND], path=path))
    assert model.course(0, T0_S) is None


def test_balance(english):
    assert english["symmetry"].balance()[2] == pytest.approx(0.0, abs=0.05)
    assert english["symmetry_off"].balance()[2] == pytest.approx(1 / 3, abs=0.05)
    assert english["hold_one"].balance() is None


@pytest.mark.parametrize(
    ("sides", "pair"),
    [
        ([], (0, 1)),
        (["", "", ""], (0, 1)),
        (["left", "right", ""], (0, 1)),
        (["right", "left", ""], (1, 0)),
        (["", "right", "left"], (2, 1)),
        (["right", "", ""], (1, 0)),
        (["", "left", ""], (1, 0)),
        (["", "right", ""], (0, 1)),
    ],
)
def test_left_and_right_are_those_of_the_muscles(sides, pair):
    state = exercise(Phase.HOLD, "symmetry", [BAND] * 3, sides=sides)
    left, right, share = play(steady(0.2, 0.4, 0.6), lambda _t: state).balance()
    assert (left, right) == pair
    assert (share > 0.0) is (right > left)


@pytest.mark.parametrize("phase", [Phase.IDLE, Phase.REST_CALIBRATION, Phase.MVC_CALIBRATION])
def test_channels_that_are_not_in_use_are_not_shown(phase):
    state = SessionState(phase=phase, used=[True, False, True])
    shown = written(page(play(steady(0.1, 0.2, 0.3), lambda _t: state)))
    assert "Vastus medialis" in shown
    assert "Vastus lateralis" not in shown
    assert "Rectus femoris" in shown
    none = SessionState(phase=phase, used=[False, False])
    assert not {"Vastus medialis", "Vastus lateralis"} & set(
        written(page(play(steady(0.1, 0.2), lambda _t: none)))
    )


def test_channels_that_the_exercise_leaves_out_are_not_shown():
    state = exercise(Phase.HOLD, "isolate", [BAND, None, LOW], roles=["train", "", "quiet"])
    model = play(steady(0.3, 0.3, 0.3), lambda _t: state)
    assert model.channels() == [0, 2]
    assert model.channels("train") == [0]
    assert model.bars(T0_S)[1].role == ""


@pytest.mark.parametrize(
    ("mode", "chosen", "n", "expected"),
    [
        ("hold", Layout.AUTO, 2, Layout.BARS),
        ("hold", Layout.AUTO, 1, Layout.ONE),
        ("follow", Layout.AUTO, 1, Layout.PATH),
        ("symmetry", Layout.AUTO, 2, Layout.MIRROR),
        ("hold", Layout.MIRROR, 2, Layout.MIRROR),
        ("hold", Layout.MIRROR, 1, Layout.ONE),
        ("hold", Layout.PATH, 2, Layout.PATH),
        ("follow", Layout.BARS, 2, Layout.BARS),
    ],
)
def test_the_layout_follows_the_mode_unless_it_was_chosen(mode, chosen, n, expected):
    assert layout_for(exercise(Phase.HOLD, mode, [BAND] * n), chosen, n, n) is expected


def test_full_effort_is_shown_as_bars_whatever_was_trained_before():
    state = exercise(Phase.MVC_CALIBRATION, "follow", [None] * 2)
    assert layout_for(state, Layout.AUTO, 2, 2) is Layout.BARS


@pytest.mark.parametrize("chosen", [Layout.ONE, Layout.PATH])
def test_a_muscle_that_is_to_be_quiet_is_seen_in_every_layout(chosen):
    isolate = exercise(Phase.HOLD, "isolate", [BAND, LOW], roles=["train", "quiet"])
    assert layout_for(isolate, chosen, 1, 2) is Layout.BARS
    watched = exercise(Phase.HOLD, "hold", [BAND, None], roles=["train", "watch"])
    assert layout_for(watched, chosen, 1, 2) is chosen
    follow = exercise(Phase.HOLD, "follow", [BAND, LOW], roles=["train", "quiet"])
    assert layout_for(follow, Layout.AUTO, 1, 2) is Layout.PATH


def test_the_half_and_the_letters_follow_keys():
    def after(*keys):
        return reduce(lambda look, key: look_after(key, look), keys, Look())

    assert after("Left").side is Side.LEFT
    assert after("Left", "Right").side is Side.RIGHT
    assert after("Left", "Left") == Look()
    assert after("Up", "Up").text_size == 1.4
    assert after(*["Up"] * 5).text_size == 1.6
    assert after("Down", "A", " ") == Look()


def test_results_of_the_present_set():
    state = exercise(Phase.HOLD, "hold", [BAND], set=2, repetitions=3)
    state.results = ["good", "good", "missed", "void"]
    assert set_results(state, state.results) == ["void", "", ""]


def test_long_times_are_minutes_and_seconds():
    assert [clock(seconds) for seconds in (0, 7, 99, 100, 221, 600)] == [
        "0",
        "7",
        "99",
        "1:40",
        "3:41",
        "10:00",
    ]
