"""The program: `python -m transformer_lib.translate` translates a file, or what it reads, line by line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from tqdm import tqdm

from transformer_lib.data import as_sentence, goes_on, read_lines, read_typed, recognises, split_lines
from transformer_lib.decoding import DecodingSettings, Translations, translate_passages, translate_texts
from transformer_lib.models.everyday import EVERYDAY
from transformer_lib.models.translator import OUTSIDE, TWO, WEIGHTS
from transformer_lib.storage.model_file import TrainedModel, model_path, read_model
from transformer_lib.text.vocabulary import tokenise
from transformer_lib.training.processes import n_processes, process_group, rank, shared_out

PROGRAM = "python -m transformer_lib.translate"
DESCRIPTION = """\
Translate text, a sentence a line, with a model that `python -m transformer_lib.training` trained. An empty line stays
empty. A line that the model cannot read (unknown words of a model of whole words, too many tokens) is named and left
empty, and the program ends with code 1; so is a second sentence for the shipped "translator", which also names the
lines that its grammar does not make. With --sentences, as always with the shipped model "everyday", a line may hold
several sentences, or one of any length, and signs that the model does not know are left out.
"""
EXAMPLES = f"""\
examples:
  {PROGRAM} runs/de-en FILE > TRANSLATED
  {PROGRAM} runs/de-en --beam 4 < FILE
  echo "i am happy ." | {PROGRAM} translator
  {PROGRAM} --model everyday < FILE
  torchrun --nproc-per-node 2 -m transformer_lib.translate runs/de-en FILE
"""
FIRST = (
    "MODEL: model file, or folder of a run; or {}. "
    "FILE: text to translate, plain or .gz (default: standard input)"
)
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
    shipped = '"everyday" or "translator", which the library ships'
    add("names", nargs="*", metavar="MODEL [FILE]", help=FIRST.format(shipped))
    add("--model", help="the model, instead of the first argument")
    add("--sentences", action="store_true", help="translate each sentence of a line by itself")
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
            model, file = _names(options)
            work = _work(_path(model), device, options)
            n_refused = _typed(work) if file is None and sys.stdin.isatty() else _all(file, work)
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        print(f"{PROGRAM}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{PROGRAM}: stopped", file=sys.stderr)
        return 130
    return 1 if n_refused else 0


def _names(options: argparse.Namespace) -> tuple[str, str | None]:
    """The model and the file of a command line."""
    names = [*([options.model] if options.model is not None else []), *options.names]
    if not names:
        raise ValueError("name a model: a file, the folder of a run, or everyday")
    if len(names) > 2:
        raise ValueError(f"a model and one file are named, not also {' '.join(names[2:])}")
    return names[0], names[1] if len(names) == 2 else None


def _path(name: str) -> Path:
    """The file of a model that is shipped under this name, or else what the name is a path of."""
    shipped = {path.stem: path for path in WEIGHTS.parent.glob("*.safetensors")}
    return model_path(name) if Path(name).exists() or name not in shipped else shipped[name]


class Work(NamedTuple):
    """What is done with the lines of a text."""

    of: Callable[
        [list[str], Callable[[int], object]], Translations
    ]  # lines, and what is told how many are done
    remark: Callable[[str], str] = lambda line: ""  # what is to be said of a line that was translated


def _work(path: Path, device: torch.device, options: argparse.Namespace) -> Work:
    """What translates lines with the model of a file."""
    found = read_model(path, device)
    settings = DecodingSettings(options.beam, options.length_penalty, options.batch_size)
    if options.sentences or path == EVERYDAY:
        return Work(
            lambda lines, on_done: Translations(
                translate_passages(found, lines, settings, on_done=on_done), {}
            )
        )
    if path == WEIGHTS:
        return Work(lambda lines, on_done: _small_world(found, lines, settings, on_done), _outside)
    return Work(lambda lines, on_done: translate_texts(found, lines, settings, on_done=on_done))


def _small_world(
    found: TrainedModel, lines: list[str], settings: DecodingSettings, on_done: Callable[[int], object]
) -> Translations:
    """Translations by the translator of the grammar: lines are read, and French is written, as `translate` does."""
    read = [read_typed(line).words for line in lines]
    two = {row: TWO for row, words in enumerate(read) if goes_on(words)}
    kept = ["" if row in two else " ".join(words) for row, words in enumerate(read)]
    done = translate_texts(found, kept, settings, on_done=on_done)
    return Translations([as_sentence(tokenise(text)) for text in done.texts], done.refused | two)


def _outside(line: str) -> str:
    """What is to be said of a line that the grammar does not make."""
    words = read_typed(line).words
    return "" if not words or recognises(words) else OUTSIDE


def _typed(work: Work) -> int:
    """Translate each line as it is typed; returns how many could not be."""
    return sum(_run(work, number, [line.strip()]) for number, line in enumerate(sys.stdin))


def _all(file: str | None, work: Work) -> int:
    """Translate a file or standard input; returns how many lines could not be."""
    lines = read_lines(Path(file)) if file is not None else split_lines(_given(), "standard input")
    hidden = len(lines) < LONG or rank() > 0 or os.environ.get("TQDM_DISABLE", "0") not in ("", "0")
    n_refused = 0
    with tqdm(total=len(lines), unit="line", disable=hidden) as bar:
        for start in range(0, len(lines), CHUNK):
            n_refused += _run(
                work, start, lines[start : start + CHUNK], lambda n: bar.update(n * n_processes())
            )
    return n_refused


def _given() -> bytes:
    """Standard input; torchrun gives it to none of its processes."""
    if "RANK" in os.environ:
        raise ValueError("several processes cannot share standard input: name a file")
    return sys.stdin.buffer.read()


def _run(work: Work, start: int, lines: list[str], on_done: Callable[[int], object] = lambda n: None) -> int:
    """Print the translations of lines, of which the first has this place; returns how many could not be made."""

    def of(places: list[int]) -> list[tuple[str, str | None]]:
        done = work.of([lines[place] for place in places], on_done)
        return [(text, done.refused.get(row)) for row, text in enumerate(done.texts)]

    said = shared_out(len(lines), of)
    if rank() == 0:
        for place, (text, reason) in enumerate(said):
            print(text)
            remark = work.remark(lines[place]) if not reason else ""
            if reason or remark:
                said_of = f" is left empty: {reason}" if reason else f": {remark}"
                tqdm.write(f"{PROGRAM}: line {start + place + 1}{said_of}", file=sys.stderr)
        sys.stdout.flush()
    return sum(reason is not None for _, reason in said)
