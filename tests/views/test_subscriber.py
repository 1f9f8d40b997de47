import pytest
import zmq

from emg_config.errors import UserError
from emg_feedback.link.messages import Frame, Status
from emg_feedback.link.subscriber import Subscriber
from emg_feedback.link.wire import encode
from tests.views.frames import frame, status


@pytest.fixture
def engine():
    """Return a bound publisher that knows when a subscriber has arrived, and its address."""
    socket = zmq.Context.instance().socket(zmq.XPUB)
    port = socket.bind_to_random_port("tcp://127.0.0.1")
    yield socket, f"tcp://127.0.0.1:{port}"
    socket.close(linger=0)


def await_subscriptions(socket, count):
    for _ in range(count):
        assert socket.poll(60_000)
        socket.recv()


def take(subscriber, count):
    messages = []
    while len(messages) + subscriber.rejected < count:
        assert subscriber.wait(60.0)
        messages += subscriber.drain()
    return messages


def test_everything_comes_in_order_and_junk_is_counted(engine):
    socket, endpoint = engine
    with Subscriber(endpoint) as subscriber:
        await_subscriptions(socket, 1)
        assert not subscriber.wait(0.0)
        assert subscriber.drain() == []
        junk = [b"", b"frame", b"frame junk", b"other \x80", b"frame \x81\xa1v\x02", b"\xff" * 99]
        for part in [encode(status(2)), *junk, encode(frame([0.1])), b"frame " + b"\x91" * 5000]:
            socket.send(part)
        messages = take(subscriber, 9)
        assert [type(message) for message in messages] == [Status, Frame]
        assert subscriber.rejected == 7


def test_newest_frame_only(engine):
    socket, endpoint = engine
    with Subscriber(endpoint, newest_frame_only=True) as subscriber:
        await_subscriptions(socket, 1)
        socket.send(encode(status(1)))
        for seq in range(50):
            socket.send(encode(frame([0.1], seq=seq)))
        seen = []
        while not seen or seen[-1].seq != 49:
            assert subscriber.wait(60.0)
            seen += subscriber.drain()
        assert len(seen) < 50
        assert all(isinstance(message, Frame) for message in seen)


def test_a_wrong_address_is_said_in_one_line():
    with pytest.raises(UserError, match=r"cannot use nonsense") as caught:
        Subscriber("nonsense")
    assert "\n" not in str(caught.value)


def test_close_twice():
    subscriber = Subscriber("tcp://127.0.0.1:9")
    subscriber.close()
    subscriber.close()
    assert subscriber._socket.closed  # noqa: SLF001
