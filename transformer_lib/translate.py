"""The program `python -m transformer_lib.translate MODEL [FILE]`; its code is `transformer_lib.models.program`.

Its name is also that of the function `transformer_lib.translate`, so this module can be called like it: an import of
the module puts it in the function's place.
"""

from __future__ import annotations

import sys
from types import ModuleType

import torch

from transformer_lib.models.program import main
from transformer_lib.models.translator import translate


class _Callable(ModuleType):
    def __call__(
        self, sentence: str, device: torch.device | str | None = None, *, model: str = "translator"
    ) -> str:
        return translate(sentence, device, model=model)


if __name__ == "__main__":
    sys.exit(main())
sys.modules[__name__].__class__ = _Callable
