"""The command line of the program."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any, NoReturn

from transformer_lib.model.config import POSITIONS
from transformer_lib.model.feed_forward import ACTIVATIONS
from transformer_lib.model.norms import NORMS
from transformer_lib.storage.model_file import FILE
from transformer_lib.storage.rounding import STORED
from transformer_lib.training.data import SUBWORDS
from transformer_lib.training.keeping import KEEP
from transformer_lib.training.precision import PRECISIONS
from transformer_lib.training.recipe import Recipe
from transformer_lib.training.schedule import SCHEDULES

TASKS = ("translation", "language-model")
PROGRAM = "python -m transformer_lib.training"

DESCRIPTION = """\
Train a Transformer that translates, or with --task language-model one that writes. Without arguments this trains an
English-French translator from nothing but a grammar and a seed, in a few minutes on a laptop: the one from which the
shipped translator went on, with --start and --further, to the grammar's further rules. The same arguments give the same
bits on the same machine.
"""
EXAMPLES = f"""\
examples:
  {PROGRAM} --out runs/translator
  {PROGRAM} --out runs/translator --resume
  {PROGRAM} --start runs/translator --further 40000 --lr 0.002 --steps 8000 --out runs/further
  {PROGRAM} --data FOLDER --source de --target en --out runs/de-en \\
      --d-model 256 --n-layers 3 --d-ff 1024 --dropout 0.1 --lr 1e-3 --warmup 1000 --steps 20000
  {PROGRAM} --task language-model --data FILE --out runs/writer --positions rotary --norm-kind rms \\
      --gated --activation silu --no-bias --max-length 256 --vocab-size 1000 --smoothing 0
  python -m transformer_lib.translate runs/de-en FILE
  python -m transformer_lib.evaluation runs/de-en FOLDER
  torchrun --nproc-per-node 2 -m transformer_lib.training --out runs/two

FOLDER holds train.de, train.en, val.de and val.en, one sentence a line, plain or .gz.
FILE holds texts, plain or .gz, and between two of them a line <|endoftext|>; every 25th is set aside to validate on.
A pair with an empty line, or with more than --max-length tokens, is left out; how many are is said at the start.
At each checkpoint the model is measured on val, a few of its sentences are translated, and the folder given by --out
gets curves.jsonl, checkpoint.safetensors and {FILE}: a run that is stopped leaves a model. With --resume it goes on,
also to more --steps than before, or to an end with a --cooldown. With --start a new run begins with the weights of a
trained model, for example to go on with text of your own: the model options must be those of that model, its subwords
cut the text of --data, and words of the grammar that it did not have get new rows. Memory and time to read a folder
grow with its number of pairs, by about 1.3 kilobytes and 0.2 milliseconds a pair; a step takes as long in a small
folder as in a large one (benchmarks/corpus.py).
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
    group.add_argument(
        "--start", metavar="MODEL", help="model file, or folder of a run, whose weights to start with"
    )
    group.add_argument(
        "--keep",
        choices=KEEP,
        help=f"weights that {FILE} holds: the last, the best on val, or the average of the last checkpoints "
        "(default: best with --data, else last)",
    )
    add(group, "--average", 5, "checkpoints to average, with --keep average")
    add(group, "--store", "float16", f"numbers that {FILE} holds", choices=tuple(STORED))
    add(group, "--samples", 3, "sentences of val to translate at each checkpoint; 0 for none")
    add(group, "--seed", 0, "seed of everything random")
    add(group, "--threads", 1, "processor threads; results depend on their number in the last digits")
    add(group, "--device", "auto", "cpu, cuda, or auto: cuda where there is one")

    group = found.add_argument_group("data")
    add(group, "--task", "translation", "what to learn", choices=TASKS)
    what = "folder of parallel text to train on, or with --task language-model a file of texts (default: our own grammar)"
    group.add_argument("--data", metavar="PATH", help=what)
    add(group, "--source", "de", "ending of the source files, with --data")
    add(group, "--target", "en", "ending of the target files, with --data")
    add(group, "--vocab-size", 8000, "subwords of each language, or of both if they are joint, with --data")
    add(group, "--subwords", "separate", "subwords of each language, or of both together", choices=SUBWORDS)
    group.add_argument(
        "--source-eos",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="end each source sentence with <eos>, with --data, so that one without a full stop ends, too "
        "(default: True)",
    )
    add(group, "--max-length", 128, "longest sentence that the model takes, in tokens")
    add(group, "--pairs", 100_000, "pairs to draw from the grammar, without --data")
    add(group, "--further", 0, "pairs to draw beside them of the grammar's further rules")

    group = found.add_argument_group("model")
    add(group, "--d-model", 64, "width of the vectors between layers")
    add(group, "--n-heads", 4, "heads of each attention")
    add(group, "--n-layers", 2, "layers of the encoder, and of the decoder")
    add(group, "--d-ff", 256, "width inside the feed-forward networks")
    add(group, "--dropout", 0.0, "probability of dropping a number")
    add(group, "--norm", "pre", "norm before or after each sublayer", choices=("pre", "post"))
    add(group, "--norm-kind", "layer", "kind of norm", choices=tuple(NORMS))
    add(group, "--positions", "sinusoidal", "how positions enter", choices=POSITIONS)
    add(group, "--kv-heads", 0, "heads of keys and values, shared by those of queries; 0: as many")
    add(group, "--activation", "relu", "of the feed-forward networks", choices=tuple(ACTIVATIONS))
    group.add_argument("--gated", action="store_true", help="a gate in the feed-forward networks")
    group.add_argument(
        "--bias", action=argparse.BooleanOptionalAction, default=True, help="biases (default: True)"
    )

    group = found.add_argument_group("training")
    add(group, "--steps", recipe.n_steps, "steps of the whole run")
    add(group, "--batch-size", 64, "pairs in a batch on average, over all processes")
    add(group, "--lr", recipe.peak_lr, "highest learning rate")
    add(group, "--warmup", recipe.warmup_steps, "steps up to it")
    add(group, "--schedule", recipe.schedule, "how the rate falls after it", choices=tuple(SCHEDULES))
    add(
        group,
        "--cooldown",
        recipe.cooldown_steps,
        "last steps, over which the rate falls to 0 in any schedule",
    )
    add(group, "--smoothing", recipe.smoothing, "label smoothing")
    add(group, "--clip", recipe.clip, "largest norm of the gradient")
    add(group, "--weight-decay", recipe.weight_decay, "decay of the matrices, per unit of learning rate")
    add(group, "--accumulate", recipe.accumulate, "parts to compute a batch in, to need less memory")
    what = "numbers of the forward pass; auto: bfloat16 on a GPU that has it"
    add(group, "--precision", recipe.precision, what, choices=PRECISIONS)
    add(group, "--log-every", recipe.log_every, "steps between two points of the curves")
    add(group, "--save-every", recipe.save_every, "steps between two validations and checkpoints")
    return found


def check(options: argparse.Namespace) -> None:
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
    if options.average < 1:
        raise ValueError(f"--average is at least 1, got {options.average}")
    if options.samples < 0:
        raise ValueError(f"--samples is 0 or more, got {options.samples}")
