"""The translator of everyday English as exported parts; apart, because reading its model needs the tokenizers library."""

from __future__ import annotations

from transformer_lib.live.translator_graphs import Steps, parts_of
from transformer_lib.models.everyday import load_everyday

PARTS = parts_of("everyday", Steps(lambda: load_everyday().model), load_everyday().model.config)
"""Encoding a sentence, and a step; the distribution is that of the other translator."""
