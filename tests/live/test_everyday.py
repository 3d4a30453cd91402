"""The everyday translator in its page against Python, piece by piece."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import node
import pytest
import torch
from thorough import THOROUGH, enough

from live.page_weights import assert_bits
from transformer_lib import translate
from transformer_lib.data import generate
from transformer_lib.decoding import DecodingSettings, beam_search, greedy_decode, sample, translate_passages
from transformer_lib.live import everyday_bundle
from transformer_lib.models import load_everyday
from transformer_lib.models.everyday import EVERYDAY

SCRIPT = Path(__file__).parents[1] / "scripts/everyday.mjs"
SETTINGS = {"layer": 0, "head": 0, "word": 0, "size": 4, "alpha": 0.6, "roll": 3}
SETTINGS |= {"temperature": 1.5, "topK": 20, "topP": 0.9}
BY_HAND = [
    "Where is the station?",
    "I don\N{RIGHT SINGLE QUOTATION MARK}t know what you\N{RIGHT SINGLE QUOTATION MARK}re talking about.",
    "Tom told Mary that he'd be back by 2:30. She didn't believe him!",
    "Shopping list:\n\n- two loaves of bread\n- Müller's yoghurt 🙂",
    "It rained, it rained, it rained; " * 7,
    "🙂\n",
]
N_TEXTS = 500 if THOROUGH else len(BY_HAND) + 5
bundle = cache(everyday_bundle.bundle)


@cache
def texts() -> list[str]:
    """By hand, and sentences of the book's grammar as people write them."""
    made = generate(N_TEXTS - len(BY_HAND), seed=17)
    return BY_HAND + [
        " ".join(pair.english).capitalize().replace(" .", ".").replace(" ,", ",") for pair in made
    ]


def in_the_page(way: str, chosen: list[str], *, whole: bool = False) -> list[dict[str, Any]]:
    given = {"parts": bundle(), "way": way, "settings": SETTINGS, "texts": chosen, "whole": whole}
    done = subprocess.run(
        [node.find(), str(SCRIPT)], input=json.dumps(given), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def pieces(ids) -> list[str]:
    names = bundle()["words"]["pieces"]
    return [names[i] for i in ids]


def greedy(model, ids: torch.Tensor, row: dict[str, Any]) -> list[int]:
    return greedy_decode(model, ids, max_length=model.config.max_length)[0].tolist()


def beam(model, ids: torch.Tensor, row: dict[str, Any]) -> list[int]:
    found = beam_search(
        model,
        ids,
        max_length=model.config.max_length,
        beam_size=SETTINGS["size"],
        length_penalty=SETTINGS["alpha"],
    )
    return list(found[0][0].ids)


def drawn(model, ids: torch.Tensor, row: dict[str, Any]) -> list[int]:
    given = {"temperature": SETTINGS["temperature"], "top_k": SETTINGS["topK"], "top_p": SETTINGS["topP"]}
    length = model.config.max_length
    return sample(model, ids, max_length=length, draws=torch.tensor([row["draws"]]), **given)[0].tolist()


WAYS = {"translator": greedy, "beam": beam, "sampling": drawn}


@pytest.mark.parametrize("way", WAYS)
def test_the_page_writes_the_pieces_that_python_writes(way):
    model, chosen = load_everyday().model, texts() if way == "translator" else enough(texts(), 3)
    said = in_the_page(way, chosen)
    assert len(said) == len(chosen) > N_TEXTS / 4
    for text, found in zip(chosen, said, strict=True):
        for row in found["rows"]:
            expected = WAYS[way](model, torch.tensor([row["ids"]]), row)
            assert row["pieces"] == pieces(expected), text


@pytest.mark.parametrize("way", ["translator", "beam"])
def test_the_page_gives_the_text_that_python_gives(way):
    found = load_everyday()
    settings = DecodingSettings(SETTINGS["size"] if way == "beam" else 1)
    chosen = BY_HAND if way == "translator" else enough(BY_HAND, 3)
    said = [answer["french"] for answer in in_the_page(way, chosen, whole=True)]
    assert said == translate_passages(found, chosen, settings)
    if way == "translator":
        assert said == [translate(text, model="everyday") for text in chosen]


def test_the_page_has_the_weights_of_the_model_bit_by_bit():
    assert_bits(load_everyday().model, bundle()["weights"])


def test_the_file_of_the_page_is_little_larger_than_that_of_the_model():
    text = json.dumps(bundle(), ensure_ascii=False, separators=(",", ":"))
    assert len(text) < 1.45 * EVERYDAY.stat().st_size  # base64 takes four characters for three bytes
