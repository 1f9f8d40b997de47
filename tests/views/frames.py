"""Made-up messages for the tests of the views."""

from emg_feedback.link.messages import Band, Frame, Phase, SessionState, Status

NAMES = [
    "Vastus medialis",
    "Vastus lateralis",
    "Rectus femoris",
    "Gastrocnemius medialis",
    "Tibialis anterior",
    "Biceps femoris",
    "Gluteus medius",
    "Soleus",
]
T0_S = 1_700_000_000.0


def session(phase: Phase = Phase.HOLD, targets: list[Band | None] | None = None) -> SessionState:
    return SessionState(
        phase=phase,
        set=1,
        sets=3,
        repetition=2,
        repetitions=4,
        remaining_s=3.6,
        phase_s=5.0,
        targets=targets or [],
        results=["good"],
    )


def frame(
    intensity: list[float | None],
    *,
    seq: int = 0,
    at_s: float = T0_S,
    envelope_uv: list[float | None] | None = None,
    quality: list[str] | None = None,
    state: SessionState | None = None,
) -> Frame:
    return Frame(
        station="test",
        seq=seq,
        first_sample=8 * seq,
        n_samples=8,
        lost=0,
        t_sample=at_s - 0.003,
        t_arrive=at_s - 0.002,
        t_publish=at_s - 0.001,
        envelope_uv=envelope_uv or [None if v is None else 400 * v for v in intensity],
        intensity=intensity,
        active=[False] * len(intensity),
        quality=quality or ["good"] * len(intensity),
        session=state or session(targets=[(0.25, 0.35)] * len(intensity)),
    )


def status(n_channels: int) -> Status:
    return Status(
        station="test",
        board="emulated-cyton",
        sample_rate_hz=250.0,
        channel_names=NAMES[:n_channels],
        protocol=None,
        calibration={},
        settings={},
        health={},
        latency_ms={},
    )
