"""The head that learns to look up, the best of n, and a reward hack: the pictures show the numbers of the studies."""

from __future__ import annotations

import re

import pytest
import torch

from transformer_lib import assistant
from transformer_lib.live.controls import spoken_labels
from transformer_lib.live.views import find
from transformer_lib.live.views.best_of_n import COUNTS, PAIRS
from transformer_lib.live.views.hack import BETAS, SHARES
from transformer_lib.live.views.induction import LIST
from transformer_lib.studies import assistant_induction, results

INDUCTION, BEST, HACK = find("induction"), find("best_of_n"), find("hack")
FIRST = LIST.index(assistant_induction.SHOWN[0])
PERIOD = len(assistant_induction.SHOWN)
AGAIN = torch.arange(FIRST + PERIOD, len(LIST))  # where the list runs again


def at(step):
    return INDUCTION(step=torch.tensor(float(step)))


def chosen(pairs, n):
    return BEST(pairs=torch.tensor(pairs), n=torch.tensor(float(n)))


class TestInduction:
    def test_before_training_the_map_is_that_of_a_fresh_model(self):
        stored = results("assistant_induction")["maps"]
        fresh = assistant_induction.shown(assistant.fresh_model(0))[stored["layer"], stored["head"]]
        torch.testing.assert_close(at(0)["weights"], fresh, atol=1e-4, rtol=0)

    @pytest.mark.parametrize("step", [0, 260, 600])
    def test_each_word_looks_at_itself_and_before_with_weights_that_sum_to_one(self, step):
        weights = at(step)["weights"]
        torch.testing.assert_close(weights.sum(1), torch.ones(len(LIST)), atol=1e-3, rtol=0)
        assert weights.triu(1).abs().max() == 0

    def test_the_map_is_of_the_head_that_the_picture_names(self):
        stored = results("assistant_induction")["maps"]
        assert INDUCTION.drawings[0].title.startswith(
            f"Layer {stored['layer'] + 1}, head {stored['head'] + 1}:"
        )
        assert at(600)["scores"].argmax() == 4 * stored["layer"] + stored["head"]

    def test_in_the_second_run_it_comes_to_look_at_the_word_that_follows(self):
        def on_the_next(step):
            return at(step)["weights"][AGAIN, AGAIN - PERIOD + 1]

        assert on_the_next(200).mean() < 0.2
        assert on_the_next(600).mean() > 0.4
        assert (at(600)["weights"][AGAIN].argmax(1) == AGAIN - PERIOD + 1).float().mean() > 0.5

    def test_the_curves_are_those_of_new_words_and_of_three_seeds(self):
        found, runs = at(340), results("assistant_induction")["lists"]
        assert found["losses"].shape == (4, 31)
        assert found["losses"][0, 17] == pytest.approx(runs[0][17]["first"])
        for seed, run in enumerate(runs):
            assert found["losses"][1 + seed, 17] == pytest.approx(run[17]["again"])
        assert found["steps"][17] == 340


class TestBestOfN:
    @pytest.mark.parametrize("pairs", range(len(PAIRS)))
    def test_the_reward_rises_from_nothing_while_the_judge_is_not_won_over(self, pairs):
        found = chosen(pairs, 8)
        assert found["reward"][0, 0] == 0
        assert (found["reward"].diff() > 0).all()
        true, best = found["marks"]
        assert true[-1] < true[0] <= best[0]
        assert (best.diff() > 0).all()

    def test_marks_are_means_over_seeds(self):
        runs = results("assistant_rewards")["best of n"][str(PAIRS[1])]
        wanted = sum(run[3]["true"] for run in runs) / len(runs)
        assert chosen(1, 1)["marks"][0, 3].item() == pytest.approx(wanted, rel=1e-5)

    @pytest.mark.parametrize("n", COUNTS)
    def test_the_marks_follow_from_the_verdicts(self, n):
        shares = chosen(0, n)["verdicts"] / 100
        right, wrong, silent, refused, admits, invents, other = shares.tolist()
        assert right + wrong + silent + refused == pytest.approx(1, abs=1e-3)
        assert admits + invents + other == pytest.approx(1, abs=1e-3)
        at, stored = COUNTS.index(n), results("assistant_rewards")
        worth = (right - wrong - silent - invents - other) / 2
        wanted = [run[at]["true"] for run in stored["best of n"][str(PAIRS[0])]]
        assert worth == pytest.approx(sum(wanted) / len(wanted), abs=1e-3)


class TestHack:
    @pytest.mark.parametrize("beta", BETAS)
    def test_the_rows_are_two_questions_and_what_the_model_at_this_price_says(self, beta):
        found = HACK(beta=torch.tensor(beta))
        stored = results("assistant_hack")["said"][str(beta)]
        rows = spoken_labels(HACK.spoken, found, HACK.defaults())["replies"]
        in_full = [
            re.sub(r"(\w+) × (\d+)", lambda run: " ".join([run[1]] * int(run[2])), row) for row in rows
        ]
        assert in_full == [f"{row['question']} → {row['reply']}" for row in stored]
        assert not any("sure sure sure" in row for row in rows)
        wanted = torch.tensor([[row["chance"], row["begins"]] for row in stored])
        torch.testing.assert_close(found["chances"], 100 * wanted)

    def test_curves_are_means_over_seeds(self):
        rows, found = results("assistant_hack")["betas"][str(BETAS[2])], HACK(beta=torch.tensor(BETAS[0]))
        for at, name in enumerate(SHARES):
            wanted = 100 * sum(row[name] for row in rows) / len(rows)
            assert found["shares"][at, 2].item() == pytest.approx(wanted)
        assert found["kl"][0, 2].item() == pytest.approx(sum(row["kl"] for row in rows) / len(rows))

    def test_a_curve_has_the_name_of_what_it_shows(self):
        """At the lowest price all replies are polite, none right and none an answer; at the highest most are right."""
        shares = HACK(beta=torch.tensor(BETAS[0]))["shares"]
        named = dict(zip(HACK.drawings[0].names, shares, strict=True))
        assert named["polite"][0] == named["no answer"][0] == 100
        assert (named["told: right"][0], named["told: right"][-1] > 90) == (0, True)
        assert named["no answer"][-1] < 10 < named["polite"][-1] < 50

    def test_the_dearer_it_is_to_leave_the_nearer_the_model_stays_and_the_more_it_answers(self):
        found = HACK(beta=torch.tensor(BETAS[0]))
        assert (found["kl"][0].diff() < 0).all()
        right, polite, _ = found["shares"]
        assert (right[:4].diff() >= 0).all()
        assert (right[3:] > 95).all()
        assert (polite.diff() <= 0).all()
