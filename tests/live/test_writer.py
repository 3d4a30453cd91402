"""The writer of stories in its page against Python, subword by subword."""

from __future__ import annotations

import json
import random
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import node
import numpy as np
import onnxruntime
import pytest
import torch
from thorough import THOROUGH

from live.page_weights import assert_bits
from transformer_lib.decoding import (
    choose,
    greedy_decode,
    next_token_distribution,
    repetition_penalty,
    sample,
)
from transformer_lib.live import writer_bundle, writer_graphs
from transformer_lib.model.cache import KeyValueCache
from transformer_lib.models.writer import WRITER, load_writer

SCRIPT = Path(__file__).parents[1] / "scripts/writer.mjs"
SETTINGS: dict[str, Any] = {
    "way": "chance",
    "penalty": 1,
    "temperature": 1,
    "topK": 0,
    "topP": 1,
    "minP": 0,
    "roll": 1,
    "shown": 10,
}
WHO = (
    "a little girl",
    "an old man",
    "a brown dog",
    "two brothers",
    "a small bird",
    "Ben",
    "Mia and Sam",
    "the king",
)
DID = ("found", "lost", "wanted", "saw", "made", "hid", "broke", "loved")
WHAT = ("a red ball", "a key", "some bread", "a big box", "the moon", "a toy boat", "a hat", "nothing at all")
OPENINGS = (
    "Once upon a time, {who} {did} {what}",
    "One day {who} {did} {what}. ",
    '"Look!" said {who}. "I {did} {what}',
    "{who} {did} {what}, and then",
    "It was raining.\n\nThen {who} {did} {what}. They",
)
N_BEGINNINGS = 200 if THOROUGH else 9
MOST = 40 if THOROUGH else 13
bundle = cache(writer_bundle.bundle)


@cache
def beginnings() -> tuple[str, ...]:
    """Beginnings of a small grammar, all different."""
    chance = random.Random(11)
    found: dict[str, None] = {}
    while len(found) < N_BEGINNINGS:
        opening = OPENINGS[len(found) % len(OPENINGS)]
        words = {"who": chance.choice(WHO), "did": chance.choice(DID), "what": chance.choice(WHAT)}
        found.setdefault(opening.format(**words))
    return tuple(found)


def in_the_page(tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    given, command = json.dumps({"parts": bundle(), "tasks": tasks}), [node.find(), str(SCRIPT)]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def task(text: str, most: int = MOST, **settings) -> dict[str, Any]:
    return {"text": text, "most": most, "settings": SETTINGS | settings}


def written_in_python(ids: list[int], given: dict[str, Any], draws: list[float], most: int) -> list[int]:
    """The loop of the page, of the library's own functions."""
    model, cache, read = load_writer()[0], KeyValueCache(), [*ids]
    new = read
    with torch.no_grad():
        while len(read) < len(ids) + most and len(read) < model.config.max_length:
            logits = model(torch.tensor([new]), cache=cache)[0, -1]
            logits = repetition_penalty(logits, torch.tensor(read), float(given["penalty"]))
            kept = next_token_distribution(
                logits, given["temperature"], given["topK"] or None, given["topP"], min_p=given["minP"]
            )
            new = [int(choose(kept, torch.tensor(draws[len(read) - 1])))]
            read += new
            if new[0] == model.config.eos_id:
                break
    return read[len(ids) :]


def test_the_page_writes_the_likeliest_subwords_that_python_writes():
    model = load_writer()[0]
    answers = in_the_page([task(text, way="greedy") for text in beginnings()])
    for text, found in zip(beginnings(), answers, strict=True):
        expected = greedy_decode(model, torch.tensor([found["ids"]]), max_length=MOST)[0]
        assert found["written"] == expected.tolist(), text


def test_the_page_draws_the_subwords_that_python_draws_from_the_same_numbers():
    model = load_writer()[0]
    given = {"temperature": 1.1, "topK": 50, "topP": 0.95, "minP": 0.02}
    answers = in_the_page([task(text, roll=3 + i, **given) for i, text in enumerate(beginnings())])
    for text, found in zip(beginnings(), answers, strict=True):
        start = len(found["ids"]) - 1  # the draw of the last subword read chooses the first that is written
        expected = sample(
            model,
            torch.tensor([found["ids"]]),
            max_length=MOST,
            temperature=1.1,
            top_k=50,
            top_p=0.95,
            min_p=0.02,
            draws=torch.tensor([found["draws"][start : start + MOST]]),
        )[0]
        assert found["written"] == expected.tolist(), text


def test_what_was_written_is_penalised_as_in_python():
    given = {"penalty": 1.4, "temperature": 0.7, "topK": 20, "topP": 0.9}
    tasks = [task(text, roll=3 + i, **given) for i, text in enumerate(beginnings())]
    answers = in_the_page(tasks)
    for asked, found in zip(tasks, answers, strict=True):
        expected = written_in_python(found["ids"], asked["settings"], found["draws"], MOST)
        assert found["written"] == expected, asked["text"]
    free = in_the_page([t | {"settings": t["settings"] | {"penalty": 1}} for t in tasks[:7]])
    assert [found["written"] for found in free] != [found["written"] for found in answers[:7]]


def test_the_page_cuts_text_as_the_tokenizer_does():
    subwords = load_writer()[1]
    asked = [
        *beginnings(),
        "\u201cIt\u2019s Ben\u201d\tsaid he\r\n\nnow.  ",
        "<eos> zoo\N{ROBOT FACE} \N{LATIN SMALL LETTER E WITH ACUTE}t\N{LATIN SMALL LETTER E WITH ACUTE}",
        "aaaaaaaa" * 20,
    ]
    for text, found in zip(asked, in_the_page([task(text, 1) for text in asked]), strict=True):
        ids = [subwords.bos_id, *subwords.encode(found["clean"])]
        assert found["ids"] == ids[:200], text
        assert found["count"] == len(ids)
        kept = [
            c
            for c in text.replace("\t", " ").replace("\r", " ")
            if c in subwords.letters() or c in " \u201c\u201d\u2019"
        ]
        assert found["clean"] == "".join(kept).translate({0x201C: '"', 0x201D: '"', 0x2019: "'"}).strip()
        assert set(found["leftOut"]) == {c for c in text if c not in kept and c not in "\t\r"}


@pytest.mark.parametrize("text", ["", "  \n ", "\N{ROBOT FACE}"])
def test_without_a_letter_the_story_begins_by_itself(text):
    [found] = in_the_page([task(text, way="greedy")])
    model = load_writer()[0]
    assert found["ids"] == [model.config.bos_id]
    expected = greedy_decode(model, torch.tensor([[model.config.bos_id]]), max_length=MOST)[0]
    assert found["written"] == expected.tolist()


def test_a_long_beginning_is_cut_and_leaves_room_to_write_until_the_window_is_full():
    text = "The dog and the cat ran and ran. " * 300
    [found] = in_the_page([task(text, 300, way="greedy")])
    assert len(text) < 10_000
    assert len(found["ids"]) == 200 < found["count"]
    assert len(found["ids"]) + len(found["written"]) <= load_writer()[0].config.max_length


@pytest.mark.skipif(not THOROUGH, reason="a fresh export takes seconds; the page runs the stored one")
def test_the_exported_step_gives_the_numbers_of_the_model_for_every_number_of_subwords(model):
    session = onnxruntime.InferenceSession(model("writer-step").SerializeToString())
    names = [value.name for value in session.get_outputs()]
    config = load_writer()[0].config
    draw = torch.Generator().manual_seed(5)
    for new, past in ((1, 0), (7, 0), (1, 11), (5, 13)):
        shape = (config.n_layers, 1, config.n_kv_heads or 0, past, config.d_head)
        keys, values = (torch.randn(shape, generator=draw) for _ in range(2))
        given = {
            "ids": torch.randint(4, 1000, (new,), generator=draw),
            "past_keys": keys,
            "past_values": values,
        }
        answers = session.run(None, {n: x.numpy() for n, x in given.items()})
        found = {name: torch.as_tensor(np.asarray(x)) for name, x in zip(names, answers, strict=True)}
        with torch.no_grad():
            expected = writer_graphs.step(**given)
        for name, numbers in expected.items():
            torch.testing.assert_close(found[name], numbers, rtol=1e-4, atol=1e-4, msg=name)


def test_the_page_shows_the_weights_of_the_model_itself():
    asked = [task(text, 1, way="greedy") for text in beginnings()[:5]]
    for found in in_the_page(asked):
        with torch.no_grad():
            _, attended = load_writer()[0](torch.tensor([found["ids"]]), return_weights=True)
        expected = attended.decoder[:, 0, :, -1]
        shown = torch.tensor(found["weights"]["data"]).view(found["weights"]["dims"])
        torch.testing.assert_close(shown, expected, atol=2e-5, rtol=1e-4)


def test_what_the_bars_show_is_the_distribution_that_the_subword_is_drawn_from():
    model = load_writer()[0]
    given = {"penalty": 1.3, "temperature": 0.6, "topK": 7, "topP": 0.8, "minP": 0.05}
    asked = [task(text, 1, **given) for text in beginnings()[:5]]
    for found in in_the_page(asked):
        ids = torch.tensor(found["ids"])
        with torch.no_grad():
            logits = model(ids[None])[0, -1]
        kept = next_token_distribution(repetition_penalty(logits, ids, 1.3), 0.6, 7, 0.8, min_p=0.05)
        shown, n_kept = found["candidates"], int((kept > 0).sum())
        ids = [bar["id"] for bar in shown]
        assert ids[:n_kept] == kept.sort(descending=True, stable=True).indices[:n_kept].tolist()
        for name, expected in {"chance": kept, "before": logits.softmax(-1)}.items():
            numbers = torch.tensor([float(bar[name]) for bar in shown])
            torch.testing.assert_close(numbers, expected[ids], atol=2e-5, rtol=0)
        assert found["taken"] == found["written"][0]


def test_the_page_has_the_weights_of_the_model_bit_by_bit():
    assert_bits(load_writer()[0], bundle()["weights"])


def test_the_file_of_the_page_is_little_larger_than_that_of_the_model():
    text = json.dumps(bundle(), ensure_ascii=False, separators=(",", ":"))
    assert len(text) < 1.5 * WRITER.stat().st_size  # base64 takes four characters for three bytes
