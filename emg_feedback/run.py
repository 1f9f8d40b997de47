"""A real session: the engine, the therapist's console and the patient's display, each a process.

The engine owns the session. A window that crashes is opened again and shows it as it is; without
one that cannot go on the session goes on. Closing the console ends the run. While an exercise is
running, or rest or full effort is measured, neither can be closed: it opens again. A patient's
display closed in between stays away until the next one, or until the console asks for it.
"""

import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from emg_config import DeviceError, UserError
from emg_config.library import load_protocol
from emg_feedback.link.control import ControlClient
from emg_feedback.link.messages import Phase
from emg_feedback.process import Child, ChildFailedError, Stop
from emg_feedback.summary import Summary
from emg_feedback.views.presence import ANSWER_S, EVERY_S, tell

Say = Callable[[str], None]
POLL_S = 0.1
# So many crashes one after the other are too many; a window that lasted this long has recovered.
MOST_CRASHES = 5
RECOVERED_S = 60.0
# A window that fails sooner than this never was of use: there is no screen, or a wrong option.
OPENING_S = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What to run.

    Attributes
    ----------
    engine, console, display : tuple of str
        What follows the command of each; ``display`` None for no second screen.
    control : str
        Where the engine takes commands.
    """

    engine: tuple[str, ...]
    console: tuple[str, ...]
    display: tuple[str, ...] | None
    control: str

    def run(self, stop: Stop, say: Say) -> dict[str, object]:
        """Run until the console is closed or ``stop()``; return the engine's summary.

        Raises
        ------
        ChildFailedError, DeviceError
            The engine ended with an error, or a window could not be opened.
        """
        with ExitStack() as stack:
            engine = Child("engine", *self.engine, "--json")
            stack.callback(engine.end)
            console = _Window("console", self.console, say)
            stack.callback(console.end)
            display = None
            if self.display is not None:
                display = _Display(self.display, self.control, say)
                stack.callback(display.end)
            while not stop() and engine.running:
                if console.watch():
                    if not self._in_an_exercise():
                        break
                    say("an exercise is running: stop it before you close the console")
                    console.open()
                if display is not None:
                    display.tend()
                time.sleep(POLL_S)
            engine.check()
            console.ask_to_end()
            if display is not None:
                display.ask_to_end()
            return engine.end() or asdict(Summary())

    def _in_an_exercise(self) -> bool:
        with ControlClient(self.control) as client:
            return client.ask("state")["phase"] not in (Phase.IDLE, Phase.DONE)


def run_of(
    *,
    board: str,
    serial_port: str | None,
    muscles: Sequence[str],
    config: Path | None,
    patient: str | None,
    protocol: str | None,
    mains_hz: int | None,
    look: dict[str, Any] | None,
    archive: Path | None,
    publish: str,
    control: str,
) -> Run:
    """Return what to run; ``config`` is a TOML file with what to add to ``engine`` and ``display``.

    ``muscles`` go before those of the patient's last session, and these before those of the file.
    ``look`` is how the patient's display is asked for, None for none; it goes before the file.

    Raises
    ------
    UserError
        The file is not as it should be, or there is no such protocol.
    """
    if protocol is not None:
        load_protocol(protocol)
    place = _Place() if config is None else _read(config)
    ends = ("--publish", publish, "--control", control)
    seen = ("--connect", publish, "--control", control)
    return Run(
        engine=(
            *("--board", board, *ends, *typed(place.engine)),
            *(("--serial-port", serial_port) if serial_port else ()),
            *(("--muscles", ",".join(muscles)) if muscles else ("--last-muscles",)),
            *(("--mains-hz", str(mains_hz)) if mains_hz else ()),
            *(("--archive", str(archive)) if archive else ()),
            *(("--patient", patient) if patient else ()),
        ),
        console=(*seen, *(("--protocol", protocol) if protocol else ())),
        display=None if look is None else (*seen, *typed({**place.display, **look})),
        control=control,
    )


def typed(settings: dict[str, Any]) -> tuple[str, ...]:
    """Return settings as they would be typed: ``{"mains-hz": 50}`` is ``--mains-hz 50``.

    A list is written with commas, and true is the option alone.
    """
    words: list[str] = []
    for name, value in settings.items():
        if value is not False:
            words.append(f"--{name}")
        if isinstance(value, list):
            words.append(",".join(map(str, value)))
        elif not isinstance(value, bool):
            words.append(str(value))
    return tuple(words)


class _Place(msgspec.Struct, forbid_unknown_fields=True):
    """What a place sets once: options of its engine and of its display."""

    engine: dict[str, bool | int | float | str | list[str]] = {}
    display: dict[str, bool | int | float | str] = {}


def _read(config: Path) -> _Place:
    try:
        return msgspec.toml.decode(config.read_text(encoding="utf-8"), type=_Place)
    except OSError as error:
        raise UserError(f"{config} cannot be read: {error.strerror}: correct --config") from None
    except UnicodeDecodeError:
        raise UserError(f"{config} is not text in UTF-8: save it so") from None
    except msgspec.DecodeError as error:
        raise UserError(f"{config} is not as it should be: {error}") from None


class _Window:
    """A window that is opened again when it crashes.

    One that tells why it cannot go on, or crashes again and again, is left.
    """

    def __init__(self, command: str, arguments: tuple[str, ...], say: Say) -> None:
        self._command = (command, *arguments)
        self._say = say
        self._crashes = 0
        self._left = False
        self._child = Child(*self._command)
        self._begun_s = self._opened_s = time.monotonic()

    def watch(self) -> bool:
        """Return whether it was closed; open it again if it crashed.

        Raises
        ------
        ChildFailedError
            It could not be opened at first.
        """
        if self._left:
            return False
        try:
            self._child.check()
        except ChildFailedError as error:
            if error.exit_code not in (2, 3):
                self._open_again()
            elif time.monotonic() - self._begun_s < OPENING_S:
                raise
            else:
                self._leave("ended with an error")
        except DeviceError:
            self._open_again()
        return not self._left and not self.running

    @property
    def running(self) -> bool:
        """Whether it is open."""
        return self._child.running

    def open(self) -> None:
        """Open it again."""
        self._child.end()
        self._left = False
        self._child = Child(*self._command)
        self._opened_s = time.monotonic()

    def ask_to_end(self) -> None:
        self._child.ask_to_end()

    def end(self) -> None:
        self._child.end()

    def _open_again(self) -> None:
        lasted = time.monotonic() - self._opened_s > RECOVERED_S
        self._crashes = 1 if lasted else self._crashes + 1
        if self._crashes > MOST_CRASHES:
            self._leave("keeps crashing")
            return
        self._say(f"the {self._command[0]} crashed; the session goes on, opening it again")
        self.open()

    def _leave(self, why: str) -> None:
        self._left = True
        by_hand = shlex.join(("emg-feedback", *self._command))
        self._say(
            f"the {self._command[0]} {why}; the session goes on without it (Ctrl-C ends it): "
            f"to open it again, {by_hand}"
        )


class _Display(_Window):
    """The patient's display: the engine is told of it, and may want it opened."""

    def __init__(self, arguments: tuple[str, ...], control: str, say: Say) -> None:
        super().__init__("display", arguments, say)
        self._control = control
        self._tell_s = 0.0

    def tend(self) -> None:
        """Watch it, and open it again if the engine wants it."""
        self.watch()
        shown = self.running
        if shown and time.monotonic() < self._tell_s:
            return
        self._tell_s = time.monotonic() + EVERY_S
        # An engine that does not answer is busy, or about to end: whoever waits for it tells.
        with (
            suppress(DeviceError),
            ControlClient(self._control, timeout_s=ANSWER_S) as client,
        ):
            if tell(client, shown=shown, opens=True):
                self._say("the patient's display opens again")
                self.open()
