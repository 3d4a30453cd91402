"""Text to ids and back.

vocabulary
    `Vocabulary`, whole words and their ids; `tokenise` and `detokenise`.
subwords
    `Subwords`: pieces of words for real text, learnt from it.
sentences
    Text as people write it, cut into sentences that a model can read.
"""

from transformer_lib.text.subwords import Subwords
from transformer_lib.text.vocabulary import Sentence, UnknownWordsError, Vocabulary, detokenise, tokenise

Words = Vocabulary | Subwords  # either turns a sentence into ids, and ids into a sentence

__all__ = ["Sentence", "Subwords", "UnknownWordsError", "Vocabulary", "Words", "detokenise", "tokenise"]
