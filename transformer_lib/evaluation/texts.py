"""What a model is worth on the test sets of a folder of text, line by line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from transformer_lib.data import TextTest, encode_pairs, load_tests
from transformer_lib.decoding import GREEDY, DecodingSettings, translate_texts
from transformer_lib.evaluation.scores import score_intervals
from transformer_lib.storage.model_file import TrainedModel
from transformer_lib.training.loop import measure
from transformer_lib.training.order import Batches
from transformer_lib.training.processes import shared_out


class Measure(NamedTuple):
    """How translations of a folder are made and scored."""

    decoding: DecodingSettings = GREEDY
    joined: bool = False  # lines of one source are one sentence with several references
    tokenize: str = "13a"  # sacreBLEU's
    lowercase: bool = False
    n_resamples: int = 1000
    n_samples: int = 3  # translations to show


PLAIN = Measure()


def folder_report(
    found: TrainedModel,
    folder: Path | str,
    source: str,
    target: str,
    how: Measure = PLAIN,
    *,
    on_done: Callable[[int], object] = lambda n: None,
) -> Iterator[str]:
    """BLEU and chrF of a model on every test set of a folder, a line each.

    With several processes each translates its share, and all get the same lines.

    Args:
        found: the model with its vocabularies.
        folder, source, target: as for `load_tests`.
        how: how translations are made and scored.
        on_done: called with a number of sentences whenever so many more are translated.

    Raises:
        FileNotFoundError: if there is no test set of these languages.
        ValueError: if a file cannot be read.
        ImportError: if sacreBLEU is not installed.
    """
    for name, test in load_tests(folder, source, target).items():
        yield from _test_report(found, name, test.joined() if how.joined else test, how, on_done)


def _test_report(
    found: TrainedModel, name: str, test: TextTest, how: Measure, on_done: Callable[[int], object]
) -> Iterator[str]:
    counts = sorted({len(references) for references in test.references})
    several = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    empty = f"; {test.n_empty} lines left out, empty in one language or both" if test.n_empty else ""
    beam = how.decoding.beam_size
    written = "greedy" if beam == 1 else f"beam {beam}, length penalty {how.decoding.length_penalty}"
    yield f"{name}: {len(test.sources):,} sentences, references for each: {several}; {written}{empty}"

    def work(places: list[int]) -> list[tuple[str, str | None]]:
        done = translate_texts(
            found, [test.sources[place] for place in places], how.decoding, on_done=on_done
        )
        return [(text, done.refused.get(row)) for row, text in enumerate(done.texts)]

    said = shared_out(len(test.sources), work)
    texts = [text for text, _ in said]
    refused = [(place, reason) for place, (_, reason) in enumerate(said) if reason]
    if refused:
        place, reason = refused[0]
        yield f"  {len(refused)} not translated, the first {test.sources[place][:60]!r}: {reason}"
    options = {"tokenize": how.tokenize, "lowercase": how.lowercase, "n_resamples": how.n_resamples}
    for score in score_intervals(texts, test.references, **options):
        yield (
            f"  {score.name} {score.score:.1f}, 95 % interval {score.low:.1f} to {score.high:.1f} ({score.signature})"
        )
    yield from _uncertainty(found, test)
    for row in range(min(how.n_samples, len(texts))):
        place = row * len(texts) // how.n_samples
        yield f"  {test.sources[place]} → {texts[place]} (reference: {test.references[place][0]})"


def _uncertainty(found: TrainedModel, test: TextTest) -> Iterator[str]:
    """Perplexity of the first references by token, which only models of one vocabulary share, and bits by character."""
    pairs, n_characters, limit = [], 0, found.model.config.max_length
    for sentence, references in zip(test.sources, test.references, strict=True):
        try:
            [ids] = encode_pairs(
                [(sentence, references[0])], found.source, found.target, source_eos=found.source_eos
            )
        except ValueError:  # a model of whole words lacks one of them
            continue
        if max(map(len, ids)) <= limit:
            pairs.append(ids)
            n_characters += len(references[0])
    if not pairs:
        return
    measured = measure(found.model, Batches(pairs, 64).in_order())
    n_tokens = sum(len(tgt) - 1 for _, tgt in pairs)
    bits = measured.loss * n_tokens / math.log(2) / n_characters
    left = f", of {len(pairs):,} sentences" if len(pairs) < len(test.sources) else ""
    yield f"  first reference: perplexity {measured.perplexity:.2f} a token, {bits:.2f} bits a character{left}"
