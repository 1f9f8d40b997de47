"""Letters: measure a string in pixels and turn it into an 8-bit coverage image.

Sizes are em heights in pixels. Strings are placed by their cap height, so that a word looks
centred in its line whatever letters it holds.
"""

from functools import lru_cache
from importlib.resources import as_file, files

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

CAP_HEIGHT_EM = 0.66
LINE_EM = 1.1
_FONT_FILE = "SourceSansPro-Semibold.ttf"


@lru_cache(maxsize=64)
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    with as_file(files("font_source_sans_pro").joinpath("files", _FONT_FILE)) as path:
        return ImageFont.truetype(str(path), size_px, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def width_px(string: str, size_px: int) -> float:
    """Return the advance width of ``string``."""
    return _font(size_px).getlength(string)


@lru_cache(maxsize=4096)
def box_px(string: str, size_px: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the ink, from the start of the baseline, y down."""
    left, top, right, bottom = _font(size_px).getbbox(string, anchor="ls")
    return int(np.floor(left)), int(np.floor(top)), int(np.ceil(right)), int(np.ceil(bottom))


def rasterise(string: str, size_px: int) -> npt.NDArray[np.uint8]:
    """Return the coverage of ``string``, shape (height, width) of its `box_px`."""
    left, top, right, bottom = box_px(string, size_px)
    image = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(image).text((-left, -top), string, fill=255, font=_font(size_px), anchor="ls")
    return np.asarray(image, dtype=np.uint8)


@lru_cache(maxsize=1024)
def fit(string: str, size_px: float, room_px: float, smallest_px: float) -> tuple[str, int]:
    """Shrink, then shorten ``string`` until it is no wider than ``room_px``.

    Returns
    -------
    string, size_px
        What to write and how large; an ellipsis marks what was cut.
    """
    size = max(1, round(size_px))
    wanted = width_px(string, size)
    if wanted > room_px:
        smallest = max(1, round(smallest_px))
        size = max(smallest, int(size * room_px / wanted))
        while size > smallest and width_px(string, size) > room_px:
            size -= 1
    shown = string
    while shown and width_px(shown, size) > room_px:
        string = string[:-1].rstrip()
        shown = f"{string}…" if string else ""
    return shown, size


@lru_cache(maxsize=1024)
def wrap(
    string: str, size_px: float, room_px: float, smallest_px: float
) -> tuple[tuple[str, ...], int]:
    """Return ``string`` on one line, or on two where that lets it be larger, and its size."""
    one = fit(string, size_px, room_px, smallest_px)
    parts = _halves(string)
    if width_px(string, max(1, round(size_px))) <= room_px or len(parts) < 2:
        return (one[0],), one[1]
    fitted = [fit(half, size_px, room_px, smallest_px) for half in parts]
    size = min(size for _, size in fitted)
    return tuple(half for half, _ in fitted), size


@lru_cache(maxsize=1024)
def fill(
    string: str, size_px: float, room_px: float, height_px: float
) -> tuple[tuple[str, ...], int]:
    """Return ``string`` whole, on the number of lines, one or two, that lets it be larger.

    Returns
    -------
    lines, size_px
        No larger than ``size_px``, no wider than ``room_px``, no higher than ``height_px``.
    """
    _, one = fit(string, min(size_px, 0.95 * height_px), room_px, 1.0)
    parts = _halves(string)
    most = min(size_px, height_px / (1.0 + LINE_EM))
    two = min((fit(half, most, room_px, 1.0)[1] for half in parts), default=0)
    return (parts, two) if len(parts) > 1 and two > 1.05 * one else ((string,), one)


def _halves(string: str) -> tuple[str, ...]:
    """Return the words on two lines as alike as can be; on one if there is but one word."""
    words = string.split()
    splits = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    return min(
        splits, key=lambda pair: max(width_px(part, 100) for part in pair), default=(string,)
    )
