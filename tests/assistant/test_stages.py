"""Replies, stages and files, with models far too small to be good at it."""

import copy
import json
import random
from dataclasses import replace

import pytest
import torch

from transformer_lib import assistant
from transformer_lib.assistant import measuring, replying, tuning
from transformer_lib.assistant.__main__ import main
from transformer_lib.assistant.texts import EXAM, listed
from transformer_lib.assistant.tuning import PREFERENCE
from transformer_lib.assistant.words import VOCABULARY
from transformer_lib.training import Recipe

SMALL = {"d_model": 14, "n_heads": 1, "d_ff": 11, "n_layers": 1}
ASKED = [
    ("tom visited rome .", "where was tom ?"),
    ("tom visited rome . sally sold maps .", "who sold maps ?"),
]
QUICK = Recipe(n_steps=7, peak_lr=1e-2, warmup_steps=1, smoothing=0.0)

EAGER = Recipe(n_steps=13, peak_lr=5e-2, warmup_steps=1, smoothing=0.0)


@pytest.fixture
def model():
    return assistant.fresh_model(seed=3, **SMALL).eval()


def same(model, other):
    return all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))


def test_a_fresh_model_depends_on_its_seed_alone(model):
    torch.manual_seed(11)
    assert same(model, assistant.fresh_model(seed=3, **SMALL))
    assert not same(model, assistant.fresh_model(seed=5, **SMALL))


def test_an_exchange_marks_the_tokens_of_the_reply_and_its_end():
    batch = assistant.exchanges(ASKED, ["rome .", ""])
    targets = batch.ids[:, 1:]
    marked = [VOCABULARY.decode(row[mask]) for row, mask in zip(targets, batch.is_reply, strict=True)]
    assert marked == [["rome", "."], []]
    assert [row[mask][-1].item() for row, mask in zip(targets, batch.is_reply, strict=True)] == [2, 2]
    assert batch.is_reply.sum(1).tolist() == [3, 1]


def test_the_log_probability_of_a_reply_is_that_of_its_words_one_by_one(model):
    found = assistant.reply_log_probabilities(model, assistant.exchanges(ASKED, ["rome .", "sally ."])).sum(1)
    for (story, question), reply, total in zip(ASKED, ("rome .", "sally ."), found, strict=True):
        ids, wanted = VOCABULARY.encode(f"{story} {question}".split(), bos=True), 0.0
        for token in VOCABULARY.encode(reply.split(), eos=True):
            wanted += model(torch.tensor([ids]))[0, -1].log_softmax(0)[token].item()
            ids.append(token)
        assert total.item() == pytest.approx(wanted, abs=1e-4)


def test_replies_do_not_depend_on_what_else_is_asked_and_end_at_the_first_full_stop(model):
    together = assistant.replies(model, ASKED)
    assert together == [assistant.reply(model, *one) for one in ASKED]
    assert all("." not in reply.split()[:-1] for reply in together)


def test_an_exam_puts_its_word_before_the_story(model, monkeypatch):
    seen = []
    monkeypatch.setattr(replying, "_written", lambda model, prompts, write: seen.extend(prompts) or [[]] * 2)
    assistant.replies(model, ASKED, form="exam")
    assert VOCABULARY.decode(seen[0]) == [*EXAM.split(), *ASKED[0][0].split(), *ASKED[0][1].split()]


def test_drawn_replies_depend_on_the_generator_alone(model):
    drawn = [
        assistant.replies(model, ASKED * 5, generator=torch.Generator().manual_seed(seed))
        for seed in (0, 0, 1)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_model_of_other_words_is_refused():
    other = assistant.fresh_model(**SMALL)
    other.config = type(other.config)(13, **SMALL)
    with pytest.raises(ValueError, match="model must have the"):
        assistant.reply(other, *ASKED[0])


def test_each_stage_lowers_its_loss_and_leaves_the_rest_to_others(model):
    generator = random.Random(0)
    examples = [assistant.example(generator) for _ in range(5)]
    pairs = [assistant.pair(generator) for _ in range(5)]
    for stage, items in (
        (assistant.instruct, examples),
        (assistant.prefer, pairs),
        (assistant.learn_rewards, pairs),
    ):
        tuned = copy.deepcopy(model)
        losses = stage(tuned, items, QUICK)
        assert len(losses) == 7
        assert sum(losses[-2:]) < sum(losses[:2])
        assert not tuned.training
        again = copy.deepcopy(model)
        assert stage(again, items, QUICK) == losses
        assert same(tuned, again)


def test_preferences_start_at_log_2():
    generator = random.Random(0)
    model = assistant.fresh_model(**SMALL)
    losses = assistant.prefer(model, [assistant.pair(generator) for _ in range(3)], QUICK, anchor=0.0)
    assert losses[0] == pytest.approx(0.6931, abs=1e-4)


def test_the_anchor_adds_the_cost_of_preferred_replies_for_each_token():
    generator = random.Random(0)
    model, pairs = assistant.fresh_model(**SMALL), [assistant.pair(generator) for _ in range(3)]
    batch = assistant.exchanges([(one.story, one.question) for one in pairs], [one.chosen for one in pairs])
    cost = -assistant.reply_log_probabilities(model, batch).sum().item() / batch.is_reply.sum().item()
    found = [assistant.prefer(copy.deepcopy(model), pairs, QUICK, anchor=anchor)[0] for anchor in (0.0, 3.0)]
    assert found[1] - found[0] == pytest.approx(3 * cost, abs=1e-3)


def test_lists_come_first():
    texts, lists = assistant.documents(5, 0), assistant.documents(5, 0, listed)
    runs = [assistant.fresh_model(seed=3, **SMALL) for _ in range(3)]
    for model, some, first in ((runs[0], texts, lists), (runs[1], lists, ()), (runs[2], texts, ())):
        assistant.pretrain(model, some, replace(QUICK, n_steps=2), lists=first)
    assert same(runs[0], runs[1])
    assert not same(runs[0], runs[2])


def test_reinforcement_makes_a_rewarded_word_likelier(model):
    """A reward hack on demand: whoever pays for one word gets it."""
    asked = [assistant.draw(seed) for seed in range(4)]
    batch = assistant.exchanges(asked, ["tom ."] * 4)

    def likely():
        return assistant.reply_log_probabilities(model, batch)[
            batch.ids[:, 1:] == VOCABULARY.encode(["tom"])[0]
        ].mean()

    before = likely().item()
    earned = assistant.reinforce(
        model, asked, EAGER, beta=0.0, reward=lambda s, q, said: float("tom" in said.split())
    )
    assert len(earned) == 13
    assert likely().item() > before + 0.5


def test_an_end_that_a_model_has_not_drawn_is_no_part_of_its_reply():
    most = replying.MAX_REPLY
    drawn = [
        " ".join(["sure"] * most),
        " ".join(["sure"] * (most - 1)),
        " ".join([*["sure"] * (most - 1), "."]),
    ]
    asked = [ASKED[0], ASKED[1], ASKED[0]]
    batch = assistant.exchanges(asked, drawn)
    found = replying.as_drawn(batch, drawn)
    assert found.is_reply.sum(1).tolist() == [most, most, most + 1]
    assert (batch.is_reply & ~found.is_reply).sum() == 1
    assert (found.ids[:, 1:][0][found.is_reply[0]] == VOCABULARY.encode(["sure"])[0]).all()


def test_what_is_reinforced_and_measured_is_what_was_drawn(model, monkeypatch):
    """Replies that break off: no gradient reaches the end mark that only stands behind them in the batch."""
    seen, loss = [], tuning.policy_gradient_loss
    endless = " ".join(["sure"] * replying.MAX_REPLY)
    for module in (tuning, measuring):
        monkeypatch.setattr(module, "replies", lambda model, asked, **_: [endless] * len(asked))
    monkeypatch.setattr(tuning, "policy_gradient_loss", lambda *a, **k: seen.append(a[3]) or loss(*a, **k))
    assistant.reinforce(model, ASKED, replace(QUICK, n_steps=1), n_replies=2)
    assert (seen[0].sum(1) == replying.MAX_REPLY).all()
    one = torch.ones(len(ASKED), 99)
    monkeypatch.setattr(measuring, "kl_divergence", lambda logits, _: one[:, : logits.shape[1]])
    assert measuring.divergence(model, model, ASKED) == replying.MAX_REPLY


def test_the_dearer_it_is_to_leave_the_reference_the_nearer_the_model_stays(model):
    asked, far = [assistant.draw(seed) for seed in range(4)], []
    for beta in (0.0, 30.0):
        tuned = copy.deepcopy(model)
        assistant.reinforce(
            tuned, asked, EAGER, beta=beta, reward=lambda s, q, said: float("tom" in said.split())
        )
        far.append(measuring.divergence(tuned, model, asked))
    assert far[1] < far[0] / 3


def test_a_score_is_read_where_the_text_ends(model):
    alone = assistant.score(model, ASKED[:1], ["rome ."])
    beside = assistant.score(model, ASKED, ["rome .", "sally , fool ."])
    torch.testing.assert_close(alone[0], beside[0])


def test_a_stage_comes_back_from_its_file(model, tmp_path):
    path = tmp_path / "base.safetensors"
    assistant.write_stage(path, model, {"seed": 3}, dtype=torch.float32)
    assert same(assistant.read_stage(path), model)
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ValueError, match=r"base\.safetensors"):
        assistant.read_stage(path)


def test_an_untrained_model_is_measured_as_other_and_has_no_distance_from_itself(model):
    found = assistant.measure(model, n_questions=3, reference=copy.deepcopy(model))
    assert found.kl == pytest.approx(0.0, abs=1e-6)
    assert found.right + found.wrong + found.refused <= 1
    assert found.length <= replying.MAX_REPLY


def test_the_program_trains_and_stores_three_stages_and_says_what_they_do(tmp_path, capsys):
    options = ["--steps", "2", "--documents", "40", "--tuning-steps", "1", "--examples", "3", "--pairs", "3"]
    arguments = ["--out", str(tmp_path / "run"), *options, "--questions", "2"]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    figures = json.loads((tmp_path / "run" / "figures.json").read_text("utf-8"))
    assert list(figures) == ["base", "base as exam", "instructed", "preferred"]
    for stage in ("base", "instructed", "preferred"):
        assert f"\n{stage}: " in said
        assistant.read_stage(tmp_path / "run" / f"{stage}.safetensors")
    assert figures["preferred"]["kl"] > 0
    assert main(arguments) == 2
    assert "holds a run already" in capsys.readouterr().err
    assert main(["--out", str(tmp_path), "--steps", "0"]) == 2


def test_the_rates_of_the_default_stages_end_near_0():
    assert PREFERENCE.lr(PREFERENCE.n_steps) < PREFERENCE.peak_lr / 100
