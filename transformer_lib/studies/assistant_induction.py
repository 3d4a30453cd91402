"""The jump: when a model learns to find again what stands above, loss and heads over the first steps of pretraining.

``python -m transformer_lib.studies.assistant_induction`` trains three models on lists alone, as pretraining begins, with
short stops, keeps what one head of the first looks at in one list at each stop, and writes
``transformer_lib/studies/results/assistant_induction.json``. With ``--checkpoints FOLDER`` it follows the rest of a
pretraining that kept its checkpoints (``python -m transformer_lib.assistant --keep``), too.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from transformer_lib import assistant
from transformer_lib.assistant.__main__ import N_LISTS
from transformer_lib.assistant.pretraining import LIST_STEPS, PRETRAINING
from transformer_lib.assistant.texts import listed
from transformer_lib.assistant.words import LISTED, VOCABULARY
from transformer_lib.model.modes import evaluating
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.studies.stored import first_line, store

HEAD = len(["list", ":"]) + 1  # tokens before the words of a list, with <bos>
SHOWN = ("kites", "anna", "rome", "sad", "rain")  # a list, whose two runs are drawn


@dataclass(frozen=True)
class Settings:
    """Of training and measuring; the defaults are those of the stored results."""

    seeds: tuple[int, ...] = (0, 1, 2)
    n_lists: int = N_LISTS
    n_steps: int = LIST_STEPS
    every: int = 20  # steps between two measures
    n_test: int = 48  # lists
    period: int = 10  # words until a list begins again
    n_questions: int = 100


def lists(settings: Settings) -> Tensor:
    """(B, T) ids of lists that run three times."""
    generator, rows = random.Random("lists"), []
    for _ in range(settings.n_test):
        words = generator.sample(LISTED, settings.period)
        rows.append(VOCABULARY.encode(["list", ":", *words, *words, *words], bos=True))
    return torch.tensor(rows)


def followed(model: LanguageModel, ids: Tensor, period: int) -> dict[str, Any]:
    """Loss where words come for the first time and again, and what each head looks at where they come again.

    Returns:
        "first" and "again" in nats per word; "induction" and "previous", (n_layers, H) mean weights, where words come
        again, on the word to come wherever it stood before, in one run or in two, and on the word before the current one.
    """
    inputs, targets = ids[:, :-1], ids[:, 1:]
    with evaluating(model):
        logits, weights = model(inputs, return_weights=True)
    loss = F.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    places = torch.arange(HEAD + period, inputs.shape[1])
    heads = weights.decoder[:, :, :, places]  # (n_layers, B, H, places, S)

    now, behind = places[:, None], torch.arange(inputs.shape[1])
    to_come = (behind >= HEAD) & (behind <= now) & ((now + 1 - behind) % period == 0)

    def on(looked_at: Tensor) -> list[list[float]]:
        return (heads * looked_at).sum(-1).mean((1, 3)).tolist()

    return {
        "first": loss[:, HEAD - 1 : HEAD + period - 1].mean().item(),
        "again": loss[:, HEAD + period :].mean().item(),
        "induction": on(to_come),
        "previous": on(behind == now - 1),
    }


def shown(model: LanguageModel) -> Tensor:
    """(n_layers, H, T, T) weights on the words of the list that is drawn."""
    ids = torch.tensor([VOCABULARY.encode(["list", ":", *SHOWN, *SHOWN], bos=True)])
    with evaluating(model):
        return model(ids, return_weights=True)[1].decoder[:, 0]


def learning(settings: Settings, seed: int) -> tuple[list[dict[str, Any]], list[Tensor]]:
    """What `followed` and `shown` say every few steps while a fresh model learns lists."""
    ids, found, maps = lists(settings), [], []
    model = assistant.fresh_model(seed)

    def look(step: int) -> None:
        found.append({"step": step, **followed(model, ids, settings.period)})
        maps.append(shown(model))

    look(0)
    recipe = replace(
        PRETRAINING, n_steps=settings.n_steps, save_every=settings.every, log_every=settings.every, seed=seed,
        warmup_steps=min(PRETRAINING.warmup_steps, settings.n_steps),
    )  # fmt: skip
    texts = assistant.documents(settings.n_lists, seed, listed)
    assistant.pretrain(model, texts, recipe, on_checkpoint=lambda _, record: look(record["step"]))
    return found, maps


def drawn(rows: list[dict[str, Any]], maps: list[Tensor]) -> dict[str, Any]:
    """The maps of the head that looks most at the word to come when training ends."""
    scores = torch.tensor(rows[-1]["induction"])
    layer, head = divmod(int(scores.argmax()), scores.shape[1])
    # Four decimals are enough to colour a cell.
    weights = [[[round(w, 4) for w in row] for row in one[layer, head].tolist()] for one in maps]
    return {"layer": layer, "head": head, "weights": weights}


def kept(folder: Path, settings: Settings) -> list[dict[str, Any]]:
    """The same of each checkpoint that a pretraining kept, and the share of told answers, prompted as an exam."""
    ids, found = lists(settings), []
    for path in sorted(folder.glob("*.safetensors")):
        model = assistant.read_stage(path)
        measured = assistant.measure(model, n_questions=settings.n_questions, form="exam")
        found.append(
            {"step": int(path.stem), "right": measured.right, **followed(model, ids, settings.period)}
        )
    return found


def study(settings: Settings = Settings(), folder: Path | None = None) -> dict[str, Any]:
    """For each seed the learning of lists, of the first one a head's maps; for a folder, the whole pretraining."""
    learnt = [learning(settings, seed) for seed in settings.seeds]
    found: dict[str, Any] = {
        "about": asdict(settings), "lists": [rows for rows, _ in learnt], "maps": drawn(*learnt[0])
    }  # fmt: skip
    if folder is not None:
        found["pretraining"] = kept(folder, settings)
    return found


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=first_line(__doc__))
    parser.add_argument("--checkpoints", type=Path, help="folder that --keep wrote")
    options = parser.parse_args()
    torch.set_num_threads(1)
    store("assistant_induction", study(folder=options.checkpoints))


if __name__ == "__main__":
    main()
