"""Trained models that come with the library.

translator
    English to French: `load_translator`, `translate`; its weights and model card are in ``weights``.
"""

from transformer_lib.models.translator import load_translator, translate

__all__ = ["load_translator", "translate"]
