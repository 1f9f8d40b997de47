import threading

import pytest
import zmq
from commands import free_endpoint

from emg_config.errors import UserError
from emg_feedback.link.control import ControlServer
from emg_feedback.link.messages import Phase, SessionState
from emg_feedback.views import pause
from emg_feedback.views.pause import TOLD_S, Asked, PauseButton
from tests.views.frames import T0_S

IDLE = SessionState()


class Engine:
    """Answers in a thread of its own, as an engine would."""

    def __init__(self, handler):
        self.endpoint = free_endpoint()
        self.asked = []
        self._handler = handler
        self._over = threading.Event()
        self._server = ControlServer(self.endpoint)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        with self._server as server:
            while not self._over.is_set():
                server._socket.poll(5)  # noqa: SLF001
                server.serve(self._handle)

    def _handle(self, command):
        self.asked.append(command)
        return self._handler(command)

    def close(self):
        self._over.set()
        self._thread.join()


@pytest.fixture
def engine(request):
    running = Engine(request.param)
    yield running
    running.close()


def refuse(_command):
    raise UserError("nothing is running now")


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        (lambda _: {"phase": "pause"}, Asked.TAKEN),
        (lambda _: {"phase": "idle"}, Asked.NOTED),
        (refuse, Asked.REFUSED),
    ],
    indirect=["engine"],
)
def test_the_answer_is_shown_and_then_forgotten(engine, expected):
    button = PauseButton(engine.endpoint)
    assert button.asked(T0_S, IDLE) is Asked.NOTHING
    button.press(T0_S)
    button.close()
    assert button.asked(T0_S + 0.1, IDLE) is expected
    assert [(type(one).__name__, one.reason) for one in engine.asked] == [("Pause", "pain")]
    assert button.asked(T0_S + TOLD_S + 0.1, IDLE) is Asked.NOTHING


def test_without_an_engine_nothing_waits_and_it_is_told(monkeypatch):
    monkeypatch.setattr(pause, "ANSWER_S", 0.1)
    endpoint = free_endpoint()
    button = PauseButton(endpoint)
    button.press(T0_S)
    assert button.asked(T0_S, IDLE) is Asked.SENT
    button.press(T0_S)
    button.close()
    assert button.asked(T0_S, IDLE) is Asked.SILENT
    with zmq.Context.instance().socket(zmq.ROUTER) as late:
        late.bind(endpoint)
        assert not late.poll(50)


def test_a_pause_for_pain_is_shown_whoever_asked_for_it():
    button = PauseButton(free_endpoint())
    paused = SessionState(phase=Phase.PAUSE, paused_for="pain")
    assert button.asked(T0_S, paused) is Asked.TAKEN
    assert button.asked(T0_S, SessionState(phase=Phase.PAUSE, paused_for="asked")) is Asked.NOTHING


def test_a_wrong_address_is_told_at_once():
    with pytest.raises(UserError, match="--control"):
        PauseButton("nonsense")
