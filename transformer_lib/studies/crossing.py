"""Cross-attention off the aligned word, ablation of its heads, and swaps of memory vectors.

``python -m transformer_lib.studies.crossing`` measures the shipped translator and writes
``results/crossing.json``. With ``--seeds 1 2 --folder FOLDER`` further translators are measured, too, which are
trained into the folder as the shipped one was before it went on (the first command of its recipe), five minutes of one
core each; a run found there is resumed.
"""

from __future__ import annotations

import argparse
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from transformer_lib.data import Pair, analyses, encode_pairs, generate, pad, split
from transformer_lib.data.grammar.lexicon import NOUNS, STATES
from transformer_lib.evaluation import ablated, ablated_at_random, alignment_weights
from transformer_lib.model.masks import padding_mask
from transformer_lib.model.transformer import Transformer
from transformer_lib.models.translator import load_translator
from transformer_lib.storage.model_file import FILE, is_finished, read_model
from transformer_lib.studies.stored import first_line, store
from transformer_lib.training.__main__ import main as train

ARTICLES = ("le", "la", "l'", "les")
SHOWN = 8  # changed words listed for each head


@dataclass(frozen=True)
class Settings:
    """What is measured; the defaults are those of the stored results."""

    seeds: tuple[int, ...] = ()  # of further translators, trained with the first command of its recipe
    controls: tuple[int, ...] = (0, 1, 2, 3, 4)  # seeds of what is taken away at random
    n_drawn: int = 9000  # sentences of the grammar, of which about 4 of 100 are for tests
    drawn_with: int = 5  # seed
    n_sentences: int = 300


class Translator:
    """A model with its vocabularies, and its outputs on the study's sentences."""

    def __init__(self, model: Transformer, source: Any, target: Any, pairs: Sequence[Pair]) -> None:
        self.model, self.source, self.target, self.pairs = model, source, target, pairs
        encoded = encode_pairs(pairs, source, target)
        self.src_ids, self.tgt_ids = (pad(list(part)) for part in zip(*encoded, strict=True))

    def maps(self) -> list[Tensor]:
        """(L, H, T, S) for each sentence, rows by the word they produce."""
        return [
            alignment_weights(self.model, pad([src]), pad([tgt]))[0]
            for src, tgt in encode_pairs(self.pairs, self.source, self.target)
        ]

    @torch.no_grad()
    def changed(self) -> Counter:
        """Right word → likeliest word, wherever they differ under teacher forcing."""
        memory = self.model.encode(self.src_ids, padding_mask(self.src_ids))
        logits = self.model.decode(self.tgt_ids[:, :-1], memory, padding_mask(self.src_ids))
        gold, guess = self.tgt_ids[:, 1:], logits.argmax(-1)
        wrong = (guess != gold) & (gold != self.model.config.pad_id)
        words = self.target.words
        return Counter(f"{words[g]} → {words[h]}" for g, h in zip(gold[wrong], guess[wrong], strict=True))

    @torch.no_grad()
    def memory(self, english: str) -> Tensor:
        return self.model.encode(torch.tensor([self.source.encode(english)]), None)

    @torch.no_grad()
    def says(self, memory: Tensor, french: str) -> str:
        """The likeliest word after this French."""
        ids = self.target.encode(french, bos=True) if french else [self.model.config.bos_id]
        return self.target.words[int(self.model.decode(torch.tensor([ids]), memory, None)[0, -1].argmax())]


def looks(pairs: Sequence[Pair], maps: Sequence[Tensor]) -> dict[str, Any]:
    """Largest weights on an unaligned word: how many, for which words, and how many on the next French word's source.

    "by chance" is the expected number there if each were uniform over the unaligned words.

    Args:
        pairs: with their alignment.
        maps: (T, S) for each.
    """
    seen, wrong, following, many = Counter(), Counter(), Counter(), Counter()
    chance = 0.0
    for pair, weights in zip(pairs, maps, strict=True):
        sources = [{s for s, t in pair.alignment if t == row} for row in range(len(pair.french) + 1)]
        for row, word in enumerate(pair.french):
            if not sources[row]:
                continue
            seen[word] += 1
            place = int(weights[row].argmax())
            if place in sources[row]:
                continue
            wrong[word] += 1
            following[word] += place in sources[row + 1]
            chance += len(sources[row + 1] - sources[row]) / (weights.shape[1] - len(sources[row]))
            many[word] += any(sources[row] & other for k, other in enumerate(sources) if k != row)
    return {
        "wrong": wrong.total(), "seen": seen.total(), "on the next": following.total(), "one to many": many.total(),
        "by chance": round(chance, 1),
        "words": {w: [n, seen[w], following[w]] for w, n in wrong.most_common()},
        "que": [wrong["que"], seen["que"]],
    }  # fmt: skip


def on_articles(pairs: Sequence[Pair], maps: Sequence[Tensor]) -> dict[str, int]:
    """Where one head's largest weight lies when *le, la, l', les* are written: article, a word of the next two, or else."""
    found = Counter(article=0, next=0, other=0)
    for pair, weights in zip(pairs, maps, strict=True):
        for row, word in enumerate(pair.french):
            own = {s for s, t in pair.alignment if t == row}
            if word not in ARTICLES or not own:
                continue
            place = int(weights[row].argmax())
            ahead = {s for s, t in pair.alignment if t in (row + 1, row + 2)}
            found["article" if place in own else "next" if place in ahead else "other"] += 1
    return dict(found)


def heads(one: Translator, controls: Sequence[int]) -> list[dict[str, Any]]:
    """Ablation of each cross-attention head: words that change, beside the ablation of a random subspace."""
    maps, rows = one.maps(), []
    for layer in range(one.model.config.n_layers):
        random = []
        for seed in controls:
            with ablated_at_random(one.model, layer, "cross", seed=seed):
                random.append(one.changed().total())
        for head in range(one.model.config.n_heads):
            with ablated(one.model, layer, head, "cross"):
                changed = one.changed()
            rows.append({
                "layer": layer + 1, "head": head + 1, "changed": changed.total(), "at random": random,
                "words": dict(changed.most_common(SHOWN)),
                "articles": on_articles(one.pairs, [m[layer, head] for m in maps]),
            })  # fmt: skip
    return rows


def swapped(
    one: Translator, first: str, second: str, french: str, places: Sequence[int | list[int]]
) -> list[str]:
    """The word after `french` if these rows of the first sentence's memory are replaced by the second's."""
    kept, other = one.memory(first), one.memory(second)
    said = []
    for place in places:
        mixed = kept.clone()
        mixed[0, place] = other[0, place]
        said.append(one.says(mixed, french))
    return said


def genders(one: Translator) -> dict[str, Any]:
    """Swaps of memory rows for *le* or *la* (the article's or the noun's row), and for *content* or *contente*.

    Each noun in *the … was small .* lends one row to each noun of the other gender; each adjective in *she is … .* lends
    one row to *i am … .*, with *je suis* already written; then the pronoun's row and the adjective's go over together.
    """
    nouns: dict[str, list[str]] = {"le": [], "la": []}
    for english, (_, plural) in NOUNS.items():
        if plural:
            continue
        sentence = f"the {english} was small ."
        article = next((pair.french[0] for pair in analyses(sentence)), "")
        if article in nouns and one.says(one.memory(sentence), "") == article:
            nouns[article].append(sentence)
    follows, n = [0, 0], 0
    for here, there in (("le", "la"), ("la", "le")):
        for first, second in itertools.product(nouns[here], nouns[there]):
            said = swapped(one, first, second, "", (0, 1))
            follows = [count + (word == there) for count, word in zip(follows, said, strict=True)]
            n += 1
    rows, cases = [0, 0, 0, 0], 0
    for english, adjective in STATES.items():
        masculine, feminine = adjective.forms[:2]
        if masculine == feminine or one.says(one.memory(f"i am {english} ."), "je suis") != masculine:
            continue
        if one.says(one.memory(f"she is {english} ."), "je suis") != feminine:
            continue
        said = swapped(one, f"i am {english} .", f"she is {english} .", "je suis", (0, 1, 2, [0, 2]))
        rows = [count + (word == feminine) for count, word in zip(rows, said, strict=True)]
        cases += 1
    return {
        "pairs of nouns": n, "follows the article's row": follows[0], "follows the noun's row": follows[1],
        "adjectives": cases, "follows the pronoun's row": rows[0], "follows the verb's row": rows[1],
        "follows the adjective's row": rows[2], "follows pronoun's and adjective's": rows[3],
    }  # fmt: skip


def elisions(one: Translator) -> dict[str, int]:
    """Swaps for *que* or *qu'* in *paul said that … worked .*: the memory row of *that*, or of the next word."""
    groups = ("i", "you", "we"), ("he", "she", "they")
    before, vowel = ([f"paul said that {pronoun} worked ." for pronoun in group] for group in groups)
    pairs = [*itertools.product(before, vowel), *itertools.product(vowel, before)]
    after = "paul a dit"
    said = [(swapped(one, *pair, after, (2, 3)), one.says(one.memory(pair[1]), after)) for pair in pairs]
    that, following = (sum(words[place] == there for words, there in said) for place in (0, 1))
    return {"pairs": len(said), "follows that's row": that, "follows the next word's row": following}


def measured(model: Transformer, source: Any, target: Any, settings: Settings) -> dict[str, Any]:
    """All measurements of one translator."""
    pairs = split(generate(settings.n_drawn, seed=settings.drawn_with)).test_sentences[: settings.n_sentences]
    one = Translator(model, source, target, pairs)
    maps = [m[-1].mean(0) for m in one.maps()]
    found = {"changed": one.changed().total(), "looks": looks(pairs, maps), "elisions": elisions(one)}
    found |= {"heads": heads(one, settings.controls), "genders": genders(one)}
    last = [row for row in found["heads"] if row["layer"] == model.config.n_layers]
    nouns = max(last, key=lambda row: row["articles"]["next"])[
        "head"
    ]  # the head that attends to the word after the article
    with ablated(model, model.config.n_layers - 1, nouns - 1, "cross"):
        found["genders without"] = {"head": nouns, **genders(one)}
    return found


def study(settings: Settings = Settings(), folder: Path = Path("runs")) -> dict[str, Any]:
    """The shipped translator, and those of the seeds, which are kept in the folder."""
    found = {"shipped": measured(*load_translator(), settings)}
    for seed in settings.seeds:
        run = folder / f"seed-{seed}"
        if not is_finished(run / FILE) and train(["--seed", str(seed), "--out", str(run), "--resume"]):
            raise RuntimeError(f"the training with seed {seed} did not end well")
        model, source, target, *_ = read_model(run / FILE)
        found[f"seed {seed}"] = measured(model.eval(), source, target, settings)
    command = "python -m transformer_lib.studies.crossing"
    if settings.seeds:
        command += f" --seeds {' '.join(map(str, settings.seeds))}"
    return {"about": asdict(settings), "command": command, "translators": found}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=first_line(__doc__))
    parser.add_argument("--seeds", type=int, nargs="*", default=[], help="of further translators")
    parser.add_argument("--folder", type=Path, default=Path("runs"), help="where these are kept: runs")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    store("crossing", study(Settings(seeds=tuple(options.seeds)), options.folder))


if __name__ == "__main__":
    main()
