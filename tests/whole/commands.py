"""Start our commands as a user does, and see what is left of them."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from emg_config import DeviceError
from emg_feedback.cli import main

# For whatever comes about if all is well, on a machine that has much else to do.
PATIENCE_S = 120.0


def free_endpoint():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{probe.getsockname()[1]}"


def start(*arguments, environment=None):
    return subprocess.Popen(
        [sys.executable, "-m", "emg_feedback", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def run(*arguments, timeout_s=PATIENCE_S, environment=None):
    process = start(*arguments, environment=environment)
    try:
        printed, said = process.communicate(timeout=timeout_s)
    finally:
        process.kill()
    return process.returncode, printed, said


def call(capfd, *arguments):
    """Do what ``run`` does in this very process, for commands that end at once."""
    ours = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        code = main(arguments)
    finally:
        for number, handler in ours.items():
            signal.signal(number, handler)
    return code, *capfd.readouterr()


def end(process, number=signal.SIGTERM):
    """Ask a command to end; return what it printed and said."""
    process.send_signal(number)
    try:
        return process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()


def without_screen():
    hidden = ("DISPLAY", "WAYLAND_DISPLAY")
    return {name: value for name, value in os.environ.items() if name not in hidden}


def processes_naming(text):
    """Process ids whose command line names ``text``, other than our own."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if text.encode() in command:
                found.append(int(entry.name))
    return found


def cpu_s(pid):
    """Seconds that a process has worked so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def handles_term(pid):
    """Tell whether a process has begun to end in good order when it is asked to."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("SigCgt:"):
            return bool(int(line.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
    return False


def wait_until(condition, timeout_s=PATIENCE_S):
    end_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end_s:
            return False
        time.sleep(0.02)
    return True


def asked(client, command):
    """Return an engine's answer, None as long as there is none."""
    try:
        return client.ask(command)
    except DeviceError:
        return None


def wait_for_engine(process, client):
    """Wait until an engine answers; if it ends instead, tell what it said."""
    assert wait_until(lambda: process.poll() is not None or asked(client, "state"))
    assert process.poll() is None, process.communicate()
