"""The table of docs/refusals.md, read: what is refused, and in which words."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["PAGE", "TABLE", "Case", "Refusal"]

PAGE = Path(__file__).parents[2] / "docs" / "refusals.md"
CHOICE = re.compile(r"\{([^{}]* \| [^{}]*|[a-z ]+)\}")


class Case(NamedTuple):
    name: str
    call: str
    of_model: bool
    """Whether the call is about a fitted ``model`` of this name."""
    got: str
    """Code of the value that a sentence names."""


class Refusal(NamedTuple):
    section: str
    error: str
    sentence: str
    calls: list[str]

    @property
    def is_open(self):
        """Whether the beginning counts: the rest is another library's, or depends on versions."""
        return self.sentence.endswith(" ...")

    def cases(self) -> Iterator[Case]:
        """Every call, with all its choices."""
        for call in self.calls:
            for made, got in _expanded(call):
                name = re.match(r"\w+", made)[0]
                of_model = made.startswith(f"{name}: ")
                made = made.removeprefix(f"{name}: ")
                if name == "ScoreDiffusion" and call.startswith("{"):
                    made = made.replace("ScoreDiffusion(", "ScoreDiffusion(field, ", 1)
                yield Case(name, made.replace("(field, )", "(field)"), of_model, got)


def _expanded(call, got=""):
    found = CHOICE.search(call)
    if found is None or call.startswith("smoothdiff "):
        yield call, got
        return
    for choice in NAMED.get(found[1]) or found[1].split(" | "):
        yield from _expanded(call[: found.start()] + choice + call[found.end() :], choice)


def _read():
    named, table, section = {}, [], None
    for block in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE):
        section, _, rest = block.partition("\n")
        for line in re.search(r"```text\n(.*?)```", rest, re.DOTALL)[1].splitlines():
            if line.startswith("    "):
                table[-1].calls.append(line.strip())
                continue
            first, _, words = line.partition(": ")
            if section.startswith("# "):
                named[first] = words.split()
            else:
                table.append(Refusal(section, first, words, []))
    return named, table


NAMED, TABLE = _read()
