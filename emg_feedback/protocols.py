"""The command ``protocols``: the exercise library, listed, shown, and checked."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from textwrap import fill
from typing import Any

import msgspec

from emg_config import UserError
from emg_config.library import (
    REFERRALS,
    REGIONS,
    described,
    find,
    load_protocol,
    own_files,
    read_protocol,
    shipped_files,
)
from emg_config.muscles import Placement, placement, placements, split_side
from emg_config.protocol import (
    Band,
    ContractRelax,
    Endurance,
    Follow,
    Free,
    Muscle,
    Protocol,
    React,
    Reproduce,
    StayBelow,
    Symmetry,
)

WIDTH = 96


def list_protocols(words: str = "", region: str = "") -> list[dict[str, Any]]:
    """Return the exercises for what a referral says, or of a region, as plain data."""
    return [described(protocol) for protocol in find(words, region)]


def tell_list(listed: list[dict[str, Any]]) -> str:
    """Write the list, region by region."""
    if not listed:
        return f"no exercise is found; one can ask for: {', '.join(REFERRALS)}"
    name, mode = (max(len(entry[key]) for entry in listed) for key in ("name", "mode"))
    lines: list[str] = []
    region = None
    for entry in listed:
        if entry["region"] != region:
            region = entry["region"]
            lines += ["", region] if lines else [region]
        length = f"{entry['total_s'] / 60:4.1f} min"
        lines.append(
            f"  {entry['name']:{name}}  {entry['mode']:{mode}}  {length}  {entry['title']}"
        )
    return "\n".join(lines)


def show_protocol(name: str) -> dict[str, Any]:
    """Return an exercise and where its electrodes go, as plain data."""
    protocol = load_protocol(name)
    places = [placement(muscle.name) for muscle in protocol.muscles]
    return {**described(protocol), "placements": msgspec.to_builtins(places)}


def tell_protocol(name: str) -> str:
    """Write an exercise and where its electrodes go."""
    protocol = load_protocol(name)
    lines = [f"{protocol.title} ({protocol.name})", protocol.region, ""]
    about = {
        "For": ", ".join(protocol.helps),
        "Cue": protocol.cue,
        "Position": protocol.posture,
        "Caution": protocol.caution,
        "Dose": _dose(protocol),
        "Mode": f"{protocol.mode}{_particular(protocol)}",
        "Source": protocol.source,
    }
    lines += [_entry(key, text) for key, text in about.items() if text]
    lines += ["", "Muscles, in the order of the channels"]
    told = set()
    for number, muscle in enumerate(protocol.muscles, 1):
        lines.append(f"{number}. {muscle.name}: {_asked(muscle, protocol)}")
        place, name = placement(muscle.name), split_side(muscle.name)[0]
        if place is not None and name not in told:
            lines += [_entry(key, text, indent=3) for key, text in _place(place).items() if text]
            told.add(name)
    return "\n".join(lines)


def check_protocols(paths: Iterable[Path] = ()) -> tuple[int, list[str]]:
    """Check files, or the whole library with the user's own.

    Returns
    -------
    n_checked : int
    faults : list of str
        One line each, with the file's name; empty if all is well.
    """
    known = placements()
    given = list(paths)
    groups = [given] if given else [shipped_files(), own_files()]
    n_checked, faults = 0, []
    for group in groups:
        names: dict[str, str] = {}
        for file in group:
            n_checked += 1
            try:
                protocol = read_protocol(file)
            except UserError as error:
                faults.append(str(error))
                continue
            faults += [f"{file.name}: {fault}" for fault in faults_of(protocol, known)]
            if protocol.name in names:
                faults.append(f"{file.name}: {names[protocol.name]} has the same name in it")
            names.setdefault(protocol.name, file.name)
    return n_checked, [" ".join(fault.split()) for fault in faults]


def faults_of(protocol: Protocol, known: dict[str, Placement]) -> Iterator[str]:
    """Yield what is wrong with a valid protocol: regions, muscles and doses that make no sense."""
    if protocol.region not in REGIONS:
        yield f"region {protocol.region!r} is not one of {', '.join(REGIONS)}"
    names = [muscle.name for muscle in protocol.muscles]
    for name in dict.fromkeys(names):
        base, _ = split_side(name)
        if base not in known:
            like = get_close_matches(base, known, n=1)
            hint = f"is {like[0]!r} meant?" if like else "describe it in your muscles.toml"
            yield f"no muscle is called {base!r}: {hint}"
        if names.count(name) > 1:
            yield f"{name!r} is there {names.count(name)} times: write left or right behind it"
    if isinstance(protocol, Symmetry):
        (first, one), (second, other) = (split_side(name) for name in names[:2])
        if first != second or {one, other} != {"left", "right"}:
            yield "the first two muscles must be the left and the right one of a pair"
    if isinstance(protocol, StayBelow):
        for muscle in protocol.muscles:
            if muscle.target is not None and muscle.target[0] > 0.0:
                yield f"{muscle.name} is to stay below a level: its target begins at 0"


def _dose(protocol: Protocol) -> str:
    sets = f"{protocol.sets} sets of " if protocol.sets > 1 else ""
    pause = f", {protocol.set_rest_s:g} s between sets" if protocol.sets > 1 else ""
    return (
        f"{sets}{protocol.repetitions} × {protocol.hold_s:g} s, {protocol.relax_s:g} s rest"
        f"{pause}; about {protocol.total_s / 60:.1f} min"
    )


def _particular(protocol: Protocol) -> str:
    """Write what only this mode has."""
    match protocol:
        case ContractRelax():
            return f", then below {_percent(protocol.relax_below)} of MVC"
        case Follow():
            path = protocol.path
            band = _band((path.low, path.high))
            return f" a path ({path.shape}), {band} ± {_percent(path.tolerance)}"
        case React():
            least, most = protocol.foreperiod_s
            return f", the signal comes after {least:g} to {most:g} s"
        case Symmetry():
            return f", sides differ by at most {_percent(protocol.most_asymmetry)} of their sum"
        case Endurance():
            return f", alarm after {protocol.alarm_after_s:g} s outside the band"
        case Reproduce():
            return f", bars hidden after repetition {protocol.shown_repetitions} of each set"
    return ""


def _asked(muscle: Muscle, protocol: Protocol) -> str:
    if muscle.target is None:
        seen = muscle.role == "watch" or isinstance(protocol, Free)
        return "to be seen" if seen else "follows the path"
    band = _band(muscle.target)
    if muscle.unit == "uv":
        band = f"{muscle.target[0]:g} to {muscle.target[1]:g} µV"
    return f"kept quiet, {band}" if muscle.role == "quiet" else band


def _band(band: Band) -> str:
    return f"{100 * band[0]:g} to {_percent(band[1])} of MVC"


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def _place(place: Placement) -> dict[str, str | None]:
    return {
        "Position": place.posture,
        "Electrodes": place.location,
        "Direction": f"{place.direction} {place.spacing_mm:g} mm from centre to centre.",
        "Reference": place.reference,
        "Heartbeats": "Likely to be seen." if place.heartbeats else None,
        "Note": place.note,
        "Source": place.source,
    }


def _entry(key: str, text: str, indent: int = 0) -> str:
    start = f"{'':{indent}}{key + ':':<12}"
    return fill(text, WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
