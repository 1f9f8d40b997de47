"""Who knows whom: this computer's key pair, the computers it lets in, the engines it trusts.

They are kept in ``keys/`` of the home folder. ``secret`` is for its owner's eyes; ``allowed`` and
``engines`` are text to be edited by anyone: a name, a space, a key in Z85, one a line.
"""

import os
import re
import secrets
import struct
from pathlib import Path
from typing import NamedTuple

import zmq
from zmq.utils import z85

from emg_config import UserError
from emg_config.home import home

KEY_LETTERS = 40
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
ALLOWED_HEAD = "# Computers that may show and lead the sessions of this one: a name and its key.\n"
ENGINES_HEAD = "# Engines on other computers: name or address as in --connect, and its key.\n"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# Needs no quotes in any shell, so that a key can be pasted.
_PASTED = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:=/@%-]*")


class KeyPair(NamedTuple):
    """A CURVE key pair in Z85; ``public`` may be shown to anyone."""

    public: str
    secret: str


class Keys:
    """The keys of one computer.

    Parameters
    ----------
    folder : Path, optional
        Where they are kept, ``keys`` in the home folder when None; made when first needed.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = home() / "keys" if folder is None else folder
        self._secret = self._folder / "secret"
        self._allowed = self._folder / "allowed"
        self._engines = self._folder / "engines"

    def own(self) -> KeyPair:
        """Return this computer's key pair; a new one the first time.

        Raises
        ------
        UserError
            The file is no key, or somebody else could have read it.
        """
        try:
            secret = _read(self._secret)
            if secret is None:
                self._make()
                secret = _read(self._secret) or ""
            if os.name == "posix" and self._secret.stat().st_mode & 0o077:
                raise UserError(
                    f"{self._secret} could be read by others: delete it for a new key, "
                    "and let the other computers know that one"
                )
        except OSError as error:
            raise _unusable(self._secret, error) from None
        secret = secret.strip()
        if not is_key(secret):
            raise UserError(f"{self._secret} is damaged: delete it for a new key")
        return KeyPair(zmq.curve_public(secret.encode()).decode(), secret)

    def allowed(self) -> dict[str, str]:
        """Return the computers that may connect to engines of this one, and their keys.

        Raises
        ------
        UserError
            The list is not as it should be.
        """
        return _entries(self._allowed)

    def engines(self) -> dict[str, str]:
        """Return the hosts whose engines this computer knows, and their keys.

        Raises
        ------
        UserError
            The list is not as it should be.
        """
        return {host.lower(): key for host, key in _entries(self._engines).items()}

    def allow(self, name: str, key: str) -> None:
        """Let another computer in under a name; a key that had the name goes.

        Raises
        ------
        UserError
            The name or the key is none, or the list cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise UserError(f"{name!r} is no name for a computer: use letters, digits, - and _")
        self._enter(self._allowed, ALLOWED_HEAD, name, key)

    def trust(self, host: str, key: str) -> None:
        """Know the engine of a host by its key; a key that it had goes.

        Raises
        ------
        UserError
            The host or the key is none, or the list cannot be written.
        """
        if not _NAME.fullmatch(host):
            raise UserError(
                f"{host!r} is no computer: give its name or address as in --connect, "
                "without tcp:// and the port"
            )
        self._enter(self._engines, ENGINES_HEAD, host.lower(), key)

    def remove(self, name: str) -> None:
        """Take a computer, by its name or address, off both lists.

        Raises
        ------
        UserError
            It is on neither, or a list cannot be written.
        """
        lists = [
            path
            for path in (self._allowed, self._engines)
            if name.lower() in (one.lower() for one in _entries(path))
        ]
        if not lists:
            raise UserError(f"no computer is called {name!r}: 'emg-feedback keys list' tells which")
        for path in lists:
            self._write(path, _without(_read(path) or "", name))

    def _make(self) -> None:
        """Make a key pair; if two programs do at once, both use that of the first."""
        while True:
            public, secret = zmq.curve_keypair()
            if _PASTED.fullmatch(public.decode()):
                break
        self._folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        whole = self._written(f"{secret.decode()}\n")
        try:
            os.link(whole, self._secret)
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            whole.replace(self._secret)
        finally:
            whole.unlink(missing_ok=True)

    def _enter(self, path: Path, head: str, name: str, key: str) -> None:
        if not is_key(key):
            raise UserError(
                f"{key!r} is no key: copy the {KEY_LETTERS} characters "
                "that 'emg-feedback keys show' prints on the other computer"
            )
        _entries(path)
        text = _read(path)
        self._write(path, f"{head if text is None else _without(text, name)}{name} {key}\n")

    def _write(self, path: Path, text: str) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            self._written(text).replace(path)
        except OSError as error:
            raise _unusable(path, error) from None

    def _written(self, text: str) -> Path:
        """Write a new private file beside the others, whole and on the disk; return it."""
        path = self._folder / f"new-{secrets.token_hex(8)}"
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        return path


def is_key(text: str) -> bool:
    """Return whether a text is a key in Z85."""
    if len(text) != KEY_LETTERS or not text.isascii():
        return False
    try:
        return len(z85.decode(text)) == 32
    except (KeyError, ValueError, struct.error):
        return False


def _entries(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    text = _read(path)
    if text is not None and os.name == "posix" and path.stat().st_mode & 0o022:
        raise UserError(f"{path} could be changed by others: run 'chmod go-w' on it")
    for number, line in enumerate((text or "").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 2 or not _NAME.fullmatch(words[0]) or not is_key(words[1]):
            raise UserError(f"{path}, line {number}: should be a name, a space and a key")
        if words[0].lower() in (one.lower() for one in found):
            raise UserError(f"{path}, line {number}: {words[0]} is there twice: keep one")
        found[words[0]] = words[1]
    return found


def _without(text: str, name: str) -> str:
    lines = text.splitlines()
    return "".join(f"{line}\n" for line in lines if line.lower().split()[:1] != [name.lower()])


def _read(path: Path) -> str | None:
    """Return what a file says, None where there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not text: delete it") from None
    except OSError as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: OSError) -> UserError:
    return UserError(f"{path} cannot be used ({error.strerror}): check the folder's permissions")
