"""One step of each recurrent network, and the loop over a sentence.

A state is a tuple: (h,) for the RNN and the GRU, (h, c) for the LSTM, each (B, d). The weights are laid out as in
`torch.nn.RNN`, `LSTM` and `GRU`: w_x (n·d, d_in) and w_h (n·d, d) hold the n gates one below the other.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

State = tuple[Tensor, ...]
Step = Callable[[Tensor, State, Tensor, Tensor, Tensor, Tensor], State]


def rnn_step(x: Tensor, state: State, w_x: Tensor, w_h: Tensor, b_x: Tensor, b_h: Tensor) -> State:
    r"""One step of an RNN: the new state from input and old state.

    .. math:: h_t = \tanh(W_x x_t + b_x + W_h h_{t-1} + b_h)

    Args:
        x: (B, d_in), the input.
        state: (h,), h (B, d).
        w_x, w_h, b_x, b_h: (d, d_in), (d, d), (d,), (d,).

    Returns:
        The next state, (h,).

    Source: Elman 1990; Pascanu et al. 2013, section 1.1.

    >>> import torch
    >>> [h] = rnn_step(torch.ones(1, 1), (torch.zeros(1, 1),), *torch.full((2, 1, 1), 0.5), *torch.zeros(2, 1))
    >>> round(h.item(), 4)
    0.4621
    """
    [h] = state
    return ((x @ w_x.T + b_x + h @ w_h.T + b_h).tanh(),)


def lstm_step(x: Tensor, state: State, w_x: Tensor, w_h: Tensor, b_x: Tensor, b_h: Tensor) -> State:
    r"""One step of an LSTM: gates decide what the cell forgets, stores and outputs.

    .. math:: i, f, o = \sigma(\dots), \quad g = \tanh(\dots), \qquad
              c_t = f \odot c_{t-1} + i \odot g, \qquad h_t = o \odot \tanh(c_t)

    where … is the sum W_x x_t + b_x + W_h h_{t-1} + b_h with the weights of that gate, in the order i, f, g, o.

    Args:
        x, w_x, w_h, b_x, b_h: as for `rnn_step`, four gates one below the other.
        state: (h, c).

    Returns:
        The next state, (h, c).

    Source: Hochreiter and Schmidhuber 1997, section 4; the forget gate f from Gers et al. 2000, section 3.
    """
    h, c = state
    i, f, g, o = (x @ w_x.T + b_x + h @ w_h.T + b_h).chunk(4, -1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def gru_step(x: Tensor, state: State, w_x: Tensor, w_h: Tensor, b_x: Tensor, b_h: Tensor) -> State:
    r"""One step of a GRU: one gate resets the old state, one keeps it.

    .. math:: r, z = \sigma(\dots), \qquad n = \tanh(W_x x_t + b_x + r \odot (W_h h_{t-1} + b_h)), \qquad
              h_t = (1 - z) \odot n + z \odot h_{t-1}

    The reset acts after the product with W_h, as in torch and cuDNN; in the paper it acts on h before it.

    Args:
        x, w_x, w_h, b_x, b_h: as for `rnn_step`, the gates r, z and n one below the other.
        state: (h,).

    Returns:
        The next state, (h,).

    Source: Cho et al. 2014 (arXiv 1406.1078), section 2.3.
    """
    [h] = state
    r_x, z_x, n_x = (x @ w_x.T + b_x).chunk(3, -1)
    r_h, z_h, n_h = (h @ w_h.T + b_h).chunk(3, -1)
    r, z = (r_x + r_h).sigmoid(), (z_x + z_h).sigmoid()
    return ((1 - z) * (n_x + r * n_h).tanh() + z * h,)


STEPS: dict[str, Step] = {"rnn": rnn_step, "lstm": lstm_step, "gru": gru_step}


def unroll(step: Step, x: Tensor, state: State, *weights: Tensor) -> list[State]:
    """Read a sentence word by word; each step needs the state of the one before.

    Args:
        step: `rnn_step`, `lstm_step` or `gru_step`.
        x: (B, T, d_in).
        state: the state before the first word.
        weights: w_x, w_h, b_x, b_h.

    Returns:
        T states, one after each word.
    """
    states = []
    for x_t in x.unbind(1):
        state = step(x_t, state, *weights)
        states.append(state)
    return states
