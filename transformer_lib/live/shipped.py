"""The sizes of the shipped translator, for its pictures and exported parts."""

from transformer_lib.models.translator import load_translator

SIZES = load_translator()[0].config
