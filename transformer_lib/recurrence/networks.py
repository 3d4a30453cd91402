"""torch's recurrent networks with a choice of initialisation, over padded batches, and their state in decoding."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from transformer_lib import checks
from transformer_lib.recurrence.cells import State

NETWORKS: dict[str, type[nn.RNN | nn.LSTM | nn.GRU]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def recurrent_network(
    kind: str,
    d_in: int,
    d_model: int,
    n_layers: int = 1,
    *,
    radius: float | None = None,
    forget_bias: float | None = None,
    bidirectional: bool = False,
    dropout: float = 0.0,
) -> nn.RNNBase:
    """torch's network of that kind, batch first.

    Args:
        kind: "rnn", "lstm" or "gru".
        d_in, d_model: widths of input and state.
        n_layers: number of stacked layers.
        radius: None keeps torch's initialisation, uniform in ± 1 / √d_model, which shrinks a state; a number makes
            each recurrent matrix that number times an orthogonal one, so that its spectral radius is the number.
        forget_bias: None keeps torch's initialisation, in which the biases of an LSTM's forget gate nearly cancel and the
            gate starts half open; a number is their sum, and the gate starts near σ of it, at 3 for .95 open.
        bidirectional: read from both ends; the states are joined, 2·d_model wide.
        dropout: between layers.

    Raises:
        ValueError: if the kind is unknown, a size below 1, the radius negative or not finite, dropout no probability.
        TypeError: if a size is no whole number.
        ValueError: if a forget bias is set without a forget gate.

    Source: Pascanu et al. 2013, section 2.1, for the spectral radius; Saxe et al. 2014 for orthogonal matrices; Gers
    et al. 2000, section 3, for forget gates that start open.

    >>> import torch
    >>> network = recurrent_network("rnn", 3, 5, radius=0.9)
    >>> round(torch.linalg.eigvals(network.weight_hh_l0).abs().max().item(), 4)
    0.9
    """
    checks.choice("kind", kind, tuple(NETWORKS))
    for name, size in (("d_in", d_in), ("d_model", d_model), ("n_layers", n_layers)):
        checks.count(name, size)
    checks.flag("bidirectional", bidirectional)
    checks.probability("dropout", dropout)
    check_radius(radius)
    if forget_bias is not None and kind != "lstm":
        raise ValueError(f"only an LSTM has a forget gate whose bias can be {forget_bias}, got {kind!r}")
    between = dropout if n_layers > 1 else 0.0
    network = NETWORKS[kind](
        d_in, d_model, n_layers, batch_first=True, dropout=between, bidirectional=bidirectional
    )
    if radius is not None:
        for name, weight in network.named_parameters():
            if name.startswith("weight_hh"):
                for gate in weight.detach().split(d_model):
                    nn.init.orthogonal_(gate, gain=radius)
    if forget_bias is not None:
        for name, bias in network.named_parameters():
            if name.startswith(
                "bias"
            ):  # torch adds two biases; the second of the four gates is the forget gate
                nn.init.constant_(
                    bias.detach()[d_model : 2 * d_model], forget_bias * name.startswith("bias_ih")
                )
    return network


def check_radius(radius: float | None) -> None:
    """Raise an error for an invalid spectral radius."""
    if radius is not None:
        checks.number("radius", radius)
        if radius < 0:
            raise ValueError(f"a spectral radius is at least 0, got {radius}")


def check_ids(ids: Tensor, vocab_size: int, max_length: int | None = None) -> None:
    """Raise an error for ids that a recurrent model cannot read."""
    checks.ids("ids", ids, 2, "(B, T)")
    if 0 in ids.shape:
        raise ValueError(f"ids must hold at least one sentence of one word, got shape {tuple(ids.shape)}")
    if max_length is not None and ids.shape[1] > max_length:
        raise ValueError(f"a sequence of {ids.shape[1]} words is longer than max_length {max_length}")
    checks.within("ids", ids, vocab_size, "is it another vocabulary's?")


def read(network: nn.RNNBase, x: Tensor, lengths: Tensor) -> tuple[Tensor, State]:
    """Run over (B, T, d_in) up to each row's length; (B, T, d) states, zero beyond it, and each layer's last state."""
    packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
    output, state = network(packed)
    output, _ = pad_packed_sequence(output, batch_first=True, total_length=x.shape[1])
    return output, as_state(state)


def as_state(state: Tensor | State) -> State:
    """torch's state as a tuple: (h,) or (h, c), each (n_layers, B, d)."""
    return state if isinstance(state, tuple) else (state,)


def step_on(network: nn.RNNBase, x: Tensor, state: State | None) -> tuple[Tensor, State]:
    """Run over (B, T, d_in) from a state, or from zero."""
    if state is None:
        output, new_state = network(x)
    else:
        output, new_state = network(x, state if len(state) == 2 else state[0])
    return output, as_state(new_state)


def real_lengths(ids: Tensor, pad_id: int) -> Tensor:
    """(B,) how many words each row holds; raises `ValueError` for an empty row or padding before a word."""
    checks.ids("ids", ids)
    if ids.ndim != 2:
        raise ValueError(f"expected ids of shape (B, T), got {tuple(ids.shape)}")
    real = ids != pad_id
    lengths = real.sum(1)
    if not len(lengths) or (lengths == 0).any():
        raise ValueError("a recurrent network needs a word in each row, and a row in each batch")
    if (real[:, 1:] & ~real[:, :-1]).any():
        raise ValueError("padding must stand on the right; a word after it would be read as if it came later")
    return lengths


class RecurrentState:
    """The state of a recurrent model in decoding: the counterpart of a `KeyValueCache`.

    Attributes:
        state: (h,) or (h, c), each (n_layers, B, d); None before the first word.
        memory: further tensors, batch first, that are the same at each step.
        length: words written so far.
    """

    def __init__(self) -> None:
        self.state: State | None = None
        self.memory: tuple[Tensor, ...] = ()
        self.length = 0

    def snapshot(self) -> tuple:
        """The current contents, not copied: tensors are replaced and never written to."""
        return self.state, self.memory, self.length

    def restore(self, snapshot: tuple) -> None:
        """Go back to the contents of `snapshot`."""
        self.state, self.memory, self.length = snapshot

    def reorder(self, rows: Tensor) -> None:
        """Make row i what row rows[i] was; rows may be repeated or dropped.

        Raises:
            ValueError: if `rows` has not one dimension, or names a row that is not there.
            TypeError: if `rows` are no tensor of integers.
        """
        checks.tensor("rows", rows)
        if rows.ndim != 1:
            raise ValueError(f"expected one row index per new row, got shape {tuple(rows.shape)}")
        if rows.dtype not in checks.INTEGERS:
            raise TypeError(f"expected integer row indices, got {rows.dtype}; did you pass a mask?")
        if self.state is not None:
            n_rows = self.state[0].shape[1]
            checks.within("rows", rows, n_rows, f"the state holds {n_rows} rows")
        if self.state is not None:
            self.state = tuple(part.index_select(1, rows) for part in self.state)
        self.memory = tuple(part.index_select(0, rows) for part in self.memory)
