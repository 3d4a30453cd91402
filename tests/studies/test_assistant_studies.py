"""The studies of the small assistant: each runs on tiny settings, and what is stored says what the chapter says."""

from types import SimpleNamespace

import pytest
import torch

from transformer_lib import assistant
from transformer_lib.assistant.facts import NAMED_FIRST, NAMED_LAST, answers, read_question, read_story, tell
from transformer_lib.assistant.tuning import BETA
from transformer_lib.studies import (
    assistant_induction,
    assistant_orders,
    assistant_rewards,
    assistant_stages,
    results,
)


def test_stages_are_tuned_from_the_same_base_by_seed():
    tiny = assistant_stages.Settings(
        seeds=(0,), n_questions=2, n_examples=5, n_pairs=5, n_steps=1, admitted=(0.0, 1.0), betas=(1.0,)
    )
    found = assistant_stages.study(tiny)
    assert found["instructed"][0]["kl"] > 0
    assert set(found["betas"]) == {"1.0", str(BETA)}
    assert found["labellers"]["0.0"][0]["right"] == found["instructed"][0]["right"]
    assert found["preferred replies alone"][0]["kl"] > 0
    base = assistant.load("base")
    again = [assistant_stages.instructed(base, tiny, seed)[1] for seed in (0, 0, 1)]
    assert again[0] == again[1] != again[2]


@pytest.mark.parametrize("answer_last", [True, False])
def test_answers_stand_where_they_should(answer_last):
    for story, question in assistant_orders.questions(assistant_orders.Settings(7), answer_last):
        [asked] = read_question(question)
        [fact] = answers(read_story(story), asked)
        [sentence] = [tell(fact, order) for order in (NAMED_FIRST, NAMED_LAST) if tell(fact, order) in story]
        words, known = (
            sentence.split(),
            [word for slot, word in asked.known if slot != "relation" or asked.kind == "feeling"],
        )
        answer = words.index(getattr(fact, asked.asking.asked))
        assert (answer > max(words.index(word) for word in known)) == answer_last


def test_what_stands_behind_is_found_more_often_than_what_stands_before():
    stored = results("assistant_orders")
    for name in ("base as exam", "instructed"):
        assert stored["behind"][name]["right"] > stored["before"][name]["right"] + 0.3


def test_among_three_words_or_four_the_one_that_stands_before_is_found_more_often_than_by_a_guess():
    asked = results("assistant_orders")["choices"]["before"]
    guess = sum(n / int(words) for words, n in asked["n"].items()) / sum(asked["n"].values())
    assert abs(guess - 0.51) < 0.005
    right = asked["base as exam"]
    assert all(right[words] > 1 / int(words) + 0.15 for words in "34")
    assert all(right[words] < 1 / int(words) - 0.05 for words in "12")


def test_words_to_choose_from_are_those_of_facts_of_the_questions_kind():
    story = (
        "tom adored kites . lamps sally hated . paul hated lamps . sally visited rome . anna visited oslo ."
    )
    assert assistant_orders.choices(story, "what did tom adore ?") == 2
    assert assistant_orders.choices(story, "who hated lamps ?") == 3
    assert assistant_orders.choices(story, "where was anna ?") == 2


def test_where_lists_begin_again_is_where_heads_and_loss_are_measured():
    settings = assistant_induction.Settings(n_test=3)
    ids = assistant_induction.lists(settings)
    first = assistant_induction.HEAD
    assert (ids[:, first : first + 10] == ids[:, first + 10 : first + 20]).all()
    found = assistant_induction.followed(assistant.load("base"), ids, settings.period)
    assert found["again"] < 0.3 < 3 < found["first"]
    heads = torch.tensor(found["induction"])
    assert heads.shape == (3, 4)
    assert heads.max() > 0.9


class Perfect(torch.nn.Module):
    """A model whose only head gives all its attention to one place: where the next word of a list stood before."""

    def __init__(self, back):
        super().__init__()
        self.back = back

    def forward(self, ids, return_weights):
        weights = torch.zeros(1, len(ids), 1, ids.shape[1], ids.shape[1])
        for at in range(assistant_induction.HEAD + 10, ids.shape[1]):
            weights[..., at, max(at + 1 - self.back, 0)] = 1.0
        return torch.zeros(*ids.shape, 99), SimpleNamespace(decoder=weights)


def test_a_head_scores_with_each_place_where_the_word_to_come_stood():
    ids = assistant_induction.lists(assistant_induction.Settings(n_test=2))
    scores = {
        back: assistant_induction.followed(Perfect(back), ids, 10)["induction"][0][0]
        for back in (10, 20, 11, 1)
    }
    assert scores[10] == 1.0  # where it stood last
    assert scores[20] == pytest.approx(10 / 19)  # and where it stood first, once there are two
    assert scores[11] == scores[1] == 0.0


def test_a_fresh_model_is_measured_every_few_steps():
    tiny = assistant_induction.Settings(seeds=(0,), n_lists=5, n_steps=2, every=1, n_test=2)
    found = assistant_induction.study(tiny)
    assert [row["step"] for row in found["lists"][0]] == [0, 1, 2]
    assert torch.tensor(found["maps"]["weights"]).shape == (3, 13, 13)


def test_the_best_of_n_is_taken_from_groups_of_n():
    rewards = torch.tensor([[0.0, 3.0, 1.0, 2.0]])
    worth = torch.tensor([[1.0, -1.0, 0.0, 1.0]])
    one, two, four = assistant_rewards.optimised(rewards, worth, (1, 2, 4))
    assert (one["proxy"], one["true"]) == (1.5, 0.25)
    assert (two["proxy"], two["true"], two["most"]) == (2.5, 0.0, 1.0)
    assert (four["proxy"], four["true"]) == (3.0, -1.0)


def test_verdicts_on_the_best_are_counted_apart_for_told_and_untold():
    rewards = torch.tensor([[0.0, 3.0, 1.0, 2.0], [4.0, 0.0, 0.0, 1.0]])
    verdicts = ["wrong", "right", "wrong", "other", "admits", "wrong", "wrong", "invents"]
    assert assistant_rewards.shares(rewards, verdicts, 2) == {
        "told": {"other": 0.5, "right": 0.5},
        "untold": {"admits": 0.5, "invents": 0.5},
    }
    assert assistant_rewards.shares(rewards, verdicts, 3)["told"] == {"right": 1.0}


def test_rewards_are_learnt_on_tiny_settings():
    tiny = assistant_rewards.Settings(seeds=(0,), n_pairs=(3,), n_steps=1, n_replies=(1, 2), n_questions=2)
    found = assistant_rewards.study(tiny)
    assert [row["n"] for row in found["best of n"]["3"][0]] == [1, 2]
    for shares in found["chosen"]["3"][0]:
        assert sum(shares["told"].values()) == sum(shares["untold"].values()) == 1


def test_the_stored_jump_of_the_loss_is_that_of_a_head():
    for rows in results("assistant_induction")["lists"]:
        again = [row["again"] for row in rows]
        heads = [max(max(layer) for layer in row["induction"]) for row in rows]
        drop = max(range(len(rows) - 5), key=lambda at, loss=again: loss[at] - loss[at + 5])
        assert again[drop] - again[drop + 5] > 1  # nats, within a hundred steps
        assert heads[drop + 5] - heads[drop] > 0.1
        assert (
            max(row["first"] for row in rows[drop : drop + 6])
            - min(row["first"] for row in rows[drop : drop + 6])
            < 0.2
        )


def test_stored_proxies_rise_with_n_while_the_truth_falls_and_more_preferences_help():
    stored = results("assistant_rewards")["best of n"]
    falls = {}
    for n_pairs, runs in stored.items():
        for rows in runs:
            proxies = [row["proxy"] for row in rows]
            assert proxies == sorted(proxies)
            assert rows[-1]["true"] < rows[0]["true"]
        falls[int(n_pairs)] = sum(rows[0]["true"] - rows[-1]["true"] for rows in runs) / len(runs)
    assert falls[3000] < falls[300] / 2


def test_stored_stages_answer_then_invent_then_admit():
    stored = results("assistant_stages")
    assert stored["base"]["other"] > 0.5
    for row in stored["instructed"]:
        assert (row["right"] > 0.95, row["admitted"], row["invented"] > 0.95) == (True, 0.0, True)
    for row in stored["preferred"]:
        assert (row["right"] > 0.9, row["admitted"] > 0.9, row["invented"] < 0.05) == (True, True, True)
    for row in stored["preferred, without anchor"]:
        assert (row["admitted"], row["other"] > 0.5) == (0.0, True)
    for row in stored["preferred replies alone"]:  # the comparison adds nothing that these shares show
        assert (row["right"] > 0.95, row["admitted"] > 0.9) == (True, True)
    honest = [sum(row["admitted"] for row in rows) for rows in stored["labellers"].values()]
    assert honest == sorted(honest)
    assert honest[0] == 0.0
