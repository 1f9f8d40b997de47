"""The exercise library: the package's protocols, and the user's own beside them."""

from collections.abc import Iterator
from importlib.resources import files

from emg_config.errors import UserError
from emg_config.home import home
from emg_config.protocol import Protocol, parse_protocol


def protocols() -> dict[str, Protocol]:
    """Return every protocol by name: what the package brings, then the user's own.

    A protocol of the user's (in ``protocols/`` of the home folder) stands for the one of the same
    name that the package brings.

    Raises
    ------
    UserError
        A file is not a valid protocol.
    """
    return {protocol.name: protocol for protocol in _read()}


def load_protocol(name: str) -> Protocol:
    """Find a protocol by name."""
    known = protocols()
    if name not in known:
        raise UserError(f"no protocol is called {name!r}: see 'emg-feedback protocols list'")
    return known[name]


def _read() -> Iterator[Protocol]:
    shipped = files("emg_config") / "protocols"
    own = home() / "protocols"
    for folder in (shipped, own):
        if not folder.is_dir():
            continue
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            if file.name.endswith(".toml"):
                yield parse_protocol(file.read_text(encoding="utf-8"), file.name)
