"""Trained models that come with the library.

translator
    English to French in the words of the book's grammar: `load_translator`, `translate`.
everyday
    English to French for everyday sentences: `load_everyday`, and `translate(text, model="everyday")`.
writer
    Short stories in simple English: `load_writer`.

Their weights and model cards are in ``weights``.
"""

from transformer_lib.models.everyday import load_everyday, translate_everyday
from transformer_lib.models.translator import load_translator, translate
from transformer_lib.models.writer import load_writer

__all__ = ["load_everyday", "load_translator", "load_writer", "translate", "translate_everyday"]
