"""The tested building blocks behind *Attention, Live*.

masks
    Who may be attended: `causal_mask`, `padding_mask`. True means *may attend*.
attention
    Scaled dot-product `attention`, with weights to look at or through torch's fused kernel.
figures
    Every still picture of the book, in one style (imported on demand: it needs matplotlib).
live
    Pictures that answer to the reader's hand (imported on demand: it needs anywidget).
"""

from transformer_lib.attention import attention
from transformer_lib.masks import causal_mask, padding_mask

__all__ = ["attention", "causal_mask", "padding_mask"]
