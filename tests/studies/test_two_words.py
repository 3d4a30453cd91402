"""Two words at once: one head, two heads, and a network that takes a mix apart."""

import torch

from transformer_lib.studies import results
from transformer_lib.studies.two_words import Reader, Settings, both, drawn, trained

TINY = Settings(n_steps=2, batch_size=3, length=7, n_symbols=5, d_model=6, n_test=4)


def test_the_answers_are_the_symbols_one_and_two_back():
    ids, wanted = drawn(3, 0, TINY)
    for place in range(2, 7):
        assert torch.equal(wanted[:, place - 2, 0], ids[:, place - 1])
        assert torch.equal(wanted[:, place - 2, 1], ids[:, place - 2])


def test_nothing_but_the_attention_leads_to_the_answer():
    model = Reader(1, False, TINY).eval()
    with torch.no_grad():
        model.attention.out_proj.weight.zero_()
        answers = model(drawn(3, 0, TINY)[0])
    assert torch.equal(answers, answers[:1, :1].expand_as(answers))


def test_a_place_does_not_see_what_comes_after_it():
    model = Reader(2, True, TINY).eval()
    ids, _ = drawn(3, 0, TINY)
    changed = ids.clone()
    changed[:, -1] = (changed[:, -1] + 1) % 5
    assert torch.equal(model(ids)[:, :-1], model(changed)[:, :-1])


def test_a_training_is_repeatable():
    first, again = (both(trained(2, True, TINY, 1), TINY) for _ in range(2))
    assert first == again
    assert 0 <= first <= 1


def test_the_stored_run_says_what_the_chapter_says():
    stored = results("two_words")
    assert max(stored["attention alone"]["1"]) < 0.5
    assert (
        min([*stored["attention alone"]["2"], *stored["with a network"]["1"], *stored["with a network"]["2"]])
        > 0.99
    )
