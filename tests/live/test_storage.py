"""Stored pictures: state, numbers, the same bytes each time. Long: normalising and comparing share their notebooks."""

from __future__ import annotations

import base64
import copy
import io
import json

import ipywidgets
import nbformat
import pytest
import torch
from ipywidgets.embed import dependency_state
from nbconvert import PythonExporter, ScriptExporter
from nbformat import v4
from PIL import Image, ImageChops

from tools import notebooks, stored_form
from transformer_lib import figures, live

TOKENS = ["Sally", "adored", "<img src=x onerror=alert(1)>"]
PNG = "image/png"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def picture(**values):
    eye = torch.eye(3)
    return live.show("sentence", tokens=TOKENS, x=eye, w_q=2 * eye, w_k=eye, caption="Three words.", **values)


def executed(*shown, printed="42"):
    """A notebook as it is after its execution: a cell that prints, and one for each widget."""
    cells = [v4.new_code_cell("print(42)", outputs=[v4.new_output("stream", name="stdout", text=printed)])]
    for turn, widget in enumerate(shown, 2):
        data = widget._repr_mimebundle_()
        data = data[0] if isinstance(data, tuple) else data
        cells.append(
            v4.new_code_cell(
                "show()", outputs=[v4.new_output("execute_result", data=data, execution_count=turn)]
            )
        )
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell("# Title"), *cells])
    state = dependency_state(list(shown), drop_defaults=False) if shown else {}
    notebook.metadata["widgets"] = {
        stored_form.STATE: {"state": state, "version_major": 2, "version_minor": 0}
    }
    return nbformat.from_dict(json.loads(json.dumps(notebook)))


def stored(*shown, **options):
    return notebooks.normalise(executed(*shown, **options))


def states(notebook):
    return notebook["metadata"][stored_form.LIVE]


@pytest.fixture(scope="module")
def book():
    return stored(picture(), picture(word=1))


@pytest.fixture
def changed(book):
    return copy.deepcopy(book)


class TestNormalForm:
    def test_two_executions_give_the_same_bytes(self, book):
        assert notebooks.dumps(stored(picture(), picture(word=1))) == notebooks.dumps(book)

    def test_normalising_twice_changes_no_byte(self, book):
        text = notebooks.dumps(book)
        again = notebooks.normalise(nbformat.reads(text, as_version=4))
        assert notebooks.dumps(again) == text
        nbformat.validate(again)

    def test_the_order_of_execution_counts_not_the_order_of_making(self):
        first, second = picture(), picture(word=1)
        forwards, backwards = stored(first, second), stored(second, first)
        assert states(forwards)["live0001"]["values"]["word"] == 0
        assert states(backwards)["live0001"]["values"]["word"] == 1

    def test_holds_no_script_and_no_style(self, book):
        text = notebooks.dumps(book)
        script = (live.widget.STATIC / "widget.mjs").read_text("utf-8")
        style = (live.widget.STATIC / "live.css").read_text("utf-8")
        assert script[:60] not in text
        assert script[-60:].strip() not in text
        assert json.dumps(style)[1:60] not in text
        assert "_esm" not in text
        assert "_css" not in text

    def test_holds_every_trait_that_a_page_reads(self, book):
        shown = picture()
        state = states(book)["live0001"]
        for trait in notebooks.OURS - {"markup"}:
            assert state[trait] == json.loads(json.dumps(getattr(shown, trait)))
        assert state["markup"].replace("live0001", "") == shown.markup.replace(shown.model_id, "")

    def test_names_pictures_by_their_turn_wherever_they_are_named(self, book):
        assert list(states(book)) == ["live0001", "live0002"]
        for model, cell in zip(states(book), book.cells[2:], strict=True):
            assert cell.outputs[0].metadata[stored_form.LIVE] == model
            assert f'data-live="{model}"' in states(book)[model]["markup"]

    def test_drops_layouts_and_what_is_not_shown(self):
        raw = executed(picture())
        widgets = raw["metadata"]["widgets"][stored_form.STATE]["state"]
        assert "LayoutModel" in {entry["model_name"] for entry in widgets.values()}
        assert len(states(notebooks.normalise(raw))) == 1
        raw = executed(picture())
        raw.cells = raw.cells[:2]
        assert stored_form.LIVE not in notebooks.normalise(raw).metadata

    def test_stores_no_widget_for_viewers_would_prefer_it_to_the_picture(self, book):
        assert "widgets" not in book.metadata
        assert not any(stored_form.VIEW in output.data for cell in book.cells[2:] for output in cell.outputs)

    def test_gives_viewers_the_words_and_the_size_of_a_picture(self, book):
        output = book.cells[2].outputs[0]
        with Image.open(io.BytesIO(base64.b64decode(output.data[PNG]))) as still:
            assert output.metadata[PNG] == {
                "alt": " ".join(picture().describe().split()),
                "width": still.width // figures.SCALE,
                "height": still.height // figures.SCALE,
            }
        assert stored_form.SCALE == figures.SCALE

    def test_gives_viewers_the_words_of_a_figure(self):
        shown = v4.new_output("display_data", data={PNG: PIXEL, "text/plain": "<Figure>"})
        words = {"mystnb": {"image": {"alt": "Loss falls."}}}
        raw = v4.new_notebook(cells=[v4.new_code_cell("plot()", outputs=[shown], metadata=words)])
        assert notebooks.normalise(raw).cells[0].outputs[0].metadata == {PNG: {"alt": "Loss falls."}}

    def test_pictures_that_changed_places_since_they_were_stored_change_names(self, changed):
        changed.cells[2:] = changed.cells[:1:-1]
        again = notebooks.normalise(changed)
        assert states(again)["live0001"]["values"]["word"] == 1
        assert 'data-live="live0001"' in states(again)["live0001"]["markup"]
        assert [cell.outputs[0].metadata[stored_form.LIVE] for cell in again.cells[2:]] == list(states(again))

    def test_a_program_is_exported_as_one(self, book):
        source, resources = PythonExporter().from_notebook_node(book)
        assert resources["output_extension"] == ".py"
        source, resources = ScriptExporter().from_notebook_node(book)
        assert resources["output_extension"] == ".py"
        assert "print(42)" in source

    def test_drops_what_changes_from_run_to_run(self):
        raw = executed(picture())
        raw.cells[1].metadata["execution"] = {"iopub.status.busy": "2026-01-01"}
        raw.metadata["language_info"] = {"name": "python", "version": "3.11.2"}
        raw.cells[1]["id"] = "a1b2c3"
        assert notebooks.dumps(notebooks.normalise(raw)) == notebooks.dumps(stored(picture()))

    def test_keeps_tags_and_other_metadata_of_cells(self):
        raw = executed()
        raw.cells[1].metadata["tags"] = ["hide-input"]
        assert notebooks.normalise(raw).cells[1].metadata.tags == ["hide-input"]

    def test_a_picture_of_ours_is_no_foreign_view(self, book):
        assert notebooks.foreign_views(book) == []

    def test_any_other_widget_is_a_foreign_view(self):
        found = notebooks.foreign_views(stored(ipywidgets.IntSlider()))
        assert found == ["cell 3 shows a widget that is no live picture with its numbers"]

    def test_a_picture_without_state_is_a_foreign_view(self, changed):
        del changed.metadata[stored_form.LIVE]
        assert notebooks.foreign_views(changed) == [
            "cell 3 shows a widget that is no live picture with its numbers",
            "cell 4 shows a widget that is no live picture with its numbers",
        ]


def repainted(png, paint):
    image = Image.open(io.BytesIO(base64.b64decode(png)))
    out = io.BytesIO()
    paint(image).save(out, format="png")
    return base64.b64encode(out.getvalue()).decode("ascii")


def spotted(side):
    def paint(image):
        image = image.copy()
        image.paste("black", (0, 0, side, side))
        return image

    return paint


class TestDifferences:
    def test_a_run_that_agrees_has_none(self, book):
        assert notebooks.differences(book, stored(picture(), picture(word=1))) == []

    @pytest.mark.parametrize(
        ("place", "said"),
        [
            (
                ("response", "outputs", "weights", "values", 0),
                "live0001: response.outputs.weights.values[0] was ",
            ),
            (
                ("spec", "constants", "w_q", "values", 4),
                "live0001: spec.constants.w_q.values[4] was 2.0, is ",
            ),
            (("values", "temperature"), "live0001: values.temperature was 1.0, is "),
        ],
    )
    def test_a_changed_number_is_told_by_its_place(self, book, changed, place, said):
        node = states(changed)["live0001"]
        for part in place[:-1]:
            node = node[part]
        node[place[-1]] += 2e-5
        [complaint] = notebooks.differences(book, changed)
        assert complaint.startswith(said)
        node[place[-1]] -= 1.5e-5  # as far as two machines may be apart
        assert notebooks.differences(book, changed) == []

    def test_a_changed_yes_or_no_is_told(self, book, changed):
        states(changed)["live0002"]["response"]["outputs"]["allowed"]["values"][0] = False
        [complaint] = notebooks.differences(book, changed)
        assert complaint == "live0002: response.outputs.allowed.values[0] was True, is False"

    def test_a_number_that_became_none_is_told(self, book, changed):
        states(changed)["live0001"]["response"]["outputs"]["row"]["values"][0] = None
        assert len(notebooks.differences(book, changed)) == 1

    @pytest.mark.parametrize("change", [lambda values: values.append(0.0), lambda values: values.pop()])
    def test_another_count_of_numbers_is_told(self, book, changed, change):
        change(states(changed)["live0001"]["response"]["outputs"]["row"]["values"])
        assert len(notebooks.differences(book, changed)) == 1

    def test_a_changed_label_is_told(self, book, changed):
        states(changed)["live0001"]["spec"]["labels"]["tokens"][0] = "Solly"
        assert notebooks.differences(book, changed) == [
            "live0001: spec.labels.tokens[0] was 'Sally', is 'Solly'"
        ]

    def test_a_picture_more_or_less_is_told(self, book):
        fresh = stored(picture(), picture(word=1))
        states(fresh)["live0003"] = states(fresh).pop("live0002")
        assert notebooks.differences(book, fresh) == [
            "live pictures ['live0001', 'live0002'] became ['live0001', 'live0003']"
        ]

    @pytest.mark.parametrize(
        "paint",
        [
            ImageChops.invert,
            lambda image: image.crop((0, 0, image.width - 2, image.height)),
            lambda image: ImageChops.offset(image, 40, 0),
            spotted(110),
        ],
    )
    def test_a_changed_still_is_told(self, book, changed, paint):
        data = changed.cells[2].outputs[0].data
        data[PNG] = repainted(data[PNG], paint)
        assert notebooks.differences(book, changed) == [f"cell 3: 0 {PNG} differs"]

    def test_another_setting_of_a_control_is_another_still(self, book, changed):
        changed.cells[2].outputs[0].data[PNG] = changed.cells[3].outputs[0].data[PNG]
        assert notebooks.differences(book, changed) == [f"cell 3: 0 {PNG} differs"]

    @pytest.mark.parametrize("paint", [spotted(30), lambda image: image.point(lambda x: max(0, x - 9))])
    def test_another_smoothing_of_edges_is_not_told(self, book, changed, paint):
        data = changed.cells[2].outputs[0].data
        data[PNG] = repainted(data[PNG], paint)
        assert notebooks.differences(book, changed) == []

    def test_a_changed_text_is_told(self, book, changed):
        changed.cells[2].outputs[0].data["text/plain"] += " More."
        assert notebooks.differences(book, changed) == ["cell 3: 0 text/plain differs"]

    def test_changed_prints_are_told(self, book):
        fresh = stored(picture(), picture(word=1), printed="43")
        assert notebooks.differences(book, fresh) == ["cell 2: 0 stdout differs"]

    def test_a_lost_output_is_told(self, book, changed):
        del changed.cells[2].outputs[0].data[PNG]
        [complaint] = notebooks.differences(book, changed)
        assert complaint.startswith("cell 3: outputs ")

    def test_another_error_is_told(self):
        def fails(name):
            return v4.new_notebook(
                cells=[
                    v4.new_code_cell(
                        "1/0", outputs=[v4.new_output("error", ename=name, evalue="", traceback=[])]
                    )
                ]
            )

        assert notebooks.differences(fails("ZeroDivisionError"), fails("ZeroDivisionError")) == []
        assert notebooks.differences(fails("ZeroDivisionError"), fails("KeyError")) == [
            "cell 1: 0 error differs"
        ]

    @pytest.mark.parametrize("tag", ["nbval-ignore-output", "timing"])
    def test_cells_that_differ_by_nature_are_left_alone(self, tag):
        books = [stored(printed=printed) for printed in ("1 s", "2 s")]
        for notebook in books:
            notebook.cells[1].metadata["tags"] = [tag]
        assert notebooks.differences(*books) == []

    def test_text_in_lines_is_the_same_as_text_in_one(self, book, changed):
        text = changed.cells[2].outputs[0].data["text/plain"]
        changed.cells[2].outputs[0].data["text/plain"] = text.splitlines(keepends=True)
        changed.cells[1].outputs[0]["text"] = list("42")
        assert notebooks.differences(book, changed) == []
