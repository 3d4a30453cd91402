"""Feminine words that turn masculine when a part of a translator is ablated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from transformer_lib.data.grammar.lexicon import ADJECTIVES, OLDER, STATES, VERBS

OWN = {"ma": "mon", "ta": "ton", "sa": "son"}


def _agreeing() -> dict[str, frozenset[str]]:
    """Feminine adjectives and participles, and their masculine counterparts."""
    forms: dict[str, frozenset[str]] = {}
    for adjective in (*ADJECTIVES.values(), *STATES.values(), OLDER):
        masculine, feminine, masculines, feminines = adjective.forms
        if feminine != masculine:
            forms[feminine] = forms.get(feminine, frozenset()) | {masculine, adjective.vowel} - {""}
            forms[feminines] = forms.get(feminines, frozenset()) | {masculines}
    for verb in VERBS.values():
        if verb.with_be:
            forms[verb.participle + "e"] = frozenset({verb.participle})
            forms[verb.participle + "es"] = frozenset({verb.participle + "s"})
    return forms


AGREEING = _agreeing()
# Kind -> feminine words and their masculine counterparts.
KINDS: dict[str, Mapping[str, frozenset[str]]] = {
    "adjectives and participles": AGREEING,
    "une": {"une": frozenset({"un"})},
    "la": {"la": frozenset({"le"})},
    "cette": {"cette": frozenset({"ce", "cet"})},
    "ma, ta, sa": {word: frozenset({other}) for word, other in OWN.items()},
}


def lost(
    before: Iterable[Sequence[str]], after: Iterable[Sequence[str]], right: Iterable[Sequence[str]]
) -> dict[str, tuple[int, int]]:
    """Feminine words of each kind that turned masculine, and their number before.

    Args:
        before: output of the whole model, a sentence as its words.
        after: output without a part; sentences of another length are left out.
        right: reference; only words that were right before count.

    Returns:
        Name of a kind -> (turned masculine, were right before); and "any word" -> (changed, were right before), in
        which the feminine ones are counted again.

    >>> lost([["une", "petite", "table"]], [["un", "petite", "table"]], [["une", "petite", "table"]])["une"]
    (1, 1)
    """
    counts = {kind: [0, 0] for kind in (*KINDS, "any word")}
    for whole, rest, meant in zip(before, after, right, strict=True):
        if not len(whole) == len(rest) == len(meant):
            continue
        for said, now, wanted in zip(whole, rest, meant, strict=True):
            counts["any word"][0] += said == wanted != now
            counts["any word"][1] += said == wanted
            for kind, forms in KINDS.items():
                if said == wanted and said in forms:
                    counts[kind][0] += now in forms[said]
                    counts[kind][1] += 1
    return {kind: (turned, of) for kind, (turned, of) in counts.items()}
