"""Guards over chapters; each is tried on a chapter that was broken on purpose."""

import re
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from tools import chapters
from tools.notebooks import VIEW
from transformer_lib.exercises import EXERCISES

ROOT = Path(__file__).parent.parent
CHAPTERS = {
    path.stem: path for path in sorted((ROOT / "book").glob("[0-9][0-9]-*.ipynb")) if path.stem > "01"
}
# Chapters that are not whole yet. Delete the line when one is: the test below fails as soon as it could go.
FIRST_FORMS: set[str] = set()


def faults_of(stem):
    return chapters.faults(nbformat.read(CHAPTERS[stem], as_version=4), stem[:2])


def test_every_whole_chapter_has_what_every_chapter_has():
    assert [
        f"{stem}: {fault}" for stem in sorted(CHAPTERS.keys() - FIRST_FORMS) for fault in faults_of(stem)
    ] == []


def test_a_first_form_still_lacks_something():
    whole = [stem for stem in FIRST_FORMS if not faults_of(stem)]
    assert [f"{stem} is whole: take it out of FIRST_FORMS" for stem in whole] == []


def prose(source):
    return v4.new_markdown_cell(source)


def prints(source, text, **metadata):
    return v4.new_code_cell(source, outputs=[v4.new_output("stream", text=text)], metadata=metadata)


def draws(kind="image/png"):
    return v4.new_code_cell("draw()", outputs=[v4.new_output("display_data", data={kind: "x"})])


def stub(name, says="not tried yet: write your answer"):
    return prints(f'answer = ...\nexercises.check("{name}", answer)', f"{says}\n")


def solution(name, says="Right. It shows.", **metadata):
    folded = {"tags": ["hide-cell"], "jupyter": {"source_hidden": True}}
    return prints(f"answer = 1\nexercises.check('{name}', answer)", f"{says}\n", **(folded | metadata))


def option(words, reason):
    return f"<details><summary>{words}</summary>\n\n{reason}\n\n</details>"


RIGHT = option("Twice as wide", "**Right.** The spread grows with the root of d.")
WRONG = option("Just as wide", "**No.** Each further component adds its share.")
QUIZ = (
    f"## Quiz\n\n**1. What does *d* do?**\n\n{RIGHT}\n{WRONG}\n\n"
    f"**2. And then?** *(from chapter 02)*\n\n{WRONG}\n{RIGHT}\n\n**3. At last?**\n\n{RIGHT}\n{WRONG}\n"
)
SOURCES = "## Sources\n\n- Vaswani et al. 2017, [Attention](https://arxiv.org/abs/1706.03762), section 3.2.1."
NAMES = [exercise.name for exercise in EXERCISES.values() if exercise.question.startswith("03.")]
CELLS = {
    "opening": prose("# How?\n\n**You will** see. **You need** softmax. **Time**: about 40 minutes."),
    "set-up": v4.new_code_cell("import torch"),
    "picture": draws(VIEW),
    "predict": prose("## A guess\n\n**Predict first.** Which word is it?"),
    "truth": draws(),
    "exercises": prose("## Exercises"),
    **{
        key: cell
        for number, name in enumerate(NAMES[:4], 1)
        for key, cell in (
            (f"heading {name}", prose(f"### {number}. A sum")),
            (f"stub {name}", stub(name)),
            (f"solution {name}", solution(name)),
        )
    },
    "quiz": prose(QUIZ),
    "summary": prose("## Summary\n\n- One.\n- Two.\n"),
    "sources": prose(SOURCES),
}
FIRST = NAMES[0]


def chapter(**changed):
    """A whole chapter in which the named cells were replaced, or taken out."""
    cells = CELLS | {key.replace("_", " ").replace("set up", "set-up"): cell for key, cell in changed.items()}
    return v4.new_notebook(cells=[deepcopy(cell) for cell in cells.values() if cell is not None])


def with_quiz(old, new):
    assert old in QUIZ
    return chapter(quiz=prose(QUIZ.replace(old, new, 1)))


def replaced(key, cell):
    return chapter(**{key: cell})


BROKEN = {
    "no goals": (chapters.opening, chapter(opening=prose("# How?\n\n**You need** a, **Time**: 5 minutes")), "goals"),
    "no time": (chapters.opening, chapter(opening=prose("# How?\n\n**You will** see. **You need** x.")), "time"),
    "no needs": (chapters.opening, chapter(opening=prose("# How?\n\n**You will** x. **Time**: 5 minutes.")), "needs"),
    "code before the title": (chapters.opening, chapter(opening=draws()), "a title"),
    "no early picture": (chapters.first_screen, chapter(picture=None, truth=None), "no picture within"),
    "a late picture": (chapters.first_screen, chapter(set_up=prose("a"), picture=prose("b"), truth=None), "no picture"),
    "no prediction": (chapters.prediction, chapter(predict=prose("Look:")), "no *Predict first*"),
    "a prediction without truth": (chapters.prediction, chapter(truth=None), "draw the guess"),
    "three exercises": (chapters.exercise_cells, chapter(**{f"stub {FIRST}": None, f"solution {FIRST}": None}), "3 exer"),
    "no solution": (chapters.exercise_cells, replaced(f"solution {FIRST}", None), "no folded solution"),
    "no stub": (chapters.exercise_cells, replaced(f"stub {FIRST}", None), "no stub"),
    "a stub filled in": (chapters.exercise_cells, replaced(f"stub {FIRST}", stub(FIRST, "Right. So.")), "not *not tried"),
    "a stub that says nothing": (chapters.exercise_cells, replaced(f"stub {FIRST}", stub(FIRST, "")), "printed ''"),
    "a wrong solution": (chapters.exercise_cells, replaced(f"solution {FIRST}", solution(FIRST, "Not yet. x")), "Right"),
    "a solution in the open": (
        chapters.exercise_cells, replaced(f"solution {FIRST}", solution(FIRST, tags=[])), "printed 'Right",
    ),
    "a solution open in Jupyter": (
        chapters.exercise_cells, replaced(f"solution {FIRST}", solution(FIRST, jupyter={})), "source_hidden",
    ),
    "an exercise that does not exist": (chapters.exercise_cells, chapter(**{"stub x": stub("no such")}), "no exercise"),
    "an exercise under another number": (
        chapters.exercise_cells, replaced(f"heading {FIRST}", prose("### 7. A sum")), "under 7, its question is 03.1",
    ),
    "an exercise under no number": (
        chapters.exercise_cells, replaced(f"heading {FIRST}", prose("### A sum")), "under none",
    ),
    "no quiz": (chapters.quiz, chapter(quiz=None), "no section ## Quiz"),
    "two questions": (chapters.quiz, with_quiz(f"**3. At last?**\n\n{RIGHT}\n{WRONG}", ""), "2 questions"),
    "no right option": (chapters.quiz, with_quiz(RIGHT, WRONG), "0 right options"),
    "two right options": (chapters.quiz, with_quiz(WRONG, RIGHT), "2 right options"),
    "one option": (chapters.quiz, with_quiz(WRONG, ""), "has 1 options"),
    "no verdict": (chapters.quiz, with_quiz("**No.** Each", "Each"), "begins with neither"),
    "no reason": (chapters.quiz, with_quiz("Each further component adds its share.", "Really."), "explain itself"),
    "an open option": (chapters.quiz, with_quiz("</details>\n\n**3", "\n\n**3"), "is not <details>"),
    "raw Markdown": (chapters.quiz, with_quiz("</summary>\n\n", "</summary>\n"), "blank line"),
    "no look back": (chapters.quiz, with_quiz(" *(from chapter 02)*", ""), "no question looks back"),
    "a look forward": (chapters.quiz, with_quiz("chapter 02", "chapter 05"), "is not earlier"),
    "an option before all questions": (chapters.quiz, with_quiz("**1.", f"{RIGHT}\n\n**1."), "before the first"),
    "no summary": (chapters.summary, chapter(summary=None), "no section ## Summary"),
    "a long summary": (chapters.summary, chapter(summary=prose("## Summary\n\n" + "- a\n" * 9)), "9 lines"),
    "no sources": (chapters.sources, chapter(sources=prose("**Sources.** Vaswani")), "no section ## Sources"),
    "a source without a section": (
        chapters.sources, chapter(sources=prose(SOURCES.replace(", section 3.2.1", ""))), "lacks a section",
    ),
    "a source without a link": (
        chapters.sources, chapter(sources=prose("## Sources\n\n- Vaswani 2017, section 3")), "lacks a link",
    ),
    "parts out of order": (chapters.ending, chapter(summary=prose(SOURCES), sources=prose("## Summary\nx")), "expected"),
}  # fmt: skip


def test_a_whole_chapter_passes():
    assert chapters.faults(chapter(), "03") == []


@pytest.mark.parametrize("fault", BROKEN)
def test_the_guards_report(fault):
    guard, notebook, words = BROKEN[fault]
    complaints = guard(notebook, "03")
    assert any(words in complaint for complaint in complaints), complaints
    assert chapters.faults(notebook, "03")


def test_exercises_of_another_chapter_are_reported():
    assert any("belongs to chapter 03" in fault for fault in chapters.exercise_cells(chapter(), "04"))


def test_several_right_options_may_be_declared():
    notebook = chapter(
        quiz=prose(QUIZ.replace("do?**", "do?** *(several are right)*").replace(WRONG, RIGHT, 1))
    )
    assert chapters.quiz(notebook, "03") == []


def test_the_first_chapter_has_nothing_to_look_back_to():
    assert chapters.quiz(chapter(quiz=prose(re.sub(r" \*\(.*?\)\*", "", QUIZ))), "01") == []
