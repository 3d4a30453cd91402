"""The live picture in a kernel: outputs, errors, stored form. Long: Python side and front-end messages of one class."""

from __future__ import annotations

import base64
import html.parser
import io
import json
import re
from pathlib import Path

import comm
import ipywidgets
import pytest
import torch
from IPython.core.formatters import DisplayFormatter
from PIL import Image
from torch.testing import assert_close

from tools.stored_form import OURS
from transformer_lib import live
from transformer_lib.live import drawings, views, widget
from transformer_lib.live.controls import Slider

VIEW = views.VIEWS["sentence"]
TOKENS = ["Sally", "adored", "she", "was", "she"]
HOSTILE = "<img src=x onerror=alert(1)>"


def tensors(n=5, d=3, k=2):
    draw = torch.Generator().manual_seed(0)
    shapes = {"x": (n, d), "w_q": (d, k), "w_k": (d, k)}
    return {name: torch.randn(shape, generator=draw) for name, shape in shapes.items()}


def picture(**changes):
    return live.show("sentence", **({"tokens": TOKENS} | tensors() | changes))


def wished(picture, number, **values):
    """Send the message that a front end sends when a control moves."""
    state = {"values": dict(picture.values) | values, "number": number}
    picture._handle_msg(
        {"content": {"data": {"method": "update", "state": state, "buffer_paths": []}}, "buffers": []}
    )


def by_hand(picture, **values):
    inputs = {
        c.name: c.tensor(values.get(c.name, picture.values[c.name])) for c in picture._controls.values()
    }
    return VIEW.function(**tensors(), **inputs)


class TestShow:
    def test_computes_the_numbers_of_the_view_at_its_start(self):
        shown = picture(word=3, temperature=0.5, causal=True)
        assert shown.values == {"word": 3, "temperature": 0.5, "hidden": 0, "scaled": True, "causal": True}
        assert_close(shown.outputs, by_hand(shown), rtol=0, atol=0)
        assert shown.view == "sentence"

    def test_takes_numbers_that_are_no_tensors_and_tensors_of_another_precision(self):
        lists = picture(x=tensors()["x"].tolist())
        double = picture(x=tensors()["x"].double())
        assert_close(lists.outputs, picture().outputs)
        assert_close(double.outputs, picture().outputs, rtol=0, atol=0)

    def test_is_not_moved_by_what_happens_to_its_arguments_afterwards(self):
        given = tensors()
        shown = live.show("sentence", tokens=TOKENS, **given)
        before = shown.outputs["weights"].clone()
        for tensor in given.values():
            tensor.zero_()
        shown.set(temperature=2.0)
        shown.set(temperature=1.0)
        assert_close(shown.outputs["weights"], before, rtol=0, atol=0)

    def test_a_start_given_as_a_tensor_is_a_number_afterwards(self):
        assert picture(temperature=torch.tensor(0.5, dtype=torch.float64)).values["temperature"] == 0.5
        assert picture(word=torch.tensor(4)).values["word"] == 4

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"alt": "  "}, "alt is empty: say in words what the picture shows, or leave it out"),
            (
                {"colour": "red"},
                "view 'sentence' takes no colour; "
                "it takes causal, hidden, scaled, temperature, tokens, w_k, w_q, word, x",
            ),
            (
                {"x": torch.ones(4, 3)},
                "view 'sentence': x must have shape (n, d), got (4, 3) with n = 5, d = 3",
            ),
            (
                {"w_k": torch.ones(3, 3)},
                "view 'sentence': w_k must have shape (d, k), got (3, 3) with n = 5, d = 3, k = 2",
            ),
            ({"x": torch.ones(5)}, "view 'sentence': x must have shape (n, d), got (5,) with n = 5"),
            (
                {"x": torch.ones(5, 3, 1)},
                "view 'sentence': x must have shape (n, d), got (5, 3, 1) with n = 5, d = 3",
            ),
            ({"word": 5}, "word must be an index from 0 to 4, got 5"),
            ({"word": "she"}, "word must be the index of an option, got 'she'"),
            ({"temperature": 0.0}, "temperature must lie in 0.1 … 4, got 0"),
            ({"temperature": float("nan")}, "temperature must be a finite number, got nan"),
            ({"causal": 1}, "causal must be true or false, got 1"),
        ],
    )
    def test_says_what_does_not_fit(self, changes, text):
        with pytest.raises(ValueError, match=re.escape(text)) as raised:
            picture(**changes)
        assert str(raised.value) == text

    def test_names_what_is_missing(self):
        with pytest.raises(ValueError, match="missing") as raised:
            live.show("sentence", tokens=TOKENS, x=torch.ones(5, 3))
        assert str(raised.value) == "view 'sentence' needs x, w_q, w_k, tokens; missing: w_q, w_k"

    def test_names_the_views_there_are(self):
        with pytest.raises(ValueError, match="no view") as raised:
            live.show("phrase")
        assert str(raised.value) == f"no view is called 'phrase'; there are {', '.join(sorted(views.VIEWS))}"


class TestSet:
    def test_moves_the_numbers_and_what_the_front_end_sees(self):
        shown = picture()
        shown.set(temperature=0.3, causal=True)
        assert_close(shown.outputs, by_hand(shown, temperature=0.3, causal=True), rtol=0, atol=0)
        assert shown.values == {"word": 0, "temperature": 0.3, "hidden": 0, "scaled": True, "causal": True}
        assert shown.response["outputs"] == {n: widget.pack(x) for n, x in shown.outputs.items()}
        assert shown.response["error"] is None

    def test_speaks_under_the_number_that_was_answered_last(self):
        shown = picture()
        wished(shown, 7, temperature=0.3)
        shown.set(temperature=0.4)
        assert shown.response["number"] == 7

    @pytest.mark.parametrize(
        "values", [{"temperature": 9.0}, {"warmth": 1.0}, {"word": 0.5}, {"causal": None}]
    )
    def test_with_what_cannot_be_moves_nothing(self, values):
        shown = picture()
        before = shown.get_state()
        outputs = dict(shown.outputs)
        with pytest.raises(ValueError, match=next(iter(values))):
            shown.set(**values, hidden=2)
        assert shown.get_state() == before
        assert shown.outputs == outputs
        assert "hidden" not in shown.describe()

    def test_names_the_controls_there_are(self):
        with pytest.raises(ValueError, match="no control") as raised:
            picture().set(warmth=1.0)
        assert str(raised.value) == (
            "no control is called ['warmth']; there are ['causal', 'hidden', 'scaled', 'temperature', 'word']"
        )


class TestAnswer:
    def test_carries_the_number_of_the_request_and_the_numbers_of_the_view(self):
        shown = picture()
        wished(shown, 1, temperature=0.3, word=2)
        assert shown.response["number"] == 1
        assert shown.response["error"] is None
        assert_close(shown.outputs, by_hand(shown, temperature=0.3, word=2), rtol=0, atol=0)
        row = shown.response["outputs"]["row"]
        assert row["type"] == "float32"
        assert row["shape"] == [5]
        assert_close(torch.tensor(row["values"]), shown.outputs["row"])
        assert shown.response["outputs"]["allowed"]["type"] == "bool"

    @pytest.mark.parametrize(
        ("values", "text"),
        [
            ({"temperature": 99.0}, "temperature must lie in 0.1 … 4, got 99"),
            ({"word": 17}, "word must be an index from 0 to 4, got 17"),
            ({"strange": 1}, "no control is called ['strange']; there are "),
        ],
    )
    def test_to_what_cannot_be_says_so_and_keeps_the_last_good_numbers(self, values, text):
        shown = picture()
        wished(shown, 1, temperature=0.3)
        good, words = shown.response["outputs"], shown.describe()
        wished(shown, 2, **values)
        assert shown.response["number"] == 2
        assert shown.response["error"].startswith(text)
        assert shown.response["outputs"] == good
        assert shown.describe() == words
        shown.values = {name: value for name, value in shown.values.items() if name != "strange"}
        wished(shown, 3, temperature=0.4, word=0)
        assert shown.response["error"] is None
        assert shown.response["outputs"] != good

    def test_to_a_request_that_lacks_a_value_says_which(self):
        shown = picture()
        shown._handle_msg(
            {
                "content": {"data": {"method": "update", "state": {"values": {"word": 1}, "number": 1}}},
                "buffers": [],
            }
        )
        assert shown.response["error"] == "no value for ['causal', 'hidden', 'scaled', 'temperature']"

    @pytest.mark.parametrize("problem", [RuntimeError("out of memory"), IndexError()])
    def test_comes_even_when_the_function_itself_fails(self, problem, monkeypatch):
        shown = picture()
        good = shown.response["outputs"]

        def fails(**_):
            raise problem

        monkeypatch.setattr(shown, "_view", type("View", (), {"__call__": lambda self, **i: fails(**i)})())
        wished(shown, 1, temperature=0.3)
        assert shown.response == {"number": 1, "error": str(problem) or "IndexError", "outputs": good}

    def test_after_an_error_python_moves_on_from_what_is_shown(self):
        shown = picture()
        wished(shown, 1, temperature=99.0)
        shown.set(word=2)
        assert shown.values["temperature"] == 1.0
        assert_close(shown.outputs, by_hand(shown, word=2), rtol=0, atol=0)

    def test_numbers_that_are_not_finite_become_null(self):
        packed = widget.pack(torch.tensor([1.0, torch.nan, -torch.inf]))
        assert packed == {"type": "float32", "shape": [3], "values": [1.0, None, None]}

    def test_numbers_keep_seven_digits(self):
        tensor = torch.tensor([1 / 3, 1e-7, 12345.678])
        assert_close(torch.tensor(widget.pack(tensor)["values"]), tensor, rtol=1e-6, atol=0)
        assert widget.pack(torch.tensor(1 / 3))["values"] == [0.3333333]

    def test_integers_and_truths_are_packed_as_what_they_are(self):
        assert widget.pack(torch.tensor([[1, -2]])) == {"type": "int64", "shape": [1, 2], "values": [1, -2]}
        assert widget.pack(torch.tensor(True)) == {"type": "bool", "shape": [], "values": [True]}
        assert widget.pack(torch.tensor(0.5, requires_grad=True))["values"] == [0.5]


class Text(html.parser.HTMLParser):
    """Parses markup as a browser does: elements, attributes, text."""

    def __init__(self, markup):
        super().__init__()
        self.elements, self.text = [], []
        self.feed(markup)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text.append(data)


class TestMarkup:
    def test_shows_what_a_label_says_and_never_runs_it(self):
        shown = picture(tokens=[HOSTILE, "a&b", '"', "'", "</select>"], caption=f"caption {HOSTILE}")
        read = Text(shown.markup)
        assert {tag for tag, _ in read.elements} <= {
            "figure", "div", "label", "select", "option", "input", "output", "button", "p", "figcaption", "svg", "path",
        }  # fmt: skip
        assert not any(name.startswith("on") for _, attributes in read.elements for name in attributes)
        assert read.text.count(HOSTILE) == 1
        assert f"caption {HOSTILE}" in read.text
        assert {"a&b", '"', "'", "</select>"} <= set(read.text)

    def test_every_control_is_native_labelled_and_disabled_until_the_script_comes(self):
        shown = picture()
        read = Text(shown.markup)
        fields = [a for tag, a in read.elements if tag in ("input", "select", "button")]
        assert len(fields) == len(VIEW.controls) + 1
        assert all("disabled" in field for field in fields)
        targets = {a["for"] for tag, a in read.elements if tag == "label" and "for" in a}
        named = {field["id"] for field in fields if "id" in field}
        assert named <= targets
        controls = [a["data-control"] for _, a in read.elements if "data-control" in a]
        assert controls == [control.name for control in VIEW.controls]
        assert {control.label for control in VIEW.controls} <= {text.strip() for text in read.text}

    def test_two_pictures_on_one_page_share_no_id(self):
        ids = [
            a["id"] for shown in (picture(), picture()) for _, a in Text(shown.markup).elements if "id" in a
        ]
        assert len(ids) == len(set(ids))

    def test_each_drawing_has_a_panel_of_its_size(self):
        panels = [a for _, a in Text(picture().markup).elements if a.get("class") == "live-panel"]
        assert [p["style"] for p in panels] == [f"--w:{d.width};--h:{d.height}" for d in VIEW.drawings]

    def test_the_caption_stands_there_only_if_there_is_one(self):
        assert "figcaption" not in picture().markup
        assert "<figcaption>Weights computed.</figcaption>" in picture(caption="Weights computed.").markup

    def test_repeated_words_are_told_apart_by_their_place(self):
        read = Text(picture().markup)
        assert [t for t in read.text if t[:3] in ("Sal", "ado", "she", "was")][:5] == [
            "Sally",
            "adored",
            "she (3)",
            "was",
            "she (5)",
        ]

    def test_the_starting_value_is_the_one_selected(self):
        chosen = [a for tag, a in Text(picture(word=3, hidden=2).markup).elements if "selected" in a]
        assert [a["value"] for a in chosen] == ["3"]
        ranges = [a for _, a in Text(picture(hidden=2).markup).elements if a.get("type") == "range"]
        assert [(a["value"], a["min"], a["max"], a["step"]) for a in ranges] == [
            ("1", "0.1", "4", "0.1"),
            ("2", "0", "5", "1"),
        ]


class TestOutput:
    def bundle(self, shown):
        bundle = shown._repr_mimebundle_()
        return bundle if isinstance(bundle, tuple) else (bundle, {})

    def test_keeps_the_widget_view(self):
        shown = picture()
        data, metadata = self.bundle(shown)
        assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == shown.model_id
        assert isinstance(metadata, dict)

    def test_is_whole_where_widgets_display_themselves(self, monkeypatch):
        """As ipywidgets 7 does in Colab: what IPython displays by this method is stored without still and words."""
        monkeypatch.setattr(ipywidgets.Widget, "_ipython_display_", lambda self, **_: None, raising=False)
        data, _ = DisplayFormatter().format(picture())
        assert data.keys() == {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"}

    def test_the_first_state_holds_all_that_a_front_end_draws(self, monkeypatch):
        opened = []
        made = comm.create_comm
        monkeypatch.setattr(comm, "create_comm", lambda **k: opened.append(k) or made(**k))
        shown = picture()
        [first] = [asked for asked in opened if "markup" in asked["data"]["state"]]
        state = first["data"]["state"]
        assert f'data-live="{shown.model_id}"' in state["markup"]
        assert first["comm_id"] == shown.model_id
        assert {name: state[name] for name in OURS} == {name: getattr(shown, name) for name in OURS}

    def test_keeps_what_anywidget_says_of_the_manager(self, monkeypatch):
        monkeypatch.setattr(
            widget.anywidget.AnyWidget,
            "_repr_mimebundle_",
            lambda self, **_: ({"a": 1}, {"manager": "there"}),
        )
        data, metadata = picture()._repr_mimebundle_()
        assert data["a"] == 1
        assert metadata == {"manager": "there"}
        monkeypatch.setattr(widget.anywidget.AnyWidget, "_repr_mimebundle_", lambda self, **_: None)
        assert set(picture()._repr_mimebundle_()[0]) == {"text/plain", "image/png"}

    def test_reads_as_text_with_its_numbers_at_four_digits(self):
        shown = picture(word=1)
        text = self.bundle(shown)[0]["text/plain"]
        assert text.startswith("Who looks at whom. ")
        row = shown.outputs["row"].tolist()
        assert ", ".join(f"{t} {w:.4g}" for t, w in zip(TOKENS, row, strict=True)) in text
        largest, where = shown.outputs["weights"].max(-1)
        for token, i, weight in zip(TOKENS, where, largest.tolist(), strict=True):
            assert f"{token}→{TOKENS[int(i)]} {weight:.4g}" in text
        assert max(len(number.lstrip("0.")) for number in re.findall(r"\d\.\d+", text)) <= 4
        shown.set(temperature=0.3)
        assert self.bundle(shown)[0]["text/plain"] != text

    def test_says_the_given_text_alternative_first_and_the_numbers_all_the_same(self):
        text = self.bundle(picture(alt="Five words look at each other."))[0]["text/plain"]
        assert text.startswith("Five words look at each other. ")
        assert "adored" in text
        assert "Who looks at whom. " not in text

    def test_says_so_when_nothing_may_be_looked_at(self):
        assert "none, all zero" in self.bundle(picture(hidden=5))[0]["text/plain"]

    def test_holds_a_still_of_two_pixels_for_each_of_the_page(self):
        data, _ = self.bundle(picture())
        image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
        words, *others = VIEW.drawings
        width = max(words.width, sum(d.width for d in others) + widget.GAP * (len(others) - 1))
        height = words.height + widget.GAP + max(d.height for d in others)
        assert image.size == (2 * width, 2 * height)

    def test_the_still_shows_what_is_set(self):
        shown = picture()
        before = shown.still()
        assert shown.still() == before
        shown.set(causal=True)
        assert shown.still() != before


class TestState:
    def test_is_plain_json_and_says_all_that_a_page_needs(self):
        shown = picture()
        state = json.loads(
            json.dumps(shown.get_state(["view", "spec", "markup", "values", "number", "response"]))
        )
        spec = state["spec"]
        assert spec["name"] == "sentence"
        assert spec["kind"] == "graph"
        assert spec["hint"] == VIEW.hint
        assert spec["title"] == VIEW.title
        assert spec["labels"] == {"tokens": TOKENS}
        assert [control["kind"] for control in spec["controls"]] == [
            control.kind for control in VIEW.controls
        ]
        assert [drawing["type"] for drawing in spec["drawings"]] == ["words", "heatmap", "bars"]
        assert spec["constants"] == {name: widget.pack(tensor) for name, tensor in tensors().items()}
        assert state["response"]["number"] == state["number"] == 0

    def test_the_view_given_itself_is_shown_like_the_view_by_name(self):
        shown = live.show(VIEW, tokens=TOKENS, **tensors())
        assert shown.spec == picture().spec


def test_a_view_says_what_it_lacks():
    slider = Slider("t", "t", 0, 1, 1, 0)
    base = {"name": "v", "title": "", "function": dict, "controls": (slider,), "drawings": ()}
    one = {"t": torch.tensor(0.0)}
    for changes, text in [
        ({"example": {}}, "view 'v': no example for the controls ['t']"),
        ({"example": one, "kind": "film"}, "view 'v': kind is 'graph', 'table' or 'program', got 'film'"),
        (
            {"example": one | {"x": torch.ones(2)}, "kind": "table"},
            "view 'v': a table has controls only, got inputs ['x']",
        ),
    ]:
        with pytest.raises(ValueError, match="view 'v'") as raised:
            views.View(**base, **changes)
        assert str(raised.value) == text


def test_every_drawing_type_names_a_script():
    scripts = Path(__file__).parents[2] / "page/picture/drawings"
    for view in views.VIEWS.values():
        for drawing in view.drawings:
            assert (scripts / f"{drawings.spec(drawing)['type']}.js").exists()


def reversed_sentence(**inputs):
    """A reader's function: the view's own, with queries and keys exchanged."""
    return VIEW.function(**inputs | {"w_q": inputs["w_k"], "w_k": inputs["w_q"]})


class TestShowAFunctionOfOnesOwn:
    def test_the_numbers_are_the_functions_and_the_rest_is_the_views(self):
        shown = live.show(reversed_sentence, like="sentence", tokens=TOKENS, **tensors())
        controls = {name: control.tensor(shown.values[name]) for name, control in shown._controls.items()}
        assert_close(shown.outputs, reversed_sentence(**tensors(), **controls))
        assert shown.spec["drawings"] == picture().spec["drawings"]
        assert not torch.equal(shown.outputs["weights"], picture().outputs["weights"])

    @pytest.mark.parametrize(
        ("view", "like", "kind", "words"),
        [
            (reversed_sentence, None, TypeError, "live.show(reversed_sentence, like='sentence'"),
            (3, None, TypeError, "the name of a view, or a function and like=, got int"),
            (None, "sentence", TypeError, "got NoneType"),
            ("sentence", "sentence", TypeError, "is a view already"),
            (reversed_sentence, "sentencce", ValueError, "no view is called 'sentencce'"),
            (lambda x: {"row": x}, "sentence", ValueError, "must take x, w_q, w_k"),
            (lambda **inputs: inputs["x"], "sentence", ValueError, "must return what 'sentence' returns"),
            (
                lambda **inputs: {"row": inputs["x"]},
                "sentence",
                ValueError,
                "must return what 'sentence' returns",
            ),
        ],
    )
    def test_what_cannot_be_shown_is_named_with_what_can(self, view, like, kind, words):
        with pytest.raises(kind, match=re.escape(words)):
            live.show(view, like=like, tokens=TOKENS, **tensors())
