"""Start our commands as a user does, and see what is left of them."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path


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


def run(*arguments, timeout_s=60.0, environment=None):
    process = start(*arguments, environment=environment)
    try:
        printed, said = process.communicate(timeout=timeout_s)
    finally:
        process.kill()
    return process.returncode, printed, said


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


def wait_until(condition, timeout_s):
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
