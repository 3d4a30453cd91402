"""One head or four? The same translator, trained with one head and with four in every attention.

``python -m transformer_lib.studies.head_count`` trains six translators, three of each kind, looks for a head that
carries gender in those with four, and writes ``transformer_lib/studies/results/head_count.json``.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from transformer_lib.evaluation import ablated
from transformer_lib.evaluation.report import translations
from transformer_lib.model.transformer import Transformer
from transformer_lib.studies.gender import lost
from transformer_lib.studies.stored import command
from transformer_lib.studies.training import LONGEST, Change, Material, measured, run
from transformer_lib.studies.training import Settings as Training


@dataclass(frozen=True)
class Settings:
    """Training and measurement settings; the defaults are those of the stored results."""

    head_counts: tuple[int, ...] = (1, 4)
    seeds: tuple[int, ...] = (0, 1, 2)
    n_pairs: int = 20_000  # drawn from the grammar; about 89 of 100 are trained on
    n_validation: int = 200
    n_test: int = 200  # unseen sentences, translated at the end
    n_steps: int = 600
    every: int = 100  # steps between two validations
    warmup_steps: int = 100


def recipe(settings: Settings, n_heads: int) -> tuple[Training, Change]:
    """The shipped translator's recipe, shorter: only the number of heads differs between runs."""
    sizes = Training(
        n_pairs=settings.n_pairs, n_validation=settings.n_validation, n_test=settings.n_test,
        n_steps=settings.n_steps, every=settings.every, n_heads=n_heads,
    )  # fmt: skip
    return sizes, Change(warmup_steps=settings.warmup_steps)


def trained(material: Material, settings: Settings, n_heads: int, seed: int) -> tuple[Transformer, list]:
    """A translator with `n_heads` heads in every attention, and its learning curves."""
    return run(material, *recipe(settings, n_heads), seed)


def gender(model: Transformer, material: Material) -> list[list[dict[str, tuple[int, int]]]]:
    """What `lost` counts on unseen sentences without each head of the encoder, (n_layers, H)."""
    pairs = material.unseen_pairs

    def said() -> list[tuple[str, ...]]:
        return translations(model, *material.words, pairs, max_length=LONGEST)

    before, found = said(), []
    for layer in range(model.config.n_layers):
        found.append([])
        for head in range(model.config.n_heads):
            with ablated(model, layer, head, "encoder"):
                found[-1].append(lost(before, said(), [pair.french for pair in pairs]))
    return found


def study(settings: Settings = Settings()) -> dict[str, Any]:
    """For each number of heads and seed: loss on unseen sentences at every validation, exact match, and gender."""
    found: dict[str, Any] = {}
    for n_heads in settings.head_counts:
        sizes, change = recipe(settings, n_heads)
        material, rows = Material(sizes), []
        for seed in settings.seeds:
            model, curves = trained(material, settings, n_heads, seed)
            rows.append({
                "parameters": sum(parameter.numel() for parameter in model.parameters()),
                "unseen": [record["validation_loss"] for record in curves],
                "exact": measured(model, material, sizes, change)["exact"],
                **({"gender": gender(model, material)} if n_heads > 1 else {}),
            })  # fmt: skip
        found[str(n_heads)] = rows
    steps = range(settings.every, settings.n_steps + 1, settings.every)
    return {"about": asdict(settings), "steps": list(steps), "heads": found}


if __name__ == "__main__":
    command("head_count", study, __doc__)
