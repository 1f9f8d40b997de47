"""One texture that holds every word on the screen, each rasterised once."""

import numpy as np
import numpy.typing as npt

from emg_feedback.views.lettering import rasterise

Region = tuple[int, int, int, int]
_GAP_PX = 1


class AtlasFull(Exception):  # noqa: N818 - a state of affairs, handled by drawing again
    """No room is left: clear the atlas and draw the frame again."""


class Atlas:
    """Words on shelves, from the top left; the first texels are opaque, for plain shapes.

    Parameters
    ----------
    width_px, height_px
        Size of the texture.
    """

    def __init__(self, width_px: int = 4096, height_px: int = 2048) -> None:
        self.texels = np.zeros((height_px, width_px), dtype=np.uint8)
        self.dirty: list[Region] = []
        self.clear()

    @property
    def solid(self) -> tuple[float, float]:
        """Return the texture coordinate of an opaque texel."""
        height, width = self.texels.shape
        return 2.0 / width, 2.0 / height

    def clear(self) -> None:
        """Forget every word."""
        self._regions: dict[tuple[str, int], Region] = {}
        self._x, self._y, self._shelf_px = 4 + _GAP_PX, 0, 4
        self.texels[:4, :4] = 255
        self.dirty.append((0, 0, 4, 4))

    def region(self, string: str, size_px: int) -> Region:
        """Return left, top, width and height of a word in texels, adding it when it is new.

        Raises
        ------
        AtlasFull
            There is no room for it.
        """
        key = (string, size_px)
        if key not in self._regions:
            self._regions[key] = self._add(rasterise(string, size_px))
        return self._regions[key]

    def _add(self, coverage: npt.NDArray[np.uint8]) -> Region:
        rows, columns = coverage.shape
        height, width = self.texels.shape
        if self._x + columns > width:
            self._x, self._y, self._shelf_px = 0, self._y + self._shelf_px + _GAP_PX, 0
        if columns > width or self._y + rows > height:
            raise AtlasFull
        region = (self._x, self._y, columns, rows)
        self.texels[self._y : self._y + rows, self._x : self._x + columns] = coverage
        self.dirty.append(region)
        self._x += columns + _GAP_PX
        self._shelf_px = max(self._shelf_px, rows)
        return region
