"""torch.autograd: the page has none."""

from torch._ops import no_gradients as grad  # noqa: F401
from torch._ops import no_gradients as backward  # noqa: F401


class forward_ad:
    _current_level = -1
