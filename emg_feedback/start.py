"""Bring an engine up: sockets first, then the board, and the kernels while the board wakes."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from emg_config import ChainSettings, UserError
from emg_config.library import protocols
from emg_config.muscles import placements
from emg_feedback.emulate import patient_arguments
from emg_feedback.link.sockets import open_sockets
from emg_feedback.process import Background, Child, Stop
from emg_feedback.summary import Summary

Say = Callable[[str], None]
SILENT_S = 0.5
EMULATED = "emulated-cyton"


def compile_kernels(say: Say) -> None:
    """Compile every kernel or load it from the cache, and say how far it is."""
    from emg_kernels import compile_all

    begun_s = time.monotonic()
    for name, number, total in compile_all():
        if time.monotonic() - begun_s > SILENT_S:
            say(f"making the kernels ready: {number} of {total}, {name} (slow only the first time)")


def run_engine(
    board_name: str,
    serial_port: str | None,
    settings: ChainSettings,
    muscles: list[str],
    pairs: Sequence[tuple[int, int]],
    publish: str,
    control: str,
    archive: Path | None,
    patient: str | None,
    last_muscles: bool,
    stop: Stop,
    say: Say,
) -> Summary:
    """Run an engine until ``stop``.

    ``muscles`` names the channels in use, all when empty; ``archive`` is the file in which the
    session is kept, none when None; ``patient`` is for whom a session is begun at once. The
    muscles are those of whoever comes first, unless ``last_muscles`` of a patient go before them.
    """
    from emg_hardware.brainflow_board import facts_of, open_board

    facts_of(board_name)  # a wrong name is told before anything is opened
    with ExitStack() as stack:
        publisher, server = stack.enter_context(open_sockets(publish, control))
        journal = None
        if archive is not None:
            from emg_feedback.store.journal import Journal

            journal = stack.enter_context(Journal(archive))
        emulator = None
        if board_name == EMULATED and serial_port is None:
            simulated = patient_arguments(publish, min(len(muscles) or 2, 8), settings.mains_hz)
            emulator = Child("emulate", "cyton", *simulated)
            stack.callback(emulator.end)
            serial_port = emulator.hello()["serial_port"]
        board = open_board(board_name, serial_port)
        settings.band_hz(board.sample_rate_hz)
        names = muscles or list(board.channel_names)
        if len(names) > len(board.channel_names):
            raise UserError(
                f"{board_name} has {len(board.channel_names)} channels, "
                f"{len(names)} muscles are named: name fewer"
            )
        say(f"connecting to {board_name}")
        waking = Background(board.start, "board")
        startup = stack.enter_context(ExitStack())
        startup.callback(board.stop)
        startup.callback(waking.end)
        from emg_feedback.engine import Engine
        from emg_feedback.stream.chain import Chain
        from emg_hardware.lasting_board import LastingBoard

        chain = Chain(len(names), board.sample_rate_hz, settings)
        compile_kernels(say)
        protocols()  # read now, and known when a console asks
        placements()
        waking.wait()
        for note in board.notes:
            say(note)
        stop.on_signals()
        stop.start()
        say(f"streaming; frames at {publish}")

        def over() -> bool:
            if emulator is not None:
                emulator.check()
            return stop()

        startup.pop_all()
        lasting = LastingBoard(board)
        stack.callback(lasting.stop)
        engine = Engine(
            lasting, chain, names, publisher, server, pairs=pairs, journal=journal, say=say
        )
        engine.session.channels_given = bool(muscles) and not last_muscles
        if patient is not None:
            engine.begin(patient)
        return engine.run(over)
