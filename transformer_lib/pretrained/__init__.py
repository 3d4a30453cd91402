"""Published models in this library's own modules: a model of the `transformers` library in, one of ours out.

gpt2
    `load_gpt2`, a `LanguageModel` (Radford et al. 2019).
bert
    `load_bert`, an `Encoder` or `MaskedLanguageModel` (Devlin et al. 2019).
marian
    `load_marian`, a `Transformer` that translates (Junczys-Dowmunt et al. 2018).
llama
    `load_llama`, a `LanguageModel` (Touvron et al. 2023), also from a file of llama2.c (`flat_file`).
fetching
    `fetch`, three trained models of the `transformers` library, from a folder or the hub.
copying
    How weights move over.

Nothing here computes: each model is the library's own with the choices that its paper made, as `TransformerConfig`
names them. What ours cannot be is refused, never left out in silence.
"""

from transformer_lib.pretrained.bert import load_bert
from transformer_lib.pretrained.fetching import NotFetchedError, fetch
from transformer_lib.pretrained.flat_file import as_text, read_tokens
from transformer_lib.pretrained.gpt2 import load_gpt2
from transformer_lib.pretrained.llama import load_llama
from transformer_lib.pretrained.marian import load_marian

__all__ = [
    "load_gpt2",
    "load_bert",
    "load_marian",
    "load_llama",
    "fetch",
    "NotFetchedError",
    "read_tokens",
    "as_text",
]
