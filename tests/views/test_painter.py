import numpy as np
import pytest

from emg_feedback.views.atlas import Atlas, AtlasFull
from emg_feedback.views.lettering import fit, width_px, wrap
from emg_feedback.views.painter import Painter

RED = (1.0, 0.0, 0.0, 1.0)


def area_px(vertices):
    """Return the area of all triangles, each weighed by its mean opacity."""
    corners = vertices["a_position"].reshape(-1, 3, 2).astype(float)
    alpha = vertices["a_colour"][:, 3].reshape(-1, 3).mean(axis=1)
    one, other = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return (np.abs(one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]) / 2 * alpha).sum()


def write_numbers(painter):
    for number in range(1000):
        painter.text(str(number), 0, 0, 20, RED)


@pytest.fixture
def painter():
    return Painter(Atlas(512, 256))


@pytest.mark.parametrize(
    ("draw", "expected_px"),
    [
        (lambda p: p.rect(10, 10, 40, 30, RED), 1200),
        (lambda p: p.rect(10, 10, 40, 30, RED, 8), 1200 - (4 - np.pi) * 64),
        (lambda p: p.circle(50, 50, 20, RED), np.pi * 400),
        (lambda p: p.ring(50, 50, 20, 4, RED, 0.5), np.pi * 18 * 4),
        (lambda p: p.polygon([(0, 40), (20, 0), (40, 40)], RED), 800),
        (lambda p: p.polyline([(0, 0), (100, 0)], 4, RED), 400),
        (lambda p: p.polyline([(0, 90), (12, 90), (14, 10), (80, 12)], 4, RED), 4 * 158),
    ],
)
def test_shapes_cover_their_area(painter, draw, expected_px):
    draw(painter)
    assert area_px(painter.vertices()) == pytest.approx(expected_px, rel=0.03)


def test_many_shapes_are_all_kept(painter):
    for k in range(3000):
        painter.rect(k, 0, 1, 1, RED)
    assert len(painter.vertices()) == 18000
    assert painter.vertices()["a_position"][-1, 0] == 2999
    painter.clear()
    assert len(painter.vertices()) == 0


def test_a_word_is_kept_once_and_a_full_atlas_says_so(painter):
    painter.text("More", 0, 0, 20, RED)
    known = len(painter.atlas.dirty)
    painter.text("More", 50, 90, 20, RED)
    assert len(painter.atlas.dirty) == known
    with pytest.raises(AtlasFull):
        write_numbers(painter)
    painter.atlas.clear()
    painter.text("More", 0, 0, 20, RED)


def test_words_never_share_texels():
    atlas = Atlas(512, 256)
    regions = [atlas.region(word, size) for word in ("More", "Hold", "Less") for size in (12, 30)]
    used = np.zeros(atlas.texels.shape, dtype=int)
    for x, y, width, height in regions:
        used[y : y + height, x : x + width] += 1
    assert used.max() == 1
    assert not used[:4, :4].any()


def test_lettering_fits_the_room():
    for text in ("As strong as you can", "Gastrocnemius medialis", "Soleus"):
        for room in (20, 60, 300):
            line, size = fit(text, 40, room, 10)
            assert width_px(line, size) <= room
            lines, size = wrap(text, 40, room, 10)
            assert max(width_px(part, size) for part in lines) <= room
    assert wrap("Gastrocnemius medialis", 40, 200, 10)[0] == ("Gastrocnemius", "medialis")
