"""Multi30k, German to English, by the training program: ``python -m benchmarks.multi30k FOLDER [--store]``.

FOLDER holds train, val and test_2016_flickr, each .de and .en, plain or .gz: image captions, for research and education
only, so they do not come along (Elliott et al. 2016). The program trains on the processor and goes on from its checkpoint if
it was stopped. What it made is scored three ways on the 1,000 captions of the test: as sacreBLEU counts, with case; without
case; and without case on spaCy's tokens, the way in which the peer's 36.09 was counted (a Transformer of 9.03 million
parameters, trained on a GPU: Trevett, *PyTorch Seq2Seq*, chapter 6). The last needs spaCy, which this book does
without: ``pip install spacy``. The result goes to `benchmarks/results/multi30k.json`, a row for each seed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from transformer_lib.data import load_tests
from transformer_lib.decoding import DecodingSettings, translate_texts
from transformer_lib.evaluation import bleu, chrf
from transformer_lib.storage.model_file import model_path, read_model

RESULT = Path(__file__).parent / "results/multi30k.json"
PEER, PEER_PARAMETERS = 36.09, 9_030_000
SOURCE, TARGET = "de", "en"
RECIPE = {
    "source": SOURCE,
    "target": TARGET,
    "subwords": "joint",
    "vocab-size": 6000,
    "max-length": 64,
    "d-model": 128,
    "n-heads": 4,
    "n-layers": 4,
    "d-ff": 256,
    "dropout": 0.2,
    "schedule": "paper",
    "lr": 5e-3,
    "warmup": 500,
    "steps": 2200,
    "cooldown": 900,
    "save-every": 200,
    "batch-size": 192,
    "precision": "bfloat16",
    "keep": "average",
    "average": 5,
}
BEAM = DecodingSettings(4, 0.6, 64)
GREEDY = DecodingSettings(1, 0.6, 64)


def command(folder: str, out: Path, seed: int) -> list[str]:
    """What a reader types, word by word."""
    words = ["-m", "transformer_lib.training", "--data", folder, "--out", str(out), "--seed", str(seed)]
    words += [word for name, value in RECIPE.items() for word in (f"--{name}", str(value))]
    return [*words, "--resume"]


def spacy_tokens() -> Callable[[str], str] | None:
    """English text as spaCy's tokens with spaces between them; None where spaCy is not installed."""
    try:
        import spacy  # pyright: ignore[reportMissingImports]  # not among the book's packages
    except ImportError:
        return None
    cut = spacy.blank("en").tokenizer
    return lambda text: " ".join(token.text for token in cut(text.strip()))


def scores(said: list[str], wanted: list[str]) -> dict[str, Any]:
    """BLEU three ways and chrF of one system's translations."""
    cased, uncased = bleu(said, wanted), bleu(said, wanted, lowercase=True)
    found = {"BLEU": cased.score, "signature": cased.signature, "BLEU without case": uncased.score}
    cut = spacy_tokens()
    if cut is not None:
        low = [[cut(text.lower()) for text in side] for side in (said, wanted)]
        found["BLEU without case, spaCy's tokens"] = bleu(*low, tokenize="none").score
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in found.items()} | {
        "chrF": round(chrf(said, wanted), 2)
    }


def measured(out: Path, folder: str) -> dict[str, Any]:
    """The trained model on the test, greedy and with a beam."""
    found = read_model(model_path(out))
    [(name, test)] = load_tests(folder, SOURCE, TARGET).items()
    wanted = [references[0] for references in test.references]
    row: dict[str, Any] = {
        "parameters": sum(p.numel() for p in found.model.parameters()),
        "test": f"{name}, {len(wanted)} sentences",
    }
    for words, how in (("greedy", GREEDY), ("beam 4", BEAM)):
        row[words] = scores(translate_texts(found, test.sources, how).texts, wanted)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", help="where train.de.gz and the others are")
    parser.add_argument("--out", type=Path, default=Path("runs/multi30k"), help="folder of the run")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--store", action="store_true", help=f"write {RESULT.name}")
    options = parser.parse_args()
    began = time.monotonic()
    subprocess.run([sys.executable, *command(options.folder, options.out, options.seed)], check=True)
    row: dict[str, Any] = {
        "seed": options.seed,
        "minutes": round((time.monotonic() - began) / 60),
    }
    torch.set_num_threads(1)
    row |= measured(options.out, options.folder)
    print(json.dumps(row, indent=1))
    best = row["greedy"].get("BLEU without case, spaCy's tokens")  # the peer decodes greedily, too
    if best is None:
        print("spaCy is not installed: the figure that stands beside 36.09 was not measured")
    else:
        fits = best > PEER and row["parameters"] <= PEER_PARAMETERS
        print(
            f"{best:.2f} beside {PEER} with {row['parameters']:,} parameters:", "ahead" if fits else "behind"
        )
    if options.store:
        before = json.loads(RESULT.read_text("utf-8"))["rows"] if RESULT.exists() else []
        rows = sorted([*(r for r in before if r["seed"] != options.seed), row], key=lambda r: r["seed"])
        machine = {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "torch": torch.__version__,
        }
        said = " ".join(["python", *command("FOLDER", Path("runs/multi30k"), options.seed)])
        RESULT.write_text(json.dumps({"command": said, **machine, "rows": rows}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
