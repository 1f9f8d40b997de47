"""Why a command or a file was refused, in words: what a field takes, and its limits."""

import re

import msgspec

_PLACE = re.compile(r" - at `\$\.?(?P<place>[^`]*)`$")
_LIMIT = re.compile(r"Expected `\w+`(?P<length> of length)? (?P<sign><=|>=|<|>) (?P<limit>[-\d.]+)")
_KIND = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`")
_CHOICE = re.compile(r"Invalid enum value (?P<got>.+)")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>[^`]+)`")
_MISSING = re.compile(r"Object missing required field `(?P<name>[^`]+)`")
_SIGNS = {"<=": "at most", ">=": "at least", "<": "below", ">": "above"}
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "nothing",
}
# Names of quantities end in their units.
_UNITS = {"_s": " s", "_mm": " mm", "_uv": " µV"}
# What a pattern means.
PATTERNS = {
    "name": "must be words on one line; of an exercise, small letters, digits and - alone",
    "patient": "must be a pseudonym of at most 32 letters, digits, - and _, no spaces",
}


def in_words(error: msgspec.ValidationError) -> str:
    """Return one line that names the field and says what it takes."""
    text = str(error)
    place = _PLACE.search(text)
    field = re.sub(r"\[.*?\]", "", place["place"]).rpartition(".")[2] if place else ""
    name, unit = _split_unit(field)
    if limit := _LIMIT.match(text):
        if limit["length"]:
            unit = " characters or entries"
        return f"{name} must be {_SIGNS[limit['sign']]} {float(limit['limit']):.10g}{unit}"
    if kind := _KIND.match(text):
        wanted = " or ".join(_KINDS.get(one, one) for one in kind["wanted"].split(" | "))
        return f"{name} must be {wanted}, not {_KINDS.get(kind['got'], kind['got'])}"
    if choice := _CHOICE.match(text):
        return f"{name} cannot be {choice['got'].partition(' - at')[0]}"
    if unknown := _UNKNOWN.match(text):
        return f"there is no {unknown['name']!r} here"
    if missing := _MISSING.match(text):
        return f"{missing['name']} is missing"
    if "matching regex" in text:
        return f"{name} {PATTERNS.get(field, 'must be words on one line')}"
    return text.partition(" - at")[0]


def _split_unit(field: str) -> tuple[str, str]:
    """Return the name of a field as one says it, and its unit."""
    if not field:
        return "the request", ""
    ending = next((one for one in _UNITS if field.endswith(one)), "")
    return field.removesuffix(ending).replace("_", " "), _UNITS.get(ending, "")
