"""The program: `python -m transformer_lib.training`."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

import torch

from transformer_lib.model.transformer import Transformer, TransformerConfig
from transformer_lib.storage.files import checksum, read_tensors
from transformer_lib.storage.model_file import write_model
from transformer_lib.training.data import Data, folder_data, grammar_data
from transformer_lib.training.loop import CHECKPOINT, train
from transformer_lib.training.order import Batches
from transformer_lib.training.processes import process_group, rank
from transformer_lib.training.recipe import Recipe
from transformer_lib.training.schedule import SCHEDULES

PROGRAM = "python -m transformer_lib.training"
MODEL = "model.safetensors"

DESCRIPTION = """\
Train a Transformer that translates. Without arguments this trains the English-French translator that the book
ships, from nothing but a grammar and a seed, in a few minutes on a laptop. The same arguments give the same bits
on the same machine.
"""
EXAMPLES = f"""\
examples:
  {PROGRAM} --out runs/translator
  {PROGRAM} --out runs/translator --resume
  {PROGRAM} --data FOLDER --source de --target en --out runs/de-en \\
      --d-model 256 --n-layers 3 --d-ff 1024 --dropout 0.1 --lr 1e-3 --warmup 1000 --steps 20000
  torchrun --nproc-per-node 2 -m transformer_lib.training --out runs/two

FOLDER holds train.de, train.en, val.de and val.en, one sentence a line, plain or .gz.
The folder given by --out gets curves.jsonl, checkpoint.safetensors and, at the end, {MODEL}.
"""


class Parser(argparse.ArgumentParser):
    """Prints errors in one line, and exits with code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}\n")


def parser() -> Parser:
    """The command line of the program."""
    recipe = Recipe()
    found = Parser(
        PROGRAM,
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    def add(group: Any, name: str, default: Any, what: str, **options: Any) -> None:
        kind = {} if "choices" in options else {"type": type(default)}
        group.add_argument(name, default=default, help=f"{what} (default: {default})", **kind, **options)

    group = found.add_argument_group("run")
    add(group, "--out", "runs/translator", "folder for curves, checkpoint and model")
    group.add_argument(
        "--resume", action="store_true", help="go on from the checkpoint in --out, if there is one"
    )
    add(group, "--seed", 0, "seed of everything random")
    add(group, "--threads", 1, "processor threads; results depend on their number in the last digits")
    add(group, "--device", "auto", "cpu, cuda, or auto: cuda where there is one")

    group = found.add_argument_group("data")
    group.add_argument(
        "--data", metavar="FOLDER", help="parallel text to train on (default: our own grammar)"
    )
    add(group, "--source", "de", "ending of the source files, with --data")
    add(group, "--target", "en", "ending of the target files, with --data")
    add(group, "--vocab-size", 8000, "subwords of each language, with --data")
    add(group, "--max-length", 128, "longest sentence that the model takes, in tokens")
    add(group, "--pairs", 100_000, "pairs to draw from the grammar, without --data")

    group = found.add_argument_group("model")
    add(group, "--d-model", 64, "width of the vectors between layers")
    add(group, "--n-heads", 4, "heads of each attention")
    add(group, "--n-layers", 2, "layers of the encoder, and of the decoder")
    add(group, "--d-ff", 256, "width inside the feed-forward networks")
    add(group, "--dropout", 0.0, "probability of dropping a number")
    add(group, "--norm", "pre", "norm before or after each sublayer", choices=("pre", "post"))

    group = found.add_argument_group("training")
    add(group, "--steps", recipe.n_steps, "steps of the whole run")
    add(group, "--batch-size", 64, "pairs in a batch on average, over all processes")
    add(group, "--lr", recipe.peak_lr, "highest learning rate")
    add(group, "--warmup", recipe.warmup_steps, "steps up to it")
    add(group, "--schedule", recipe.schedule, "how the rate falls after it", choices=tuple(SCHEDULES))
    add(group, "--smoothing", recipe.smoothing, "label smoothing")
    add(group, "--clip", recipe.clip, "largest norm of the gradient")
    add(group, "--weight-decay", recipe.weight_decay, "decay of the weights, per unit of learning rate")
    add(group, "--log-every", recipe.log_every, "steps between two points of the curves")
    add(group, "--save-every", recipe.save_every, "steps between two validations and checkpoints")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; 0 if the model is trained, 2 after one line that says what is wrong."""
    options = parser().parse_args(arguments)
    try:
        with process_group(_device(options.device)) as device:
            _run(options, device)
    except (ValueError, OSError, FloatingPointError, ImportError) as error:
        print(f"{PROGRAM}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except (MemoryError, RuntimeError) as error:
        if not re.search("memory|alloc", str(error), re.IGNORECASE):
            raise  # a bug in the program: show its traceback
        print(f"{PROGRAM}: error: not enough memory for a model or a batch of this size", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{PROGRAM}: stopped; go on with --resume", file=sys.stderr)
        return 130
    return 0


def _run(options: argparse.Namespace, device: torch.device) -> None:
    _check(options)
    torch.set_num_threads(options.threads)
    recipe = Recipe(
        n_steps=options.steps,
        peak_lr=options.lr,
        warmup_steps=options.warmup,
        schedule=options.schedule,
        smoothing=options.smoothing,
        clip=options.clip,
        weight_decay=options.weight_decay,
        seed=options.seed,
        log_every=options.log_every,
        save_every=options.save_every,
    )
    data = _data(options)
    checkpoint = Path(options.out) / CHECKPOINT
    if rank() == 0:
        for line in data.left_out:
            print(line)
        if options.resume and not checkpoint.exists():
            print(f"{checkpoint} is not there: the run begins anew")
    config = TransformerConfig(
        len(data.source),
        len(data.target),
        d_model=options.d_model,
        n_heads=options.n_heads,
        n_layers=options.n_layers,
        d_ff=options.d_ff,
        dropout=options.dropout,
        norm_first=options.norm == "pre",
        max_length=options.max_length,
    )
    torch.manual_seed(options.seed)
    model = Transformer(config).to(device)
    about = {
        "config": asdict(config),
        "data": data.about,
        "batch_size": options.batch_size,
        "threads": options.threads,
        "device": device.type,
    }
    batches = Batches(data.train, options.batch_size, seed=options.seed)
    validation = Batches(data.validation, options.batch_size).in_order()
    curves = train(
        model, batches, recipe, validation=validation, folder=options.out, about=about, resume=options.resume
    )
    if rank() == 0:
        path, last = Path(options.out) / MODEL, curves[-1]
        about |= {"recipe": asdict(recipe), "validation_loss": last["validation_loss"]}
        write_model(path, model, data.source, data.target, about)
        print(
            f"{path}: {sum(p.numel() for p in model.parameters())} parameters after {recipe.n_steps} steps; "
            f"on unseen sentences, perplexity {last['validation_perplexity']:.3f} "
            f"and {last['validation_accuracy']:.2%} of next tokens right; "
            f"checksum {checksum(*read_tensors(path))}"
        )


def _check(options: argparse.Namespace) -> None:
    """Check the options before anything is read or written."""
    most = max(64, 4 * (os.cpu_count() or 1))  # thousands of threads would crash the process
    if not 1 <= options.threads <= most:
        raise ValueError(f"--threads is from 1 to {most}, got {options.threads}")
    if not 0 <= options.seed < 2**63:
        raise ValueError(f"--seed is from 0 to 2^63 - 1, got {options.seed}")
    if not options.out.strip():
        raise ValueError("--out is empty, expected a folder")
    if Path(options.out).exists() and not Path(options.out).is_dir():
        raise ValueError(f"--out {options.out} is a file, expected a folder")


def _data(options: argparse.Namespace) -> Data:
    if options.data is None:
        return grammar_data(options.pairs, options.seed)
    sizes = {"vocab_size": options.vocab_size, "max_length": options.max_length}
    return folder_data(options.data, options.source, options.target, **sizes)


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(f"unknown device {name!r}, expected cpu, cuda or auto") from None
    if device.type not in ("cpu", "cuda"):
        raise ValueError(f"unknown device {name!r}, expected cpu, cuda or auto")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError("--device cuda, but torch finds no CUDA device here")
    return device


if __name__ == "__main__":
    sys.exit(main())
