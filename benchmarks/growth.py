"""How cost grows with size, and the power of the size that it grows with.

    python -m benchmarks.growth [--only attention training decoding corpus book] [--store]

Attention, a training step and decoding at four lengths, the corpus loader at three sizes, and the book at three: of
eight chapters, and of 16 and 30 that repeat ours, built in a temporary folder (one build each, minutes long). Times are
of the processor, the least of several runs. `--store` writes `benchmarks/results/growth.json`;
the `README.md` beside it says what was found.
"""

from __future__ import annotations

import argparse
import math
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import torch

from benchmarks.library import Call, quiet, seconds, store
from transformer_lib import Transformer, TransformerConfig, attention
from transformer_lib.data.folders import load_folder
from transformer_lib.decoding import beam_search, greedy_decode
from transformer_lib.training import adam, training_step

ROOT = Path(__file__).resolve().parent.parent
VOCAB, RUNS = 1000, 5
LENGTHS = (64, 128, 256, 512)
PAIRS = (10_000, 30_000, 90_000)
CHAPTERS = (8, 16, 30)
Sizes = dict[int, float]  # size -> seconds


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = {
        "attention": attentions,
        "training": training,
        "decoding": decoding,
        "corpus": corpus,
        "book": book,
    }
    parser.add_argument("--only", nargs="*", choices=parts, default=list(parts))
    parser.add_argument("--store", action="store_true", help="write them to benchmarks/results/growth.json")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    for part in options.only:
        for name, sizes in parts[part]():
            steps = " ".join(f"{size}: {time * 1e3:.1f} ms" for size, time in sizes.items())
            print(f"{name:55} grows as size^{power(sizes):.2f}   {steps}", flush=True)
            if options.store:
                found = {
                    "power": round(power(sizes), 2),
                    "ms": {n: round(s * 1e3, 1) for n, s in sizes.items()},
                }
                store("growth", name, found)


def power(sizes: Sizes) -> float:
    """From the smallest to the largest: 1 is in proportion, 2 is with the square."""
    (first, *_, last) = sizes
    return math.log(sizes[last] / sizes[first]) / math.log(last / first)


def least(call: Call) -> float:
    call()
    return min(seconds(call) for _ in range(RUNS))


def attentions() -> Iterator[tuple[str, Sizes]]:
    for need_weights in (False, True):
        sizes = {}
        for length in LENGTHS:
            q, k, v = torch.randn(3, 1, 8, length, 64)
            sizes[length] = least(
                quiet(lambda q=q, k=k, v=v, w=need_weights: attention(q, k, v, causal=True, need_weights=w))
            )
        yield f"causal attention with{'' if need_weights else 'out'} weights, by length", sizes


def small(length: int) -> Transformer:
    sizes = {"d_model": 128, "n_heads": 4, "d_ff": 512, "n_layers": 2, "max_length": length + 1}
    model = Transformer(TransformerConfig(VOCAB, VOCAB, **sizes, output_bias=True))
    with torch.no_grad():  # it never ends its sentence
        model.output.bias[[model.config.pad_id, model.config.eos_id]] = -1e9
    return model


def training() -> Iterator[tuple[str, Sizes]]:
    sizes = {}
    for length in LENGTHS:
        model, ids = small(length), torch.randint(3, VOCAB, (4, length + 1))
        optimizer = adam(model)
        sizes[length] = least(
            lambda m=model, o=optimizer, ids=ids: training_step(m, o, ids[:, 1:], ids, lr=1e-4)
        )
    yield "training step of 4 sentences, by length", sizes


def decoding() -> Iterator[tuple[str, Sizes]]:
    searches: dict[str, Callable] = {"greedy_decode": greedy_decode, "beam_search of 4": beam_search}
    for name, search in searches.items():
        sizes = {}
        for length in LENGTHS:
            model, ids = small(length), torch.randint(3, VOCAB, (1, 12))
            sizes[length] = least(lambda m=model, ids=ids, n=length, s=search: s(m, ids, max_length=n))
        yield f"{name} of one sentence, by length", sizes


def corpus() -> Iterator[tuple[str, Sizes]]:
    sizes = {}
    for count in PAIRS:
        with tempfile.TemporaryDirectory() as place:
            for stem, lines in (("train", count), ("val", 100)):
                for language in ("de", "en"):
                    text = "".join(f"a sentence of nine words with the number {n}\n" for n in range(lines))
                    Path(place, f"{stem}.{language}").write_text(text, "utf-8")
            sizes[count] = least(lambda place=place: load_folder(place))
    yield "load_folder, by pairs of sentences", sizes


def book() -> Iterator[tuple[str, Sizes]]:
    """`make book` without its strictness, for chapters that repeat others repeat their labels, too."""
    sizes = {}
    for count in CHAPTERS:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place, "book-of-many")
            left_out = shutil.ignore_patterns(
                "node_modules", ".venv", "_build", ".git", "tests", "__pycache__"
            )
            shutil.copytree(ROOT, folder, ignore=left_out)
            (folder / "node_modules").symlink_to((ROOT / "node_modules").resolve())
            repeat_chapters(folder, count)
            command = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "--keep-going"]
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            sizes[count] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    yield "building the book, by chapters (one build each)", sizes


def repeat_chapters(folder: Path, count: int) -> None:
    """Copies of the chapters under new numbers, until the book has so many."""
    contents = folder / "_toc.yml"
    lines = contents.read_text("utf-8").splitlines()
    chapters = [line.split("file: ")[1] for line in lines if "file: book/0" in line]
    copies = []
    for number in range(len(chapters) + 1, count + 1):
        original = chapters[(number - 1) % len(chapters)]
        copies.append(f"book/{number:02}-{original.split('/')[1][3:]}")
        text = (folder / f"{original}.ipynb").read_text("utf-8")
        (folder / f"{copies[-1]}.ipynb").write_text(text, "utf-8")
    at = max(n for n, line in enumerate(lines) if "file: book/0" in line) + 1
    lines[at:at] = [f"      - file: {name}" for name in copies]
    contents.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
