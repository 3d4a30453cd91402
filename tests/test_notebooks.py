"""Guards over stored notebooks, each tried on a broken one. Long: samples for each of fifteen guards."""

import re
from copy import deepcopy
from functools import cache
from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat import v4

from tools import guards, notebooks, rehearse, setup_cell

ROOT = Path(__file__).parent.parent
BOOK = sorted((ROOT / "book").glob("*.ipynb"))
SETUP = setup_cell.source("")
GUARDS = [
    guards.execution,
    guards.lengths,
    guards.tags,
    guards.alternatives,
    guards.formats,
    guards.plain_markdown,
    guards.stable_outputs,
    guards.foreign_views,
    guards.folded,
    guards.cell_names,
]
HOME = "/".join(("", "home", "me"))  # put together, so that this file holds no such path
ALT = "A picture that is described at some length."


@cache
def read(path):
    return nbformat.read(path, as_version=4)


def book(*cells, **metadata):
    notebook = v4.new_notebook(cells=[deepcopy(cell) for cell in cells], metadata=metadata)
    for turn, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        cell.setdefault("execution_count", turn)
        cell.execution_count = turn if cell.execution_count is None else cell.execution_count
    return notebook


def code(source="1 + 1", *outputs, **metadata):
    return v4.new_code_cell(source, outputs=list(outputs), metadata=metadata)


def prints(text, name="stdout"):
    return v4.new_output("stream", name=name, text=text)


def shows(**data):
    named = {kind.replace("_", "/"): value for kind, value in data.items()}
    return v4.new_output("display_data", data={"text/plain": "<Figure>"} | named)


def live(words=ALT, still="png", traits=notebooks.OURS):
    data = {"text/plain": words} | ({"image/png": still} if still else {})
    output = v4.new_output(
        "execute_result", data=data, execution_count=1, metadata={notebooks.LIVE: "live0001"}
    )
    return book(code("show()", output), live={"live0001": dict.fromkeys(traits, "")})


def widget():
    data = {notebooks.VIEW: {"model_id": "0"}, "text/plain": ALT, "image/png": "png"}
    return book(code("show()", v4.new_output("display_data", data=data)))


def test_the_book_has_notebooks():
    assert BOOK


def test_notebooks_and_table_of_contents_agree():
    assert guards.contents(ROOT) == []


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
@pytest.mark.parametrize("path", BOOK, ids=lambda path: path.stem)
def test_the_stored_notebook_satisfies(path, guard):
    assert guard(read(path)) == []


@pytest.mark.parametrize("path", BOOK, ids=lambda path: path.stem)
def test_the_stored_notebook_is_small_and_in_its_normal_form(path):
    assert guards.size(path) == []
    assert guards.normal_form(path) == []


@pytest.mark.parametrize("path", BOOK, ids=lambda path: path.stem)
def test_the_first_code_cell_of_the_stored_notebook_is_the_set_up_cell(path):
    assert guards.setup_cell(read(path)) == []


def test_no_definition_is_pasted_into_a_second_notebook():
    assert guards.own_definitions({path.name: read(path) for path in BOOK}) == []


SOUND = book(
    v4.new_markdown_cell(
        f"# Title\n\nSet $\\{{a\\}}$ and `code`.\n\n$$\n\\mathrm{{f}}_{{x}}\n$$\n\n![{ALT}](a.png)"
    ),
    code(SETUP, **setup_cell.METADATA),
    code("print(1)", prints("1\n")),
    code("plot()", shows(image_png="png"), mystnb={"image": {"alt": ALT}}),
    code(
        "1 / 0",
        v4.new_output("error", ename="ZeroDivisionError", traceback=["here"]),
        tags=["raises-exception"],
    ),
    code("race()", prints("took 3.2 ms"), tags=["timing"]),
)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.__name__)
def test_a_sound_notebook_passes(guard):
    assert guard(SOUND) == []
    assert guard(live()) == []
    assert guards.setup_cell(SOUND) == []


def executed_as(*counts):
    notebook = book(*(code() for _ in counts))
    for cell, count in zip(notebook.cells, counts, strict=True):
        cell.execution_count = count
    return notebook


def named(*names):
    notebook = book(*(code() for _ in names))
    for cell, name in zip(notebook.cells, names, strict=True):
        cell["id"] = name
    return notebook


ERROR = v4.new_output("error", ename="ValueError", traceback=[])
BROKEN = {
    "a cell never executed": (guards.execution, executed_as(1, None), "count None"),
    "cells executed out of order": (guards.execution, executed_as(2, 1), "expected 1"),
    "a count left out": (guards.execution, executed_as(1, 3), "expected 2"),
    "an empty cell": (guards.execution, book(code(" ")), "is empty"),
    "a stored error": (guards.execution, book(code("f()", ERROR)), "stores the error ValueError"),
    "a promised error that never came": (guards.execution, book(code(tags=["raises-exception"])), "should raise"),
    "a warning": (guards.execution, book(code("f()", prints("careful", "stderr"))), "stderr"),
    "a long cell": (guards.lengths, book(code("x = 1\n" * 26), code(), code()), "26 lines"),
    "many cells of middle length": (guards.lengths, book(code("x = 1\n" * 9)), "median"),
    "a misspelled tag": (guards.tags, book(code(tags=["hide_input"])), "hide_input"),
    "an unknown tag on prose": (guards.tags, book(v4.new_markdown_cell("x", metadata={"tags": ["todo"]})), "todo"),
    "a figure without alt text": (guards.alternatives, book(code("p()", shows(image_png="x"))), "mystnb.image.alt"),
    "an image without alt text": (guards.alternatives, book(v4.new_markdown_cell("![](a.png)")), "no alt text"),
    "an HTML image without alt text": (guards.alternatives, book(v4.new_markdown_cell('<img src="a.png">')), "no alt"),
    "a live picture described by its class": (guards.alternatives, live("LivePicture(view='sentence', x=…)"), "no alt"),
    "a live picture without words": (guards.alternatives, live(""), "no alt text"),
    "a live picture without still": (guards.alternatives, live(still=None), "no still"),
    "a picture as SVG": (guards.formats, book(code("p()", shows(**{"image/svg+xml": "<svg/>"}))), "svg"),
    "a role": (guards.plain_markdown, book(v4.new_markdown_cell("see {eq}`softmax`")), "a role"),
    "a directive": (guards.plain_markdown, book(v4.new_markdown_cell("```{note}\nx\n```")), "a directive fence"),
    "a directive in colons": (guards.plain_markdown, book(v4.new_markdown_cell(":::{note}\nx\n:::")), "a directive fence"),
    "a directive in a list": (guards.plain_markdown, book(v4.new_markdown_cell("- a\n\n  ```{tip}\n  ```")), "a directive"),
    "a target": (guards.plain_markdown, book(v4.new_markdown_cell("text\n\n(here)=\n## There")), "a target"),
    "a substitution": (guards.plain_markdown, book(v4.new_markdown_cell("It is {{ value }}.")), "a substitution"),
    "a printed path": (guards.stable_outputs, book(code("f()", prints(f"{HOME}/x.py"))), "an absolute path"),
    "a Windows path": (guards.stable_outputs, book(code("f()", prints("C:" + r"\Users\me"))), "an absolute path"),
    "a memory address": (guards.stable_outputs, book(code("f", shows(text_plain="<f at 0x7f12ab34cd>"))), "memory address"),
    "a random id": (guards.stable_outputs, book(code("f", shows(text_html="0123456789abcdef" * 2))), "a random id"),
    "a wall time": (guards.stable_outputs, book(code("f()", prints("took 3.2 ms"))), "a time"),
    "a web address": (guards.stable_outputs, book(code("f()", prints("see https://example.org"))), "an address"),
    "a solution open in Colab": (guards.folded, book(code(tags=["hide-cell"])), "stands open in Colab"),
    "two cells of one name": (guards.cell_names, named("cell-001", "cell-001"), "the name 'cell-001' of another"),
    "a foreign widget": (guards.foreign_views, widget(), "no live picture"),
    "a live picture without its numbers": (guards.foreign_views, live(traits={"view"}), "no live picture"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_the_guards_report(fault):
    guard, notebook, words = BROKEN[fault]
    [complaint, *_] = guard(notebook)
    assert words in complaint


def test_the_guards_report_a_notebook_outside_the_table_of_contents(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book/lost.ipynb").touch()
    (tmp_path / "_toc.yml").write_text("root: book/index\nparts:\n  - chapters:\n    - file: book/gone\n")
    complaints = guards.contents(tmp_path)
    assert "book/lost is missing from _toc.yml" in complaints
    assert "_toc.yml names book/gone, which does not exist" in complaints
    assert "_toc.yml names book/index, which does not exist" in complaints


def test_the_guards_report_a_book_without_notebooks(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book/index.md").touch()
    (tmp_path / "_toc.yml").write_text("root: book/index\n")
    assert guards.contents(tmp_path) == ["book/ holds no notebook"]


def test_the_guards_report_a_large_file(tmp_path):
    path = tmp_path / "large.ipynb"
    path.write_bytes(bytes(guards.MAX_BYTES + 1))
    assert "allowed" in guards.size(path)[0]


def test_the_guards_report_a_notebook_that_is_not_normalised(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text(notebooks.dumps(notebooks.normalise(deepcopy(SOUND))), "utf-8")
    assert guards.normal_form(path) == []
    path.write_text(
        path.read_text("utf-8").replace('"cell_type"', '"attachments": {}, "cell_type"', 1), "utf-8"
    )
    assert "make execute" in guards.normal_form(path)[0]


@pytest.mark.parametrize(
    ("source", "metadata"),
    [
        ("import transformer_lib", setup_cell.METADATA),
        (SETUP.replace("attention-live.github.io", "example.org"), setup_cell.METADATA),
        (SETUP.replace("0.2.0", "0.1.0"), setup_cell.METADATA),
        (SETUP.replace("--quiet", "--upgrade"), setup_cell.METADATA),
        (SETUP + "\n%pip install einops", setup_cell.METADATA),
        (SETUP, {}),
        (SETUP, {"cellView": "form"}),
    ],
)
def test_the_guards_report_a_set_up_cell_that_is_not_the_template(source, metadata):
    [complaint] = guards.setup_cell(book(code(source, **metadata), code()))
    assert "tools/notebooks.py normalise" in complaint


def test_the_guards_report_a_book_whose_extra_is_not_fetched():
    cells = code(SETUP, **setup_cell.METADATA), code("from transformer_lib import bleu")
    assert "tools/notebooks.py normalise" in guards.setup_cell(book(*cells))[0]


def test_the_guards_report_a_later_cell_that_installs_or_leaves_the_page():
    first = code(SETUP, **setup_cell.METADATA)
    assert "cell 2 installs" in guards.setup_cell(book(first, code("!pip install einops")))[0]
    assert "cell 2 is taken from the page" in guards.setup_cell(book(first, code(tags=["remove-cell"])))[0]


def test_the_guards_report_a_definition_pasted_again():
    first, second = book(code("def f(x):\n    return x")), book(code("def f(x):\n    return x  # again"))
    assert guards.own_definitions({"a": first}) == []
    assert "defines f again" in guards.own_definitions({"a": first, "b": second})[0]


def test_a_solution_is_folded_in_colab_too():
    [cell] = notebooks.normalise(book(code(tags=["hide-cell"]))).cells
    assert cell.metadata["cellView"] == "form"


def test_a_cell_that_is_inserted_renames_no_other():
    before = notebooks.normalise(named("cell-001", "setup", "cell-002"))
    assert [cell["id"] for cell in before.cells] == ["cell-001", "setup", "cell-002"]
    before.cells.insert(1, code())
    after = notebooks.normalise(before)
    assert [cell["id"] for cell in after.cells] == ["cell-001", "cell-003", "setup", "cell-002"]
    assert guards.cell_names(after) == []


def test_names_given_twice_or_by_chance_become_names_of_their_own():
    after = notebooks.normalise(named("a1b2c3d4", "cell-007", "cell-007"))
    assert [cell["id"] for cell in after.cells] == ["cell-008", "cell-007", "cell-009"]


def test_text_that_was_printed_in_pieces_is_stored_in_one():
    pieces = [prints("a\n"), prints("b\n"), prints("no", "stderr"), prints("c")]
    [cell] = notebooks.normalise(book(code("print()", *pieces))).cells
    assert [(o.name, o.text) for o in cell.outputs] == [
        ("stdout", "a\nb\n"),
        ("stderr", "no"),
        ("stdout", "c"),
    ]


def test_the_welcome_lists_the_chapters_of_the_table_of_contents_under_their_titles():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    chapters = [ROOT / f"{entry['file']}.ipynb" for entry in toc["parts"][0]["chapters"]]
    titles = [read(path).cells[0].source.splitlines()[0].removeprefix("# ") for path in chapters]
    welcome = "\n".join(cell.source for cell in read(ROOT / f"{toc['root']}.ipynb").cells)
    listed = re.findall(r"^(\d+)\. \[(.+)\]\((.+?)\) .+\.$", welcome, re.MULTILINE)
    numbers = [str(int(path.name[:2])) for path in chapters]
    wanted = list(zip(numbers, titles, [path.name for path in chapters], strict=True))
    assert listed == wanted, (
        "the welcome page lists each chapter: 3. [Its title](03-its-name.ipynb) One sentence."
    )


def test_the_fourth_digit_of_a_weight_of_a_map_alone_is_not_compared():
    def saying(number, loss="0.7531"):
        output = v4.new_output("execute_result", {"text/plain": f"les→the {number}, loss {loss}"})
        return v4.new_notebook(cells=[v4.new_code_cell("x", outputs=[output])])

    stored = saying("0.888")
    assert not rehearse.prints_otherwise(stored, saying("0.8881"))
    assert not notebooks.differences(stored, saying("0.8881"))
    assert rehearse.prints_otherwise(stored, saying("0.8891"))
    assert notebooks.differences(stored, saying("0.8891"))
    assert rehearse.prints_otherwise(stored, saying("0.888", "0.7532"))
    assert notebooks.differences(stored, saying("0.888", "0.7532"))
