"""Repetition in open-ended text: greedy decoding, sampling settings and a repetition penalty.

``python -m transformer_lib.studies.repetition`` trains small language models on running French text of the book's
grammar, continues unseen beginnings with them, and writes ``transformer_lib/studies/results/repetition.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any

import torch
from torch import Tensor

from transformer_lib.data import Pair, split, vocabularies
from transformer_lib.decoding import greedy_decode, repetition_penalty, sample
from transformer_lib.model.cache import KeyValueCache
from transformer_lib.model.config import LanguageModelConfig
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.studies.stored import command
from transformer_lib.training import Batches, Recipe, train

RUN = 4  # words; an n-gram of this length that occurred before is a repetition
Ids = list[int]


@dataclass(frozen=True)
class Settings:
    """Training and generation settings; the defaults are those of the stored results."""

    n_pairs: int = 20_000  # drawn from the grammar; their French is strung together
    length: int = 116  # words of a stretch of training text: as many as are given and written
    n_steps: int = 400
    batch_size: int = 32  # stretches
    d_model: int = 64
    seeds: tuple[int, ...] = (0, 1, 2)  # the first one's texts are kept
    n_texts: int = 40
    n_given: int = 16  # words of an unseen text to continue
    n_written: int = 100
    penalty: float = 1.3


def stretches(pairs: Sequence[Pair], length: int) -> list[Ids]:
    """The French of the pairs in a row, cut into stretches of equal length; each begins with <bos>."""
    _, target = vocabularies()
    text = [word for pair in pairs for word in target.encode(pair.french)]
    return [[target.bos_id, *text[at : at + length]] for at in range(0, len(text) - length + 1, length)]


def trained(settings: Settings, texts: Sequence[Ids], seed: int) -> LanguageModel:
    """A language model of two layers."""
    size = len(vocabularies()[1])
    torch.manual_seed(seed)
    model = LanguageModel(
        LanguageModelConfig(
            size, d_model=settings.d_model, n_heads=4, d_ff=4 * settings.d_model, n_layers=2, dropout=0.0,
            max_length=settings.n_given + settings.n_written + 1,
        )
    )  # fmt: skip
    batches = Batches([(None, text) for text in texts], settings.batch_size, seed=seed)
    recipe = Recipe(
        n_steps=settings.n_steps, warmup_steps=max(1, settings.n_steps // 5), smoothing=0.0, seed=seed
    )
    train(model, batches, recipe, progress=False)
    return model.eval()


@torch.inference_mode()
def greedy_with_penalty(model: LanguageModel, ids: Tensor, length: int, penalty: float) -> Tensor:
    """Greedy decoding with a repetition penalty on words that occurred before, (B, length)."""
    cache, text = KeyValueCache(), ids
    logits = model(ids, cache=cache)[:, -1]
    for step in range(length):
        chosen = repetition_penalty(logits, text, penalty).argmax(-1, keepdim=True)
        text = torch.cat((text, chosen), 1)
        if step + 1 < length:
            logits = model(chosen, cache=cache)[:, -1]
    return text[:, ids.shape[1] :]


def ways(settings: Settings) -> dict[str, Callable[[LanguageModel, Tensor], Tensor]]:
    """Decoding methods by name: (B, T) ids to the continuation, (B, n_written)."""
    n = settings.n_written

    def drawn(**dials: Any) -> Callable[[LanguageModel, Tensor], Tensor]:
        return lambda model, ids: sample(
            model, ids, max_length=n, generator=torch.Generator().manual_seed(0), **dials
        )

    return {
        "greedy": lambda model, ids: greedy_decode(model, ids, max_length=n),
        "greedy, repetition penalty": lambda model, ids: greedy_with_penalty(model, ids, n, settings.penalty),
        "temperature 1": drawn(),
        "top-p 0.9": drawn(top_p=0.9),
        "min-p 0.1": drawn(min_p=0.1),
    }


def repeated(text: Sequence[int], run: int = RUN) -> float:
    """The share of n-grams, n = `run`, that occurred earlier in the same text.

    >>> repeated([1, 2, 1, 2, 1, 2], run=2)
    0.6
    """
    runs = [tuple(text[at : at + run]) for at in range(len(text) - run + 1)]
    return 1 - len(set(runs)) / len(runs)


@torch.inference_mode()
def surprise(model: LanguageModel, given: Tensor, written: Tensor) -> float:
    """The mean of -ln p of the written words."""
    ids = torch.cat((given, written), 1)
    log_p = model(ids[:, :-1]).log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]
    return -log_p[:, -written.shape[1] :].mean().item()


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """Each method with each seed: repetition and mean -ln p; one text of each."""
    _, target = vocabularies()
    drawn = split(settings.n_pairs)
    long = settings.n_given + settings.n_written
    unseen = stretches(drawn.test_sentences, long)[: settings.n_texts]
    given = torch.tensor([text[: settings.n_given + 1] for text in unseen])
    true = torch.tensor([text[settings.n_given + 1 :] for text in unseen])
    texts = stretches(drawn.train, settings.length)
    found: dict[str, dict] = {"the corpus": {"repeated": [], "surprise": []}}
    for seed in settings.seeds:
        model = trained(settings, texts, seed)
        outputs = {"the corpus": true} | {name: way(model, given) for name, way in ways(settings).items()}
        for name, output in outputs.items():
            row = found.setdefault(name, {"repeated": [], "surprise": []})
            row["repeated"].append(mean(repeated(text) for text in output.tolist()))
            row["surprise"].append(surprise(model, given, output))
            row.setdefault("text", " ".join(target.decode(output[0])))
    return {"about": asdict(settings), "given": " ".join(target.decode(given[0])), "ways": found}


if __name__ == "__main__":
    command("repetition", study, __doc__)
