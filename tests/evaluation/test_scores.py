import builtins
import math

import pytest
import sacrebleu
from torch.testing import assert_close

from transformer_lib.evaluation import bleu, chrf, exact_match, paired_bootstrap, score_intervals


def test_exact_match_is_the_share_of_equal_sentences():
    assert exact_match(["a b", "c", "d"], ["a b", "c", "e"]) == 2 / 3
    assert exact_match([["a", "b"], ["c"]], [("a", "b"), ("d",)]) == 0.5
    assert exact_match([[3, 4, 2]], [[3, 4, 2, 0]]) == 0.0
    assert exact_match([""], [""]) == 1.0


def test_bleu_worked_by_hand():
    hypothesis, reference = "the cat sat on the mat today", "the cat sat on a mat today ok"
    # matched n-grams: 6 of 7, 4 of 6, 2 of 5, 1 of 4; seven words against eight
    expected = 100 * math.exp(1 - 8 / 7) * (6 / 7 * 4 / 6 * 2 / 5 * 1 / 4) ** 0.25
    assert_close(bleu([hypothesis], [reference]).score, expected)


def test_bleu_clips_a_word_that_is_repeated():
    # "the" stands once in the reference: it counts once of four, the other orders are smoothed by sacreBLEU
    repeated = bleu(["the the the the"], ["the cat sat there"]).score
    assert_close(repeated, 100 * (1 / 4 * 1 / (2 * 3) * 1 / (4 * 2) * 1 / (8 * 1)) ** 0.25)


def test_bleu_is_of_the_corpus_not_the_mean_of_sentences():
    hypotheses = ["je suis content .", "il dort dans le grand jardin noir ."]
    references = ["je suis content .", "il dort dans le petit jardin noir ."]
    each = [bleu([h], [r]).score for h, r in zip(hypotheses, references, strict=True)]
    together = bleu(hypotheses, references).score
    assert abs(together - sum(each) / 2) > 5
    assert_close(together, 100 * (11 / 12 * 8 / 10 * 5 / 8 * 2 / 6) ** 0.25)


def test_the_signature_says_how_words_were_told_apart():
    assert "tok:13a" in bleu(["a"], ["a"]).signature
    signature = bleu(["a"], ["a"], tokenize="none").signature
    assert "tok:none" in signature
    assert "version:" in signature
    assert (
        bleu(["(a b) c d"], ["( a b ) c d"]).score
        > bleu(["(a b) c d"], ["( a b ) c d"], tokenize="none").score
    )


def test_full_stops_set_apart_raise_no_warning(caplog):
    bleu(["je suis content ."] * 101, ["je suis content ."] * 101)
    assert caplog.records == []


def test_without_sacrebleu_the_extra_is_named(monkeypatch):
    find = builtins.__import__

    def missing(name, *rest):
        if name == "sacrebleu":
            raise ImportError(name)
        return find(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=r"pip install sacrebleu"):
        bleu(["a"], ["a"])


@pytest.mark.parametrize("score", [exact_match, bleu])
@pytest.mark.parametrize(
    ("hypotheses", "references", "error", "message"),
    [
        ([], [], ValueError, "there is no sentence to score"),
        (
            ["a"],
            ["a", "b"],
            ValueError,
            "each hypothesis needs one reference, got 1 hypotheses and 2 references",
        ),
        (
            "a",
            ["a"],
            TypeError,
            r"hypotheses must be a list of sentences, got one text; one sentence is \[text\]",
        ),
        (["a"], "a", TypeError, "references must be a list of sentences"),
    ],
)
def test_what_cannot_be_scored_is_refused(score, hypotheses, references, error, message):
    with pytest.raises(error, match=message):
        score(hypotheses, references)


def test_text_against_lists_is_refused():
    with pytest.raises(TypeError, match="text stands against a list"):
        exact_match(["a b"], [["a", "b"]])
    with pytest.raises(TypeError, match="this score compares text, got a list; join words by spaces"):
        bleu([["a"]], [["a"]])


SEVERAL = [
    ["a cat sat on the mat .", "the cat sat on a mat ."],
    ["it rains ."],
    ["he is here .", "here he is ."],
]
SAID = ["the cat sat on the mat .", "it rained .", "Here he is ."]


def test_each_sentence_may_have_references_of_its_own_number():
    streams = [
        ["a cat sat on the mat .", "it rains .", "he is here ."],
        ["the cat sat on a mat .", None, "here he is ."],
    ]
    wanted = sacrebleu.metrics.BLEU(force=True)
    assert bleu(SAID, SEVERAL).score == wanted.corpus_score(SAID, streams).score
    assert "nrefs:var" in bleu(SAID, SEVERAL).signature
    assert chrf(SAID, SEVERAL) == sacrebleu.metrics.CHRF().corpus_score(SAID, streams).score
    assert bleu(SAID, SEVERAL).score > bleu(SAID, [one[0] for one in SEVERAL]).score
    one = [[text] for text in streams[0]]
    assert bleu(SAID, one) == bleu(SAID, streams[0])
    assert bleu(SAID, SEVERAL, lowercase=True).score > bleu(SAID, SEVERAL).score
    for wrong, error in (
        ([[], [], []], ValueError),
        ([["a"], ["a"], [3]], TypeError),
        (["a", "a", {"a"}], TypeError),
    ):
        with pytest.raises(error):
            bleu(SAID, wrong)


def test_an_interval_holds_the_score_and_is_narrower_for_more_sentences():
    said = ["a b c d e f", "a b c d x f", "x b c d e f", "y y y y y y"] * 5
    meant = ["a b c d e f"] * 20
    first, second = score_intervals(said, meant, n_resamples=200)
    assert (first.name, second.name) == ("BLEU", "chrF")
    assert first.score == pytest.approx(bleu(said, meant).score)
    assert second.score == pytest.approx(chrf(said, meant))
    assert first.signature.startswith("nrefs:1|bs:200|")
    many = score_intervals(said * 9, meant * 9, n_resamples=200)
    for few, more in zip((first, second), many, strict=True):
        assert few.low < few.score < few.high
        assert more.high - more.low < 0.7 * (few.high - few.low)


def test_chrf_is_that_of_sacrebleu_and_gives_something_for_a_word_that_is_nearly_right():
    reference = ["je suis content ."]
    near, far = chrf(["je suis contente ."], reference), chrf(["je suis triste ."], reference)
    assert 100 > near > far > 0
    assert near == pytest.approx(sacrebleu.corpus_chrf(["je suis contente ."], [reference]).score)
    assert chrf(reference, reference) == pytest.approx(100)
    with pytest.raises(TypeError, match="this score compares text"):
        chrf([["a"]], reference)


def test_the_bootstrap_tells_a_system_that_is_better_from_one_that_is_the_same():
    references = [f"le chat {n} dort dans la maison ." for n in range(30)]
    odd, even = (
        [line.replace("dort", "mange") if n % 2 == rest else line for n, line in enumerate(references)]
        for rest in (1, 0)
    )
    found = paired_bootstrap([odd, even, references], references, n_resamples=100)
    assert found["bleu"][0] == pytest.approx(bleu(odd, references, tokenize="none").score)
    assert found["bleu"][2] == pytest.approx(100)
    assert found["low"][0] < found["bleu"][0] < found["high"][0] < 100
    assert found["p"][0] is None
    assert found["p"][2] < 0.05 < found["p"][1]


def test_the_bootstrap_refuses_a_single_system_and_missing_references():
    with pytest.raises(ValueError, match="two systems at least"):
        paired_bootstrap([["a"]], ["a"])
    with pytest.raises(ValueError, match="one reference"):
        paired_bootstrap([["a"], ["a", "b"]], ["a"])
