"""Translations against references: exact match, BLEU, chrF and the paired bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from transformer_lib import checks

Sentence = str | Sequence[str] | Sequence[int]
References = str | Sequence[str]  # of one sentence


class Bleu(NamedTuple):
    """A corpus BLEU score in percent, and sacreBLEU's signature: without it two scores cannot be compared."""

    score: float
    signature: str


class Interval(NamedTuple):
    """A corpus score in percent, bounds of what other test sentences would give, and sacreBLEU's signature."""

    name: str
    score: float
    low: float
    high: float
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


def bleu(
    hypotheses: Sequence[str],
    references: Sequence[References],
    *,
    tokenize: str = "13a",
    lowercase: bool = False,
) -> Bleu:
    r"""Corpus BLEU: precision of n-grams of up to four words, with a brevity penalty.

    .. math:: \mathrm{BLEU} = 100 \cdot \min(1, e^{1 - r / c}) \cdot \Big(\prod_{n=1}^{4} p_n\Big)^{1/4}

    p_n is the share of n-grams that are matched, each at most as often as in its reference, over the whole corpus;
    c and r are the lengths of hypotheses and references. Where a sentence has several references, an n-gram counts
    as often as in the one that has it most often, and r takes the nearest length. Computed by sacreBLEU.

    Args:
        hypotheses: N sentences.
        references: N sentences, one for each; or N lists of sentences, each of one or more.
        tokenize: sacreBLEU's tokenizer; "none" if words are already separated by spaces.
        lowercase: compare without case; such a score is compared with others like it alone.

    Returns:
        The score, 0 to 100, and the signature.

    Raises:
        ValueError: if there are no sentences, or not one reference for each.
        TypeError: if a sentence is not text.
        ImportError: if sacreBLEU is not installed.

    Source: Papineni et al. 2002, section 2; Post 2018 for the signature.

    >>> round(bleu(["the cat sat on the mat ."], ["the cat sat on the mat ."]).score, 6)
    100.0
    >>> round(bleu(["the cat sat here ."], [["a cat sat here .", "the cat sat there ."]], lowercase=True).score)
    84
    """
    _check_texts(hypotheses, references)
    # Sentences with a separate full stop are intended: in this corpus it is a token on both sides.
    metric = _sacrebleu().BLEU(tokenize=tokenize, lowercase=lowercase, force=True)
    score = metric.corpus_score(list(hypotheses), _streams(references))
    return Bleu(score.score, str(metric.get_signature()))


def chrf(hypotheses: Sequence[str], references: Sequence[References]) -> float:
    r"""Corpus chrF in percent: F-score of character n-grams of up to six, recall weighted above precision.

    .. math:: \mathrm{chrF} = 100 \cdot \frac{(1 + \beta^2) \, P R}{\beta^2 P + R}, \qquad \beta = 2

    P is the share of the hypotheses' character n-grams that are in the references, R the converse, so a nearly right
    word counts in part. Computed by sacreBLEU.

    Args, errors: as for `bleu`.

    Source: Popović 2015, section 2.

    >>> round(chrf(["le chat dort ."], ["le chat dort ."]))
    100
    """
    _check_texts(hypotheses, references)
    return _sacrebleu().CHRF().corpus_score(list(hypotheses), _streams(references)).score


def score_intervals(
    hypotheses: Sequence[str],
    references: Sequence[References],
    *,
    n_resamples: int = 1000,
    tokenize: str = "13a",
    lowercase: bool = False,
) -> list[Interval]:
    """BLEU and chrF, each with the interval in which 95 of 100 scores lie when the test sentences are drawn again.

    Args:
        hypotheses, references, tokenize, lowercase: as for `bleu`; chrF takes characters as they are.
        n_resamples: how often as many test sentences are drawn, with replacement.

    Errors: as for `bleu`.

    Source: Koehn 2004, section 2; sacreBLEU resamples.
    """
    _check_texts(hypotheses, references)
    checks.count("n_resamples", n_resamples, least=2)
    metrics, found = _sacrebleu(), []
    bleu_metric = metrics.BLEU(tokenize=tokenize, lowercase=lowercase, force=True)
    for name, metric in (("BLEU", bleu_metric), ("chrF", metrics.CHRF())):
        score = metric.corpus_score(list(hypotheses), _streams(references), n_bootstrap=n_resamples)
        low, high = score._mean - score._ci, score._mean + score._ci
        found.append(Interval(name, score.score, low, high, str(metric.get_signature())))
    return found


def paired_bootstrap(
    systems: Sequence[Sequence[str]], references: Sequence[str], *, n_resamples: int = 1000
) -> dict[str, list]:
    """Paired bootstrap test: do systems differ in BLEU beyond the sampling of test sentences?

    Test sets are resampled with replacement, and every system is scored on the same resamples.

    Args:
        systems: the hypotheses of each system, N sentences, words separated by spaces. The first is the one that the
            others are compared with.
        references: N sentences.
        n_resamples: number of resampled test sets.

    Returns:
        One entry for each system: `bleu`; `low` and `high`, the 95 % interval of the resampled scores; `p`, the
        p-value of the difference from the first system, and None for the first.

    Raises:
        ValueError: if there are fewer than two systems, no sentences, or not one reference for each.
        TypeError: if a sentence is not text.
        ImportError: if sacreBLEU is not installed.

    Source: Koehn 2004, section 3; sacreBLEU resamples.
    """
    if isinstance(systems, str) or not isinstance(systems, Sequence):
        raise TypeError(f"systems must be a list of lists of sentences, got {checks.said(systems)}")
    checks.count("n_resamples", n_resamples)
    if len(systems) < 2:
        raise ValueError(f"two systems at least are compared, got {len(systems)}")
    for system in systems:
        _check_texts(system, references)
    metrics = _sacrebleu()
    from sacrebleu.significance import PairedTest

    metric = metrics.BLEU(tokenize="none", force=True, references=[list(references)])
    named: list[tuple[str, Sequence[str]]] = [
        (str(place), list(system)) for place, system in enumerate(systems)
    ]
    tested: dict[str, Any] = PairedTest(named, {"BLEU": metric}, None, "bs", n_resamples)()[1]
    found = tested["BLEU"]
    return {
        "bleu": [one.score for one in found],
        "low": [one.mean - one.ci for one in found],
        "high": [one.mean + one.ci for one in found],
        "p": [one.p_value for one in found],
    }


def _sacrebleu() -> Any:
    try:
        from sacrebleu import metrics
    except ImportError as error:
        raise ImportError("this score needs sacreBLEU: pip install sacrebleu") from error
    return metrics


def _streams(references: Sequence[References]) -> list[list[str | None]]:
    """As sacreBLEU wants them: the first reference of each sentence, the second, and so on; None where there is none."""
    lists = [[one] if isinstance(one, str) else list(one) for one in references]
    longest = max(map(len, lists))
    return [[one[place] if place < len(one) else None for one in lists] for place in range(longest)]


def _check_texts(hypotheses: Sequence[str], references: Sequence[References]) -> None:
    _check(hypotheses, references)
    for sentence in references:
        if not isinstance(sentence, (str, list, tuple)):
            raise TypeError(f"this score compares text, got {checks.said(sentence)}; join words by spaces")
        if not len(sentence) and not isinstance(sentence, str):
            raise ValueError("a sentence has no reference")
    texts = [text for one in references for text in ([one] if isinstance(one, str) else one)]
    for sentence in (*hypotheses, *texts):
        if not isinstance(sentence, str):
            raise TypeError(f"this score compares text, got {checks.said(sentence)}; join words by spaces")


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
