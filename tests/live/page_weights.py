"""What a page stores of a model's weights, read back."""

from __future__ import annotations

import base64

import numpy as np
from torch import nn

from transformer_lib.live.storing import from_json


def assert_bits(model: nn.Module, stored: dict) -> None:
    """Each parameter of a model stands in the page as the model has it, bit by bit; whole numbers with their scales."""
    for name, tensor in model.named_parameters():
        weight = stored[name]
        if weight["type"] == "int8":
            whole = np.frombuffer(base64.b64decode(weight["data"]), np.int8).reshape(weight["shape"])
            found = whole.astype(np.float32) * from_json(weight["scales"])[:, None]
        else:
            found = from_json(weight).astype(np.float32)
        np.testing.assert_array_equal(found, tensor.detach().numpy(), err_msg=name)
