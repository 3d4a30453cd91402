"""Further rules: what somebody or something is, *this is a cat*, *they are women*, *sally is a good friend*.

French says *ce* where a pronoun of the third person stands beside a noun with a determiner: *she is my sister* is
*c'est ma sœur*, *they are women* is *ce sont des femmes*; but *elles sont amies*, *elle est médecin* without one.
"""

from __future__ import annotations

from dataclasses import replace

from transformer_lib.data.grammar import phrases, pronouns
from transformer_lib.data.grammar.agreement import noun_group
from transformer_lib.data.grammar.drafts import Draft
from transformer_lib.data.grammar.elision import Token, starts_with_vowel, tokens
from transformer_lib.data.grammar.lexicon import ADJECTIVES
from transformer_lib.data.grammar.phrases import Phrase, Scene
from transformer_lib.data.grammar.verbs import Tense, be, conjugate

BARE = "teacher doctor friend neighbour"  # plurals without article in French, too: *ils sont amis*
FOUND = ("good", "beautiful", "expensive", "interesting", "sad")  # *it is good*, of nothing in particular
POINTING = {"this": 2, "that": 2, "these": 4}
MEN, WOMEN = "man boy brother father", "woman girl sister mother"
ANYTHING = "adult young relation animal thing"
_BOTH = "child friend neighbour"
_FOUND = {word: ADJECTIVES[word] for word in FOUND}


def identity(draft: Draft, scene: Scene, tense: Tense) -> tuple[list[Token], Phrase]:
    """*this is*, *it is*, *she is*, *they are* and a noun phrase or a name; its subject, for later pronouns."""
    draft.rules.add("identity")
    kind = draft.pick(pointing=0.5, pronoun=0.5)
    if kind == "pointing":
        source, person = draft.word(POINTING)
        who = Phrase([], person)
    else:
        who = pronouns.pronoun(draft, replace(scene, pronouns=("it", "he", "she", "they")))
        source = len(draft.words) - 1
    english, plural = draft.words[source], who.plural
    group = be(draft, who, tense, plain=True)
    if draft.pick(plain=0.85, negated=0.15) == "negated":
        group.polarity, group.adverb = "not", draft.say("not")
    verb = conjugate(group)
    words = [Token("c'" if starts_with_vowel(verb[0].word) else "ce", (source,)), *verb]
    gendered = english in ("he", "she")
    alone = scene.antecedent is None and english in ("this", "that", "it")
    kind = draft.pick(
        noun=0.5, owned=0.3, named=0.06 * (english in ("this", "that", "it")), found=0.14 * alone
    )
    if kind == "found":
        degree = tokens("très", draft.say("very")) if draft.pick(plain=0.7, very=0.3) == "very" else []
        source, entry = draft.word(_FOUND)
        return [*words, *degree, Token(entry.agree(False, False), (source,))], Phrase([], noun=None)
    if kind == "named":
        what = phrases.name(draft)
        return words + what.words, what
    number = "plural" if plural else "singular"
    tags = _people(who.feminine) if gendered else ANYTHING
    if kind == "owned":
        kin = "sister mother" if who.feminine else "brother father"
        tags = f"{kin} {_BOTH} teacher doctor" if gendered else f"{phrases.OWNED} animal thing"
        if draft.pick(possessed=0.7, owned=0.3) == "owned":
            what = phrases.owned_by(draft, tags, number=number, woman=who.feminine)
        else:
            what = phrases.possessed(draft, tags, named=0, number=number, woman=who.feminine)
    else:
        # *he is a teacher* and *they are friends* have no article in French; with an adjective they have one
        bare = gendered or english == "they"
        if bare and draft.pick(any=0.8, described=0.2) == "described":
            tags = "teacher doctor" if gendered else BARE
            what = some(draft, tags, number, 1, who.feminine)
        else:
            if english == "they":
                tags = f"{MEN} {WOMEN} child animal thing" if not who.feminine else f"{WOMEN} animal thing"
            what = some(draft, tags, number, 0.3, who.feminine)
    return words + what.words, replace(what, feminine=who.feminine) if gendered else what


def _people(feminine: bool) -> str:
    return f"{WOMEN if feminine else MEN} {_BOTH}"


def some(draft: Draft, tags: str, number: str, described: float, woman: bool) -> Phrase:
    """*a cat*; without article in English *cats*, with one in French, *des chats*."""
    if number == "singular":
        return phrases.with_article(draft, tags, phrases.SINGLE, described, woman=woman)
    group = noun_group(draft, tags, "plural", described, woman=woman)
    return phrases.of_group(group, phrases.SEVERAL["some"], group.source)


def bare(draft: Draft, who: Phrase) -> list[Token]:
    """*teachers*, *friends* after a plural subject: without article in both languages."""
    draft.rules.add("identity")
    group = noun_group(draft, BARE, "plural", 0, woman=who.feminine)
    return group.words


def kind_of_person(draft: Draft, who: Phrase) -> list[Token]:
    """*sally is a good friend*, *we are women*: a noun with an article, after a name, *i*, *you*, *we* or a pair."""
    draft.rules.add("identity")
    known = who.person in (2, 4)
    tags = _people(who.feminine) if known else f"{MEN} {WOMEN} {_BOTH}"
    if who.plural:
        tags = tags.replace(_BOTH, "child")
    number = "plural" if who.plural else "singular"
    described = draft.pick(any=0.8, described=0.2) == "described"
    if described:
        tags = BARE if who.plural else "teacher doctor"
    return some(draft, tags, number, 1 if described else 0.3, who.feminine).words
