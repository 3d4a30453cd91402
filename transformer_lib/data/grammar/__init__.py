"""A small English–French language of our own, made at run time with its gold word alignment.

pairs
    `generate`, `split`, `Pair`; `translate_gold` and `analyses` find how the grammar makes a given sentence.
words
    `vocabularies`: every word that the grammar can say.
sentences, clauses, actions, places, verbs, phrases, french, lexicon, drafts
    The grammar itself, from whole sentences down to words, and the two ways to run it.
"""
