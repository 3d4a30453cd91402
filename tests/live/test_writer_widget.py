"""The writer of stories as a widget: what is sent, what is stored, and what a page makes of it."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys

import ipywidgets
import nbformat
import pytest
from ipywidgets.embed import dependency_state
from nbformat import v4
from PIL import Image

from tools import guards, notebooks, stored_form
from transformer_lib import live
from transformer_lib.live import writer_page, writer_widget

STILL = "image/png"


@pytest.fixture
def spoken(monkeypatch):
    """What a widget sends to its front end."""
    sent: list[dict] = []
    monkeypatch.setattr(ipywidgets.Widget, "send", lambda self, content, buffers=None: sent.append(content))
    return sent


def asked(widget, content):
    widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})


def executed(widget):
    """A notebook as it is after a cell has shown the widget."""
    data, _ = widget._repr_mimebundle_()
    shown = v4.new_output("execute_result", data=data, execution_count=1)
    notebook = v4.new_notebook(cells=[v4.new_code_cell("live.show_writer()", outputs=[shown])])
    state = dependency_state([widget], drop_defaults=False)
    notebook.metadata["widgets"] = {
        stored_form.STATE: {"state": state, "version_major": 2, "version_minor": 0}
    }
    return nbformat.from_dict(json.loads(json.dumps(notebook)))


def test_weights_are_sent_when_they_are_asked_for_and_not_before(spoken):
    widget = live.show_writer()
    asked(widget, {"ask": "something else"})
    assert spoken == []
    asked(widget, {"ask": "parts"})
    [answer] = spoken
    assert answer == {"parts": writer_widget.bundle()}
    assert answer["parts"].keys() == {"weights", "graphs", "limits", "words"}
    json.dumps(answer)  # a message is JSON


def test_a_failure_is_answered_with_its_message(spoken, monkeypatch):
    def fails():
        raise ImportError("subwords need the tokenizers library")

    monkeypatch.setattr(writer_widget, "bundle", fails)
    asked(live.show_writer(), {"ask": "parts"})
    assert spoken == [{"error": "subwords need the tokenizers library"}]


def test_its_state_holds_no_weights():
    widget = live.show_writer()
    state = widget.get_state(["markup", "page_model"])
    assert len(json.dumps(state)) < 40_000
    assert "data-writer" in state["markup"]


def test_two_writers_in_one_notebook_share_no_label_and_no_group_of_buttons():
    def names(widget):
        return re.findall(r' (?:id|for|name)="([^"]+)"', widget.markup)

    first, second = names(live.show_writer()), names(live.show_writer())
    assert len(first) == len(re.findall(r' (?:id|for|name)="writer-', writer_page.markup()))
    assert not set(first) & set(second)


def test_a_viewer_without_a_kernel_has_a_picture_and_the_same_numbers_as_text():
    data, _ = live.show_writer()._repr_mimebundle_()
    assert data["text/plain"].startswith("A writer of stories. After “Once upon a time there was a little”")
    said = [float(number) for number in re.findall(r"\d\.\d\d", data["text/plain"])]
    assert len(said) == writer_widget.BARS
    assert said == sorted(said, reverse=True)
    assert said[0] > 0.1
    with Image.open(io.BytesIO(base64.b64decode(data[STILL]))) as picture:
        assert picture.size == (840, 380)


def test_a_notebook_stores_the_picture_with_its_text_and_the_models_name_alone():
    book = notebooks.normalise(executed(live.show_writer()))
    [output] = book.cells[0].outputs
    assert set(output["data"]) == {"text/plain", STILL}
    assert output["metadata"][stored_form.MODEL] == "writer"
    assert output["metadata"][STILL]["alt"] == output["data"]["text/plain"]
    assert output["metadata"][STILL]["width"] == 420
    assert "widgets" not in book.metadata
    assert stored_form.LIVE not in book.metadata
    text = notebooks.dumps(book)
    assert notebooks.dumps(notebooks.normalise(nbformat.reads(text, as_version=4))) == text
    assert notebooks.foreign_views(book) == guards.alternatives(book) == []
    output["data"]["text/plain"] = "short"
    assert guards.alternatives(book) == ["cell 1: the live picture has no alt text"]


def test_pictures_are_there_without_what_only_the_writer_needs():
    """In Colab the tokenizers come along with chapter 09 alone."""
    program = (
        "import sys; sys.modules['tokenizers'] = None; from transformer_lib import live; print(live.show)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
