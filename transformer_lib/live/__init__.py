"""Interactive pictures.

On a page of the book the exported view runs in the browser; in a kernel the Python function runs; where no
script runs, a still image is shown. All three show the numbers of one function.

>>> import torch
>>> from transformer_lib import live
>>> identity = torch.eye(2)
>>> picture = live.show("sentence", tokens=["she", "reads"], x=identity, w_q=identity, w_k=identity)
>>> picture.outputs["row"].sum().item()
1.0
"""

import torch

# Pictures are computed on the CPU, whatever the default device; so their tensors are made there.
with torch.device("cpu"):
    from transformer_lib.live.prediction import predict
    from transformer_lib.live.widget import LivePicture, show
    from transformer_lib.live.writer_widget import WriterWidget, show_writer

__all__ = ["LivePicture", "WriterWidget", "predict", "show", "show_writer"]
