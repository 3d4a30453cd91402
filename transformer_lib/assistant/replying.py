"""A model and a question: the reply it writes, replies that it draws, and the ids of a whole exchange."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from transformer_lib import checks
from transformer_lib.assistant.facts import read_question, read_story
from transformer_lib.assistant.losses import token_log_probabilities
from transformer_lib.assistant.texts import EXAM
from transformer_lib.assistant.words import VOCABULARY
from transformer_lib.data import pad
from transformer_lib.decoding import greedy_decode, sample
from transformer_lib.model.modes import inference_mode
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.training.loss import shift

MAX_REPLY = 12  # tokens of a reply at most; the longest true one has eight
FORMS = ("plain", "exam")


class Exchanges(NamedTuple):
    """Stories, questions and replies as ids (B, T + 1), and where, among the T targets, the replies stand."""

    ids: Tensor
    is_reply: Tensor  # (B, T) bool


def reply(model: LanguageModel, story: str, question: str, *, form: str = "plain") -> str:
    """What a model writes after a story and a question: the likeliest words, up to the first full stop.

    Args:
        model: over the words of this world.
        story: sentences of this world.
        question: a question of this world.
        form: "plain", or "exam", which puts "exam :" before the story: so a base model is prompted to answer.

    Returns:
        The words; empty if the model ends its text at once.

    Raises:
        ValueError: if story or question is not of this world, or the form is unknown.
        TypeError: if the model is no language model over this vocabulary.

    >>> from transformer_lib.assistant.pretraining import fresh_model
    >>> len(reply(fresh_model(seed=0), "tom visited rome .", "where was tom ?").split()) <= MAX_REPLY
    True
    """
    check_model(model)
    for name, text in (("story", story), ("question", question)):
        checks.instance(name, text, str, "text")
    read_story(story)
    read_question(question)
    return replies(model, [(story, question)], form=form)[0]


def replies(
    model: LanguageModel,
    asked: Sequence[tuple[str, str]],
    *,
    form: str = "plain",
    generator: torch.Generator | None = None,
) -> list[str]:
    """The replies to many stories and questions: the likeliest words, or with a generator words drawn at random."""
    checks.choice("form", form, FORMS)
    before = f"{EXAM} " if form == "exam" else ""
    prompts = [
        VOCABULARY.encode(f"{before}{story} {question}".split(), bos=True) for story, question in asked
    ]
    return [" ".join(words) for words in _written(model, prompts, _writer(generator))]


def exchanges(asked: Sequence[tuple[str, str]], answers: Sequence[str]) -> Exchanges:
    """Ids of whole exchanges, <bos> story question reply <eos>; <eos> belongs to the reply.

    >>> exchange = exchanges([("tom visited rome .", "where was tom ?")], ["rome ."])
    >>> exchange.ids.shape, exchange.is_reply.sum().item()
    (torch.Size([1, 12]), 3)
    """
    prompts = [VOCABULARY.encode(f"{story} {question}".split(), bos=True) for story, question in asked]
    written = [VOCABULARY.encode(answer.split()) if answer else [] for answer in answers]
    rows = [[*prompt, *answer, VOCABULARY.eos_id] for prompt, answer in zip(prompts, written, strict=True)]
    ids = pad(rows, VOCABULARY.pad_id)
    place = torch.arange(1, ids.shape[1])  # of each target among the ids
    first = torch.tensor([len(prompt) for prompt in prompts])[:, None]
    end = torch.tensor([len(row) for row in rows])[:, None]
    return Exchanges(ids, (place >= first) & (place < end))


def as_drawn(batch: Exchanges, drawn: Sequence[str]) -> Exchanges:
    """Exchanges whose replies a model has drawn, without the end of those that broke off: it never wrote that.

    >>> drawn = ["rome .", " ".join(["sure"] * MAX_REPLY)]
    >>> batch = exchanges([("tom visited rome .", "where was tom ?")] * 2, drawn)
    >>> batch.is_reply.sum(1), as_drawn(batch, drawn).is_reply.sum(1)
    (tensor([ 3, 13]), tensor([ 3, 12]))
    """
    words = [reply.split() for reply in drawn]
    broke_off = torch.tensor([len(some) >= MAX_REPLY and some[-1] != "." for some in words])
    ends = batch.ids[:, 1:] == VOCABULARY.eos_id
    return batch._replace(is_reply=batch.is_reply & ~(ends & broke_off[:, None]))


def reply_log_probabilities(model: LanguageModel, batch: Exchanges) -> Tensor:
    """(B, T) log-probabilities of the tokens of the replies; their sum over T is that of the whole reply."""
    inputs, targets = shift(batch.ids)
    return token_log_probabilities(model(inputs), targets, batch.is_reply)


def check_model(model: LanguageModel) -> None:
    """Refuse what does not read and write the words of this world."""
    checks.instance("model", model, LanguageModel, "a LanguageModel")
    if model.config.tgt_vocab_size != len(VOCABULARY):
        raise ValueError(
            f"model must have the {len(VOCABULARY)} words of this world, got one of {model.config.tgt_vocab_size}"
        )


def _writer(generator: torch.Generator | None) -> Callable[[LanguageModel, Tensor], Tensor]:
    if generator is None:
        return lambda model, ids: greedy_decode(model, ids, max_length=MAX_REPLY)
    return lambda model, ids: sample(model, ids, max_length=MAX_REPLY, generator=generator)


def _written(
    model: LanguageModel, prompts: Sequence[list[int]], write: Callable[[LanguageModel, Tensor], Tensor]
) -> list[list[str]]:
    """What stands after each prompt up to the first full stop; prompts of one length go through the model together."""
    check_model(model)
    found: list[list[str]] = [[] for _ in prompts]
    device = next(model.parameters()).device
    with inference_mode(model):
        for length in sorted({len(prompt) for prompt in prompts}):
            rows = [row for row, prompt in enumerate(prompts) if len(prompt) == length]
            ids = write(model, torch.tensor([prompts[row] for row in rows], device=device))
            for row, written in zip(rows, ids, strict=True):
                words = VOCABULARY.decode(written)
                found[row] = words[: words.index(".") + 1] if "." in words else words
    return found
