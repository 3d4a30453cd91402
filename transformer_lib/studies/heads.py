"""What single heads do: where they look, and what breaks without them.

``python -m transformer_lib.studies.heads`` trains small models that must find what came last time, with one layer and
with two; takes every head of them and of the translator away, beside as much at random; hides every word of a sentence
from every other in each head; and writes ``transformer_lib/results/heads.json``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from transformer_lib.config import TransformerConfig
from transformer_lib.corpus import Pair, split
from transformer_lib.decoding import greedy_decode
from transformer_lib.evaluation import ablated, ablated_at_random, exact_match
from transformer_lib.evaluation.ablation import KINDS, attentions
from transformer_lib.evaluation.report import translations
from transformer_lib.studies.stored import store
from transformer_lib.tasks import Induction, induction
from transformer_lib.training import linear_schedule
from transformer_lib.transformer import LanguageModel, Transformer
from transformer_lib.translator import load_translator

TEST_SEED = 2**40  # far from every seed of training
CLIP = 1.0  # largest norm of the gradient
DECIMALS = 4  # of what is drawn for each pair of words


@dataclass(frozen=True)
class Settings:
    """What is trained and measured; the defaults are those of the stored results."""

    seeds: tuple[int, ...] = (0, 1, 2)  # of the trained models
    controls: tuple[int, ...] = (0, 1, 2)  # seeds of what is taken away at random
    n_steps: int = 600
    batch_size: int = 32
    length: int = 32  # symbols of a sequence
    n_symbols: int = 32
    periods: tuple[int, int] = (5, 15)
    d_model: int = 64
    n_heads: int = 4
    peak_lr: float = 3e-3
    n_test: int = 256  # sequences
    n_drawn: int = 8000  # sentences, of which about 4 of 100 are for tests
    n_sentences: int = 300  # of them, translated without each head
    sentences: tuple[str, ...] = (
        "i am happy .",
        "sally adored reading ; when she received a book for her birthday she was happy .",
    )


def repeats(settings: Settings, n: int, seed: int) -> Induction:
    """Sequences of the settings' sizes."""
    return induction(n, settings.length, seed, n_symbols=settings.n_symbols, periods=settings.periods)


def finder(n_layers: int, settings: Settings, seed: int) -> LanguageModel:
    """A model trained to say what comes next in sequences that repeat; the loss counts where that can be known."""
    torch.manual_seed(seed)
    size = settings.d_model
    model = LanguageModel(
        TransformerConfig(
            1, settings.n_symbols, d_model=size, n_heads=settings.n_heads, d_ff=size, n_layers=n_layers,
            dropout=0.0, tie_embeddings="none", max_length=settings.length,
        )
    )  # fmt: skip
    optimizer = torch.optim.Adam(model.parameters(), betas=(0.9, 0.98))
    for step in range(settings.n_steps):
        rate = linear_schedule(
            step + 1, settings.peak_lr, max(1, settings.n_steps // 10), settings.n_steps + 1
        )
        for group in optimizer.param_groups:
            group["lr"] = rate
        task = repeats(settings, settings.batch_size, seed * settings.n_steps + step)
        loss = F.cross_entropy(model(task.ids)[task.known], task.targets[task.known])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
    return model.eval()


@torch.no_grad()
def found(model: nn.Module, task: Induction) -> float:
    """How often the model is right where it can know."""
    right = model(task.ids).argmax(-1) == task.targets
    return right[task.known].float().mean().item()


def previous_score(weights: Tensor) -> Tensor:
    """(..., T, T) weights to (...): the mean weight on the word before, over the words that have one.

    >>> previous_score(torch.tensor([[1.0, 0.0], [0.7, 0.3]]))
    tensor(0.7000)
    """
    return weights.diagonal(-1, dim1=-2, dim2=-1).mean(-1)


def induction_score(weights: Tensor, task: Induction) -> Tensor:
    """How much each head looks at what came after the same symbol before, where it has occurred.

    Args:
        weights: (..., B, H, T, T).
        task: the B sequences.

    Returns:
        (..., H), the mean weight on all such places together.

    Source: Olsson et al. 2022, on induction heads.
    """
    place = torch.arange(weights.shape[-1])
    period = task.periods[:, None, None]
    after = (place[:, None] + 1 - place) % period == 0  # (B, T, T): the symbol there is what comes next
    after = after & (place <= place[:, None]) & (place > 0)
    known = task.known[:, None]  # (B, 1, T)
    there = (weights * after[:, None]).sum(-1) * known
    return there.sum((-3, -1)) / known.sum()


def without(model: nn.Module, kind: str, measure: Callable[[], float], controls: tuple[int, ...]) -> dict:
    """`measure` without each head, (n_layers, H), and without as much at random, (n_layers, controls)."""
    modules = list(attentions(model, kind).values())
    heads, random = [], []
    for layer, module in enumerate(modules):
        heads.append([])
        for head in range(module.n_heads):
            with ablated(model, layer, head, kind):
                heads[-1].append(measure())
        random.append([])
        for seed in controls:
            with ablated_at_random(model, layer, kind, seed=seed):
                random[-1].append(measure())
    return {"without": heads, "at random": random}


def of_finders(settings: Settings) -> dict[str, Any]:
    """The trained models: how often they are right, and for two layers what each head does and is worth."""
    task = repeats(settings, settings.n_test, TEST_SEED)
    one = [found(finder(1, settings, seed), task) for seed in settings.seeds]
    two = []
    for seed in settings.seeds:
        model = finder(2, settings, seed)
        with torch.no_grad():
            weights = model(task.ids, return_weights=True)[1].decoder  # (2, B, H, T, T)
        two.append({
            "right": found(model, task),
            "previous": previous_score(weights).mean(1).tolist(),
            "induction": induction_score(weights, task).tolist(),
            **without(model, "decoder", lambda model=model: found(model, task), settings.controls),
        })  # fmt: skip
    return {"one layer": one, "two layers": two}


def of_translator(settings: Settings) -> dict[str, Any]:
    """Exact match of the translator on unseen sentences, whole, without each head, and without as much at random."""
    model, source, target = load_translator()
    pairs: list[Pair] = split(settings.n_drawn, seed=1).test_sentences[: settings.n_sentences]
    meant = [pair.french for pair in pairs]

    def exact() -> float:
        return exact_match(translations(model, source, target, pairs), meant)

    return {
        "sentences": len(pairs),
        "whole": exact(),
        **{kind: without(model, kind, exact, settings.controls) for kind in KINDS},
    }


@torch.no_grad()
def hiding(model: Transformer, src_ids: Tensor, layer: int, head: int) -> tuple[Tensor, Tensor]:
    r"""What happens to a translation when one word is hidden from one other, in one head of the encoder.

    .. math:: e_{ij} = \max_t \tfrac12 \sum_v \left| p_{tv} - p^{(ij)}_{tv} \right|

    where p are the probabilities of each next word while the model reads its own translation, and word j was hidden
    from word i, so that the other weights of the row grow to sum to 1.

    Args:
        model: an encoder-decoder in evaluation mode.
        src_ids: (1, n), at least two words.
        layer, head: which head of the encoder, counted from 0.

    Returns:
        The head's weights and the effect of hiding, (n, n) each: the share of probability that moves, at the step
        where most does.
    """
    [said] = greedy_decode(model, src_ids, max_length=model.config.max_length).tolist()
    tgt_ids = torch.tensor([[model.config.bos_id, *said[:-1]]], device=src_ids.device)
    n, n_heads = src_ids.shape[1], model.config.n_heads
    one = torch.eye(n * n, dtype=torch.bool, device=src_ids.device).unflatten(-1, (n, n))
    mask = torch.ones(n * n, n_heads, n, n, dtype=torch.bool, device=src_ids.device)
    mask[:, head] = ~one
    x = model.encoder.embedding(src_ids)
    whole = model.decode(tgt_ids, model.encode(src_ids, None), None).softmax(-1)
    for place, block in enumerate(model.encoder.layers):
        if place == layer:
            _, weights = block(x, need_weights=True)
            x, _ = block(x.expand(n * n, -1, -1), mask)  # a row of the batch for each pair of words
        else:
            x, _ = block(x)
    memory = model.encoder.norm(x)
    hidden = model.decode(tgt_ids.expand(n * n, -1), memory, None).softmax(-1)
    moved = (hidden - whole).abs().sum(-1) / 2  # (n², T)
    return weights[0, head], moved.amax(-1).unflatten(0, (n, n))


def of_words(settings: Settings) -> list[dict[str, Any]]:
    """`hiding` for every head of the translator's encoder, for each sentence: (n_layers, H, n, n) each."""
    model, source, _ = load_translator()
    rows = []
    for sentence in settings.sentences:
        ids = torch.tensor([source.encode(sentence)])
        heads = [
            [hiding(model, ids, layer, head) for head in range(model.config.n_heads)]
            for layer in range(model.config.n_layers)
        ]
        tables = (
            [[pair[part].round(decimals=DECIMALS).tolist() for pair in row] for row in heads]
            for part in (0, 1)
        )
        rows.append({"english": sentence.split(), **dict(zip(("weights", "effects"), tables, strict=True))})
    return rows


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """All three measurements."""
    return {
        "about": asdict(settings),
        "finders": of_finders(settings),
        "translator": of_translator(settings),
        "words": of_words(settings),
    }


def main(arguments: list[str] | None = None) -> None:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args(arguments)
    torch.set_num_threads(1)
    store("heads", study())


if __name__ == "__main__":
    main()
