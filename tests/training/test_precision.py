"""Which numbers a forward pass computes with."""

import pytest
import torch
from tiny import VOCABULARY, batches

from transformer_lib import LanguageModel, LanguageModelConfig
from transformer_lib.training import adam, training_step, validate
from transformer_lib.training.precision import chosen_precision


def test_bfloat16_computes_the_logits_and_leaves_float32_parameters():
    seen = []
    model = LanguageModel(LanguageModelConfig(VOCABULARY, 6, 2, 11, 1, dropout=0.0))
    model.register_forward_hook(lambda model, given, logits: seen.append(logits.dtype))
    _, tgt_ids = batches()(1)
    for precision in ("bfloat16", "float32"):
        training_step(model, adam(model), None, tgt_ids, lr=0.01, precision=precision)
        validate(model, [(None, tgt_ids)], precision=precision)
    assert seen == [torch.bfloat16] * 2 + [torch.float32] * 2
    assert {p.dtype for p in model.parameters()} == {torch.float32}


def test_auto_is_bfloat16_on_a_gpu_that_has_it_and_nowhere_else(monkeypatch):
    gpu, cpu = torch.device("cuda"), torch.device("cpu")
    for has_it, wanted in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation, it=has_it: it)
        assert chosen_precision("auto", gpu) == wanted
        assert chosen_precision("auto", cpu) == "float32"
        assert chosen_precision("bfloat16", gpu) == chosen_precision("bfloat16", cpu) == "bfloat16"
    with pytest.raises(ValueError, match="unknown precision 'half'"):
        chosen_precision("half", cpu)
