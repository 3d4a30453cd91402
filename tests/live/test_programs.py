"""The page's programs against Python, token by token. Long: greedy, sampling, beam and errors share slow fixtures."""

from __future__ import annotations

import itertools
import random
from functools import cache

import node
import numpy as np
import pytest
import torch
from thorough import THOROUGH, enough
from torch.nn.utils.rnn import pad_sequence

from transformer_lib import load_translator, translate
from transformer_lib.data import as_sentence, split
from transformer_lib.decoding import beam_search, greedy_decode, sample
from transformer_lib.evaluation.ablation import KINDS, ablated
from transformer_lib.live import weight_bundle
from transformer_lib.live.views import VIEWS
from transformer_lib.live.views.translating import EXAMPLES, LONGEST, OFF, ROLLS

HELD_OUT = 500 if THOROUGH else 20
BREAKS = "we do not like the old car ."
"""Four heads of the translator, switched off one by one, each break this sentence in another way."""
DRAWN = 36 if THOROUGH else 18  # sentences that are drawn, each with settings of its own
bundle = cache(weight_bundle.bundle)


@cache
def sentences() -> list[torch.Tensor]:
    """Ids of held-out sentences, half of them with new combinations."""
    _, source, _ = load_translator()
    splits = split(8000, seed=1)
    pairs = splits.test_sentences[: HELD_OUT // 2] + splits.test_combinations[: HELD_OUT // 2]
    return [torch.tensor(source.encode(pair.english)) for pair in pairs]


def together() -> list[tuple[list[int], torch.Tensor]]:
    """The sentences in padded batches, with their places, for faster decoding in Python."""
    order = sorted(range(HELD_OUT), key=lambda place: len(sentences()[place]))
    chunks = [order[i : i + 50] for i in range(0, HELD_OUT, 50)]
    return [(chunk, pad_sequence([sentences()[i] for i in chunk], batch_first=True)) for chunk in chunks]


def inputs(name, **given):
    return {k: np.asarray(x) for k, x in (VIEWS[name].example | given).items()}


def ran(name, cases):
    [answers] = node.run([(bundle(), cases, name)])
    assert len(answers) == len(cases)
    return answers


@cache
def translated() -> list:
    return ran("translator", [inputs("translator", sentence=ids) for ids in sentences()])


@cache
def searched() -> list:
    return ran("beam", [inputs("beam", sentence=ids) for ids in sentences()])


class TestGreedy:
    def test_held_out_sentences_get_the_tokens_that_python_writes(self):
        model, _, _ = load_translator()
        assert len(sentences()) == HELD_OUT
        bos, pad = model.config.bos_id, model.config.pad_id
        for places, batch in together():
            for place, row in zip(places, greedy_decode(model, batch, max_length=128).tolist(), strict=True):
                expected = [i for i in row if i != pad]
                found = translated()[place]
                assert found["ids"].tolist() == expected
                assert found["read"].tolist() == [bos, *expected[:-1]]

    def test_the_examples_are_translated_as_the_library_does(self):
        _, source, target = load_translator()
        cases = [inputs("translator", sentence=source.encode(english)) for english in EXAMPLES]
        for english, found in zip(EXAMPLES, ran("translator", cases), strict=True):
            assert as_sentence(target.decode(found["ids"].tolist())) == translate(english)

    @pytest.mark.parametrize("off", range(1, len(OFF)), ids=lambda off: OFF[off].replace(" ", "-"))
    def test_a_head_that_is_switched_off_is_off(self, off):
        model, source, _ = load_translator()
        kind, layer, head = OFF[off].replace(".", " ").split()
        assert kind in KINDS
        ids = torch.tensor([source.encode(BREAKS)])
        with torch.no_grad(), ablated(model, int(layer) - 1, int(head) - 1, kind):
            [expected] = greedy_decode(model, ids, max_length=LONGEST)
            read = torch.cat((expected.new_tensor([model.config.bos_id]), expected[:-1]))
            logits, weights = model(ids, read[None], return_weights=True)
        given = {"sentence": ids[0], "off": off, "head": int(head), "layer": int(layer) - 1, "word": 3}
        for found in (self._python(given), self._page()[off - 1]):
            assert found["ids"].tolist() == expected.tolist()
            chances = logits[0, 3].softmax(-1)[found["candidates"].tolist()]
            np.testing.assert_allclose(found["chances"], chances, atol=1e-4)
            for each in KINDS:
                expected_map = getattr(weights, each)[int(layer) - 1, 0, int(head) - 1]
                np.testing.assert_allclose(found[each], expected_map, atol=1e-5)

    @staticmethod
    def _python(given):
        given = VIEWS["translator"].example | {k: torch.as_tensor(x) for k, x in given.items()}
        return {name: tensor.numpy() for name, tensor in VIEWS["translator"](**given).items()}

    @staticmethod
    @cache
    def _page():
        _, source, _ = load_translator()
        ids = source.encode(BREAKS)
        cases = []
        for off in range(1, len(OFF)):
            _, layer, head = OFF[off].replace(".", " ").split()
            given = {"sentence": ids, "off": off, "head": int(head), "layer": int(layer) - 1, "word": 3}
            cases.append(inputs("translator", **given))
        return ran("translator", cases)

    def test_some_heads_matter(self):
        _, _, target = load_translator()
        said = {as_sentence(target.decode(found["ids"].tolist())) for found in self._page()}
        assert translate(BREAKS) in said
        assert len(said) > 3


class TestDrawn:
    @staticmethod
    @cache
    def cases():
        rng = random.Random(0)
        draws = torch.rand(ROLLS, LONGEST, generator=torch.Generator().manual_seed(2))
        extremes = [(0.1, 0, 1.0), (3.0, 1, 1.0), (3.0, 0, 0.05), (3.0, 0, 1.0)]
        settings = extremes + [
            (rng.randint(1, 30) / 10, rng.choice([0, 1, 2, 3, 5, 10, 20]), rng.randint(1, 20) / 20)
            for _ in range(DRAWN - len(extremes))
        ]
        return [
            {
                "sentence": ids,
                "temperature": torch.tensor(temperature),
                "top_k": torch.tensor(float(top_k)),
                "top_p": torch.tensor(top_p),
                "roll": torch.tensor(float(rng.randint(1, ROLLS))),
                "word": torch.tensor(rng.randint(0, 9)),
                "draws": draws,
            }
            for ids, (temperature, top_k, top_p) in zip(
                sentences()[:: max(1, HELD_OUT // DRAWN)], settings, strict=False
            )
        ]

    def test_the_same_draws_give_the_tokens_that_python_draws(self):
        model, _, _ = load_translator()
        assert len(self.cases()) == DRAWN
        answers = ran("sampling", [{k: x.numpy() for k, x in case.items()} for case in self.cases()])
        wild = 0
        for case, found in zip(self.cases(), answers, strict=True):
            row = case["draws"][int(case["roll"]) - 1]
            [expected] = sample(
                model,
                case["sentence"][None],
                max_length=LONGEST,
                temperature=float(case["temperature"]),
                top_k=int(case["top_k"]) or None,
                top_p=float(case["top_p"]),
                draws=row[None],
            )
            assert found["ids"].tolist() == expected.tolist(), case
            [greedy] = greedy_decode(model, case["sentence"][None], max_length=LONGEST)
            wild += greedy.tolist() != expected.tolist()
            for name, tensor in VIEWS["sampling"](**case).items():
                np.testing.assert_allclose(found[name], tensor, atol=1e-5, err_msg=name)
        assert wild > DRAWN / 6, "nearly all of these draws give what greedy decoding gives"

    def test_a_draw_of_nought_picks_the_first_word_with_a_chance(self):
        nought = torch.zeros(ROLLS, LONGEST)
        given = {"sentence": sentences()[0], "draws": nought, "top_k": torch.tensor(3.0)}
        case = VIEWS["sampling"].example | given
        [found] = ran("sampling", [{k: x.numpy() for k, x in case.items()}])
        assert found["ids"].tolist() == VIEWS["sampling"](**case)["ids"].tolist()
        assert (found["ids"] > 0).all()

    def test_the_draw_falls_into_the_share_of_the_word_that_was_written(self):
        for case in self.cases():
            outputs = VIEWS["sampling"](**case)
            at = min(int(case["word"]), len(outputs["ids"]) - 1)
            chosen = int(outputs["ids"][at])
            low = outputs["edges"][chosen - 1] if chosen else 0.0
            assert low - 1e-6 <= outputs["draw"] <= outputs["edges"][chosen] + 1e-6
            assert outputs["draw"] == case["draws"][int(case["roll"]) - 1, at]


class TestBeam:
    def test_held_out_sentences_get_the_tokens_that_python_finds(self):
        model, _, _ = load_translator()
        alpha = VIEWS["beam"].example["alpha"].item()
        for places, batch in together():
            for place, expected in zip(
                places, beam_search(model, batch, max_length=LONGEST, length_penalty=alpha), strict=True
            ):
                found = searched()[place]
                said = [[i for i in row if i >= 0] for row in found["sentences"].tolist()]
                assert said == [list(hypothesis.ids) for hypothesis in expected]
                np.testing.assert_allclose(found["scores"], [h.score for h in expected], atol=1e-4)

    def test_trees_are_those_of_python_node_by_node(self):
        settings = list(itertools.product(sentences()[3 :: HELD_OUT // 5], (1, 3, 8), (0.0, 0.6, 2.0)))
        given = [
            {"sentence": ids, "size": torch.tensor(float(size)), "alpha": torch.tensor(alpha)}
            for ids, size, alpha in enough(settings, 4)
        ]
        for case, found in zip(given, ran("beam", [inputs("beam", **case) for case in given]), strict=True):
            expected = VIEWS["beam"](**(VIEWS["beam"].example | case))
            assert found.keys() == expected.keys()
            for name, tensor in expected.items():
                said = f"{name} of {case}"
                assert found[name].shape == tuple(tensor.shape), said
                if tensor.is_floating_point():
                    np.testing.assert_allclose(found[name], tensor, atol=1e-4, rtol=1e-5, err_msg=said)
                else:
                    np.testing.assert_array_equal(found[name], tensor, err_msg=said)

    def test_a_beam_of_one_is_greedy(self):
        few = sentences()[:9]
        cases = [inputs("beam", sentence=ids, size=np.float32(1)) for ids in few]
        for greedy, found in zip(translated(), ran("beam", cases), strict=False):
            assert found["sentences"].tolist() == [greedy["ids"].tolist()]


COLD = "temperature is at least 0 and finite, got "
SHORT = "the length penalty is at least 0 and finite, got -0.5; below 0 it would punish length"
WRONG = [
    ("translator", {"sentence": np.zeros(0, np.int64)}, "a sentence has 1 to 128 words, this one 0"),
    ("translator", {"sentence": [3] * 129}, "a sentence has 1 to 128 words, this one 129"),
    ("translator", {"sentence": [3, 240]}, "no English word has the id 240; ids go from 0 to 239"),
    ("translator", {"sentence": [-1, 3]}, "no English word has the id -1; ids go from 0 to 239"),
    ("translator", {"layer": 2}, "layer must lie in 0 … 1, got 2"),
    ("translator", {"head": 5}, "head must lie in 0 … 4, got 5"),
    ("translator", {"off": 25}, "off must lie in 0 … 24, got 25"),
    ("translator", {"word": -1}, "word must lie in 0 … Infinity, got -1"),
    ("sampling", {"temperature": np.float32(-1)}, COLD + "-1; 0 means greedy"),
    ("sampling", {"temperature": np.float32(np.nan)}, COLD + "NaN; 0 means greedy"),
    ("sampling", {"top_k": np.float32(-1)}, "top_k keeps at least 1 token, got -1; 0 keeps all"),
    ("sampling", {"top_p": np.float32(1.5)}, "top_p must lie in 0 … 1, got 1.5"),
    ("sampling", {"roll": np.float32(21)}, "roll must lie in 1 … 20, got 21"),
    ("sampling", {"roll": np.float32(0)}, "roll must lie in 1 … 20, got 0"),
    ("sampling", {"draws": np.ones((20, 5), np.float32)}, "draws must lie in [0, 1), got 1"),
    ("sampling", {"draws": np.zeros((20, 0), np.float32)}, "words to draw must lie in 1 … 128, got 0"),
    ("beam", {"size": np.float32(0)}, "size must lie in 1 … 401, got 0"),
    ("beam", {"alpha": np.float32(-0.5)}, SHORT),
]  # fmt: skip


class TestEntrance:
    """Inputs that a page's controls cannot send, and stray values."""

    def test_what_is_wrong_is_refused_with_what_came_and_what_was_expected(self):
        for name in ("translator", "sampling", "beam"):
            wrong = [(given, said) for view, given, said in WRONG if view == name]
            answers = ran(name, [inputs(name, **given) for given, _ in wrong])
            assert answers == [said for _, said in wrong]

    def test_after_a_refusal_the_next_sentence_is_translated(self):
        good = inputs("translator", sentence=sentences()[0])
        first, refused, again = ran("translator", [good, good | {"sentence": np.array([999])}, good])
        assert "999" in refused
        assert first["ids"].tolist() == again["ids"].tolist()
