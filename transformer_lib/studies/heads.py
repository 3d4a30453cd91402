"""The translator's heads: ablation, importance measures, and the effect of masking single words.

``python -m transformer_lib.studies.heads`` ablates every head of the translator, beside random subspaces; counts the
words that lose their gender; ranks the heads in three ways; masks every word of a sentence for every other in each
head of the encoder; and writes ``transformer_lib/studies/results/heads.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from transformer_lib.data import Pair, batches, split
from transformer_lib.decoding import greedy_decode
from transformer_lib.evaluation import ablated, ablated_at_random, exact_match, with_head_mask
from transformer_lib.evaluation.ablation import KINDS, attentions
from transformer_lib.evaluation.report import translations
from transformer_lib.model.transformer import Transformer
from transformer_lib.models.translator import load_translator
from transformer_lib.studies.gender import lost
from transformer_lib.studies.stored import command
from transformer_lib.training import label_smoothing_loss, shift

DECIMALS = 4  # of what is drawn for each pair of words


@dataclass(frozen=True)
class Settings:
    """What is measured; the defaults are those of the stored results."""

    controls: tuple[int, ...] = tuple(range(12))  # seeds of the random subspaces
    n_drawn: int = 8000  # sentences, of which about 4 of 100 are for tests
    n_sentences: int = 300  # of these, translated without each head
    n_ranked: int = 60  # sentences of each set on which heads are ranked
    sentences: tuple[str, ...] = (
        "i am happy .",
        "sally adored reading ; when she received a book for her birthday she was happy .",
    )


def of_translator(settings: Settings, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Exact match on unseen sentences, whole, without each head, and without random subspaces; and gender.

    Returns:
        "whole", and for each kind of attention "without" (n_layers, H) and "at random" (n_layers, controls); "gender"
        holds what `lost` counts for each head of the encoder.
    """
    model, source, target = load_translator()
    meant = [pair.french for pair in pairs]

    def said() -> list[tuple[str, ...]]:
        return translations(model, source, target, pairs)

    before = said()
    found: dict[str, Any] = {"sentences": len(pairs), "whole": exact_match(before, meant), "gender": []}
    for kind in KINDS:
        without, random = [], []
        for layer, module in enumerate(attentions(model, kind).values()):
            after = []
            for head in range(module.n_heads):
                with ablated(model, layer, head, kind):
                    after.append(said())
            without.append([exact_match(words, meant) for words in after])
            if kind == "encoder":
                found["gender"].append([lost(before, words, meant) for words in after])
            random.append([])
            for seed in settings.controls:
                with ablated_at_random(model, layer, kind, seed=seed):
                    random[-1].append(exact_match(said(), meant))
        found[kind] = {"without": without, "at random": random}
    return found


def loss_with(model: nn.Module, masks: Tensor, src_ids: Tensor, tgt_ids: Tensor) -> Tensor:
    """The loss per French word, each head's output times its mask (3, n_layers, H): encoder, decoder, cross."""
    inputs, targets = shift(tgt_ids)
    logits = torch.func.functional_call(model, with_head_mask(model, *masks), (src_ids, inputs))
    return label_smoothing_loss(logits, targets, smoothing=0.0)


def rankings(pairs: Sequence[Pair]) -> dict[str, Tensor]:
    """How important each head is on these sentences, by four measures, (24,) each: encoder, decoder, cross.

    "growth" is the increase of the loss when the head is ablated, which the others try to predict. "sure" is the
    mean of the largest weight in each row. "gradient of the mean" is the size of the loss's gradient with respect to a
    factor on the head's output, "mean of gradients" the same per sentence, then averaged.

    Source: Michel et al. 2019, section 4.1, for the last; Voita et al. 2019, section 4, for "sure".
    """
    model, source, target = load_translator()
    config = model.config
    whole = torch.ones(len(KINDS), config.n_layers, config.n_heads)
    n = whole.numel()
    [batch] = batches(pairs, source, target, len(pairs))
    gradient = torch.func.grad(lambda masks, *ids: loss_with(model, masks, *ids))
    with torch.no_grad():
        gone = [
            loss_with(model, masks, batch.src_ids, batch.tgt_ids)
            for masks in (whole, *(1 - torch.eye(n)).reshape(n, *whole.shape))
        ]
    sizes, sure = torch.zeros_like(whole), torch.zeros_like(whole)
    for pair in pairs:
        [one] = batches([pair], source, target, 1)
        sizes += gradient(whole, one.src_ids, one.tgt_ids).abs() / len(pairs)
        with torch.no_grad():
            _, seen = model(one.src_ids, shift(one.tgt_ids)[0], return_weights=True)
        maps = (seen.encoder, seen.decoder, seen.cross)  # (n_layers, 1, H, T, S) each
        sure += torch.stack([weights[:, 0].max(-1).values.mean(-1) for weights in maps]) / len(pairs)
    return {
        "growth": torch.stack(gone[1:]) - gone[0],
        "sure": sure.flatten(),
        "gradient of the mean": gradient(whole, batch.src_ids, batch.tgt_ids).abs().flatten(),
        "mean of gradients": sizes.flatten(),
    }


def alike(a: Tensor, b: Tensor) -> float:
    """Share of the pairs of entries that both tensors order alike: .5 if they are unrelated.

    Kendall's rank correlation is twice this, less 1. Pairs that are equal in either count as half.

    >>> alike(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([5.0, 7.0, 6.0])) == 2 / 3
    True
    """
    one, two = torch.combinations(torch.arange(len(a))).unbind(-1)
    together = (a[one] - a[two]).sign() * (b[one] - b[two]).sign()
    return (0.5 + together.double().mean() / 2).item()


def of_rankings(settings: Settings, pairs: Sequence[Pair]) -> dict[str, list[float]]:
    """Agreement of each measure with the growth of the loss, by pairs of heads, on disjoint sets of sentences."""
    starts = range(0, len(pairs) - settings.n_ranked + 1, settings.n_ranked)
    found = [rankings(pairs[start : start + settings.n_ranked]) for start in starts]
    names = [name for name in found[0] if name != "growth"]
    return {name: [alike(measures[name], measures["growth"]) for measures in found] for name in names}


@torch.no_grad()
def hiding(model: Transformer, src_ids: Tensor, layer: int, head: int) -> tuple[Tensor, Tensor]:
    r"""Effect on a translation of masking one word for one other, in one head of the encoder.

    .. math:: e_{ij} = \max_t \tfrac12 \sum_v \left| p_{tv} - p^{(ij)}_{tv} \right|

    where p are the probabilities of each next word while the model reads its own translation, and word j is masked
    for word i: the other weights of the row still sum to 1.

    Args:
        model: an encoder-decoder in evaluation mode.
        src_ids: (1, n), at least two words.
        layer, head: which head of the encoder, counted from 0.

    Returns:
        The head's weights and the effect of masking, (n, n) each: the largest total variation distance over the steps.
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
    pairs = split(settings.n_drawn, seed=1).test_sentences[: settings.n_sentences]
    return {
        "about": asdict(settings),
        "translator": of_translator(settings, pairs),
        "rankings": of_rankings(settings, pairs),
        "words": of_words(settings),
    }


if __name__ == "__main__":
    command("heads", study, __doc__)
