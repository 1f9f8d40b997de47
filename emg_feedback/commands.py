"""What each command does: read the options, call who does the work, tell the result."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from emg_config import ChainSettings, UserError
from emg_feedback.process import Stop, die_on_signals

if TYPE_CHECKING:
    from emg_feedback.demo import Demo

# What the patient's display takes, and `run` hands on.
LOOK = (
    "layout", "side", "text_size", "reduced_motion", "high_contrast", "language", "sound", "voice",
    "volume", "full_screen",
)  # fmt: skip
# No amplifier is quieter over the band of muscle: then the unit is another one.
LEAST_NOISE_UV = 0.25
MAINS_RMS_UV = 20.0  # at the electrodes of the simulated patient


def _say(line: str) -> None:
    print(f"emg-feedback: {line}", file=sys.stderr, flush=True)  # noqa: T201


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _print_json(result: Any) -> None:
    _print(json.dumps(result, allow_nan=False))


def _give(options: argparse.Namespace, result: Any, tell: Callable[[Any], str]) -> None:
    if options.json:
        _print_json(result)
    else:
        _print(tell(result))


def _chain_settings(options: argparse.Namespace, **more: Any) -> ChainSettings:
    names = (
        "detector", "false_starts_per_minute", "envelope", "correct_droop", "ecg_channels",
    )  # fmt: skip
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return msgspec.convert({**given, **more}, ChainSettings)


def _given(options: argparse.Namespace, names: Sequence[str]) -> dict[str, Any]:
    """Return those that were typed, as they are typed."""
    values = {name.replace("_", "-"): getattr(options, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _stop(options: argparse.Namespace) -> Stop:
    """Return what stops on a signal, or after the seconds that were asked for, from now on."""
    stop = Stop(options.seconds)
    stop.on_signals()
    stop.start()
    return stop


def _check_place(file: Path) -> None:
    if file.is_dir() or not file.parent.is_dir():
        raise UserError(f"{file} is no place for a file: name one in a folder")


def _mains_hz(options: argparse.Namespace, likely_hz: int = 50) -> int:
    return int(options.mains_hz or likely_hz)


def _demo_of(options: argparse.Namespace, **more: Any) -> "Demo":
    from emg_feedback.demo import Demo

    recording: tuple[str, ...] = ()
    mains_hz = _mains_hz(options)
    if options.recording is not None:
        from emg_feedback.emulate import check_recording

        recording, likely_hz = check_recording(
            options.recording, options.sample_rate_hz, options.unit
        )
        mains_hz = _mains_hz(options, likely_hz)
    return Demo(
        view=options.view,
        seconds=options.seconds,
        recording=recording,
        mains_hz=mains_hz,
        publish=options.publish,
        control=options.control,
        **more,
    )


def demo(options: argparse.Namespace) -> None:
    """Run the demonstration."""
    from emg_feedback.demo import tell

    demo = _demo_of(options, to_stderr=options.json)
    _give(options, demo.run(_say), tell)


def run(options: argparse.Namespace) -> None:
    """Run a session with both windows."""
    from emg_feedback.run import run_of

    stop = _stop(options)
    run = run_of(
        board=options.board,
        serial_port=options.serial_port,
        muscles=options.muscles,
        config=options.config,
        patient=options.patient,
        protocol=options.protocol,
        mains_hz=options.mains_hz,
        look=None if options.no_display else _given(options, LOOK),
        archive=options.archive,
        publish=options.publish,
        control=options.control,
    )
    summary = run.run(stop, _say)
    _say(f"{summary['samples']} samples, {summary['lost_samples']} lost")


def engine(options: argparse.Namespace) -> None:
    """Run the engine alone."""
    die_on_signals()
    from emg_feedback.start import run_engine
    from emg_feedback.store.archive_file import default_path

    summary = run_engine(
        options.board,
        options.serial_port,
        _chain_settings(options, mains_hz=_mains_hz(options)),
        options.muscles,
        options.pairs,
        options.publish,
        options.control,
        None if options.no_archive else options.archive or default_path(),
        options.patient,
        options.last_muscles,
        Stop(options.seconds),
        _say,
    )
    if options.json:
        _print_json(msgspec.to_builtins(summary))
    else:
        _say(f"{summary.samples} samples, {summary.lost_samples} lost, {summary.onsets} onsets")


def display(options: argparse.Namespace) -> None:
    """Show the patient's window."""
    from emg_feedback.link.address import control_beside, host_of, is_here
    from emg_feedback.link.subscriber import Subscriber

    if options.screenshot is not None:
        if options.view == "terminal":
            raise UserError("--screenshot needs the window: leave --view terminal out")
        _check_place(options.screenshot)
        if options.seconds is not None and options.seconds <= options.after:
            raise UserError("--after must be less than --seconds, or nothing would be saved")
    from emg_config.language import load_language
    from emg_feedback.views.look import Layout, Look, Side

    language = load_language(options.language)
    look = Look(
        layout=Layout(options.layout),
        side=Side(options.side),
        text_size=options.text_size,
        calm=options.reduced_motion,
        high_contrast=options.high_contrast,
    )
    stop = _stop(options)
    with Subscriber(options.connect) as subscriber:
        if options.view == "terminal":
            from rich.console import Console

            from emg_feedback.views.terminal import run_terminal

            run_terminal(
                subscriber, stop=stop, clock=time.time, console=Console(), language=language
            )
        else:
            from emg_feedback.views.presence import Presence
            from emg_feedback.views.prompter import prompts
            from emg_feedback.views.sound import Sound, SoundMode
            from emg_feedback.views.tones import RATE_HZ
            from emg_feedback.views.voice import Voice
            from emg_feedback.views.window import run_patient_window

            heard = SoundMode.OFF if options.screenshot else SoundMode(options.sound)
            spoken = options.voice == "on"
            voice = Voice(options.language, prompts(language), rate_hz=RATE_HZ) if spoken else None
            control = options.control or control_beside(options.connect)
            with ExitStack() as stack:
                sound = Sound(heard, volume=options.volume / 100, voice=voice, tell=_say)
                stack.enter_context(sound)
                if not options.with_parent and options.screenshot is None:
                    stack.enter_context(Presence(control))
                run_patient_window(
                    subscriber,
                    stop=stop,
                    clock=time.time,
                    screenshot=options.screenshot,
                    after_s=options.after,
                    full_screen=options.full_screen,
                    on_second=options.screenshot is None,
                    keyboard=not is_here(host_of(options.connect, "--connect")),
                    look=look,
                    language=language,
                    control=control,
                    sound=sound,
                )


def console(options: argparse.Namespace) -> None:
    """Show the therapist's window."""
    if options.screenshot is not None:
        _check_place(options.screenshot)
    from emg_feedback.link.address import control_beside
    from emg_feedback.views.console.app import run_console

    stop = _stop(options)
    run_console(
        options.connect,
        options.control or control_beside(options.connect),
        stop=stop,
        protocol=options.protocol,
        screenshot=options.screenshot,
        after_s=options.after,
    )


def emulate(options: argparse.Namespace) -> None:
    """Run the emulated board alone."""
    from emg_feedback.emulate import emulate_cyton, patient_source, recording_source
    from emg_hardware.emg_simulator import SimulatorSettings

    stop = _stop(options)
    if options.recording is not None:
        source = recording_source(options.recording, options.sample_rate_hz, options.unit)
    else:
        settings = SimulatorSettings(
            mains_hz=_mains_hz(options),
            mains_rms_uv=MAINS_RMS_UV,
            ecg_peak_uv=options.ecg_uv,
            artefact_peak_uv=options.artefact_uv,
        )
        source = patient_source(options.muscles, options.follow, options.seed, settings)
    emulate_cyton(source, options.drop, stop, _print)


def analyze(options: argparse.Namespace) -> None:
    """Find the contractions in a recording."""
    from emg_feedback.analyze import analyze, tell

    result = analyze(
        options.file,
        sample_rate_hz=options.sample_rate_hz,
        unit=options.unit,
        rest_s=options.rest,
        mains_hz=options.mains_hz,
        pairs=options.pairs,
        settings=_chain_settings(options),
    )
    _give(options, result, tell)
    quietest_uv = min(channel["baseline_uv"] for channel in result["channels"])
    if options.unit is None and 0.0 < quietest_uv < LEAST_NOISE_UV:
        _say(
            f"a channel at rest has {quietest_uv:.2g} µV, less than any amplifier's noise: "
            "if the file is not in µV, name its --unit"
        )


def bench(options: argparse.Namespace) -> None:
    """Measure."""
    if options.what == "kernels":
        from emg_feedback.bench import kernels

        _give(options, kernels.bench_kernels(), kernels.tell)
        return
    if options.what == "onset":
        from emg_feedback.bench.onset import bench_onset
        from emg_feedback.bench.onset_plot import plot
        from emg_feedback.bench.onset_table import tell as tell_onset
        from emg_feedback.bench.peers import peers

        if options.plot is not None:
            _check_place(options.plot)
        others = peers(_say) if options.peers else {}
        found = bench_onset(options.cases, options.seed, options.part, _say, others=others)
        if options.plot is not None:
            options.plot.write_text(plot(found), encoding="utf-8")
        _give(options, found, tell_onset)
        return
    from emg_feedback.bench.latency import bench_latency, tell

    _give(options, bench_latency(_demo_of(options, to_stderr=True), _say), tell)


def protocols(options: argparse.Namespace) -> None:
    """List, show or check exercises."""
    from emg_config.library import unreadable
    from emg_feedback import protocols

    if options.what == "check":
        n_checked, faults = protocols.check_protocols(options.files)
        if options.json:
            _print_json({"checked": n_checked, "faults": faults})
        if faults:
            for fault in faults[:-1]:
                _say(fault)
            raise UserError(faults[-1])
        if not options.json:
            _print(f"{n_checked} checked, nothing is wrong")
        return
    for fault in unreadable():
        _say(f"left out: {fault}")
    if options.what == "list":
        listed = protocols.list_protocols(options.words, options.region)
        _give(options, listed, protocols.tell_list)
    elif options.json:
        _print_json(protocols.show_protocol(options.name))
    else:
        _print(protocols.tell_protocol(options.name))


def sessions(options: argparse.Namespace) -> None:
    """List, show or delete past sessions."""
    from emg_feedback import sessions

    if options.what == "list":
        listed = sessions.list_sessions(options.archive, options.patient)
        _give(options, listed, sessions.tell_list)
    elif options.what == "show" and options.json:
        _print_json(sessions.show_session(options.session, options.archive))
    elif options.what == "show":
        _print(sessions.tell_session(options.session, options.archive))
    else:
        if options.patient is not None:
            gone = sessions.delete_patient(options.patient, options.yes, options.archive)
        else:
            gone = sessions.delete_session(options.session, options.yes, options.archive)
        _give(options, gone, sessions.tell_deleted)


def keys(options: argparse.Namespace) -> None:
    """Show, list or change which computers know each other."""
    from emg_feedback import keys

    match options.what:
        case "show":
            _give(options, keys.show_key(), keys.tell_key)
        case "list":
            _give(options, keys.list_keys(), keys.tell_list)
        case "allow":
            _print(keys.allow(options.name, options.key))
        case "trust":
            _print(keys.trust(options.host, options.key))
        case "remove":
            _print(keys.remove(options.name))


def warm_up(_options: argparse.Namespace) -> None:
    """Compile every kernel."""
    from emg_feedback.start import compile_kernels

    compile_kernels(_say)
