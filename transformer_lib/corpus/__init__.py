"""Parallel text: a small English–French language of our own, made at run time with its gold word alignment, and real
text from a folder.

pairs
    `generate`, `split`, `Pair`; `translate_gold` and `analyses` find how the grammar makes a given sentence.
words
    `vocabularies`: every word that the grammar can say.
batches
    `encode_pairs`, `pad`, `batches`: from sentences to padded ids.
folders
    `load_folder`: real text, one sentence a line.
subwords
    `Subwords`: pieces of words for real text, learnt from it.
sentences, clauses, actions, places, verbs, phrases, french, lexicon, drafts
    The grammar itself, from whole sentences down to words, and the two ways to run it.
"""

from transformer_lib.corpus.batches import Batch, batches, encode_pairs, pad
from transformer_lib.corpus.folders import Folder, TextPair, load_folder
from transformer_lib.corpus.pairs import (
    MAX_LENGTH,
    Pair,
    Splits,
    analyses,
    combinations,
    generate,
    held_out,
    split,
    translate_gold,
)
from transformer_lib.corpus.subwords import Subwords
from transformer_lib.corpus.words import vocabularies

__all__ = [
    "Batch",
    "Folder",
    "MAX_LENGTH",
    "Pair",
    "Splits",
    "Subwords",
    "TextPair",
    "analyses",
    "batches",
    "combinations",
    "encode_pairs",
    "generate",
    "held_out",
    "load_folder",
    "pad",
    "split",
    "translate_gold",
    "vocabularies",
]
