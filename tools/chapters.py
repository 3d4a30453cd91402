"""Guards over the structure of chapters; each returns one line per fault.

They apply to book/NN-slug.ipynb from 01 on. `tests/test_chapters.py` calls them on every chapter, and on chapters
broken on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.notebooks import VIEW
from transformer_lib.exercises import EXERCISES

FIRST_SCREEN = 3  # cells after the first, one of which has a picture
MIN_EXERCISES = 4
MIN_QUESTIONS = 3
MIN_REASON = 20  # characters of an explanation
MAX_SUMMARY = 8  # lines
ENDING = ["Exercises", "Quiz", "Summary", "Sources"]
OPENING = {
    r"\A# \S": "a title",
    r"\*\*You will\*\* \w": "its goals (**You will** …)",
    r"\*\*You need\*\* \w": "what it needs (**You need** …)",
    r"\*\*Time\*\*:? [^\n]*\d+ minutes": "its time (**Time**: 30 minutes)",
}
CHECK = re.compile(r"^\s*exercises\.check\(\s*([\"'])(.+?)\1", re.MULTILINE)
LOCATOR = re.compile(
    r"(?:sections?|§+|equations?|tables?|figures?|footnotes?|appendix|algorithm|chapters?)\s+(?:\d|[A-Z]\b|[\"“*])",
    re.IGNORECASE,
)
QUESTION = re.compile(r"^\*\*(?:[^*\n]|\*(?!\*))+\*\*[^\n]*$", re.MULTILINE)
OPTION = re.compile(r"<details>\s*<summary>(.*?)</summary>\s*(.*?)\s*</details>", re.DOTALL)
EARLIER = re.compile(r"\*\(from chapter (\d\d)\)\*")
SEVERAL = "*(several are right)*"


@dataclass(frozen=True)
class Part:
    """A section: the heading's words, the number of its first cell, and its Markdown."""

    title: str
    cell: int
    body: str


def parts(notebook) -> list[Part]:
    """The sections under `## ` headings, in order; cells before the first are left out."""
    found: list[list] = []
    for i, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] != "markdown":
            continue
        for piece in re.split(r"^(?=## )", cell["source"], flags=re.MULTILINE):
            if piece.startswith("## "):
                title, _, body = piece[3:].partition("\n")
                found.append([title.strip(), i, body])
            elif found:
                found[-1][2] += "\n\n" + piece
    return [Part(*entry) for entry in found]


def _part(notebook, title: str) -> Part | None:
    return next((part for part in parts(notebook) if part.title == title), None)


def _draws(cell) -> bool:
    """Whether a cell shows a picture, still or live."""
    if cell["cell_type"] == "markdown":
        return re.search(r"!\[.*?\]\(|<img\b", cell["source"], re.DOTALL) is not None
    kinds = {kind for output in cell.get("outputs", []) for kind in output.get("data", {})}
    return VIEW in kinds or any(kind.startswith("image/") for kind in kinds)


def opening(notebook, number: str) -> list[str]:
    """The first cell holds the question, the goals, what is needed and the time."""
    first = notebook["cells"][0]
    text = first["source"] if first["cell_type"] == "markdown" else ""
    return [
        f"the first cell lacks {what}" for pattern, what in OPENING.items() if not re.search(pattern, text)
    ]


def first_screen(notebook, number: str) -> list[str]:
    """A figure or a live picture stands within the first three cells after the first."""
    cells = [cell for cell in notebook["cells"] if "remove-cell" not in cell["metadata"].get("tags", [])]
    cells = cells[1 : 1 + FIRST_SCREEN]
    return [] if any(map(_draws, cells)) else [f"no picture within the {FIRST_SCREEN} cells after the first"]


def prediction(notebook, number: str) -> list[str]:
    """A *Predict first* question, soon followed by a picture of guess and truth."""
    cells = notebook["cells"]
    places = [
        i
        for i, cell in enumerate(cells)
        if cell["cell_type"] == "markdown" and re.search(r"^(?:#+ |[*_]+)Predict first", cell["source"], re.M)
    ]
    if not places:
        return ["no *Predict first* moment"]
    if not any(_draws(cell) for i in places for cell in cells[i : i + 5]):
        return ["no picture within the four cells after *Predict first*: draw the guess beside the truth"]
    return []


def _checks(notebook) -> Iterator[tuple[int, dict, str, str, str]]:
    """Each check in the notebook: cell number, cell, exercise, its printed line, and the number of its heading."""
    heading = "none"
    for i, cell in enumerate(notebook["cells"], 1):
        if cell["cell_type"] != "code":
            heading = [heading, *re.findall(r"^### (\d+)\.", cell["source"], re.M)][-1]
            continue
        names = [found[1] for found in CHECK.findall(cell["source"])]
        printed = "".join(
            "".join(output["text"]) for output in cell["outputs"] if output["output_type"] == "stream"
        )
        lines = [line for line in printed.splitlines() if re.match(r"Right|Not yet|not tried yet", line)]
        for turn, name in enumerate(names):
            yield i, cell, name, lines[turn] if turn < len(lines) else "", heading


def exercise_cells(notebook, number: str) -> list[str]:
    """At least four exercises, each with an untried stub and a correct folded solution."""
    stubs, solutions, faults = set(), set(), []
    for i, cell, name, line, heading in _checks(notebook):
        folded = "hide-cell" in cell["metadata"].get("tags", [])
        if name not in EXERCISES:
            faults.append(f"cell {i} checks {name!r}, which is no exercise")
        elif not EXERCISES[name].question.startswith(f"{number}."):
            faults.append(
                f"cell {i} checks {name!r}, which belongs to chapter {EXERCISES[name].question[:2]}"
            )
        elif EXERCISES[name].question != f"{number}.{heading}":
            faults.append(
                f"cell {i} checks {name!r} under {heading}, its question is {EXERCISES[name].question}"
            )
        if folded:
            solutions.add(name)
            if not cell["metadata"].get("jupyter", {}).get("source_hidden"):
                faults.append(f"cell {i}: the solution of {name!r} is not folded (jupyter.source_hidden)")
            if not line.startswith("Right"):
                faults.append(f"cell {i}: the solution of {name!r} printed {line!r}, not Right")
        else:
            stubs.add(name)
            if not line.startswith("not tried yet"):
                faults.append(f"cell {i}: the stub of {name!r} printed {line!r}, not *not tried yet*")
    faults += [f"{name!r} has no folded solution (tag hide-cell)" for name in sorted(stubs - solutions)]
    faults += [f"{name!r} has a solution and no stub" for name in sorted(solutions - stubs)]
    if len(stubs & solutions) < MIN_EXERCISES:
        faults.append(
            f"{len(stubs & solutions)} exercises with stub and solution, {MIN_EXERCISES} are wanted"
        )
    return faults


def quiz(notebook, number: str) -> list[str]:
    """At least three questions; every option has an explanation; one is right; one question is from an earlier chapter."""
    part = _part(notebook, "Quiz")
    if part is None:
        return ["no section ## Quiz"]
    starts = [found.start() for found in QUESTION.finditer(OPTION.sub(lambda m: " " * len(m[0]), part.body))]
    questions = [part.body[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]
    faults = (
        [] if len(questions) >= MIN_QUESTIONS else [f"{len(questions)} questions, {MIN_QUESTIONS} are wanted"]
    )
    if OPTION.search(part.body[: starts[0]] if starts else part.body):
        faults.append("an option stands before the first question")
    for turn, question in enumerate(questions, 1):
        faults += [f"question {turn} {fault}" for fault in _question(question)]
    if part.body.count("<details") != len(OPTION.findall(part.body)):
        faults.append("an option is not <details><summary>…</summary> … </details>")
    earlier = [int(found) for question in questions for found in EARLIER.findall(question.splitlines()[0])]
    if number > "01" and not any(found < int(number) for found in earlier):
        faults.append("no question looks back: mark one with *(from chapter NN)*")
    faults += [
        f"a question comes from chapter {n:02d}, which is not earlier" for n in earlier if n >= int(number)
    ]
    return faults


def _question(text: str) -> Iterator[str]:
    options = OPTION.findall(text)
    if len(options) < 2:
        yield f"has {len(options)} options, at least 2 are wanted"
        return
    right = 0
    for summary, reason in options:
        verdict = re.match(r"\*\*(Right|No)\.\*\*\s*(.*)", reason, re.DOTALL)
        if not summary.strip():
            yield "has an option without words"
        if not verdict:
            yield f"has the option {summary[:30]!r}, which begins with neither **Right.** nor **No.**"
        elif len(verdict[2]) < MIN_REASON:
            yield f"has the option {summary[:30]!r}, which does not explain itself"
        right += bool(verdict and verdict[1] == "Right")
        if re.search(r"</summary>[^\n]*\S|</summary>\n\S", text.replace("</summary>\n\n", "")):
            yield "has an option without a blank line after </summary>: its Markdown would be shown raw"
    several = SEVERAL in text.splitlines()[0]
    if right != 1 and not (several and right > 1):
        yield f"has {right} right options, 1 is wanted (or mark it {SEVERAL})"


def summary(notebook, number: str) -> list[str]:
    """A summary of at most eight lines."""
    part = _part(notebook, "Summary")
    lines = [line for line in part.body.splitlines() if line.strip()] if part else []
    if not lines:
        return ["no section ## Summary"]
    return (
        [f"the summary has {len(lines)} lines, {MAX_SUMMARY} are allowed"] if len(lines) > MAX_SUMMARY else []
    )


def sources(notebook, number: str) -> list[str]:
    """Sources as a list; each with a year, a link, and a section, equation, table or figure."""
    part = _part(notebook, "Sources")
    items = re.split(r"^[-*] ", part.body, flags=re.MULTILINE)[1:] if part else []
    if not items:
        return ["no section ## Sources with a list"]
    faults = []
    for item in items:
        lacks = [
            what
            for pattern, what in ((r"\b(?:19|20)\d\d\b", "a year"), (r"\]\(https?://", "a link"))
            if not re.search(pattern, item)
        ]
        # the link's address may hold anything
        lacks += [] if LOCATOR.search(re.sub(r"\]\(.*?\)", "]", item)) else ["a section or equation"]
        faults += [f"the source {item.strip()[:40]!r} lacks {what}" for what in lacks]
    return faults


def ending(notebook, number: str) -> list[str]:
    """The chapter ends with exercises, quiz, summary and sources, in this order."""
    titles = [part.title for part in parts(notebook)]
    found = [title for title in titles if title in ENDING]
    return [] if found == ENDING else [f"the last sections are {found}, expected {ENDING}"]


GUARDS: list[Callable[..., list[str]]] = [
    opening, first_screen, prediction, exercise_cells, quiz, summary, sources, ending
]  # fmt: skip


def faults(notebook, number: str) -> list[str]:
    """All faults of a chapter."""
    return [f"{guard.__name__}: {fault}" for guard in GUARDS for fault in guard(notebook, number)]
