"""Translations against references: how many are the same, and how much they share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from transformer_lib import checks

Sentence = str | Sequence[str] | Sequence[int]


class Bleu(NamedTuple):
    """A corpus BLEU score in percent, and sacreBLEU's signature: without it two scores cannot be compared."""

    score: float
    signature: str


def exact_match(hypotheses: Sequence[Sentence], references: Sequence[Sentence]) -> float:
    """The share of hypotheses that are equal to their reference, word for word.

    Args:
        hypotheses: N sentences, as text or as lists of words or ids.
        references: N sentences of the same kind.

    Returns:
        A number in [0, 1].

    Raises:
        ValueError: if there are no sentences, or not one reference for each.
        TypeError: if one side is a single text, or text stands against lists.

    >>> exact_match(["je suis content .", "il dort ."], ["je suis content .", "elle dort ."])
    0.5
    """
    _check(hypotheses, references)
    if any(isinstance(h, str) != isinstance(r, str) for h, r in zip(hypotheses, references, strict=True)):
        raise TypeError("text stands against a list; hypotheses and references must be of one kind")
    for sentence in (*hypotheses, *references):
        if not hasattr(sentence, "__iter__"):
            raise TypeError(f"a sentence is text, or a list of words or ids; got {checks.said(sentence)}")
    same = sum(
        (h == r) if isinstance(h, str) else list(h) == list(r)
        for h, r in zip(hypotheses, references, strict=True)
    )
    return same / len(hypotheses)


def bleu(hypotheses: Sequence[str], references: Sequence[str], *, tokenize: str = "13a") -> Bleu:
    r"""Corpus BLEU: how many of the n-grams of up to four words also stand in the references.

    .. math:: \mathrm{BLEU} = 100 \cdot \min(1, e^{1 - r / c}) \cdot \Big(\prod_{n=1}^{4} p_n\Big)^{1/4}

    p_n is the share of n-grams that are matched, each at most as often as in its reference, over the whole corpus;
    c and r are the lengths of hypotheses and references. sacreBLEU counts.

    Args:
        hypotheses: N sentences.
        references: N sentences, one for each.
        tokenize: sacreBLEU's tokenizer; "none" if words are already separated by spaces.

    Returns:
        The score, 0 to 100, and the signature.

    Raises:
        ValueError: if there are no sentences, or not one reference for each.
        TypeError: if a sentence is not text.
        ImportError: if sacreBLEU is not installed.

    Source: Papineni et al. 2002, section 2; Post 2018 for the signature.

    >>> round(bleu(["the cat sat on the mat ."], ["the cat sat on the mat ."]).score, 6)
    100.0
    """
    _check(hypotheses, references)
    for sentence in (*hypotheses, *references):
        if not isinstance(sentence, str):
            raise TypeError(f"BLEU compares text, got {sentence!r}; join words by spaces")
    try:
        from sacrebleu import BLEU
    except ImportError as error:
        raise ImportError("BLEU needs sacreBLEU: pip install 'transformer_lib[evaluation]'") from error
    # Sentences whose full stop stands apart are meant: they are tokens of the corpus on both sides.
    metric = BLEU(tokenize=tokenize, force=True)
    score = metric.corpus_score(list(hypotheses), [list(references)])
    return Bleu(score.score, str(metric.get_signature()))


def _check(hypotheses: Sequence[Sentence], references: Sequence[Sentence]) -> None:
    for name, sentences in (("hypotheses", hypotheses), ("references", references)):
        if isinstance(sentences, str):
            raise TypeError(f"{name} must be a list of sentences, got one text; one sentence is [text]")
        if not hasattr(sentences, "__len__") or not hasattr(sentences, "__iter__"):
            raise TypeError(f"{name} must be a list of sentences, got {checks.said(sentences)}")
    if len(hypotheses) != len(references):
        raise ValueError(
            f"each hypothesis needs one reference, got {len(hypotheses)} hypotheses and {len(references)} references"
        )
    if not len(hypotheses):
        raise ValueError("there is no sentence to score")
