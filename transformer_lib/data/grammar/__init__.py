"""A synthetic English–French language, generated at run time with its gold word alignment.

pairs
    `generate`, `split`, `Pair`; `translate_gold` and `analyses` find how the grammar makes a given sentence.
words
    `vocabularies`: every word that the grammar can produce.
sentences, clauses, actions, places, verbs, phrases, french, lexicon, drafts
    The grammar from whole sentences down to words, and the two ways to run it: generating and parsing.
"""
