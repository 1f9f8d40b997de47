"""What the command ``keys`` says: which key to take where, in words that can be pasted."""

import socket
from typing import Any

from emg_feedback.link.address import address_here
from emg_feedback.link.keys import Keys


def show_key() -> dict[str, str]:
    """Return this computer's key, and what other computers call it."""
    return {
        "key": Keys().own().public,
        "name": socket.gethostname().partition(".")[0] or "computer",
        "address": address_here(),
    }


def tell_key(shown: dict[str, str]) -> str:
    """Put what `show_key` returns in a few lines."""
    key, name, address = shown["key"], shown["name"], shown["address"]
    return "\n".join(
        [
            f"The key of this computer is {key}",
            "",
            "To show and lead, from here, the sessions of an engine on another computer, run there",
            f"  emg-feedback keys allow {name} {key}",
            "To show and lead the sessions of an engine here from another computer, run there",
            f"  emg-feedback keys trust {address} {key}",
        ]
    )


def list_keys() -> dict[str, Any]:
    """Return this computer's key, the computers it lets in, and the engines it knows."""
    keys = Keys()
    return {"key": keys.own().public, "allowed": keys.allowed(), "engines": keys.engines()}


def tell_list(listed: dict[str, Any]) -> str:
    """Put what `list_keys` returns in a few lines."""
    lines = [f"this computer: {listed['key']}"]
    for title, entries in (
        ("may show and lead sessions of this computer", listed["allowed"]),
        ("engines on other computers", listed["engines"]),
    ):
        lines.append(f"{title}: {'' if entries else 'none'}".rstrip())
        lines += [f"  {name}  {key}" for name, key in entries.items()]
    return "\n".join(lines)


def allow(name: str, key: str) -> str:
    """Let a computer in; return what there is to say."""
    Keys().allow(name, key)
    return f"{name} may show and lead the sessions of this computer"


def trust(host: str, key: str) -> str:
    """Know an engine by its key; return what there is to say."""
    keys = Keys()
    keys.trust(host, key)
    name = show_key()["name"]
    return (
        f"the engine at {host} is known; for it to let this computer in, run there\n"
        f"  emg-feedback keys allow {name} {keys.own().public}"
    )


def remove(name: str) -> str:
    """Take a computer off the lists; return what there is to say."""
    Keys().remove(name)
    return f"{name} is off the list: a connection it has now lasts until it or the engine ends"
