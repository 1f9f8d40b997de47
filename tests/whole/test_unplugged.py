"""A board whose port vanishes under a running session, and is plugged in again."""

from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from commands import end, free_endpoint, start, wait_for_engine, wait_until
from peer_cyton import PeerCyton

from emg_feedback.link.control import ControlClient
from emg_feedback.store.archive import Archive


def still(sample):
    return 0.0


def vanished_ports(pid):
    """Ports that a process holds though they are no more."""
    names = []
    for one in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            names.append(str(one.readlink()))
    return [name for name in names if name.startswith("/dev/") and name.endswith("(deleted)")]


def plug_in(port, link):
    link.unlink(missing_ok=True)
    link.symlink_to(port)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_a_session_outlives_its_board(tmp_path):
    link, archive = tmp_path / "board", tmp_path / "archive.sqlite"
    control = free_endpoint()
    first, second = PeerCyton(still), PeerCyton(still)
    plug_in(first.port, link)
    with ExitStack() as stack:
        plug = stack.enter_context(ExitStack())
        plug.enter_context(first)
        engine = start(
            *("engine", "--board", "cyton", "--serial-port", str(link), "--patient", "P1"),
            *("--archive", str(archive), "--publish", free_endpoint(), "--control", control),
        )
        stack.callback(engine.kill)
        client = ControlClient(control)
        stack.callback(client.close)
        wait_for_engine(engine, client)
        for channel in range(2):
            client.ask("set_reference", channel=channel, mvc_uv=200.0)
        client.ask("start_protocol", name="knee-extension-hold", dose={"prepare_s": 60.0})
        received = client.ask("state")["health"]["received"]
        plug.close()
        assert wait_until(lambda: client.ask("state")["health"]["trouble"])
        assert wait_until(lambda: not vanished_ports(engine.pid))
        stalled = client.ask("state")
        assert f"there is no port {link}: plug the dongle in" in stalled["health"]["trouble"]
        assert stalled["phase"] == "prepare"
        with second:
            plug_in(second.port, link)
            assert wait_until(lambda: not client.ask("state")["health"]["stalled"])
            back = client.ask("state")
            assert (back["phase"], back["paused_for"]) == ("pause", "loss")
            assert back["health"]["received"] > received
            assert back["health"]["lost"] > 0
            assert back["calibration"]["mvc_uv"][0] == 200.0
            client.ask("resume")
            _, said = end(engine)
    assert engine.returncode == 0, said
    assert said.count("there is no port") == said.count("the board is back") == 1
    with Archive(archive) as kept:
        (session,) = kept.sessions("P1")
        assert session.state == "complete"
        kinds = [one.kind for one in kept.session(session.id).events]
    assert [kind for kind in kinds if kind in ("stall", "gap", "resume")] == [
        "stall", "gap", "resume",
    ]  # fmt: skip
