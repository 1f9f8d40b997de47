"""The loop: acquire, filter, train, publish. It owns the clock, the session and the stop."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec
import numpy as np

from emg_config.muscles import unnamed
from emg_feedback import enquiries
from emg_feedback.handler import CommandHandler
from emg_feedback.keeper import Equipment, Keeper
from emg_feedback.latency import Latency
from emg_feedback.link.control import ControlServer
from emg_feedback.link.displays import Displays
from emg_feedback.link.messages import (
    Command,
    Event,
    EventKind,
    Frame,
    OpenDisplay,
    PainSeen,
    Pair,
    Pause,
    SetLook,
    Status,
)
from emg_feedback.link.publisher import Publisher
from emg_feedback.link.wire import or_none
from emg_feedback.store.archive import Archive
from emg_feedback.store.journal import Journal
from emg_feedback.stream.acquisition import Acquisition, Block
from emg_feedback.stream.chain import Chain, Features
from emg_feedback.stream.ecg import Heart
from emg_feedback.stream.fatigue import Fatigue
from emg_feedback.stream.intensity import Contractions
from emg_feedback.stream.pairs import Pairs
from emg_feedback.stream.quality import Quality
from emg_feedback.stream.smear import smear
from emg_feedback.summary import Summary
from emg_feedback.training.session import Session
from emg_hardware.source import Board, RawSamples

BLOCK_S = 0.004
# The next sample is looked for this long after it is due, and again at this interval.
PATIENCE_S = 0.0003
RETRY_S = 0.0005
STALL_S = 0.5
STALLED_WAIT_S = 0.02
SILENT = "nothing comes from the board: check its battery, its switch and the dongle"
LONG_GAP_S = 1.0
STATUS_S = 1.0
STATUS_LATENCIES = 1000


class Engine:
    """One board, one chain, one session, and the sockets that tell of them.

    Parameters
    ----------
    board : Board
        Already streaming.
    chain : Chain
        For as many channels as ``channel_names``; further channels of the board are not used.
    channel_names : list of str
    publisher : Publisher
    control : ControlServer
    station : str
        Name of this engine on the wire.
    pairs : sequence of (int, int)
        Channels whose symmetry and co-contraction are published.
    journal : Journal, optional
        Where the session is kept; the engine closes it at the end.
    random : numpy.random.Generator, optional
        Draws the waits before a cue.
    say : callable
        Told in one line when the board falls silent, why, and when it is back.
    clock : callable
        Seconds that only go forward: they count samples, wait and watch.
    unix_time : callable
        Unix seconds: they date what is published.
    sleep : callable
        Wait for some seconds.
    """

    def __init__(
        self,
        board: Board,
        chain: Chain,
        channel_names: list[str],
        publisher: Publisher,
        control: ControlServer,
        *,
        station: str = "emg",
        pairs: Sequence[tuple[int, int]] = (),
        journal: Journal | None = None,
        random: np.random.Generator | None = None,
        say: Callable[[str], None] = lambda line: None,
        clock: Callable[[], float] = time.monotonic,
        unix_time: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        behind = smear(chain, board.converter_delay_s)
        self.session = Session(channel_names, board.sample_rate_hz, random, behind)
        self.summary = Summary()
        self._board = board
        self._chain = chain
        self._publisher = publisher
        self._control = control
        self._station = station
        self._say = say
        self._clock = clock
        self._unix_time = unix_time
        self._to_unix_s = unix_time() - clock()
        self._sleep = sleep
        self._acquisition = Acquisition(board.sample_rate_hz, board.counter_modulus)
        self._heart = Heart(len(channel_names), board.sample_rate_hz)
        self._quality = Quality(
            len(channel_names), board.sample_rate_hz, board.full_scale_uv, lambda: self._heart.share
        )
        rate_hz, settings = board.sample_rate_hz, chain.settings
        self._contractions = Contractions(len(channel_names), rate_hz, chain.envelopes.fast_delay_s)
        self._fatigue = Fatigue(len(channel_names), rate_hz, settings)
        self._pairs = Pairs(pairs, len(channel_names), rate_hz)
        self._latency = Latency()
        self._displays = Displays(clock)
        self._keeper = Keeper(
            self.session,
            Equipment(board.name, board.sample_rate_hz, board.gain),
            journal,
            lambda: (self._acquisition.received, self._acquisition.lost),
            unix_time,
        )
        self._handler = CommandHandler(
            self.session,
            self._keeper,
            chain,
            self._fatigue,
            self._displays,
            facts=self._facts,
            mark=self._mark,
            unix_time=unix_time,
        )
        self._archive_failure: str | None = None
        self._words = ["good"] * len(channel_names)
        self._frame_seq = 0
        self._event_seq = 0
        self._last_block_s = clock()
        self._next_status_s = 0.0
        self._trouble: str | None = None

    def begin(self, patient: str) -> None:
        """Begin a session for a patient, who is entered if not known yet.

        The channels are those of the last session, unless they were given for this very patient.

        Raises
        ------
        UserError
            Nothing is archived.
        """
        if not self._keeper.ask(Archive.has_patient, patient).result():
            self._keeper.ask(enquiries.add_patient, patient, self._unix_time()).result()
        if self.session.channels_given:
            self.session.first_names = [*map(unnamed, range(len(self.session.used)))]
        self._handler.begin_session(patient).result()

    def run(self, stop: Callable[[], bool]) -> Summary:
        """Work until ``stop()`` says so; return the summary."""
        state: Literal["complete", "interrupted"] = "interrupted"
        try:
            while not stop():
                self.turn()
                self._wait()
            state = "complete"
        finally:
            self._keeper.close(state)
            self._tell_archive()
        self.summary.samples = self._acquisition.received
        self.summary.lost_samples = self._acquisition.lost
        self.summary.latency_ms = self._latency.summary_ms()
        return self.summary

    def turn(self) -> None:
        """Do once what the loop repeats."""
        raw = self._board.read()
        now = self._clock()
        for block in self._acquisition.push(self._used_channels(raw), now):
            self._process(block)
        self._watch_for_stall(now)
        self._control.serve(self._command)
        self._tell_changes()
        if now >= self._next_status_s:
            self._publish_status()

    def _used_channels(self, raw: RawSamples) -> RawSamples:
        if raw.data_uv.shape[1] == self._chain.n_channels:
            return raw
        return RawSamples(
            raw.counter,
            raw.data_uv[:, : self._chain.n_channels],
            raw.driver_time_s,
            raw.board_time_s,
        )

    def _process(self, block: Block) -> None:
        if block.lost_before:
            self.summary.gaps += 1
            self._note(EventKind.GAP, {"lost": block.lost_before})
            if block.lost_before > LONG_GAP_S * self._board.sample_rate_hz:
                self.session.interrupt()
            self._train(self._chain.skip(block.lost_before))
        features = self._chain.push(block.data_uv)
        self._train(features)
        self._tell_changes()
        self._publish_frame(block, features)
        self._heart.push(features.filtered_uv, features.first_sample)
        self._words = self._quality.push(block.data_uv, features.filtered_uv)
        self.session.watch_quality(self._words)
        self._last_block_s = block.t_arrive

    def _train(self, features: Features) -> None:
        mvc_uv = self.session.calibration.mvc_uv
        ended = {one.offset: one.intensity for one in self._contractions.push(features)}
        self._fatigue.push(features)
        self._pairs.push(features, mvc_uv)
        for event in features.events:
            self.summary.onsets += event.kind == "onset"
            intensity = ended.get(event)
            strength = intensity.told(float(mvc_uv[event.channel])) if intensity else {}
            self._event(
                EventKind(event.kind),
                event.sample,
                {"decided_sample": event.decided_sample, **strength},
                event.channel,
                t_decided=self._acquisition.clock.time_of(event.decided_sample) + self._to_unix_s,
            )
        rises_s = {edge: one.rise_s for edge, one in ended.items() if edge and one}
        self.session.advance(features, rises_s)

    def _tell_changes(self) -> None:
        changes = self.session.changes()
        for change in changes:
            if change.kind == EventKind.REPETITION:
                self.summary.repetitions.append(change.data)
            t_event = self._event(change.kind, change.sample, change.data, change.channel)
            self._keeper.keep(change, t_event)
        if changes:
            self._publish_status()

    def _publish_frame(self, block: Block, features: Features) -> None:
        envelope_uv = features.envelope_uv[-1]
        frame = Frame(
            station=self._station,
            seq=self._frame_seq,
            first_sample=block.first_sample,
            n_samples=block.n_samples,
            lost=self._acquisition.lost,
            t_sample=block.t_sample + self._to_unix_s,
            t_arrive=block.t_arrive + self._to_unix_s,
            t_publish=0.0,
            envelope_uv=or_none(envelope_uv),
            intensity=self.session.calibration.intensity(envelope_uv),
            active=features.active[-1].tolist(),
            quality=self._words,
            session=self.session.state,
            pairs=[
                Pair(
                    channels=one.channels, symmetry=one.symmetry, co_contraction=one.co_contraction
                )
                for one in self._pairs.now
            ],
        )
        frame.t_publish = self._clock() + self._to_unix_s
        self._publisher.send(frame)
        self._frame_seq += 1
        self.summary.frames_published += 1
        self._latency.add("board_to_driver", block.t_driver - block.t_board)
        self._latency.add("driver_to_arrive", frame.t_arrive - block.t_driver)
        self._latency.add("arrive_to_publish", frame.t_publish - frame.t_arrive)
        self._latency.add("sample_to_publish", frame.t_publish - frame.t_sample)

    def _event(
        self,
        kind: EventKind,
        sample: int,
        data: dict[str, Any],
        channel: int | None = None,
        t_decided: float | None = None,
    ) -> float:
        """Publish an event; return when it happened, in Unix seconds."""
        now = self._clock() + self._to_unix_s
        clock = self._acquisition.clock
        t_event = clock.time_of(sample) + self._to_unix_s if clock.started else now
        self._publisher.send(
            Event(
                seq=self._event_seq,
                kind=kind,
                channel=channel,
                sample=sample,
                t_event=t_event,
                t_decided=max(now, t_event) if t_decided is None else t_decided,
                data=data,
            )
        )
        self._event_seq += 1
        return t_event

    def _mark(self, data: dict[str, Any]) -> None:
        self._note(EventKind.MARK, data)

    def _note(self, kind: EventKind, data: dict[str, Any]) -> None:
        """Publish an event of this moment, and keep it."""
        sample = self._acquisition.next_sample
        self._keeper.note(kind, sample, self._event(kind, sample, data), data=data)

    def _watch_for_stall(self, now: float) -> None:
        before, self._trouble = self._trouble, None
        if now - self._last_block_s > STALL_S:
            self._trouble = self._board.trouble or SILENT
        if self._trouble == before:
            return
        self._say(self._trouble or "; ".join(["the board is back", *self._board.notes]))
        if before is None:
            self.summary.stalls += 1
            self._note(EventKind.STALL, {"why": self._trouble})
        elif self._trouble is None:
            self._note(EventKind.RESUME, {})
        self.session.flag("stall")
        self._publish_status()

    def _publish_status(self) -> None:
        now = self._clock()
        self._next_status_s = now + STATUS_S
        self._to_unix_s = self._unix_time() - now
        self._publisher.send(self._status())
        self._keeper.watch()
        self._tell_archive()

    def _tell_archive(self) -> None:
        if self._keeper.failure != self._archive_failure:
            self._archive_failure = self._keeper.failure
            self._say(self._archive_failure or "the archive takes everything again")

    def _status(self) -> Status:
        exercise = self.session.exercise
        facts = self._facts()
        return Status(
            station=self._station,
            board=self._board.name,
            sample_rate_hz=self._board.sample_rate_hz,
            channel_names=facts.pop("channels"),
            protocol=msgspec.to_builtins(exercise) if exercise else None,
            latency_ms=self._latency.summary_ms(STATUS_LATENCIES),
            display_calls=self._displays.calls,
            look=self._keeper.look,
            fatigue=self._fatigue.told(),
            **facts,
        )

    def _facts(self) -> dict[str, Any]:
        session = self.session
        return {
            "channels": session.channel_names,
            "calibration": {
                **session.calibration.told(),
                "refused": session.refused,
            },
            "auto_target": msgspec.to_builtins(session.auto_target),
            "electrodes": self._keeper.electrodes,
            "channels_from": self._keeper.channels_from,
            "displays": self._displays.now,
            "pain_unseen": self._handler.pain_unseen,
            "settings": msgspec.to_builtins(self._chain.settings),
            "health": {
                "stalled": self._trouble is not None,
                "trouble": self._trouble,
                "archive": self._keeper.failure,
                "received": self._acquisition.received,
                "lost": self._acquisition.lost,
                "quality": self._words,
                "quality_numbers": {
                    name: or_none(values) for name, values in self._quality.numbers.items()
                },
            },
        }

    def _command(self, command: Command) -> Any:
        self._tell_changes()  # they belong to what was before this command
        if isinstance(command, OpenDisplay | PainSeen | Pause | SetLook):
            self._next_status_s = 0.0
        return self._handler.handle(command)

    def _wait(self) -> None:
        """Sleep until the next block's last sample is due, or a little if it is overdue."""
        acquisition = self._acquisition
        wait_s = RETRY_S if self._trouble is None else STALLED_WAIT_S
        if acquisition.clock.started and self._trouble is None:
            n_samples = max(1, math.floor(BLOCK_S * self._board.sample_rate_hz + 1e-9))
            due = acquisition.clock.time_of(acquisition.next_sample + n_samples - 1)
            wait_s = min(max(due + PATIENCE_S - self._clock(), RETRY_S), BLOCK_S)
        self._sleep(wait_s)
