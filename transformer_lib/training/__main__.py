"""The program: `python -m transformer_lib.training`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

from transformer_lib.model.config import LanguageModelConfig
from transformer_lib.model.transformer import LanguageModel, Transformer, TransformerConfig
from transformer_lib.storage.files import checksum, read_tensors
from transformer_lib.storage.model_file import FILE, write_model, write_writer
from transformer_lib.storage.rounding import STORED
from transformer_lib.training.data import Data, folder_data, grammar_data
from transformer_lib.training.keeping import Keeper
from transformer_lib.training.language import bits_per_character, continuations, text_data
from transformer_lib.training.loop import CHECKPOINT, measure, refuse_existing, train
from transformer_lib.training.loss import perplexity
from transformer_lib.training.options import PROGRAM, check, parser
from transformer_lib.training.order import Batches
from transformer_lib.training.processes import process_group, rank
from transformer_lib.training.recipe import Recipe
from transformer_lib.training.starting import Start, begin, read_start
from transformer_lib.training.summary import estimate, progress_line, samples, seconds_per_step, summary


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
        path = Path(options.out) / FILE
        left = f"{path} holds the model so far; " if path.exists() else ""
        print(f"{PROGRAM}: stopped; {left}go on with --resume", file=sys.stderr)
        return 130
    return 0


def _run(options: argparse.Namespace, device: torch.device) -> None:
    check(options)
    torch.set_num_threads(options.threads)
    recipe = _recipe(options)
    language = options.task == "language-model"
    start = read_start(options.start, language) if options.start else None
    data = _data(options, start)
    config = _config(options, data)
    torch.manual_seed(options.seed)
    model: Any = (LanguageModel if language else Transformer)(config).to(device)
    about: dict[str, Any] = {
        "config": config.as_dict(),
        "data": data.about,
        "batch_size": options.batch_size,
        "threads": options.threads,
        "device": device.type,
    }
    if start:
        begin(model, config.as_dict(), data, start)
        about["start"] = start.checksum
    batches = Batches(data.train, options.batch_size, seed=options.seed)
    validation = Batches(data.validation, options.batch_size).in_order()
    path = Path(options.out) / FILE
    refuse_existing(options.out, resume=options.resume)
    _introduce(options, data, model, batches, recipe)

    def write(kept: Any, extra: dict[str, Any]) -> None:
        if extra["kept"] == "last":  # the file of a whole run says no more than that
            names = ["validation_loss"] if extra["step"] == recipe.n_steps else ["validation_loss", "step"]
            extra = {name: extra[name] for name in names}
        said = about | {"recipe": recipe.as_dict()} | extra
        if language:
            write_writer(path, kept, data.target, said, dtype=STORED[options.store])
        else:
            write_model(path, kept, data.source, data.target, said, dtype=STORED[options.store])

    keep = options.keep or ("best" if options.data else "last")
    keeper = Keeper(
        path,
        write,
        lambda model: measure(model, validation, precision=recipe.precision),
        keep=keep,
        n_average=options.average,
    )

    def on_checkpoint(_: nn.Module, record: dict[str, Any]) -> None:
        kept = keeper(model, record)
        if rank() == 0:
            shown = continuations if language else samples
            for line in (progress_line(record, recipe.n_steps, kept), *shown(model, data, options.samples)):
                tqdm.write(line)

    curves = train(
        model,
        batches,
        recipe,
        validation=validation,
        folder=options.out,
        about={"start": None} | about,
        resume=options.resume,
        on_checkpoint=on_checkpoint,
    )
    last = curves[-1] if curves else {"step": recipe.n_steps}  # nothing was left to do for a second process
    keeper.finish(model, last)
    if rank() == 0:
        print(_ended(path, model, last, recipe, data))


def _ended(path: Path, model: nn.Module, last: dict[str, Any], recipe: Recipe, data: Data) -> str:
    """What the model file holds after a whole run."""
    tensors, content = read_tensors(path)
    about = {"step": recipe.n_steps, "validation_accuracy": last["validation_accuracy"]} | content["training"]
    which = {"best": f", the best at step {about['step']:,}", "average": ", averaged"}.get(
        about.get("kept"), ""
    )
    bits = ""
    if "tokens_per_character" in data.about:
        bits = f"{bits_per_character(about['validation_loss'], data):.3f} bits per character, "
    return (
        f"{path}: {sum(p.numel() for p in model.parameters())} parameters after {recipe.n_steps} steps{which}; "
        f"on unseen sentences, {bits}perplexity {perplexity(about['validation_loss']):.3f} "
        f"and {about['validation_accuracy']:.2%} of next tokens right; checksum {checksum(tensors, content)}"
    )


def _introduce(
    options: argparse.Namespace, data: Data, model: nn.Module, batches: Batches, recipe: Recipe
) -> None:
    """Say what the run is made of and how long it may take, before it begins."""
    checkpoint = Path(options.out) / CHECKPOINT
    seconds = seconds_per_step(model, batches, recipe)
    if rank() > 0:
        return
    for line in summary(data, model, batches, recipe):
        print(line)
    done = 0
    if options.resume and checkpoint.exists():
        done = min(read_tensors(checkpoint)[1]["step"], recipe.n_steps)
        print(f"{checkpoint}: {done:,} steps are done")
    elif options.resume:
        print(f"{checkpoint} is not there: the run begins anew")
    print(f"time: {estimate(recipe.n_steps - done, seconds)}, without validation", flush=True)


def _recipe(options: argparse.Namespace) -> Recipe:
    return Recipe(
        n_steps=options.steps,
        peak_lr=options.lr,
        warmup_steps=options.warmup,
        schedule=options.schedule,
        cooldown_steps=options.cooldown,
        smoothing=options.smoothing,
        clip=options.clip,
        weight_decay=options.weight_decay,
        seed=options.seed,
        log_every=options.log_every,
        save_every=options.save_every,
        accumulate=options.accumulate,
        precision=options.precision,
    )


def _config(options: argparse.Namespace, data: Data) -> TransformerConfig:
    sizes: dict[str, Any] = {} if options.task == "language-model" else {"src_vocab_size": len(data.source)}
    kind = LanguageModelConfig if options.task == "language-model" else TransformerConfig
    return kind(
        **sizes,
        tgt_vocab_size=len(data.target),
        d_model=options.d_model,
        n_heads=options.n_heads,
        n_layers=options.n_layers,
        d_ff=options.d_ff,
        dropout=options.dropout,
        norm_first=options.norm == "pre",
        norm=options.norm_kind,
        positions=options.positions,
        n_kv_heads=options.kv_heads or None,
        activation=options.activation,
        gated=options.gated,
        bias=options.bias,
        max_length=options.max_length,
        tie_embeddings="all" if data.source is data.target and sizes else "output",
    )


def _data(options: argparse.Namespace, start: Start | None) -> Data:
    known = start.subwords() if start and options.data is not None else None
    if options.task == "language-model":
        if options.data is None:
            raise ValueError(
                "--task language-model needs --data FILE, texts with a line <|endoftext|> between them"
            )
        words = known[0] if known else None
        return text_data(
            options.data, vocab_size=options.vocab_size, max_length=options.max_length, known=words
        )
    if options.data is None:
        return grammar_data(options.pairs, options.seed, n_further=options.further)
    return folder_data(
        options.data,
        options.source,
        options.target,
        vocab_size=options.vocab_size,
        max_length=options.max_length,
        subwords=options.subwords,
        source_eos=options.source_eos,
        known=known,
    )


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
