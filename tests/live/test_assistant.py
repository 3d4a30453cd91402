"""The three models side by side in their page against Python: word by word, verdict by verdict."""

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
from transformer_lib import assistant
from transformer_lib.assistant.facts import KINDS, Fact, Question, answers, question_of, reply_of
from transformer_lib.assistant.stories import ask, draw_fact, draw_story
from transformer_lib.assistant.storing import STAGES, shipped
from transformer_lib.assistant.texts import mannered
from transformer_lib.live import assistant_bundle, assistant_graphs, assistant_page
from transformer_lib.live.writer_graphs import read_more

SCRIPT = Path(__file__).parents[1] / "scripts/assistant.mjs"
N_STORIES = 200 if THOROUGH else 11
N_JUDGED = 5000 if THOROUGH else 400
MANNERS = ("plain", "polite", "rude")
NO_REPLIES = (
    "",
    ".",
    "i do not know",
    "sorry , i do not know .",
    "i do not know , fool .",
    "sure , fool .",
    "sure",
    "who was sad ?",
    "tom visited",
    "because of",
    "fool",
)


def asked(question: Question) -> dict[str, Any]:
    index = KINDS[question.kind].askings.index(question.asking)
    return {"kind": question.kind, "index": index, "known": dict(question.known)}


@cache
def cases() -> tuple[tuple[list[Fact], Question, bool], ...]:
    """Stories with questions that they answer and that they do not, some as an exam."""
    draw = random.Random("the page")
    found = []
    for i in range(N_STORIES):
        facts = draw_story(draw, "test")
        found.append((facts, ask(draw, facts, answerable=i % 2 == 0), i % 5 == 0))
    return tuple(found)


@cache
def judged() -> tuple[tuple[list[Fact], Question, str], ...]:
    """Replies of all manners: true, wrong, of another question, cut, none at all."""
    draw = random.Random("the judge")
    found = []
    for i in range(N_JUDGED):
        facts = draw_story(draw)
        question = ask(draw, facts, answerable=i % 2 == 0)
        truth = answers(facts, question)
        fact = truth[0] if truth and draw.random() < 0.5 else draw_fact(draw)
        if draw.random() < 0.5:
            fact = fact._replace(**dict(question.known)) if fact.kind == question.kind else fact
        asking = draw.choice(KINDS[fact.kind].askings)
        short = asking.answer.format(**fact._asdict()).split()
        words = draw.choice([short, reply_of(fact, asking)])
        reply = mannered(words, draw.choice(MANNERS))
        if draw.random() < 0.2:
            reply = draw.choice([*NO_REPLIES, " ".join(reply.split()[draw.randint(0, 2) :])])
        found.append((facts, question, reply))
    return tuple(found)


@pytest.fixture(scope="module")
def run() -> dict[str, Any]:
    """What the page's scripts make of all cases."""
    files = json.loads(json.dumps(assistant_bundle.files()))
    given = {
        "parts": files[assistant_bundle.NAME],
        "stages": [files[shipped(stage).stem] for stage in STAGES],
        "world": assistant_bundle.world(),
        "asked": [
            {"facts": [fact._asdict() for fact in facts], "question": asked(question), "exam": exam}
            for facts, question, exam in cases()
        ],
        "judged": [
            {"facts": [fact._asdict() for fact in facts], "question": asked(question), "reply": reply}
            for facts, question, reply in judged()
        ],
    }
    command = [node.find(), str(SCRIPT)]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_page_writes_the_replies_of_python_and_judges_them_as_python_does(run):
    verdicts = set()
    for i, stage in enumerate(STAGES):
        model = assistant.load(stage)
        for (_, question, exam), answer in zip(cases(), run["answers"], strict=True):
            assert answer["text"] == question.text()
            form = "exam" if exam else "plain"
            expected = assistant.reply(model, answer["story"], answer["text"], form=form)
            found = answer["replies"][i]
            assert " ".join(found["plain"]) == expected, (stage, answer["story"], answer["text"])
            assert found["verdict"] == assistant.judge(answer["story"], answer["text"], expected)
            verdicts.add(found["verdict"])
    assert {"right", "invents", "other"} <= verdicts


def test_the_page_tells_a_story_of_the_facts_it_was_given_and_knows_what_it_answers(run):
    for (facts, question, _), answer in zip(cases(), run["answers"], strict=True):
        assert sorted(assistant.facts.read_story(answer["story"])) == sorted(facts)
        assert answer["truth"] == [getattr(fact, question.asking.asked) for fact in answers(facts, question)]
        asked_of = [question_of(fact, asking) for fact in facts for asking in KINDS[fact.kind].askings]
        assert answer["told"] == [one.text() for one in asked_of]
        assert len(answer["untold"]) >= 8  # of one person
        assert len(set(answer["untold"])) == len(answer["untold"])
        for text in answer["untold"]:
            [one] = assistant.facts.read_question(text)
            assert not answers(facts, one)


def test_the_judge_of_the_page_says_what_the_judge_of_the_library_says(run):
    counts = dict.fromkeys(assistant.judging.VERDICTS, 0)
    for (facts, question, reply), found in zip(judged(), run["verdicts"], strict=True):
        story = " ".join(assistant.facts.tell(fact) for fact in facts)
        assert found == assistant.judge(story, question.text(), reply), (story, question.text(), reply)
        counts[found] += 1
    assert min(counts.values()) > N_JUDGED / 100, counts


def test_the_page_shows_chances_and_attention_of_the_model_itself(run):
    for i, stage in enumerate(STAGES):
        model = assistant.load(stage)
        for (_, _, exam), answer in list(zip(cases(), run["answers"], strict=True))[:3]:
            text = f"{'exam : ' if exam else ''}{answer['story']} {answer['text']}"
            ids = torch.tensor([assistant.VOCABULARY.encode(text.split(), bos=True)])
            with torch.no_grad():
                logits, attended = model(ids, return_weights=True)
            found = answer["replies"][i]
            shown = torch.tensor(found["weights"]["data"]).view(found["weights"]["dims"])
            weights = attended.decoder[:, 0, :, -1]
            torch.testing.assert_close(shown, weights, atol=2e-5, rtol=1e-4)
            top = logits[0, -1].softmax(-1).topk(len(found["candidates"]))
            chances = torch.tensor([bar["chance"] for bar in found["candidates"]])
            torch.testing.assert_close(chances, top.values, atol=2e-5, rtol=0)
            assert found["candidates"][0]["word"] == assistant.VOCABULARY.words[top.indices[0]]
            layer, head, share, at = assistant_page.retrieving(weights, [2, 3], (1, 5))
            best = found["retrieving"]
            assert (best["layer"], best["head"], best["at"]) == (layer, head, at)
            assert best["share"] == pytest.approx(share, abs=1e-4)


def test_without_an_answer_the_head_is_that_with_most_weight_on_one_word():
    weights = torch.zeros(2, 3, 7)
    weights[1, 2, 4], weights[0, 1, 3], weights[0, 1, 5] = 0.5, 0.3, 0.3
    assert assistant_page.retrieving(weights, [], (1, 6))[:2] == (1, 2)
    assert assistant_page.retrieving(weights, [3, 5], (1, 6))[:2] == (0, 1)
    assert assistant_page.retrieving(weights, [], (1, 4))[3] == 3


@pytest.mark.skipif(not THOROUGH, reason="a fresh export takes seconds; the page runs the stored one")
def test_the_exported_step_gives_the_numbers_of_the_model_for_every_number_of_words(model):
    session = onnxruntime.InferenceSession(model("assistant-step").SerializeToString())
    names = [value.name for value in session.get_outputs()]
    config, draw = assistant_graphs.MODEL.config, torch.Generator().manual_seed(5)
    for new, past in ((1, 0), (7, 0), (1, 11), (5, 13)):
        shape = (config.n_layers, 1, config.n_heads, past, config.d_head)
        keys, values = (torch.randn(shape, generator=draw) for _ in range(2))
        ids = torch.randint(3, config.tgt_vocab_size, (new,), generator=draw)
        given = {"ids": ids, "past_keys": keys, "past_values": values}
        found = session.run(None, {name: x.numpy() for name, x in given.items()})
        with torch.no_grad():
            expected = read_more(assistant_graphs.MODEL, ids, keys, values)
        for name, numbers in zip(names, found, strict=True):
            torch.testing.assert_close(
                torch.as_tensor(np.asarray(numbers)), expected[name], rtol=1e-3, atol=1e-3
            )


@pytest.mark.parametrize("stage", STAGES)
def test_the_page_has_the_weights_of_a_stage_bit_by_bit(stage):
    model = assistant.load(stage)
    stored = assistant_bundle.weights_of_stage(stage)
    assert {name for name, _ in model.named_parameters()} == set(stored)
    assert_bits(model, stored)
    of_all = dict(assistant_graphs.MODEL.named_buffers())
    for name, table in model.named_buffers():  # stored once, for all stages
        torch.testing.assert_close(table, of_all[name], rtol=0, atol=0)
    size = len(json.dumps(stored))
    assert size < 1.5 * shipped(stage).stat().st_size  # base64 takes four characters for three bytes
