"""The program: `python -m transformer_lib.translate` translates a file, or what it reads, line by line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from transformer_lib.data import read_lines, split_lines
from transformer_lib.decoding import DecodingSettings, translate_texts
from transformer_lib.models.translator import WEIGHTS
from transformer_lib.storage.model_file import TrainedModel, model_path, read_model
from transformer_lib.training.processes import n_processes, process_group, rank, shared_out

PROGRAM = "python -m transformer_lib.translate"
DESCRIPTION = """\
Translate text, a sentence a line, with a model that `python -m transformer_lib.training` trained. An empty line stays
empty. A line that the model cannot read (unknown words of a model of whole words, too many tokens) is named and left
empty, and the program ends with code 1.
"""
EXAMPLES = f"""\
examples:
  {PROGRAM} runs/de-en FILE > TRANSLATED
  {PROGRAM} runs/de-en --beam 4 < FILE
  echo "i am happy ." | {PROGRAM} translator
  torchrun --nproc-per-node 2 -m transformer_lib.translate runs/de-en FILE
"""
LONG = 64  # lines from which on a bar is shown
CHUNK = 2048
"""Lines that are translated before any of them is printed: those of like length go through the model together."""


def parser() -> argparse.ArgumentParser:
    """The command line of the program."""
    found = argparse.ArgumentParser(
        PROGRAM,
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = found.add_argument
    add("model", help='model file, or folder of a run; or "translator", the one that the library ships')
    add("file", nargs="?", help="text to translate, plain or .gz (default: standard input)")
    add("--beam", type=int, default=1, help="beam size; 1 is greedy decoding (default: 1)")
    add("--length-penalty", type=float, default=0.6, help="of beam search (default: 0.6)")
    add("--batch-size", type=int, default=64, help="sentences at a time (default: 64)")
    add("--device", default="cpu", help="where the model runs (default: cpu)")
    add("--threads", type=int, default=1, help="processor threads (default: 1)")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; 0 if all is translated, 1 if a line is not, 2 after one line that says what is wrong."""
    options = parser().parse_args(arguments)
    try:
        for name in ("threads", "beam", "batch_size"):
            if getattr(options, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} is at least 1, got {getattr(options, name)}")
        torch.set_num_threads(options.threads)
        with process_group(torch.device(options.device)) as device:
            found = read_model(_path(options.model), device)
            settings = DecodingSettings(options.beam, options.length_penalty, options.batch_size)
            n_refused = _typed(found, settings) if _terminal(options) else _all(found, options.file, settings)
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        print(f"{PROGRAM}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{PROGRAM}: stopped", file=sys.stderr)
        return 130
    return 1 if n_refused else 0


def _path(name: str) -> Path:
    """The file of a model that is shipped under this name, or else what the name is a path of."""
    shipped = {path.stem: path for path in WEIGHTS.parent.glob("*.safetensors")}
    return model_path(name) if Path(name).exists() or name not in shipped else shipped[name]


def _terminal(options: argparse.Namespace) -> bool:
    return options.file is None and sys.stdin.isatty()


def _typed(found: TrainedModel, settings: DecodingSettings) -> int:
    """Translate each line as it is typed; returns how many could not be."""
    return sum(_run(found, number, [line.strip()], settings) for number, line in enumerate(sys.stdin))


def _all(found: TrainedModel, file: str | None, settings: DecodingSettings) -> int:
    """Translate a file or standard input; returns how many lines could not be."""
    lines = read_lines(Path(file)) if file is not None else split_lines(_given(), "standard input")
    hidden = len(lines) < LONG or rank() > 0 or os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    n_refused = 0
    with tqdm(total=len(lines), unit="line", disable=hidden) as bar:
        for start in range(0, len(lines), CHUNK):
            n_refused += _run(
                found, start, lines[start : start + CHUNK], settings, lambda n: bar.update(n * n_processes())
            )
    return n_refused


def _given() -> bytes:
    """Standard input; torchrun gives it to none of its processes."""
    if "RANK" in os.environ:
        raise ValueError("several processes cannot share standard input: name a file")
    return sys.stdin.buffer.read()


def _run(
    found: TrainedModel,
    start: int,
    lines: list[str],
    settings: DecodingSettings,
    on_done: Callable[[int], object] = lambda n: None,
) -> int:
    """Print the translations of lines, of which the first has this place; returns how many could not be made."""

    def work(places: list[int]) -> list[tuple[str, str | None]]:
        done = translate_texts(found, [lines[place] for place in places], settings, on_done=on_done)
        return [(text, done.refused.get(row)) for row, text in enumerate(done.texts)]

    said = shared_out(len(lines), work)
    if rank() == 0:
        for place, (text, reason) in enumerate(said):
            print(text)
            if reason:
                message = f"{PROGRAM}: line {start + place + 1} is left empty: {reason}"
                tqdm.write(message, file=sys.stderr)
        sys.stdout.flush()
    return sum(reason is not None for _, reason in said)
