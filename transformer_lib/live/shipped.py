"""The sizes of the shipped translator, which its pictures and exported parts go by."""

from transformer_lib.models.translator import load_translator

SIZES = load_translator()[0].config
