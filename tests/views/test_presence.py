"""A display that tells the engine of itself."""

import socket

import pytest

from emg_config import DeviceError, UserError
from emg_feedback.link.control import ControlClient
from emg_feedback.link.messages import Display
from emg_feedback.views.presence import Presence, tell
from tests.views.test_pause import Engine, free_endpoint

HERE = socket.gethostname()[:64]


@pytest.fixture
def engine():
    running = Engine(lambda command: {"wanted": command.opens and not command.shown})
    yield running
    running.close()


def test_it_is_told_from_its_first_to_its_last_moment(engine):
    with Presence(engine.endpoint):
        pass
    assert engine.asked == [
        Display(host=HERE, shown=True, opens=False),
        Display(host=HERE, shown=False, opens=False),
    ]


def test_who_can_open_one_hears_whether_to(engine):
    with ControlClient(engine.endpoint) as client:
        assert tell(client, shown=False, opens=True)
        assert not tell(client, shown=True, opens=True)


def test_an_engine_that_is_away_or_refuses_is_no_trouble(monkeypatch):
    monkeypatch.setattr("emg_feedback.views.presence.ANSWER_S", 0.05)
    endpoint = free_endpoint()
    with Presence(endpoint):
        pass
    with ControlClient(endpoint, timeout_s=0.05) as client, pytest.raises(DeviceError):
        tell(client, shown=True, opens=False)

    def refuse(_command):
        raise UserError("no command is called 'display'")

    older = Engine(refuse)
    with Presence(older.endpoint):
        pass
    older.close()
