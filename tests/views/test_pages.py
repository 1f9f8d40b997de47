import msgspec
import pytest

from emg_feedback.link.messages import Part, Phase
from emg_feedback.views import palette
from emg_feedback.views.box import page_of
from emg_feedback.views.look import Layout, Look, Side
from emg_feedback.views.patient import draw_patient
from emg_feedback.views.pause import Asked
from emg_feedback.views.words import Place
from tests.views.frames import T0_S
from tests.views.scenes import BAND, during, exercise, play, scenes, steady
from tests.views.test_patient import Recorder, check

LOOKS = {
    "plain": Look(),
    "large": Look(text_size=1.6),
    "calm": Look(calm=True, text_size=1.3),
    "left": Look(side=Side.LEFT),
    "right": Look(side=Side.RIGHT, text_size=1.6),
    "path": Look(layout=Layout.PATH),
    "one": Look(layout=Layout.ONE, text_size=1.6),
    "mirror": Look(layout=Layout.MIRROR, high_contrast=True),
}
SIZES = [(640, 480), (1280, 800), (1920, 1080), (800, 1280)]


@pytest.fixture(scope="module")
def english():
    return scenes()


@pytest.fixture(scope="module")
def german():
    return scenes("de")


def page(model, size=(1280, 800), look=LOOKS["plain"], asked=Asked.NOTHING, now_s=T0_S):
    painter = Recorder()
    draw_patient(painter, model, size, now_s, look, asked)
    return painter


def written(painter):
    return [word[0] for word in painter.words]


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_page_fits(english, german, look, size):
    for name, model in (german if size[0] < 1000 else english).items():
        painter = page(model, size, look)
        try:
            check(painter, size)
        except AssertionError as error:
            pytest.fail(f"{name}: {error}")


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("asked", list(Asked))
def test_what_came_of_the_pause_button_fits(german, asked, size):
    for look in (LOOKS["large"], LOOKS["right"]):
        check(page(german["hold"], size, look, asked), size)


@pytest.mark.parametrize("scene", ["idle", "mvc", "hold", "follow", "symmetry", "done", "waiting"])
def test_the_pause_button_is_on_every_page(english, scene):
    assert "Pause – pain" in written(page(english[scene]))


def test_no_page_lets_the_patient_resume(english):
    words = written(page(english["pause_pain"], asked=Asked.TAKEN))
    assert "Rest. Your therapist goes on with you." in words
    assert words.count("Pause") == 2
    assert not [word for word in words if "esume" in word or "ontinue" in word]


def test_a_skip_in_a_pause_changes_nothing_that_the_patient_is_told_to_do(english):
    parts = [Part(title="How long", planned=1)] * 2
    next_part = {"set": 1, "repetition": 0, "part": 2, "parts": parts}
    paused = during(Phase.PAUSE, None, [BAND] * 2, paused_for="pain", **next_part)
    words = written(page(play(steady(0.03, 0.05), paused), asked=Asked.TAKEN))
    assert "Rest. Your therapist goes on with you." in words
    assert words.count("Pause") == 2
    assert "Part 2 of 2" in words


@pytest.mark.parametrize(
    ("asked", "word"),
    [
        (Asked.SENT, "Pause…"),
        (Asked.TAKEN, "Pause"),
        (Asked.SILENT, "No answer – tell your therapist"),
        (Asked.NOTED, "Rest – tell your therapist"),
        (Asked.REFUSED, "Rest – tell your therapist"),
    ],
)
def test_what_came_of_the_pause_button_is_written(english, asked, word):
    assert word in " ".join(written(page(english["hold"], asked=asked)))


@pytest.mark.parametrize("phase", [Phase.PREPARE, Phase.HOLD, Phase.RELAX])
def test_balance_is_told_in_the_hold_alone(english, phase):
    model = english["symmetry_off"]
    frame = model.frame
    assert frame is not None
    session = msgspec.structs.replace(frame.session, phase=phase)
    model.frame = msgspec.structs.replace(frame, session=session)
    words = written(page(model))
    model.frame = frame
    assert ("More left" in words) is (phase is Phase.HOLD)
    assert not {"Even", "More right"} & set(words)


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
@pytest.mark.parametrize("scene", ["hold", "follow", "symmetry", "endurance_alarm", "waiting"])
def test_everything_is_in_the_half_that_was_chosen(english, side, scene):
    painter = page(english[scene], (1280, 800), Look(side=side))
    x = painter.vertices()["a_position"][:, 0]
    low, high = (0, 640) if side is Side.LEFT else (640, 1280)
    assert low <= x.min()
    assert x.max() <= high


def test_the_button_is_where_it_is_drawn():
    for look in LOOKS.values():
        for size in SIZES:
            places = page_of(size, look)
            left, top = places.origin
            middle = places.button.right - places.button.height / 2
            assert places.on_button(left + middle, top + places.button.centre)
            assert not places.on_button(left + places.body.middle, top + places.body.centre)
            assert not places.on_button(left + places.header.middle, top + places.header.centre)


def test_larger_letters_are_larger(english):
    def height(look):
        words = {word[0]: word for word in page(english["hold"], look=look).words}
        return words["More"][4] - words["More"][2]

    assert height(LOOKS["large"]) > 1.3 * height(LOOKS["plain"])


def test_a_calm_page_stands_still(english):
    model = english["waiting"]
    calm = [page(model, look=Look(calm=True), now_s=T0_S + k / 10).vertices() for k in range(5)]
    assert all((one == calm[0]).all() for one in calm)
    lively = [page(model, now_s=T0_S + k / 10).vertices() for k in range(5)]
    assert any((one != lively[0]).any() for one in lively)


def test_the_path_scrolls_unless_motion_is_reduced(english):
    def corridor_x(look, later_s):
        painter = page(english["follow"], look=look, now_s=T0_S + later_s)
        shown = painter.vertices()
        faint = abs(shown["a_colour"][:, 3] - 0.3) < 1e-3
        return shown["a_position"][faint, 0]

    assert (corridor_x(Look(calm=True), 0.0) == corridor_x(Look(calm=True), 0.2)).all()
    assert (corridor_x(Look(), 0.0)[1:-1] != corridor_x(Look(), 0.2)[1:-1]).any()


def test_high_contrast_is_drawn_in_its_own_colours(english):
    def colours(look):
        drawn = page(english["hold"], look=look).vertices()["a_colour"]
        return {tuple(round(float(part), 3) for part in colour[:3]) for colour in drawn}

    def seen(colour):
        return tuple(round(part, 3) for part in colour[:3])

    plain, strong = colours(Look()), colours(Look(high_contrast=True))
    assert seen(palette.TRACK) in plain
    assert seen(palette.TRACK) not in strong
    assert seen(palette.HIGH_CONTRAST[palette.TRACK[:3]]) in strong


def test_an_alarm_is_told_by_a_word_a_shape_and_a_colour(english):
    calm, alarm = (page(english[scene]) for scene in ("endurance", "endurance_alarm"))

    def alarmed(painter):
        return (abs(painter.vertices()["a_colour"][:, :3] - palette.ALARM[:3]) < 1e-3).all(1).sum()

    assert alarmed(calm) == 0
    assert alarmed(alarm) > 6 * 4
    assert "Back on target!" in written(alarm)


def test_hidden_bars_show_neither_level_nor_number(english):
    one, other = (
        page(play(steady(level), during(Phase.HOLD, "reproduce", [BAND], hidden=True))).vertices()
        for level in (0.1, 0.6)
    )
    assert (one == other).all()


def test_results_are_shapes_not_only_colours():
    def corners(result):
        state = exercise(Phase.HOLD, "hold", [BAND], results=[result], repetition=2)
        return len(page(play(steady(0.3), lambda _t: state)).vertices())

    assert len({corners(result) for result in ("good", "missed", "void")}) == 3


@pytest.mark.parametrize("skipped", [0, 8])
def test_an_exercise_that_ended_before_the_first_repetition_leaves_the_page_of_before(
    english, skipped
):
    over = {"results": [], "skipped": skipped, "set": 0, "repetition": 0}
    model = play(steady(0.02, 0.03), during(Phase.DONE, "hold", [BAND] * 2, **over))
    assert written(page(model)) == written(page(english["idle"]))
    assert model.language.phase.ready in written(page(model))
    assert [bar.band for bar in model.bars(T0_S)] == [None, None]


def test_very_many_repetitions_are_counted():
    state = exercise(Phase.HOLD, "hold", [BAND], results=["good"] * 37 + ["missed"] * 5)
    state.repetition, state.repetitions, state.sets = 43, 100, 1
    painter = page(play(steady(0.3), lambda _t: state), (640, 480))
    check(painter, (640, 480))
    assert {"37", "5", "0"} <= set(written(painter))
    state.phase = Phase.DONE
    check(page(play(steady(0.3), lambda _t: state), (640, 480)), (640, 480))


LIVE = [place for place in Place if place is not Place.NONE]


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_nothing_old_looks_live(english, look):
    theme = palette.HIGH_CONTRAST if look.high_contrast else {}
    live = [theme.get(palette.PLACES[place][:3], palette.PLACES[place][:3]) for place in LIVE]
    for name, model in english.items():
        painter = page(model, look=look, now_s=T0_S + 0.3)
        colours = painter.vertices()["a_colour"][:, :3]
        for colour in live:
            assert not (abs(colours - colour) < 1e-3).all(axis=1).any(), name
        if name != "waiting":
            assert "Please wait" in " ".join(written(painter)), name
        assert not [word for word in written(painter) if word.endswith(("%", "µV"))], name


def test_a_band_is_fainter_while_nobody_needs_to_be_in_it():
    def faint(phase, mode="hold"):
        model = play(steady(0.3), during(phase, mode, [BAND]))
        return model.bars(T0_S)[0].resting

    assert faint(Phase.RELAX)
    assert not faint(Phase.PREPARE)
    assert not faint(Phase.HOLD)
    assert not faint(Phase.RELAX, "contract-relax")
