"""What the README shows must work."""

import re
import shlex
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def test_the_python_example_runs(capsys):
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    exec(example, {})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["onset", "offset"]
    onset_s, offset_s = (float(line.split()[2]) for line in lines)
    assert abs(onset_s - 4.0) < 0.05
    assert abs(offset_s - 6.0) < 0.2


def test_every_command_is_in_the_readme():
    from emg_feedback.cli import _parser

    text = README.read_text(encoding="utf-8")
    commands = next(a for a in _parser()._actions if a.dest == "command").choices  # noqa: SLF001
    for command in commands:
        assert f"`{command}" in text, command


def test_the_commands_in_the_readme_are_understood():
    from emg_feedback.cli import _parser

    blocks = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    typed = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    ours = [words[1:] for words in typed if words[0] == "emg-feedback"]
    assert {"run", "display", "keys"} <= {words[0] for words in ours}
    for words in ours:
        _parser().parse_args(words)
