"""Open the console, and close it in good order."""

import ctypes
import os
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import (
    QLibraryInfo,
    QMessageLogContext,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication

from emg_config import DeviceError
from emg_feedback.views.canvas import work_area
from emg_feedback.views.console import theme
from emg_feedback.views.console.window import LEAST_SIZE, ConsoleWindow

SIZE = (1440, 900)
TITLE_BAR_PX = 40
SMALLEST_SCALE = 0.6  # of which nothing can be read
_FAILED = DeviceError.exit_code


def run_console(
    publish: str,
    control: str,
    *,
    stop: Callable[[], bool],
    protocol: str | None = None,
    screenshot: Path | None = None,
    after_s: float = 2.0,
    size: tuple[int, int] = SIZE,
) -> None:
    """Show the therapist's window until it is closed or ``stop()`` is true.

    Parameters
    ----------
    publish, control : str
        Endpoints of the engine.
    stop : callable
    protocol
        The exercise that is chosen at first.
    screenshot, after_s
        Save what is shown ``after_s`` seconds after the start, and return.
    size
        Width and height of the window, no more than the screen's.

    Raises
    ------
    UserError
        An endpoint is malformed.
    DeviceError
        There is no screen, or the screenshot cannot be saved.
    """
    check_screen()
    fit(work_area())
    qInstallMessageHandler(_on_message)
    application = QApplication([])
    theme.dress(application)
    window = ConsoleWindow(publish, control, stop=stop, protocol=protocol)
    saved = True

    def save() -> None:
        nonlocal saved
        saved = screenshot is None or window.grab().save(str(screenshot), "PNG")
        window.leave()

    if screenshot is not None:
        QTimer.singleShot(round(1e3 * after_s), save)
    room = application.primaryScreen().availableGeometry()
    window.resize(min(size[0], room.width()), min(size[1], room.height() - TITLE_BAR_PX))
    if len(application.screens()) > 1:
        window.move(room.topLeft())
    window.show()
    application.exec()
    if not saved:
        raise DeviceError(f"{screenshot} cannot be written: name another file")


def fit(area: tuple[float, float] | None) -> None:
    """Have everything drawn smaller where the screen has no room for the whole window.

    ``area`` is what `work_area` returns. Who has chosen a scale keeps it.
    """
    if area is None:
        return
    width, height = LEAST_SIZE
    scale = min(area[0] / width, area[1] / (height + TITLE_BAR_PX))
    if scale < 1.0:
        os.environ.setdefault("QT_SCALE_FACTOR", f"{max(SMALLEST_SCALE, scale):.3f}")


def check_screen() -> None:
    """Make sure that Qt, which would abort, finds a screen and what it needs to use it.

    Raises
    ------
    DeviceError
        It does not.
    """
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM", "xcb") != "xcb":
        return
    if os.environ.get("WAYLAND_DISPLAY"):
        return
    if not os.environ.get("DISPLAY"):
        raise DeviceError("cannot open a window: there is no screen (DISPLAY is not set)")
    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
    try:
        ctypes.CDLL(str(plugins / "platforms" / "libqxcb.so"))
    except OSError as error:
        library = str(error).split(":")[0]
        raise DeviceError(
            f"cannot open a window: install the system package that brings {library}"
        ) from None


def _on_message(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """End with one line where Qt would abort, as it does without a screen."""
    if kind is QtMsgType.QtFatalMsg:
        reason = " ".join(text.split()).split(". ")[0].rstrip(".")
        print(  # noqa: T201
            f"emg-feedback: cannot open a window ({reason}): use a machine with a screen",
            file=sys.stderr,
            flush=True,
        )
        os._exit(_FAILED)
