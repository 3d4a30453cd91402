"""Training data: parallel text, generated or read from a folder, and small synthetic tasks.

grammar
    `generate`, `split`, `Pair`, `vocabularies`: an English–French language of our own with gold word alignment;
    `recognises`, `read_typed`, `as_sentence`: whether it makes a sentence, as people type one and as text.
folders
    `load_folder`, `read_lines`: real text, one sentence a line.
references
    `load_tests`: test sets, with one reference translation or several.
batches
    `encode_pairs`, `pad`, `batches`: from sentences to padded ids.
tasks
    Recall of a cue across a distance, and repeated segments (induction).
"""

from transformer_lib.data.batches import Batch, batches, encode_pairs, pad
from transformer_lib.data.folders import Folder, TextPair, load_folder, read_lines, split_lines
from transformer_lib.data.grammar.pairs import (
    MAX_LENGTH,
    Pair,
    Splits,
    analyses,
    combinations,
    generate,
    held_out,
    recognises,
    split,
    translate_gold,
)
from transformer_lib.data.grammar.spelling import Reading, as_sentence, goes_on, read_typed
from transformer_lib.data.grammar.words import vocabularies
from transformer_lib.data.references import TextTest, load_tests

__all__ = [
    "Batch",
    "Folder",
    "MAX_LENGTH",
    "Pair",
    "Reading",
    "Splits",
    "TextPair",
    "TextTest",
    "analyses",
    "as_sentence",
    "batches",
    "combinations",
    "encode_pairs",
    "generate",
    "goes_on",
    "held_out",
    "load_folder",
    "load_tests",
    "pad",
    "read_lines",
    "read_typed",
    "recognises",
    "split",
    "split_lines",
    "translate_gold",
    "vocabularies",
]
