"""The program: `python -m transformer_lib.evaluation` measures a translator on held-out sentences."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from tqdm import tqdm

from transformer_lib.data import Splits, split
from transformer_lib.decoding import DecodingSettings
from transformer_lib.evaluation.report import Alignment, alignments, best_alignment, quality
from transformer_lib.evaluation.texts import Measure, folder_report
from transformer_lib.storage.model_file import TrainedModel, model_path, read_model
from transformer_lib.training import checksum, read_tensors
from transformer_lib.training.processes import process_group, rank

PROGRAM = "python -m transformer_lib.evaluation"
DESCRIPTION = """\
Measure a translator on sentences that it never saw. With a FOLDER that holds test.de and test.en (for a model from de
to en), or several such test sets: BLEU and chrF as sacreBLEU counts them, each with an interval, and a few
translations. Further references stand in test.en.1, test.en.2 and so on. Without a folder: the tests of the grammar.
"""
SHIPPED = Path(__file__).parents[1] / "models" / "weights" / "translator.safetensors"


def report(path: Path | str, n_pairs: int = 1000, device: str = "cpu") -> Iterator[str]:
    """Metrics of a model trained on the grammar, line by line, as in its model card.

    The cross-attention whose alignment is reported is chosen on validation sentences, not on those it is
    measured on.

    Args:
        path: the file of the model, as training writes it.
        n_pairs: sentences of each test to measure on, at most.
        device: where the model runs.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it holds something else, or was not trained on the grammar.
    """
    path = model_path(path)
    found = read_model(path, device)
    data = found.about.get("data", {})
    if data.get("kind") != "grammar":
        raise ValueError(
            f"{path} was not trained on the grammar, whose tests this measures on; give a folder with test files"
        )
    yield f"file: {Path(path).stat().st_size} bytes, checksum {checksum(*read_tensors(path))}"
    yield f"parameters: {sum(p.numel() for p in found.model.parameters())}"
    splits = split(data["n_pairs"], data["seed"])
    yield from _right(found, splits, n_pairs)
    yield from _pointing(found, splits.validation[:n_pairs], splits.test_sentences[:n_pairs])
    if "n_further" in data:
        yield "further rules:"
        further = split(data["n_further"], data["seed"], further=True)
        for line in _right(found, further, n_pairs):
            yield f"  {line}"


def _right(found: TrainedModel, splits: Splits, n_pairs: int) -> Iterator[str]:
    for name in ("test_sentences", "test_combinations"):
        pairs = getattr(splits, name)[:n_pairs]
        measured = quality(found.model, *found.vocabularies(), pairs)
        yield (
            f"{name.replace('_', ' ')}: exact match {measured.exact_match:.3f} of {len(pairs)}, "
            f"BLEU {measured.bleu.score:.1f} ({measured.bleu.signature})"
        )


def _pointing(found: TrainedModel, validation: Sequence, test: Sequence) -> Iterator[str]:
    best = best_alignment(alignments(found.model, *found.vocabularies(), validation))
    table = {(row.layer, row.head): row for row in alignments(found.model, *found.vocabularies(), test)}
    chosen = table[best.layer, best.head]
    yield (
        f"alignment: error rate {chosen.error_rate:.3f}, argmax accuracy {chosen.accuracy:.3f} "
        f"({_name(chosen)}, chosen on validation sentences)"
    )
    for row in table.values():
        yield f"  {_name(row)}: error rate {row.error_rate:.3f}, argmax accuracy {row.accuracy:.3f}"


def _name(row: Alignment) -> str:
    if row.layer is None:
        return "mean of all heads"
    return f"layer {row.layer + 1}, " + ("mean of heads" if row.head is None else f"head {row.head + 1}")


def parser() -> argparse.ArgumentParser:
    """The command line of the program."""
    found = argparse.ArgumentParser(
        PROGRAM, description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = found.add_argument
    add("model", nargs="?", default=SHIPPED, help="model file, or folder of a run (default: the shipped one)")
    add("folder", nargs="?", help="folder with test files")
    add("--source", help="ending of the source files (default: what the model was trained on)")
    add("--target", help="ending of the target files (default: what the model was trained on)")
    add("--beam", type=int, default=1, help="beam size; 1 is greedy decoding (default: 1)")
    add("--length-penalty", type=float, default=0.6, help="of beam search (default: 0.6)")
    add("--batch-size", type=int, default=64, help="sentences at a time (default: 64)")
    add("--join", action="store_true", help="lines of one source are one sentence with several references")
    add("--tokenize", default="13a", help="sacreBLEU's tokenizer (default: 13a)")
    add("--lowercase", action="store_true", help="BLEU without case")
    add("--samples", type=int, default=3, help="translations to show (default: 3)")
    add("--pairs", type=int, default=1000, help="sentences of each test of the grammar (default: 1000)")
    add("--device", default="cpu", help="where the model runs (default: cpu)")
    add("--threads", type=int, default=1, help="processor threads; 1 repeats to the last digit (default: 1)")
    return found


def _folder(options: argparse.Namespace, device: torch.device) -> Iterator[str]:
    """The report on a folder, by as many processes as torchrun started."""
    path = model_path(options.model)
    found = read_model(path, device)
    data = found.about.get("data", {})
    sides = [options.source or data.get("source"), options.target or data.get("target")]
    if None in sides:
        raise ValueError(
            "the model does not say which languages it was trained on: give --source and --target"
        )
    yield f"file: {path.stat().st_size} bytes, checksum {checksum(*read_tensors(path))}"
    yield f"parameters: {sum(p.numel() for p in found.model.parameters())}"
    how = Measure(
        DecodingSettings(options.beam, options.length_penalty, options.batch_size),
        joined=options.join,
        tokenize=options.tokenize,
        lowercase=options.lowercase,
        n_samples=options.samples,
    )
    hidden = rank() > 0 or os.environ.get("TQDM_DISABLE", "0") not in ("", "0") or not sys.stderr.isatty()
    with tqdm(unit="sentence", disable=hidden, leave=False) as bar:
        yield from folder_report(found, options.folder, sides[0], sides[1], how, on_done=bar.update)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; 0 if there is one, 2 after one line that says what is wrong."""
    options = parser().parse_args(arguments)
    try:
        for name in ("pairs", "threads", "beam", "batch_size"):
            if getattr(options, name) < 1:
                raise ValueError(f"--{name.replace('_', '-')} is at least 1, got {getattr(options, name)}")
        torch.set_num_threads(options.threads)
        with process_group(torch.device(options.device)) as device:
            if options.folder is not None:
                lines = _folder(options, device)
            else:  # short enough for one process
                lines = report(options.model, options.pairs, str(device)) if rank() == 0 else ()
            for line in lines:
                if rank() == 0:
                    tqdm.write(line)
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        print(f"{PROGRAM}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
