"""Exercises on judging what was written: BLEU, and a bias traced to counts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

from transformer_lib.exercises.checking import Exercise, either

Sentence = Sequence[str]


def _ngrams(words: Sentence, n: int, missing: int = 0) -> Counter:
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1 - missing))


def bleu(hypotheses: Sequence[Sentence], references: Sequence[Sentence], *, slip: str = "") -> float:
    """Corpus BLEU in percent: n-grams up to 4, one reference, no smoothing; `slip` names a mistake."""
    shares, halvings = [], 0
    for n in range(1, 5):
        hits = total = 0
        for words, gold in zip(hypotheses, references, strict=True):
            found, known = (_ngrams(side, n, missing=slip == "edge") for side in (words, gold))
            if slip == "kinds":
                found, known = Counter(set(found)), Counter(set(known))
            most = found if slip == "clip" else known
            hits += sum(min(count, most[g]) for g, count in found.items() if g in known)
            total += sum((known if slip == "recall" else found).values())
        if slip == "halved" and not hits:  # what sacreBLEU's smooth:exp does
            halvings += 1
            hits = 0.5**halvings
        shares.append((hits + 1) / (total + 1) if slip == "smooth" else hits / total)
    if slip == "raise":
        shares = [math.exp(math.log(share)) for share in shares]
    if slip == "skip":
        shares = [share for share in shares if share] + [1.0] * shares.count(0.0)
    if not all(shares):
        return 0.0
    said, wanted = (sum(map(len, side)) for side in (hypotheses, references))
    penalty = {
        "brevity": 1.0,
        "both": math.exp(1 - wanted / said),
        "ratio": min(1.0, said / wanted),
        "upside": math.exp(min(0.0, 1 - said / wanted)),
    }.get(slip, math.exp(min(0.0, 1 - wanted / said)))
    product = math.prod(shares)
    mean = {
        "mean": sum(shares) / 4,
        "root": product,
        "sum": sum(shares),
        "one word": shares[0],
        "four": shares[3],
        "three": math.prod(shares[:3]) ** (1 / 3),
    }.get(slip, product**0.25)
    return mean * penalty * (1 if slip == "one" else 100)


def _slip(*names: str) -> Any:
    return either(*(partial(bleu, slip=name) for name in names))


def _clipped_together(hypotheses: Sequence[Sentence], references: Sequence[Sentence]) -> float:
    shares = []
    for n in range(1, 5):
        found, known = (
            sum((_ngrams(words, n) for words in side), Counter()) for side in (hypotheses, references)
        )
        shares.append((found & known).total() / found.total())
    said, wanted = (sum(map(len, side)) for side in (hypotheses, references))
    return 100 * math.prod(shares) ** 0.25 * math.exp(min(0.0, 1 - wanted / said))


def _mean_of_sentences(hypotheses: Sequence[Sentence], references: Sequence[Sentence]) -> float:
    scores = [bleu([words], [gold]) for words, gold in zip(hypotheses, references, strict=True)]
    return sum(scores) / len(scores)


def _bleu_probes() -> list[tuple]:
    """Corpora that repeat words, are short, are long, have no run of four, mix them up, repeat short sentences."""
    gold = ["je suis content de vous voir .", "la voiture noire est dans la rue .", "elle lit un livre ."]
    said = ["je suis content de vous .", "la la voiture noire est dans la la rue .", "elle lit un livre"]
    short = ["je suis content de", "la voiture noire est dans", "elle lit un livre"]
    long = [
        "je suis très content de vous voir .",
        "la voiture noire est là dans la rue .",
        "Elle lit un livre .",
    ]
    apart = [
        "je suis content . de vous voir",
        "la voiture est noire dans la grande rue",
        "elle a un livre .",
    ]
    mixed = ["vous je suis content de voir .", "la voiture noire est dans un livre .", "elle lit la rue ."]
    brief = ["oui .", "elle lit un livre .", *["je suis content de vous voir ."] * 3, "non"]
    wanted = ["oui .", "elle lit un livre .", *["je suis très content de vous voir ."] * 2, gold[0], "non ."]
    pairs = [*((lines, gold) for lines in (said, short, long, apart, mixed)), (brief, wanted)]
    return [tuple([line.split() for line in side] for side in pair) for pair in pairs]


BLEU = Exercise(
    name="BLEU",
    question="08.5",
    solution=bleu,
    shows="Clipped counts over the whole corpus, four precisions, one brevity penalty: that is all of BLEU.",
    probes=_bleu_probes,
    mistakes={
        "Compare the words as they are: *Elle* is not *elle*.": lambda *sides: bleu(
            *([[word.lower() for word in words] for words in side] for side in sides)
        ),
        "A pair of sentences that stands there twice counts twice.": lambda *sides: bleu(
            *zip(*dict.fromkeys(zip(*(map(tuple, side) for side in sides), strict=True)), strict=True)
        ),
        "A word said twice counts twice in yours: clip each n-gram's count at its count in the reference.": _slip(
            "clip"
        ),
        "Compare each sentence with its own reference: a run that another reference has is no hit.": _clipped_together,
        "BLEU is no mean over sentences: add up matches and totals over the corpus, then divide.": _mean_of_sentences,
        "The brevity penalty is missing: exp(1 − reference length / length) when the output is shorter.": (
            _slip("brevity")
        ),
        "The brevity penalty rewards length in yours: it is never above 1.": _slip("both"),
        "The brevity penalty is exp(1 − reference length / length), not the ratio of the lengths.": _slip(
            "ratio"
        ),
        "The brevity penalty stands upside down: c, your words, is below, and r, the reference's, above.": (
            _slip("upside")
        ),
        "Divide by the n-grams of the hypothesis: BLEU asks how much of what was said is right.": either(
            partial(bleu, slip="recall"), lambda hypotheses, references: bleu(references, hypotheses)
        ),
        "A run that is said twice counts twice if the reference has it twice: count runs, not kinds.": (
            _slip("kinds")
        ),
        "The last run of each sentence is missing: of n words, len(words) − n + 1 runs begin.": _slip("edge"),
        "Leave the counts as they are: adding 1 is smoothing, and makes another score of it.": _slip(
            "smooth"
        ),
        "If runs of some length never match, BLEU without smoothing is 0; yours puts something in their place.": (
            _slip("halved", "skip")
        ),
        "Runs of some length may never match, and 0 has no logarithm: return 0 there.": _slip("raise"),
        "BLEU takes runs of one, two, three and four words, all four shares.": _slip(
            "one word", "four", "three"
        ),
        "The four shares are multiplied and the fourth root is taken; theirs is no ordinary mean.": (
            _slip("mean", "root", "sum")
        ),
        "BLEU runs from 0 to 100: multiply by 100.": _slip("one"),
    },
    tolerance=1e-3,
)

CORPUS = [
    ("the doctor was happy", "le médecin était content"),
    ("the doctor came", "le médecin est venu"),
    ("the doctor was here", "la médecin était là"),
    ("the nurse was happy", "la infirmière était contente"),
    ("the nurse came", "la infirmière est venue"),
    ("the cat came", "le chat est venu"),
    ("the cat became old", "le chat est devenu vieux"),
    ("i saw the doctor", "je ai vu le médecin"),
    ("the doctor saw the doctor", "le médecin a vu le médecin"),
    ("the cat came and the cat was happy", "le chat est venu et la chatte était contente"),
]


def _with(corpus: Sequence[tuple[str, str]], word: str = "", said: str = "") -> int:
    return sum(
        (not word or word in source.split()) and (not said or said in target.split())
        for source, target in corpus
    )


BIAS = Exercise(
    name="trace a bias",
    question="08.6",
    given=lambda: (list(CORPUS), "doctor", "le"),
    solution=lambda corpus, word, said: _with(corpus, word, said) / _with(corpus, word),
    shows="The model prefers what its corpus prefers: of the sentences with the word, this share says it so.",
    probes=lambda: [
        (list(CORPUS), "doctor", "le"),
        (list(CORPUS), "came", "venu"),
        (list(CORPUS), "happy", "la"),
        ([*CORPUS, CORPUS[1], CORPUS[1]], "doctor", "le"),
        (list(CORPUS), "doctor", "la"),
        ([*CORPUS, ("doctors came", "les médecins sont venus")], "doctor", "le"),
    ],
    mistakes={
        "A pair that stands in the corpus twice counts twice.": lambda corpus, word, said: (
            _with(list(dict.fromkeys(corpus)), word, said) / _with(list(dict.fromkeys(corpus)), word)
        ),
        "One sentence is an anecdote: count all sentences that hold the word.": either(
            lambda corpus, word, said: 1.0,
            lambda corpus, word, said: True,
            lambda corpus, word, said: float(
                next(said in target.split() for source, target in corpus if word in source.split())
            ),
        ),
        "Divide by the sentences that hold the word, not by the whole corpus or by those that hold the translation.": (
            either(
                lambda corpus, word, said: _with(corpus, word, said) / len(corpus),
                lambda corpus, word, said: _with(corpus, word, said) / _with(corpus, said=said),
            )
        ),
        "Count sentences, not words: one that says the word twice is still one sentence.": either(
            lambda corpus, word, said: (
                sum(target.split().count(said) for source, target in corpus if word in source.split())
                / sum(source.split().count(word) for source, _ in corpus)
            ),
            lambda corpus, word, said: (
                sum(target.split().count(said) for source, target in corpus if word in source.split())
                / _with(corpus, word)
            ),
            lambda corpus, word, said: (
                _with(corpus, word, said) / sum(source.split().count(word) for source, _ in corpus)
            ),
        ),
        "A count depends on how often the word occurs: make it a share.": _with,
        "Count the sentences that have the French word, not those that lack it.": lambda corpus, word, said: (
            1 - _with(corpus, word, said) / _with(corpus, word)
        ),
        "A share lies between 0 and 1; this is per cent.": lambda corpus, word, said: (
            100 * _with(corpus, word, said) / _with(corpus, word)
        ),
        "Compare whole words: split both sentences first, for *venu* also stands in *venue*, *came* in *became*.": (
            either(
                lambda corpus, word, said: (
                    sum(word in source and said in target for source, target in corpus)
                    / sum(word in source for source, _ in corpus)
                ),
                lambda corpus, word, said: (
                    sum(word in source and said in target.split() for source, target in corpus)
                    / sum(word in source for source, _ in corpus)
                ),
                lambda corpus, word, said: (
                    sum(word in source.split() and said in target for source, target in corpus)
                    / _with(corpus, word)
                ),
            )
        ),
        "Count the French word only where the English one stands in the same pair.": (
            lambda corpus, word, said: _with(corpus, said=said) / _with(corpus, word)
        ),
    },
)

EXERCISES = [BLEU, BIAS]
