"""Memory and time of the training program with the size of the corpus: ``python -m benchmarks.corpus``.

Each size runs in a process of its own: a folder of sentences of the book's grammar is read, its subwords are learnt,
pairs become ids, and some steps are taken. The result goes to `benchmarks/results/corpus.json`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from transformer_lib import Transformer, TransformerConfig
from transformer_lib.data import generate
from transformer_lib.text import detokenise
from transformer_lib.training import Batches, adam, training_step
from transformer_lib.training.data import folder_data

RESULT = Path(__file__).parent / "results" / "corpus.json"
SIZES = (5_000, 20_000, 80_000)
STEPS = 21
VALIDATION = 200


def write_folder(folder: Path, n_pairs: int) -> None:
    """Sentences of the grammar as `train` and `val`; each gets a number, so that no two are alike."""
    pairs = generate(min(n_pairs, SIZES[0]), seed=0)
    for language, side in (("en", 0), ("fr", 1)):
        lines = [f"{row} {detokenise(pairs[row % len(pairs)][side])}\n" for row in range(n_pairs)]
        (folder / f"train.{language}").write_text("".join(lines), "utf-8")
        (folder / f"val.{language}").write_text("".join(lines[:VALIDATION]), "utf-8")


def megabytes() -> float:
    """Most memory that this process has had so far."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def measured(folder: str, n_pairs: int) -> dict[str, Any]:
    """One size: seconds to read, memory above that of the libraries, seconds of the first step and of a later one."""
    torch.set_num_threads(1)
    before, began = megabytes(), time.process_time()
    data = folder_data(folder, "en", "fr", vocab_size=2000, subwords="joint")
    read, after_reading = time.process_time() - began, megabytes()
    size = len(data.source)
    torch.manual_seed(0)
    model = Transformer(TransformerConfig(size, size, 64, 4, 256, 2, tie_embeddings="all", max_length=128))
    batches, optimizer, seconds = Batches(data.train, 32), adam(model), []
    for step in range(1, STEPS + 1):
        began = time.process_time()
        training_step(model, optimizer, *batches(step), lr=1e-3)
        seconds.append(time.process_time() - began)
    n_tokens = sum(len(src) + len(tgt) for src, tgt in data.train)
    return {
        "pairs": n_pairs,
        "tokens": n_tokens,
        "seconds to read": round(read, 2),
        "megabytes to read": round(after_reading - before, 1),
        "seconds of the first step": round(seconds[0], 3),
        "seconds of a later step": round(statistics.median(seconds[1:]), 3),
        "megabytes at the end": round(megabytes() - before, 1),
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", nargs="*", type=int, default=SIZES, help="pairs in the corpus")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args(arguments)
    rows = []
    for n_pairs in options.sizes:
        with tempfile.TemporaryDirectory() as folder, multiprocessing.get_context("spawn").Pool(1) as pool:
            write_folder(Path(folder), n_pairs)  # not in the process whose memory is measured
            rows.append(pool.apply(measured, (folder, n_pairs)))
        print(rows[-1], flush=True)
    about = {
        "command": "python -m benchmarks.corpus",
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, one thread; seconds are of processor",
        "corpora": rows,
    }
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
