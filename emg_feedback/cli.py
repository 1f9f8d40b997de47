"""The command line: what each command takes, and where its work is done."""

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from emg_config import UserError
from emg_config.home import home
from emg_config.settings import DETECTORS, ENVELOPES
from emg_feedback import commands as does
from emg_feedback.arguments import (
    channel_number,
    count,
    list_of_names,
    one_to_eight,
    pair_of_channels,
    percent,
    positive_number,
    pseudonym,
    sample_rate_hz,
    seed_number,
    stretch_of_samples,
    stretch_of_time,
    text_size,
)
from emg_feedback.link.messages import DEFAULT_CONTROL, DEFAULT_PUBLISH
from emg_feedback.process import ChildFailedError, die_on_signals, die_with_parent

NOT_A_DEVICE = "Research and training software, not a certified medical device."


class Parser(argparse.ArgumentParser):
    """Tells a mistake in one line."""

    def error(self, message: str) -> NoReturn:
        """Refuse the arguments."""
        raise UserError(f"{message}; see '{self.prog} --help'")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    try:
        options = _parser().parse_args(arguments)
        os.environ.setdefault("NUMBA_CACHE_DIR", str(home() / "cache" / "kernels"))
        if options.with_parent:
            die_on_signals()
            die_with_parent()
        options.run(options)
        return 0
    except ChildFailedError as error:
        return error.exit_code
    except UserError as error:
        print(f"emg-feedback: {error}", file=sys.stderr)  # noqa: T201
        return error.exit_code
    except BrokenPipeError:
        return 0
    except OSError as error:
        print(f"emg-feedback: {error}: check the disk, or choose another file", file=sys.stderr)  # noqa: T201
        return 3
    except Exception:
        traceback.print_exc()
        print(  # noqa: T201
            "emg-feedback: this is a bug of ours; please report the lines above", file=sys.stderr
        )
        return 1


def _parser() -> Parser:
    parser = Parser(prog="emg-feedback", description=f"Surface-EMG biofeedback. {NOT_A_DEVICE}")
    parser.add_argument("--version", action="version", version=version("emg-feedback"))
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, run: Callable[[argparse.Namespace], None], text: str
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        added.set_defaults(run=run)
        # Ends the command when its standard input closes; for commands started by ours.
        added.add_argument("--with-parent", action="store_true", help=argparse.SUPPRESS)
        return added

    demo = command("demo", does.demo, "a whole short session with an emulated board and patient")
    _session_length(demo)
    _view(demo)
    _recording(demo)
    _mains(demo)
    _endpoints(demo)
    _json(demo)

    run = command("run", does.run, "a session: engine, therapist's console, patient's display")
    run.add_argument("--board", default="emulated-cyton", help="board (default: %(default)s)")
    run.add_argument("--serial-port", metavar="PORT", help="where the board's dongle is")
    run.add_argument(
        "--muscles",
        type=list_of_names,
        default=[],
        metavar="A,B,…",
        help="names of the channels in use",
    )
    run.add_argument("--config", type=Path, metavar="FILE", help="this place's settings, in TOML")
    _patient(run)
    run.add_argument("--protocol", metavar="NAME", help="the exercise to have ready")
    run.add_argument("--no-display", action="store_true", help="without the patient's screen")
    _look(run)
    run.add_argument("--full-screen", action="store_true", help="the patient's screen")
    run.set_defaults(**dict.fromkeys(does.LOOK))
    _mains(run)
    _archive(run)
    _endpoints(run)
    _session_length(run)

    engine = command("engine", does.engine, "acquire, filter, train and publish, without a display")
    engine.add_argument("--board", default="emulated-cyton", help="board (default: %(default)s)")
    engine.add_argument("--serial-port", metavar="PORT", help="where the board's dongle is")
    engine.add_argument(
        "--muscles",
        type=list_of_names,
        default=[],
        metavar="A,B,…",
        help="names of the channels in use",
    )
    engine.add_argument(
        "--last-muscles", action="store_true", help="those of a patient's last session go first"
    )
    _chain(engine)
    _pairs(engine)
    _endpoints(engine)
    _archive(engine)
    engine.add_argument("--no-archive", action="store_true", help="keep nothing of the session")
    _patient(engine)
    _session_length(engine)
    _json(engine)

    display = command("display", does.display, "the patient's window")
    _engine_at(display)
    _look(display)
    display.add_argument("--view", choices=("window", "terminal"), default="window")
    display.add_argument("--full-screen", action="store_true")
    display.add_argument("--screenshot", type=Path, metavar="FILE", help="save a PNG and end")
    display.add_argument(
        "--after", type=positive_number, default=2.0, metavar="S", help="screenshot after"
    )
    _session_length(display)

    console = command("console", does.console, "the therapist's window")
    _engine_at(console)
    console.add_argument("--protocol", metavar="NAME", help="the exercise that is chosen at first")
    console.add_argument("--screenshot", type=Path, metavar="FILE", help="save a PNG and end")
    console.add_argument(
        "--after", type=positive_number, default=2.0, metavar="S", help="screenshot after"
    )
    _session_length(console)

    emulate = command("emulate", does.emulate, "an emulated board alone")
    emulate.add_argument("board", choices=("cyton",))
    _recording(emulate)
    emulate.add_argument("--follow", metavar="ENDPOINT", help="the patient watches this engine")
    emulate.add_argument("--muscles", type=one_to_eight, default=2, help="of the patient")
    emulate.add_argument(
        "--ecg-uv", type=positive_number, default=0.0, metavar="UV", help="peak of the heart beat"
    )
    emulate.add_argument(
        "--artefact-uv",
        type=positive_number,
        default=0.0,
        metavar="UV",
        help="peak of tugs at the cables",
    )
    emulate.add_argument("--seed", type=seed_number, default=1, help="which patient")
    emulate.add_argument(
        "--drop", type=stretch_of_samples, action="append", default=[], metavar="START:N",
        help="lose N samples from START on",
    )  # fmt: skip
    _mains(emulate)
    _session_length(emulate)

    analyze = command("analyze", does.analyze, "find the contractions in a recording")
    analyze.add_argument("file", type=Path, metavar="FILE")
    _format(analyze)
    analyze.add_argument("--rest", type=stretch_of_time, metavar="A:B", help="calm, in seconds")
    _chain(analyze)
    _pairs(analyze)
    _json(analyze)

    bench = command("bench", does.bench, "measure")
    bench.add_argument("what", choices=("kernels", "onset", "latency"))
    _recording(bench)
    _view(bench)
    _session_length(bench, default=20.0)
    bench.add_argument("--cases", type=count, default=80, metavar="N", help="records for onset")
    bench.add_argument("--seed", type=seed_number, default=1, help="which records")
    bench.add_argument(
        "--part",
        choices=("tune", "final"),
        default="tune",
        help="records to tune detectors on, or those kept for the last look",
    )
    bench.add_argument(
        "--peers", action="store_true", help="also ask installed packages of others, which is slow"
    )
    bench.add_argument("--plot", type=Path, metavar="FILE", help="save onset's figures as SVG")
    _mains(bench)
    _endpoints(bench)
    _json(bench)

    _library(command("protocols", does.protocols, "the exercise library"))
    _past_sessions(command("sessions", does.sessions, "the archive of past sessions"))
    _keys(command("keys", does.keys, "which computers may show and lead sessions over the network"))

    command("warm-up", does.warm_up, "compile and keep every kernel")
    return parser


def _library(parser: argparse.ArgumentParser) -> None:
    asked = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    listing = asked.add_parser("list", help="which exercises there are")
    listing.add_argument("--region", default="", metavar="R", help="such as neck or knee")
    listing.add_argument(
        "--for", default="", metavar="WORDS", dest="words",
        help="what a referral says, such as 'back pain', or a muscle",
    )  # fmt: skip
    showing = asked.add_parser("show", help="one exercise, and where its electrodes go")
    showing.add_argument("name", metavar="NAME")
    checking = asked.add_parser("check", help="check files, or the whole library")
    checking.add_argument("files", nargs="*", type=Path, metavar="FILE")
    for one in (listing, showing, checking):
        _json(one)


def _past_sessions(parser: argparse.ArgumentParser) -> None:
    asked = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    listing = asked.add_parser("list", help="which sessions there are, the newest first")
    listing.add_argument("--patient", metavar="P", help="of this patient only")
    showing = asked.add_parser("show", help="what is kept of one session")
    showing.add_argument("session", metavar="ID", help="as 'list' shows it")
    deleting = asked.add_parser("delete", help="delete a session, or a patient with every session")
    which = deleting.add_mutually_exclusive_group(required=True)
    which.add_argument("session", nargs="?", metavar="ID", help="as 'list' shows it")
    which.add_argument("--patient", metavar="P", help="delete this patient instead")
    deleting.add_argument("--yes", action="store_true", help="that is meant")
    for one in (listing, showing, deleting):
        _archive(one)
        _json(one)


def _keys(parser: argparse.ArgumentParser) -> None:
    asked = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
    showing = asked.add_parser("show", help="this computer's key, and what to do with it")
    allowing = asked.add_parser("allow", help="let another computer connect to engines here")
    allowing.add_argument("name", metavar="NAME", help="what to call that computer")
    trusting = asked.add_parser("trust", help="know the engine on another computer by its key")
    trusting.add_argument("host", metavar="HOST", help="its name or address, as in --connect")
    for one in (allowing, trusting):
        one.add_argument("key", metavar="KEY", help="as 'keys show' prints it there")
    listing = asked.add_parser("list", help="which computers are let in, which engines known")
    removing = asked.add_parser("remove", help="take a computer off the lists")
    removing.add_argument("name", metavar="NAME", help="as 'list' shows it")
    for one in (showing, listing):
        _json(one)


def _patient(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--patient", type=pseudonym, metavar="ID", help="whose session to begin: a pseudonym"
    )


def _archive(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--archive", type=Path, metavar="FILE", help="another than your own")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object, nothing else")


def _look(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--layout",
        choices=("auto", "bars", "path", "one", "mirror", "game"),
        default="auto",
        help="what the page is made of (default: what suits the exercise)",
    )
    parser.add_argument(
        "--side",
        choices=("whole", "left", "right"),
        default="whole",
        help="everything in one half, for a patient who neglects the other",
    )
    parser.add_argument(
        "--text-size", type=text_size, default=1.0, metavar="X", help="1.0 to 1.6 times as large"
    )
    parser.add_argument(
        "--reduced-motion", action="store_true", help="nothing pulses or scrolls by itself"
    )
    parser.add_argument("--high-contrast", action="store_true", help="on black")
    parser.add_argument("--language", default="en", metavar="CODE", help="such as en or de")
    parser.add_argument(
        "--sound",
        choices=("off", "cues", "tone", "full"),
        default="cues",
        help="chimes, also a tone that follows the muscle, also a chord on target; M mutes",
    )
    parser.add_argument(
        "--voice",
        choices=("on", "off"),
        default="on",
        help="words spoken by the machine's own voice (on Linux: espeak-ng); V switches them",
    )
    parser.add_argument(
        "--volume", type=percent, default=80, metavar="PERCENT", help="of the sound (default: 80)"
    )


def _view(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--view", choices=("auto", "window", "terminal", "none"), default="auto")


def _session_length(parser: argparse.ArgumentParser, default: float | None = None) -> None:
    parser.add_argument(
        "--seconds", type=positive_number, default=default, metavar="S", help="stop after"
    )


def _mains(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--mains-hz", type=int, choices=(50, 60),
        help="mains of the country (default: what the recording shows; live, 50)",
    )  # fmt: skip


def _chain(parser: argparse.ArgumentParser) -> None:
    """Take what changes the signal chain; what is not given keeps the chain's own default."""
    _mains(parser)
    parser.add_argument("--detector", choices=DETECTORS, help="rule that finds contractions")
    parser.add_argument(
        "--false-starts-per-minute", type=positive_number, metavar="R",
        help="sensitivity of the detector cusum (default: 0.1)",
    )  # fmt: skip
    parser.add_argument("--envelope", choices=ENVELOPES, help="envelope of the bars")
    parser.add_argument(
        "--correct-droop", action="store_const", const=True,
        help="take out what the converter of an OpenBCI board damps at high frequencies",
    )  # fmt: skip
    parser.add_argument(
        "--ecg-channel", type=channel_number, action="append", metavar="N", dest="ecg_channels",
        help="take heartbeats out of channel N, counted from 0; may be given again",
    )  # fmt: skip


def _pairs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--pair", type=pair_of_channels, action="append", default=[], metavar="A:B", dest="pairs",
        help="compare two channels, counted from 0, such as 0:1; may be given again",
    )  # fmt: skip


def _endpoints(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--publish", default=DEFAULT_PUBLISH, metavar="ENDPOINT")
    parser.add_argument("--control", default=DEFAULT_CONTROL, metavar="ENDPOINT")


def _engine_at(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--connect", default=DEFAULT_PUBLISH, metavar="ENDPOINT",
        help="where the engine is (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--control", metavar="ENDPOINT", help="where it is led from (default: port 5557 there)"
    )


def _format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--sample-rate-hz", type=sample_rate_hz, metavar="HZ", help="if the file is mute"
    )
    parser.add_argument("--unit", help="V, mV or uV, if the file does not say (default: uV)")


def _recording(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recording", type=Path, metavar="FILE", help="play this, not a patient")
    _format(parser)
