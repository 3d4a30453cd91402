"""A synthetic English–French language, generated at run time with its gold word alignment.

pairs
    `generate`, `split`, `Pair`; `translate_gold` and `analyses` find how the grammar makes a given sentence, and
    `recognises` whether it does.
spelling
    `read_typed`: contractions written out and a full stop; `as_sentence`: French words as text.
words
    `vocabularies`: every word that the grammar can produce.
sentences, clauses, identities, actions, places, verbs, phrases, pronouns
    The grammar from whole sentences down to noun phrases. Some rules are further ones: they are drawn only when asked
    for, so that the pairs of a seed stay what they were; parsing knows them all.
agreement
    A noun with its adjectives: French agreement and order.
entries, lexicon
    The forms of each word (masculine, feminine, plural), and the words themselves.
elision
    Elision and contraction between neighbouring French words.
drafts
    The two ways to run the grammar: generating and parsing.
"""
