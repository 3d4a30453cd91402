"""The program: `python -m transformer_lib.evaluation` measures a translator on held-out sentences."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from transformer_lib.data import split
from transformer_lib.evaluation.report import Alignment, alignments, best_alignment, quality
from transformer_lib.storage.model_file import TrainedModel, read_model
from transformer_lib.training import checksum, read_tensors

PROGRAM = "python -m transformer_lib.evaluation"
DESCRIPTION = "Measure a translator that was trained on the grammar, on sentences that it never saw."
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
    found = read_model(path, device)
    data = found.about.get("data", {})
    if data.get("kind") != "grammar":
        raise ValueError(f"{path} was not trained on the grammar, whose tests this measures on")
    yield f"file: {Path(path).stat().st_size} bytes, checksum {checksum(*read_tensors(path))}"
    yield f"parameters: {sum(p.numel() for p in found.model.parameters())}"
    splits = split(data["n_pairs"], data["seed"])
    for name in ("test_sentences", "test_combinations"):
        pairs = getattr(splits, name)[:n_pairs]
        measured = quality(found.model, *found.vocabularies(), pairs)
        yield (
            f"{name.replace('_', ' ')}: exact match {measured.exact_match:.3f} of {len(pairs)}, "
            f"BLEU {measured.bleu.score:.1f} ({measured.bleu.signature})"
        )
    yield from _pointing(found, splits.validation[:n_pairs], splits.test_sentences[:n_pairs])


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the report; 0 if there is one, 2 after one line that says what is wrong."""
    parser = argparse.ArgumentParser(PROGRAM, description=DESCRIPTION)
    parser.add_argument(
        "model", nargs="?", default=SHIPPED, help="file of the model (default: the shipped one)"
    )
    parser.add_argument("--pairs", type=int, default=1000, help="sentences of each test (default: 1000)")
    parser.add_argument("--device", default="cpu", help="where the model runs (default: cpu)")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)  # so that figures repeat to the last digit
    try:
        if options.pairs < 1:
            raise ValueError(f"--pairs is at least 1, got {options.pairs}")
        for line in report(options.model, options.pairs, options.device):
            print(line, flush=True)
    except (ValueError, OSError, ImportError, RuntimeError) as error:
        print(f"{PROGRAM}: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
