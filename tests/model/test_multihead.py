"""Multi-head attention against torch's. Long: masks, cache, weights, gradients and errors of one module."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close
from twins import ATTENTION, EXACT, assert_same_gradients, copy, numbers, says, scramble

from transformer_lib import KeyValueCache, MultiHeadAttention, RotaryPositions, attention, causal_mask

B, H, T, S, D = 2, 3, 5, 7, 4
D_MODEL = H * D


def heads(bias=True, **options):
    return scramble(MultiHeadAttention(D_MODEL, H, bias=bias, **options))


def padded():
    mask = torch.ones(B, 1, 1, S, dtype=torch.bool)
    mask[1, ..., 4:] = False
    return mask


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("kind", ["self", "causal", "cross", "cross with values", "padded"])
def test_equals_torch_forward_and_backward(kind, need_weights, bias, device):
    ours = heads(bias).to(device)
    theirs = nn.MultiheadAttention(D_MODEL, H, bias=bias, batch_first=True).to(device).double()
    copy(theirs, ours, ATTENTION)
    x, key, value = (
        t.to(device).requires_grad_()
        for t in (numbers(B, T, D_MODEL), numbers(B, S, D_MODEL, seed=2), numbers(B, S, D_MODEL, seed=3))
    )
    future, mask = ~causal_mask(T, device=device), padded().to(device)
    ask, torch_asks = {
        "self": ({}, (x, x, x, {})),
        "causal": ({"causal": True}, (x, x, x, {"attn_mask": future})),
        "cross": ({"key": key}, (x, key, key, {})),
        "cross with values": ({"key": key, "value": value}, (x, key, value, {})),
        "padded": ({"key": key, "mask": mask}, (x, key, key, {"key_padding_mask": ~mask[:, 0, 0]})),
    }[kind]
    output, weights = ours(x, **ask, need_weights=need_weights)
    *inputs, options = torch_asks
    expected, their_weights = theirs(*inputs, **options, average_attn_weights=False)
    assert_close(output, expected, **EXACT)
    if need_weights:
        assert_close(weights, their_weights, **EXACT)
    else:
        assert weights is None
    cotangent = numbers(B, T, D_MODEL, seed=4).to(device)
    used = [t for t in (x, key, value) if any(t is i for i in inputs)]
    ours_grads = torch.autograd.grad(output, used, cotangent, retain_graph=True)
    assert_close(ours_grads, torch.autograd.grad(expected, used, cotangent, retain_graph=True), **EXACT)
    output.backward(cotangent)
    expected.backward(cotangent)
    assert_same_gradients(theirs, ours, ATTENTION)


def test_each_head_is_an_attention_in_its_own_projection():
    """The definition, head by head, from the matrices that the properties show."""
    module, x, memory = heads(bias=False), numbers(B, T, D_MODEL), numbers(B, S, D_MODEL, seed=2)
    parts, all_weights = [], []
    for h in range(H):
        rows = slice(h * D, (h + 1) * D)
        q, k, v = x @ module.w_q[rows].T, memory @ module.w_k[rows].T, memory @ module.w_v[rows].T
        head, weights = attention(q, k, v)
        parts.append(head)
        all_weights.append(weights)
    output, weights = module(x, memory, need_weights=True)
    assert_close(output, torch.cat(parts, -1) @ module.w_o.T, **EXACT)
    assert_close(weights, torch.stack(all_weights, 1), **EXACT)


def test_the_matrices_are_views_so_that_writing_into_them_changes_the_module():
    module, x = heads(), numbers(B, T, D_MODEL)
    before = module(x)[0]
    with torch.no_grad():
        for matrix in (module.w_q, module.w_k, module.w_v, module.w_o):
            assert matrix.shape == (D_MODEL, D_MODEL)
            matrix[0] += 1
            after = module(x)[0]
            assert not torch.allclose(before, after)
            before = after


def test_an_ablated_head_is_a_zeroed_column_block_of_w_o():
    module, x = heads(bias=False), numbers(B, T, D_MODEL)
    gone = torch.ones(H).double()
    gone[1] = 0
    scaled = module.w_o * gone.repeat_interleave(D)
    output, _ = torch.func.functional_call(module, {"out_proj.weight": scaled}, (x,))
    q, k, v = (m.reshape(H, D, D_MODEL) for m in (module.w_q, module.w_k, module.w_v))
    kept = [attention(x @ q[h].T, x @ k[h].T, x @ v[h].T)[0] if h != 1 else x[..., :D] * 0 for h in range(H)]
    assert_close(output, torch.cat(kept, -1) @ module.w_o.T, **EXACT)


@pytest.mark.parametrize("ask", [lambda x: (x,), lambda x: (x, x), lambda x: (x, x, x)])
def test_the_query_given_as_key_and_value_is_self_attention_with_a_cache_too(ask):
    module, x = heads(rotate=RotaryPositions(T, D).double()), numbers(B, T, D_MODEL)
    cache = KeyValueCache()
    steps = [module(*ask(x[:, t : t + 1].contiguous()), cache=cache)[0] for t in range(T)]
    assert_close(torch.cat(steps, 1), module(x, causal=True)[0], **EXACT)
    assert cache.length == T


def test_values_need_keys():
    x = numbers(B, T, D_MODEL)
    with says(ValueError, "a value came without a key; pass both, or neither for self-attention"):
        heads()(x, None, x)


def test_values_of_their_own_make_it_cross_attention():
    module, x, value = heads(), numbers(B, T, D_MODEL), numbers(B, T, D_MODEL, seed=2)
    cache = KeyValueCache()
    output, _ = module(x, x, value, cache=cache)
    assert cache.length == 0
    assert_close(output, module(x, x.clone(), value)[0], **EXACT)


@given(st.permutations(range(T)))
def test_without_a_mask_permuted_inputs_give_permuted_outputs(order):
    module, x = heads(), numbers(B, T, D_MODEL)
    (output, weights), (moved, moved_weights) = (module(y, need_weights=True) for y in (x, x[:, order]))
    assert_close(moved, output[:, order], **EXACT)
    assert_close(moved_weights, weights[:, :, order][..., order], **EXACT)


@given(st.integers(0, T - 2), st.booleans())
def test_a_causal_output_does_not_feel_a_later_input(t, need_weights):
    module, x = heads(), numbers(B, T, D_MODEL)
    changed = x.clone()
    changed[:, t + 1 :] += 1.0
    before, after = (module(y, causal=True, need_weights=need_weights)[0] for y in (x, changed))
    assert_close(after[:, : t + 1], before[:, : t + 1], **EXACT)
    assert not torch.allclose(after[:, t + 1 :], before[:, t + 1 :])


def test_causality_and_a_mask_are_combined():
    module, x = heads(), numbers(B, T, D_MODEL)
    mask = torch.ones(B, 1, 1, T, dtype=torch.bool)
    mask[0, ..., 1] = False
    _, weights = module(x, mask=mask, causal=True, need_weights=True)
    assert torch.equal(weights > 0, (mask & causal_mask(T)).expand(B, H, T, T))


def test_a_query_without_a_key_gets_the_output_bias_alone():
    module, x, memory = heads(), numbers(B, T, D_MODEL), numbers(B, S, D_MODEL, seed=2)
    mask = torch.ones(B, 1, 1, S, dtype=torch.bool)
    mask[1] = False
    output, _ = module(x, memory, mask=mask)
    assert_close(output[1], module.out_proj.bias.expand(T, D_MODEL), **EXACT)


def test_dropout_drops_weights_and_only_while_training():
    module, x = heads(dropout=0.4), numbers(B, T, D_MODEL)
    q, k, v = module._split(module.in_proj(x), 0, 3)
    torch.manual_seed(3)
    dropped, weights = attention(q, k, v, dropout=0.4)
    torch.manual_seed(3)
    output, given_weights = module(x, need_weights=True)
    assert_close(output, module.out_proj(dropped.transpose(1, 2).flatten(2)), **EXACT)
    assert_close(given_weights, weights, **EXACT)
    assert torch.equal(module.eval()(x)[0], module(x)[0])
    without = heads().eval()
    assert_close(module(x)[0], without(x)[0], **EXACT)
    assert torch.equal(without.train()(x)[0], without(x)[0])


def test_rotation_reaches_queries_and_keys_but_not_values():
    turned = heads(rotate=RotaryPositions(T, D).double())
    plain, x, rotate = heads(), numbers(B, T, D_MODEL), RotaryPositions(T, D).double()
    q, k, v = plain._split(plain.in_proj(x), 0, 3)
    expected = plain.out_proj(attention(rotate(q), rotate(k), v)[0].transpose(1, 2).flatten(2))
    assert_close(turned(x)[0], expected, **EXACT)
    memory = numbers(B, S, D_MODEL, seed=2)
    assert_close(turned(x, memory)[0], plain(x, memory)[0], **EXACT)


@pytest.mark.parametrize("n_kv_heads", [1, 2, 3, 6])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("crossing", [False, True])
def test_grouped_queries_are_whole_heads_whose_keys_and_values_repeat(n_kv_heads, bias, crossing):
    d_head, n_heads = 5, 6
    d_model = n_heads * d_head
    torch.manual_seed(1)
    grouped = MultiHeadAttention(d_model, n_heads, bias=bias, n_kv_heads=n_kv_heads).double()
    whole = MultiHeadAttention(d_model, n_heads, bias=bias).double()
    repeated = [
        part.detach().unflatten(0, (-1, d_head)).repeat_interleave(n_heads // count, 0).flatten(0, 1)
        for name, parameter in grouped.in_proj.named_parameters()
        for part, count in zip(parameter.split(grouped.sizes), (n_heads, n_kv_heads, n_kv_heads), strict=True)
    ]
    with torch.no_grad():
        whole.in_proj.weight.copy_(torch.cat(repeated[:3]))
        if bias:
            whole.in_proj.bias.copy_(torch.cat(repeated[3:]))
    whole.out_proj.load_state_dict(grouped.out_proj.state_dict())
    x, memory = numbers(B, T, d_model), numbers(B, S, d_model, seed=2) if crossing else None
    for need_weights in (True, False):
        for ours, theirs in zip(
            grouped(x, memory, need_weights=need_weights),
            whole(x, memory, need_weights=need_weights),
            strict=True,
        ):
            assert_close(ours, theirs, **EXACT)


def test_grouped_queries_keep_fewer_keys_and_values():
    def kept(n_kv_heads):
        module, cache = MultiHeadAttention(30, 6, n_kv_heads=n_kv_heads).double(), KeyValueCache()
        x = numbers(B, T, 30)
        steps = [module(x[:, t : t + 1], causal=True, cache=cache)[0] for t in range(T)]
        assert_close(torch.cat(steps, 1), module(x, causal=True)[0], **EXACT)
        return cache.nbytes

    assert kept(6) == 3 * kept(2) == 6 * kept(1)


@pytest.mark.parametrize(
    ("n_kv_heads", "kind"), [(4, ValueError), (0, ValueError), (12, ValueError), (2.0, TypeError)]
)
def test_heads_of_keys_and_values_divide_the_heads(n_kv_heads, kind):
    with pytest.raises(kind, match="n_kv_heads"):
        MultiHeadAttention(30, 6, n_kv_heads=n_kv_heads)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("need_weights", [True, False])
def test_outputs_have_the_dtype_of_inputs(dtype, need_weights, device):
    x = numbers(B, T, D_MODEL).to(device, dtype)
    module = heads().to(device, dtype)
    output, weights = module(x, causal=True, need_weights=need_weights)
    assert output.dtype == dtype
    assert weights is None or weights.dtype == dtype
    expected = heads().to(device)(x.double(), causal=True)[0]
    tolerance = {torch.float64: 1e-12, torch.float32: 1e-5, torch.bfloat16: 0.05}[dtype]
    assert_close(output.double(), expected, rtol=0, atol=tolerance)


def test_matrices_start_xavier_uniform_from_torchs_seed_and_biases_at_zero():
    torch.manual_seed(5)
    first = MultiHeadAttention(60, 4)
    torch.manual_seed(5)
    second = MultiHeadAttention(60, 4)
    assert torch.equal(first.in_proj.weight, second.in_proj.weight)
    assert torch.equal(first.out_proj.weight, second.out_proj.weight)
    for linear, bound in ((first.in_proj, (6 / (60 + 180)) ** 0.5), (first.out_proj, (6 / 120) ** 0.5)):
        assert 0.98 * bound < linear.weight.abs().max() <= bound
        assert torch.equal(linear.bias, torch.zeros_like(linear.bias))


@pytest.mark.parametrize(("bias", "count"), [(True, 4 * 12**2 + 4 * 12), (False, 4 * 12**2)])
def test_it_has_four_square_matrices(bias, count):
    assert sum(p.numel() for p in MultiHeadAttention(12, 3, bias=bias).parameters()) == count


def test_dropout_is_off_and_biases_are_on_unless_asked():
    module = MultiHeadAttention(12, 3)
    assert (module.dropout, module.in_proj.bias is None, module.d_head) == (0.0, False, 4)
    assert MultiHeadAttention(12, 3, 0.25).dropout == 0.25
    assert module(torch.ones(1, 2, 12))[1] is None


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(("d_model", "n_heads"), [(10, 3), (10, 0), (0, 1), (-3, 3), (10, -5)])
def test_heads_share_the_width_evenly(d_model, n_heads):
    message = (
        f"d_model must be a multiple of n_heads, got d_model {d_model} and n_heads {n_heads}; "
        "the heads share d_model, each gets d_model / n_heads"
    )
    with says(ValueError, message):
        MultiHeadAttention(d_model, n_heads)
    assert MultiHeadAttention(1, 1).d_head == 1


@pytest.mark.parametrize("dropout", [-0.1, 1.0])
def test_dropout_is_a_probability(dropout):
    with says(ValueError, f"dropout is a probability in [0, 1), got {dropout}"):
        MultiHeadAttention(12, 3, dropout)


@pytest.mark.parametrize("place", ["query", "key", "value"])
def test_inputs_are_batches_of_vectors_of_the_models_width(place):
    good = {"query": numbers(B, T, D_MODEL), "key": numbers(B, S, D_MODEL), "value": numbers(B, S, D_MODEL)}
    batch = good[place]
    with says(
        ValueError,
        f"{place} must be (batch, length, d_model = {D_MODEL}), got {tuple(batch[0].shape)}"
        "; a single sentence becomes a batch of one by x[None]",
    ):
        heads()(**good | {place: batch[0]})
    for wrong in (batch[..., 1:], batch[None]):
        with says(
            ValueError, f"{place} must be (batch, length, d_model = {D_MODEL}), got {tuple(wrong.shape)}"
        ):
            heads()(**good | {place: wrong})


def test_rows_must_fit():
    x, memory, cache, module = numbers(B, T, D_MODEL), numbers(3, S, D_MODEL), KeyValueCache(), heads()
    hint = "repeat or choose rows with index_select, and those of a cache with cache.reorder(rows)"
    with says(ValueError, f"the keys have 3 rows, the queries 2; {hint}"):
        module(x, memory)
    module(x, memory[:2], cache=cache)
    with says(ValueError, f"the keys have 2 rows, the queries 1; {hint}"):
        module(x[:1], memory[:1], cache=cache)


def test_it_exports_with_dynamic_sizes():
    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.heads = heads(rotate=RotaryPositions(31, D).double())

        def forward(self, x, memory, mask):
            return self.heads(x, causal=True)[0], self.heads(x, memory, mask=mask, need_weights=True)

    b, t, s = (torch.export.Dim(name) for name in "bts")
    example = (numbers(B, T, D_MODEL), numbers(B, S, D_MODEL), padded())
    shapes = ({0: b, 1: t}, {0: b, 1: s}, {0: b, 3: s})
    module = Both()
    program = torch.export.export(module, example, dynamic_shapes=shapes).module()
    other = (
        numbers(3, 11, D_MODEL),
        numbers(3, 2, D_MODEL),
        F.one_hot(torch.tensor([0, 1, 1]))[:, None, None] > 0,
    )
    assert_close(program(*other), module(*other), **EXACT)
