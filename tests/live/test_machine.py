"""The machine's numbers: stored, computed by the page's reader, and torch's own, at every level."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from functools import cache

import node
import numpy as np
import pytest
import torch

from transformer_lib import load_translator, translate
from transformer_lib.data import as_sentence
from transformer_lib.evaluation import trace
from transformer_lib.live import export, machine, weight_bundle
from transformer_lib.live.storing import from_json

SENTENCES = [
    machine.SENTENCE,
    "sally adored reading ; when she received a book for her birthday , she was happy .",
    "i",
]
TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}
ATTENTIONS = ("encoder_self", "decoder_self", "decoder_cross")
INSIDE = ("q", "k", "v", "fits", "scores", "weights", "heads", "joined")
LAYER = ("comes", "reads", "adds", "adds_length")
LEVELS = {
    "0 sentence": ["decoder_cross_mean", "probabilities", "logits"],
    "1 stacks": ["encoder_self_mean", "decoder_self_mean", "encoder_last", "decoder_start"],
    "2 layer": [f"{part}_{what}" for part in (*ATTENTIONS, "encoder_ff", "decoder_ff") for what in LAYER]
    + ["encoder_ff_units", "decoder_ff_units", "encoder_goes", "decoder_goes"],
    "3 attention": [f"{part}_{what}" for part in ATTENTIONS for what in INSIDE],
    "beside: what goes in": ["encoder_tokens", "encoder_positions", "encoder_start"],
    "beside: the choice": ["decoder_last", "decoder_last_length"],
}
example = cache(machine.example)


@cache
def exact(sentence: str):
    """Words in and out, and the trace in double precision: in single precision torch itself is 1e-5 off."""
    model, _, _ = load_translator()
    ids, written, _ = machine.traced(sentence)
    read = torch.cat((written.new_tensor([model.config.bos_id]), written[:-1]))
    kept = trace(copy.deepcopy(model).double(), ids, read)
    return ids, read, {name: tensor.numpy() for name, tensor in kept.items()}


@cache
def in_page():
    cases = [{"ids": exact(s)[0].numpy(), "target": exact(s)[1].numpy()} for s in SENTENCES]
    [answers] = node.run([(weight_bundle.bundle(), cases, "trace")])
    return dict(zip(SENTENCES, answers, strict=True))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("sentence", SENTENCES, ids=["stored", "longest", "one word"])
def test_the_page_computes_what_torch_computes(level, sentence):
    for name in LEVELS[level]:
        np.testing.assert_allclose(
            in_page()[sentence][name], exact(sentence)[2][name], err_msg=name, **TOLERANCE
        )


def test_no_number_of_the_trace_is_left_out():
    for sentence in SENTENCES:
        assert in_page()[sentence].keys() == exact(sentence)[2].keys()
        for name, expected in exact(sentence)[2].items():
            np.testing.assert_allclose(in_page()[sentence][name], expected, err_msg=name, **TOLERANCE)


def test_the_stored_sentence_has_these_numbers():
    _, _, kept = exact(machine.SENTENCE)
    stored = example()["outputs"]
    assert stored.keys() == kept.keys()
    for name, tensor in stored.items():
        np.testing.assert_allclose(from_json(tensor), kept[name], err_msg=name, **TOLERANCE)


def test_the_stored_sentence_is_translated_as_the_library_does():
    given = example()
    _, english, french = load_translator()
    assert (
        [given["english"][i] for i in given["ids"]]
        == machine.SENTENCE.split()
        == english.decode(given["ids"])
    )
    assert as_sentence(french.decode(given["written"])) == translate(machine.SENTENCE)
    assert given["written"][-1] == given["sizes"]["eos"]


def asked(part, layer, head, i):
    """Query, keys, values of the stored sentence, and which of them the word may see."""
    _, _, kept = exact(machine.SENTENCE)
    q, k, v = (kept[f"{part}_{name}"][layer, head].astype(np.float32) for name in "qkv")
    seen = np.arange(len(k)) <= (i if part == "decoder_self" else len(k))
    return {"q": q[i], "k": k, "v": v, "seen": seen}


PLACES = [  # part, layer, head, word
    ("encoder_self", 1, 3, 1),
    ("encoder_self", 0, 0, 5),
    ("decoder_self", 1, 2, 3),
    ("decoder_self", 0, 1, 0),
    ("decoder_cross", 1, 3, 2),
]


@cache
def words():
    [answers] = node.run([(export.load(machine.WORD), [asked(*place) for place in PLACES])])
    return dict(zip(PLACES, answers, strict=True))


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_one_head_and_one_word_in_the_page_are_those_of_the_whole_model(place):
    part, layer, head, i = place
    _, _, kept = exact(machine.SENTENCE)
    found, given = words()[place], asked(*place)
    for name, whole in (("fits", "fits"), ("scores", "scores"), ("weights", "weights"), ("output", "heads")):
        np.testing.assert_allclose(
            found[name], kept[f"{part}_{whole}"][layer, head, i], err_msg=name, **TOLERANCE
        )
    products = given["q"].astype(np.float64) * given["k"]
    np.testing.assert_allclose(found["products"], products, **TOLERANCE)
    np.testing.assert_allclose(found["running"], products.cumsum(-1), **TOLERANCE)
    np.testing.assert_allclose(found["mixed"], found["weights"][:, None] * given["v"], **TOLERANCE)
    np.testing.assert_allclose(found["mixed"].sum(0), found["output"], **TOLERANCE)


def test_the_welcome_page_has_of_the_example_what_level_0_shows():
    small = machine.hero(example())
    kept = from_json(small["outputs"]["probabilities"])
    whole = from_json(example()["outputs"]["probabilities"])
    np.testing.assert_array_equal(kept.argmax(-1), whole.argmax(-1))
    assert (np.sort(kept)[:, -3:] == np.sort(whole)[:, -3:]).all()
    assert ((kept == whole) | (kept == 0)).all()
    assert len(json.dumps(small)) < 0.2 * len(json.dumps(example()))


@cache
def drawn():
    run = ["node", str(node.ROOT / "tools/machine.mjs")]
    done = subprocess.run(run, input=json.dumps(example()), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_every_level_has_a_still_with_its_numbers_and_a_text():
    stills = {still["name"]: still for still in drawn()["stills"]}
    _, read, kept = exact(machine.SENTENCE)
    _, _, french = load_translator()
    word = machine.SENTENCE.split().index
    red, car, column = word("red"), word("car"), french.decode(read[1:].tolist()).index("voiture") + 1
    chance, here = kept["probabilities"][column].max(), (1, 3, red, car)
    shown = {
        "sentence": f"{chance:.3f}",
        "stacks": f"sees red {kept['decoder_cross_mean'][1, column, red]:.2f}",
        "enc2": f"{(kept['encoder_ff_units'][1, red] > 0).sum()} fire",
        "enc2-self": f"{kept['encoder_self_weights'][here]:.2f}".lstrip("0"),
        "enc2-self-h4-red": f"{kept['encoder_self_weights'][here]:.3f}",
        "enc2-self-h4-red-car": f"{kept['encoder_self_fits'][here]:.1f}",
        "enc-in-red": f"{kept['encoder_start_length'][red]:.1f}",
        "enc2-ff-red": f"{kept['encoder_ff_units'].shape[-1]} units",
        "choice": f"{chance:.3f}",
    }
    assert stills.keys() == shown.keys()
    for name, number in shown.items():
        assert number in stills[name]["svg"], name
        assert len(stills[name]["caption"]) > 40


ROLES = ("query", "key", "value", "english", "french", "stream")
COLOUR = rf"--({'|'.join(ROLES)})(-ground)?: (#[0-9a-f]+)"


def colours(style):
    return set(re.findall(COLOUR, (node.ROOT / style).read_text("utf-8")))


def test_its_roles_have_the_colours_that_they_have_in_every_picture():
    own, pictures = colours("page/machine/machine.css"), colours("transformer_lib/live/static/live.css")
    assert {role for role, _, _ in own} == set(ROLES)
    assert all(len([x for x in own if x[:2] == (role, "")]) == 2 for role in ROLES)  # light and dark
    assert not pictures or own <= pictures


def test_type_has_three_sizes_set_in_one_place_the_machines_and_the_pictures():
    sizes = []
    for style in ("page/machine/machine.css", "transformer_lib/live/static/live.css"):
        text = (node.ROOT / style).read_text("utf-8")
        sizes.append(re.findall(r"--(?:m|type)-\w+: (\d+px)", text))
        used = set(re.findall(r"font(?:-size)?: ([^;]*)", text)) - {"inherit"}
        assert {value for value in used if not re.match(r"var\(--(m|type)-\w+\)", value)} == set()
    assert sizes[0] == sizes[1] == ["12px", "14px", "18px"]


def test_no_number_is_missing_in_a_drawing():
    for still in drawn()["stills"]:
        assert "NaN" not in still["svg"]
        assert "undefined" not in still["svg"]
        assert "Infinity" not in still["svg"]


def test_the_page_and_its_tour_quote_numbers_that_the_drawings_show():
    shown = "".join(still["svg"] for still in drawn()["stills"])
    told = [(node.ROOT / name).read_text("utf-8") for name in ("book/machine.md", "page/machine/captions.js")]
    numbers = {number for text in told for number in re.findall(r"\b\d+\.\d{1,3}\b", text)}
    assert len(numbers) > 8
    derived = {"0.093"}  # what 0.907 leaves of 1
    missing = {x for x in numbers - derived if f"{x}<" not in shown and f">{x.lstrip('0')}<" not in shown}
    assert missing <= {"1.00"}
    assert "sees red 1.00" in shown
