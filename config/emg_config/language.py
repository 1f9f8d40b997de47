"""Every word that a patient reads, from one file a language: nothing may be missing in it."""

import string
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any

import msgspec

from emg_config.errors import UserError
from emg_config.home import home
from emg_config.muscles import split_side

DEFAULT = "en"
# Groups of words in which each language has as many as it likes.
_FREE = ("encouragement", "exercise")


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group of words; ``{number}`` and the like stand where a number is put in."""


class Page(Words, frozen=True, kw_only=True):
    """What is on every page."""

    waiting: str
    stale: str
    no_signal: str
    disclaimer: str
    muscle: str
    repetition: str
    part: str
    set: str
    trial: str
    good: str
    seconds: str
    health: str


class Phases(Words, frozen=True, kw_only=True):
    """The headline of a phase in which nothing is judged."""

    ready: str
    rest: str
    keep_still: str
    strongest: str
    half: str
    share: str
    gently: str
    prepare: str
    hold: str
    let_go: str
    recover: str
    pause: str
    done: str
    over: str


class Places(Words, frozen=True, kw_only=True):
    """Where a muscle is, seen from its target; ``quiet`` is good for one that is to rest."""

    below: str
    inside: str
    above: str
    quiet: str
    mixed: str


class Modes(Words, frozen=True, kw_only=True):
    """What is particular to a mode of exercise."""

    stay_below: str
    relaxed: str
    follow: str
    wait: str
    now: str
    symmetry: str
    even: str
    more_left: str
    more_right: str
    endurance: str
    alarm: str
    reproduce: str
    free: str


class Errors(Words, frozen=True, kw_only=True):
    """What is told after a repetition."""

    too_strong: str
    too_weak: str
    exact: str
    reaction: str


class Pauses(Words, frozen=True, kw_only=True):
    """The patient's own button, what came of it, and what is said during a pause."""

    button: str
    sent: str
    silent: str
    refused: str
    pain: str
    asked: str
    loss: str


class Hints(Words, frozen=True, kw_only=True):
    """What is wrong with an electrode."""

    off_scale: str
    flat: str
    check_electrode: str


class Notes(Words, frozen=True, kw_only=True):
    """What else a signal carries."""

    mains: str
    movement: str
    heartbeat: str
    noisy: str


class Language(Words, frozen=True, kw_only=True):
    """All words of one language.

    Attributes
    ----------
    name : str
        What the language calls itself.
    decimal : str
        The decimal mark.
    encouragement : tuple of str
        What is called out in turn during full effort.
    exercise : dict of str to str
        Titles and cues of exercises, and names of muscles: as the exercise's file has them, and in
        this language. By the text and not by the exercise's name, so that a cue which somebody
        changed is shown as it now is and not as it was.
    """

    name: str
    decimal: str
    page: Page
    phase: Phases
    place: Places
    mode: Modes
    error: Errors
    pause: Pauses
    hint: Hints
    note: Notes
    encouragement: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    exercise: dict[str, str] = {}

    def told(self, text: str) -> str:
        """Return what an exercise says in this language, or as it stands where nobody put it so."""
        plain = " ".join(text.split())
        return self.exercise.get(plain, plain)

    def muscle(self, name: str) -> str:
        """Return a muscle's name in this language, and its side if it has one."""
        muscle, side = split_side(" ".join(name.split()))
        return self.told(muscle) if side is None else f"{self.told(muscle)} {self.told(side)}"

    def number(self, value: float, digits: int) -> str:
        """Write a number with this language's decimal mark."""
        return f"{value:.{digits}f}".replace(".", self.decimal)


def languages() -> list[str]:
    """Return the codes of the languages there are: the package's, then the user's own."""
    return sorted(_sources())


def load_language(code: str = DEFAULT) -> Language:
    """Read a language.

    A file of the user's (in ``languages/`` of the home folder) stands for the one of the same
    code that the package brings.

    Raises
    ------
    UserError
        There is no such language, a word is missing in it, or a number is.
    """
    sources = _sources()
    if code not in sources:
        raise UserError(f"no language is called {code!r}: choose one of {', '.join(sources)}")
    language = parse_language(sources[code], f"{code}.toml")
    _compare(language, f"{code}.toml")
    return language


def parse_language(text: str, source: str) -> Language:
    """Read a language; ``source`` names it in an error."""
    try:
        language = msgspec.toml.decode(text, type=Language)
    except msgspec.DecodeError as error:
        raise UserError(f"{source} is not a complete language: {error}") from None
    for key, word in _flat(language).items():
        if not word.strip():
            raise UserError(f"{source} is not a complete language: {key} is empty")
    return language


def _sources() -> dict[str, str]:
    found = {}
    for folder in (_shipped(), home() / "languages"):
        if folder.is_dir():
            for file in folder.iterdir():
                if file.name.endswith(".toml"):
                    found[file.name.removesuffix(".toml")] = file.read_text(encoding="utf-8")
    return found


def _shipped() -> Traversable:
    return files("emg_config") / "languages"


def _compare(language: Language, source: str) -> None:
    """Refuse a language whose braces are not those of the package's English."""
    model = (_shipped() / f"{DEFAULT}.toml").read_text(encoding="utf-8")
    expected = _flat(parse_language(model, f"{DEFAULT}.toml"))
    for key, word in _flat(language).items():
        if not key.startswith(_FREE) and _fields(word) != _fields(expected[key]):
            wanted = ", ".join(f"{{{field}}}" for field in sorted(_fields(expected[key])))
            raise UserError(f"{source}: {key} needs {wanted or 'no braces'} and nothing else")


def _fields(word: str) -> set[str]:
    try:
        return {field for _, field, _, _ in string.Formatter().parse(word) if field is not None}
    except ValueError:
        return {word}


def _flat(value: Any, key: str = "") -> dict[str, str]:
    if isinstance(value, str):
        return {key: value}
    if isinstance(value, tuple):
        parts = {str(number): part for number, part in enumerate(value)}
    elif isinstance(value, dict):
        parts = value
    else:
        parts = msgspec.structs.asdict(value)
    return {
        name: word
        for part, inner in parts.items()
        for name, word in _flat(inner, f"{key}.{part}" if key else part).items()
    }
