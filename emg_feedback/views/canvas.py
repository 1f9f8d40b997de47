"""The patient's window on the screen."""

import logging
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import glfw
import numpy as np
from PIL import Image
from vispy import app
from vispy.util import logger as vispy_logger

from emg_config.errors import DeviceError
from emg_feedback.views.atlas import Atlas
from emg_feedback.views.painter import Colour, Painter
from emg_feedback.views.program import Program
from emg_feedback.views.screens import Screen, second_screen

# The desktop takes a moment to know a screen that comes or goes.
REARRANGE_S = 1.0
PainterFunction = Callable[[Painter, tuple[int, int]], None]


class Window:
    """A window with an explicit loop: call `poll`, then `draw`, as often as wanted.

    Keys: F11 or F switches full screen; Q leaves it, or else closes the window.
    Every other key, and every press of the mouse or a finger, is kept until `input` asks for it.

    Parameters
    ----------
    title
        Title of the window.
    size
        Wanted width and height in screen units.
    background
        Colour behind everything.
    full_screen
        Whether to start on the whole screen.
    on_second
        Fill the second screen if there is one, also one that is plugged in later.
    keyboard
        Whether it may take the keyboard from another window as it opens. On a screen that it
        shares with that window it does, or it could open behind it.

    Raises
    ------
    DeviceError
        There is no screen, or no OpenGL on it.
    """

    def __init__(
        self,
        title: str,
        *,
        size: tuple[int, int] = (1280, 800),
        background: Colour = (0.0, 0.0, 0.0, 1.0),
        full_screen: bool = False,
        on_second: bool = False,
        keyboard: bool = True,
    ) -> None:
        vispy_logger.setLevel(logging.ERROR)
        self._background, self._wanted = background, size
        self._rearrange_s = math.inf
        self.closed = False
        self._points: list[tuple[float, float]] = []
        self._keys: list[str] = []
        try:
            fitting = _fitting(size)
            second = second_screen(list(_monitors())) if on_second else None
            glfw.window_hint(glfw.FOCUS_ON_SHOW, keyboard or second is None)
            # A page that fills its screen stays there while another window has the keyboard.
            glfw.window_hint(glfw.AUTO_ICONIFY, False)
            self._canvas = app.Canvas(
                title=title,
                size=fitting,
                position=None if second is None else second.middle_part(*size)[:2],
                app="glfw",
                show=True,
                vsync=True,
            )
            self._canvas.set_current()
            self._handle = glfw.get_current_context()
            self._program = Program(Atlas())
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            raise DeviceError(
                f"cannot open a window, which needs a screen with OpenGL ({reason}): "
                "use the terminal view on this machine"
            ) from error
        glfw.set_window_close_callback(self._handle, self._on_close)
        self._canvas.events.draw.connect(self._on_draw, position="first")
        self._canvas.events.draw.ignore_callback_errors = False
        self._canvas.events.key_press.connect(self._on_key)
        self._canvas.events.mouse_press.connect(self._on_press)
        self._windowed = self._place()
        if full_screen:
            self.toggle_full_screen()
        if on_second:
            glfw.set_monitor_callback(self._on_screens)
        if second is not None:
            self._fill_second()

    @property
    def size(self) -> tuple[int, int]:
        """Return width and height in physical pixels."""
        width, height = glfw.get_framebuffer_size(self._handle)
        return max(1, width), max(1, height)

    @property
    def full_screen(self) -> bool:
        """Return whether it fills the screen."""
        return bool(glfw.get_window_monitor(self._handle))

    def poll(self) -> None:
        """Handle what the user and the system did to the window."""
        if not self.closed:
            glfw.poll_events()
        if glfw.get_time() >= self._rearrange_s:
            self._rearrange_s = math.inf
            self._fill_second()

    def input(self) -> tuple[list[tuple[float, float]], list[str]]:
        """Return where was pressed, in physical pixels, and which keys, since the last call."""
        points, keys = self._points, self._keys
        self._points, self._keys = [], []
        return points, keys

    def draw(self, paint: PainterFunction) -> None:
        """Paint one frame and show it; returns when it was handed to the screen."""
        if self.closed:
            return
        self._canvas.set_current()
        self._program.paint(lambda painter: paint(painter, self.size))
        self._canvas.events.draw(region=None)
        self._canvas.context.finish()

    def screenshot(self, path: Path) -> None:
        """Save what is shown as a PNG file."""
        Image.fromarray(np.ascontiguousarray(self._canvas.render(alpha=False))).save(path, "PNG")

    def resize(self, width: int, height: int) -> None:
        """Ask for another size, in screen units."""
        glfw.set_window_size(self._handle, width, height)

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back to a window."""
        if self.full_screen:
            no_monitor: Any = None
            glfw.set_window_monitor(self._handle, no_monitor, *self._windowed, 0)
        else:
            self._fill(_monitor_at(*self._place().middle), self._place())

    def come_forward(self) -> None:
        """Come in front of other windows, for which it takes the keyboard."""
        if glfw.get_window_attrib(self._handle, glfw.ICONIFIED):
            glfw.restore_window(self._handle)
        glfw.focus_window(self._handle)

    def close(self) -> None:
        """Take the window away."""
        self.closed = True
        no_callback: Any = None
        glfw.set_monitor_callback(no_callback)
        self._canvas.close()

    def __enter__(self) -> "Window":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _place(self) -> Screen:
        """Return what it covers of the desktop."""
        return Screen(*glfw.get_window_pos(self._handle), *glfw.get_window_size(self._handle))

    def _fill(self, monitor: Any, windowed: Screen) -> None:
        """Fill a screen; ``windowed`` is where to go back to."""
        self._windowed = windowed
        (width, height), _, rate_hz = glfw.get_video_mode(monitor)
        glfw.set_window_monitor(self._handle, monitor, 0, 0, width, height, rate_hz)

    def _fill_second(self) -> None:
        """Fill the second screen; be a window on the first again if it has gone."""
        monitors = _monitors()
        screens = list(monitors)
        second = second_screen(screens)
        if not screens or (second is None and self.full_screen):
            return
        part = (second or screens[0]).middle_part(*self._wanted)
        if not self.full_screen:  # some desktops fill the screen on which a window is
            glfw.set_window_size(self._handle, *part[2:])
            glfw.set_window_pos(self._handle, *part[:2])
        if second is not None:
            self._fill(monitors[second], part)

    def _on_screens(self, _monitor: Any, _what: int) -> None:
        self._rearrange_s = glfw.get_time() + REARRANGE_S

    def _on_draw(self, _event: Any) -> None:
        self._program.draw(self._canvas.physical_size, self._background)

    def _on_close(self, _handle: Any) -> None:
        self.closed = True

    def _on_key(self, event: Any) -> None:
        name = event.key.name if event.key is not None else ""
        if name in ("F11", "F"):
            self.toggle_full_screen()
        elif name == "Q":
            if self.full_screen:
                self.toggle_full_screen()
            else:
                self.closed = True
        elif name:
            self._keys.append(" " if name == "Space" else name)

    def _on_press(self, event: Any) -> None:
        scale = self.size[0] / max(1, glfw.get_window_size(self._handle)[0])
        x, y = event.pos[:2]
        self._points.append((float(x) * scale, float(y) * scale))


def work_area() -> tuple[float, float] | None:
    """Return the first screen's width and height without panels, in a window's units.

    None if unknown. For another toolkit, which must be told a scale before it looks at the screen.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", glfw.GLFWError)
        if not glfw.init() or not (monitor := glfw.get_primary_monitor()):
            return None
        _, _, width, height = glfw.get_monitor_workarea(monitor)
        scale = glfw.get_monitor_content_scale(monitor)[0]
        in_pixels = glfw.get_platform() in (glfw.PLATFORM_X11, glfw.PLATFORM_WIN32)
        glfw.terminate()
    factor = scale if in_pixels and scale > 0.0 else 1.0
    return width / factor, height / factor


def _monitors() -> dict[Screen, Any]:
    """Return the monitors and where they are, the primary one first."""
    return {
        Screen(*glfw.get_monitor_pos(monitor), *glfw.get_video_mode(monitor).size): monitor
        for monitor in glfw.get_monitors()
    }


def _monitor_at(x: float, y: float) -> Any:
    """Return the monitor that shows a point of the desktop, the primary one if none does."""
    found = (monitor for screen, monitor in _monitors().items() if screen.holds(x, y))
    return next(found, glfw.get_primary_monitor())


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    """Return ``size``, or less where the screen is smaller."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", glfw.GLFWError)
        if not glfw.init():
            raise DeviceError("there is no screen")
        if not (monitor := glfw.get_primary_monitor()):
            return size
    _, _, width, height = glfw.get_monitor_workarea(monitor)
    return min(size[0], width), min(size[1], height)
