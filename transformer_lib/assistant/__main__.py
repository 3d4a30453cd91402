"""The program: `python -m transformer_lib.assistant --out FOLDER` trains all stages from nothing."""

from __future__ import annotations

import argparse
import copy
import json
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from transformer_lib.assistant import pretraining, tuning
from transformer_lib.assistant.measuring import N_QUESTIONS, Measured, measure
from transformer_lib.assistant.storing import write_stage
from transformer_lib.assistant.texts import example, listed, pair
from transformer_lib.model.transformer import LanguageModel
from transformer_lib.training.loop import refuse_existing

PROGRAM = "python -m transformer_lib.assistant"
DESCRIPTION = """\
Train a model that continues text, one that answers and one that answers as labellers prefer, from nothing, and say
what each does with questions that a story answers and with such that it does not. The divergence (KL) is that from the
stage before.
"""
BASE = "base"  # folder of the pretraining run
CHECKPOINTS = "checkpoints"  # folder of the models that --keep keeps
N_LISTS, N_DOCUMENTS, N_EXAMPLES, N_PAIRS = 10_000, 60_000, 2000, 6000
NAMES = {
    "right": "told: right",
    "refused": "told: refused",
    "admitted": "untold: admitted",
    "invented": "untold: invented",
}


def parser() -> argparse.ArgumentParser:
    """The command line of the program."""
    found = argparse.ArgumentParser(PROGRAM, description=DESCRIPTION)
    add = found.add_argument
    add("--out", required=True, help="folder for the models and figures; new, or with --resume that of a run")
    add("--seed", type=int, default=0, help="of weights, data and order (default: 0)")
    add(
        "--steps",
        type=int,
        default=pretraining.PRETRAINING.n_steps,
        help="of pretraining (default: %(default)s)",
    )
    add("--documents", type=int, default=N_DOCUMENTS, help="to pretrain on (default: %(default)s)")
    add(
        "--tuning-steps",
        type=int,
        help=f"of each later stage (default: {tuning.INSTRUCTION.n_steps} and {tuning.PREFERENCE.n_steps})",
    )
    add("--examples", type=int, default=N_EXAMPLES, help="by labellers (default: %(default)s)")
    add("--pairs", type=int, default=N_PAIRS, help="of which labellers prefer one (default: %(default)s)")
    add("--beta", type=float, default=tuning.BETA, help="of preference learning (default: %(default)s)")
    add(
        "--questions",
        type=int,
        default=N_QUESTIONS,
        help="of each kind to measure with (default: %(default)s)",
    )
    add("--keep", action="store_true", help="keep the model of each checkpoint of pretraining")
    add("--resume", action="store_true", help="go on with a pretraining that was stopped")
    add("--threads", type=int, default=1, help="processor threads (default: 1)")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; 0 if the models are trained, 2 after one line that says what is wrong."""
    options = parser().parse_args(arguments)
    try:
        for name in ("steps", "documents", "tuning_steps", "examples", "pairs", "questions", "threads"):
            value = getattr(options, name)
            if value is not None and value < 1:
                raise ValueError(f"--{name.replace('_', '-')} is at least 1, got {value}")
        refuse_existing(Path(options.out) / BASE, resume=options.resume)
        torch.set_num_threads(options.threads)
        _run(options)
    except (ValueError, OSError, FloatingPointError) as error:
        print(f"{PROGRAM}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{PROGRAM}: stopped; go on with --resume", file=sys.stderr)
        return 130
    return 0


def _run(options: argparse.Namespace) -> None:
    folder, progress = Path(options.out), os.environ.get("TQDM_DISABLE", "0") in ("", "0")
    folder.mkdir(parents=True, exist_ok=True)
    figures: dict[str, dict[str, Any]] = {}
    clock = time.process_time()

    def finish(
        name: str, model: LanguageModel, recipe: Any, reference: LanguageModel | None = None, **more: Any
    ) -> None:
        nonlocal clock
        seconds = time.process_time() - clock
        found = measure(model, n_questions=options.questions, reference=reference)
        about = {
            "stage": name,
            "seed": options.seed,
            "recipe": recipe.as_dict(),
            "measured": found._asdict(),
            **more,
        }
        write_stage(folder / f"{name}.safetensors", model, about)
        figures[name] = found._asdict()
        print(f"{name}: {seconds:.0f} s of processor time; {_said(found)}", flush=True)
        clock = time.process_time()

    model = pretraining.fresh_model(options.seed)
    print(
        f"{sum(p.numel() for p in model.parameters())} parameters, {asdict(model.config)['tgt_vocab_size']} words"
    )
    recipe = _recipe(pretraining.PRETRAINING, options.steps, options.seed)
    texts = pretraining.documents(options.documents, options.seed)
    lists = pretraining.documents(min(N_LISTS, options.documents), options.seed, listed)
    pretraining.pretrain(
        model, texts, recipe, lists=lists, folder=folder / BASE, resume=options.resume, progress=progress,
        on_checkpoint=_keeper(folder / CHECKPOINTS) if options.keep else None,
    )  # fmt: skip
    finish("base", model, recipe)
    as_exam = measure(model, n_questions=options.questions, form="exam")
    figures["base as exam"] = as_exam._asdict()
    print(f"base, prompted as an exam: {_said(as_exam)}", flush=True)

    reference, generator = copy.deepcopy(model), random.Random(f"labellers {options.seed}")
    recipe = _recipe(tuning.INSTRUCTION, options.tuning_steps, options.seed)
    tuning.instruct(model, [example(generator) for _ in range(options.examples)], recipe, progress=progress)
    finish("instructed", model, recipe, reference)

    reference = copy.deepcopy(model)
    recipe = _recipe(tuning.PREFERENCE, options.tuning_steps, options.seed)
    pairs = [pair(generator) for _ in range(options.pairs)]
    tuning.prefer(model, pairs, recipe, beta=options.beta, progress=progress)
    how = {"beta": options.beta, "anchor": tuning.ANCHOR, "n_pairs": options.pairs}
    finish("preferred", model, recipe, reference, **how)
    (folder / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", "utf-8")


def _keeper(folder: Path) -> Callable[[Any, dict[str, Any]], None]:
    """What writes the model of each checkpoint, by the number of its step."""
    folder.mkdir(exist_ok=True)

    def keep(model: Any, record: dict[str, Any]) -> None:
        write_stage(folder / f"{record['step']:05d}.safetensors", model, record)

    return keep


def _recipe(recipe: Any, n_steps: int | None, seed: int) -> Any:
    n_steps = n_steps or recipe.n_steps
    return replace(recipe, n_steps=n_steps, warmup_steps=min(recipe.warmup_steps, n_steps), seed=seed)


def _said(found: Measured) -> str:
    """The figures of a stage on one line."""
    figures = found._asdict()
    shares = [f"{said} {figures[name]:.3f}" for name, said in NAMES.items()]
    rest = [f"other {found.other:.3f}", f"polite {found.polite:.3f}", f"rude {found.rude:.3f}"]
    kl = [] if found.kl is None else [f"KL {found.kl:.2f} nats"]
    return ", ".join([*shares, *rest, f"{found.length:.1f} words", *kl])


if __name__ == "__main__":
    sys.exit(main())
