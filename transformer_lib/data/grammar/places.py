"""Place adverbials: *in the garden*, *near a school*, *on the table*."""

from __future__ import annotations

from transformer_lib.data.grammar import phrases
from transformer_lib.data.grammar.drafts import Draft
from transformer_lib.data.grammar.elision import Token, tokens


def place(draft: Draft, inside: str = "inside", on: bool = False) -> list[Token]:
    """A prepositional phrase of place; *on* only for small things."""
    kind = draft.pick(inside=0.5, near=0.25, behind=0.15, on=0.25 * on)
    if kind == "inside":
        within = tokens("dans", draft.say("in"))
        if draft.pick(known=0.8, new=0.2) == "new":
            return within + phrases.with_article(draft, inside, phrases.SINGLE).words
        return within + phrases.definite(draft, inside, "singular").words
    if kind == "near":
        near = tokens("près de", draft.say("near"))
        articles = phrases.THE_ONE | phrases.SINGLE
        return near + phrases.with_article(draft, "place", articles, 0.2, "singular").words
    if kind == "behind":
        behind = tokens("derrière", draft.say("behind"))
        return behind + phrases.with_article(draft, "place door", phrases.THE_ONE, 0.2, "singular").words
    return [
        *tokens("sur", draft.say("on")),
        *phrases.with_article(draft, "surface", phrases.THE_ONE, 0.2, "singular").words,
    ]
