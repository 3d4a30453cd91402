"""`attention` against torch and by hand. Long: every claim about one function, its masks, errors and gradients."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from transformer_lib import attention, causal_mask, padding_mask
from transformer_lib.model.attention import masked_softmax

B, H, T, S, D, DV = 2, 3, 5, 7, 11, 13
PATHS = pytest.mark.parametrize("need_weights", [True, False])
EXACT = {"rtol": 1e-9, "atol": 1e-12}


def numbers(*shape, seed=0, **options):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64).to(**options)


def inputs(leading=(B, H), t=T, s=S, d=D, dv=DV, **options):
    shapes = ((*leading, t, d), (*leading, s, d), (*leading, s, dv))
    return [numbers(*shape, seed=seed, **options) for seed, shape in enumerate(shapes)]


def some_mask(*shape, seed=0):
    """A mask in which every query may attend to one key at least."""
    mask = numbers(*shape, seed=seed) > 0
    mask[..., 0] |= ~mask.any(-1)
    return mask


def by_definition(q, k, v, mask=None, scale=None):
    """Equation 1, one query at a time."""
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    rows, outputs = [], []
    for t in range(q.shape[-2]):
        scores = (q[..., t, None, :] * k).sum(-1) * scale
        if mask is not None:
            scores = scores.masked_fill(~mask[..., t, :], -math.inf)
        exponentials = scores.exp()
        rows.append(exponentials / exponentials.sum(-1, keepdim=True))
        outputs.append((rows[-1][..., None] * v).sum(-2))
    return torch.stack(outputs, -2), torch.stack(rows, -2)


class TestParity:
    @PATHS
    @pytest.mark.parametrize("masked", ["not", "by pairs", "by keys", "causal", "causal and by keys"])
    def test_with_the_definition(self, need_weights, masked):
        q, k, v = inputs()
        mask = {"by pairs": some_mask(B, H, T, S), "by keys": some_mask(B, 1, 1, S, seed=1)}.get(
            masked.removeprefix("causal and ")
        )
        causal = masked.startswith("causal")
        whole = torch.ones(T, S, dtype=torch.bool) if mask is None else mask.expand(B, H, T, S)
        if causal:
            whole = whole & torch.ones(T, S, dtype=torch.bool).tril(S - T)
        if masked == "causal and by keys":
            whole[..., 0] = True
            mask = mask.clone()
            mask[..., 0] = True
        output, weights = attention(q, k, v, mask, causal=causal, need_weights=need_weights)
        expected, expected_weights = by_definition(q, k, v, whole.expand(B, H, T, S))
        assert_close(output, expected, **EXACT)
        if need_weights:
            assert_close(weights, expected_weights, **EXACT)
        else:
            assert weights is None

    @PATHS
    @pytest.mark.parametrize(
        ("dtype", "tolerance"),
        [(torch.float64, 1e-12), (torch.float32, 1e-5), (torch.bfloat16, 3e-2), (torch.float16, 4e-3)],
    )
    @pytest.mark.parametrize("masked", [False, True])
    def test_with_torch_forward_and_backward(self, need_weights, dtype, tolerance, masked, device):
        ours = [x.requires_grad_() for x in inputs(dtype=dtype, device=device)]
        theirs = [x.detach().clone().requires_grad_() for x in ours]
        mask = some_mask(B, H, T, S).to(device) if masked else None
        output, weights = attention(*ours, mask, need_weights=need_weights)
        expected = F.scaled_dot_product_attention(*theirs, attn_mask=mask)
        assert output.dtype == dtype
        assert output.device == ours[0].device
        if need_weights:
            assert weights.dtype == dtype
        assert_close(output, expected, rtol=tolerance, atol=tolerance)
        upstream = numbers(B, H, T, DV, seed=9, dtype=dtype, device=device)
        output.backward(upstream)
        expected.backward(upstream)
        for x, y in zip(ours, theirs, strict=True):
            assert_close(x.grad, y.grad, rtol=tolerance, atol=4 * tolerance)

    @pytest.mark.parametrize("t", [T, S])
    def test_both_paths_send_the_same_gradient_back_through_a_causal_mask(self, t):
        grads = []
        for need_weights in (True, False):
            qkv = [x.requires_grad_() for x in inputs(t=t)]
            output, _ = attention(*qkv, causal=True, need_weights=need_weights)
            output.square().sum().backward()
            grads.append([x.grad for x in qkv])
        for one, other in zip(*grads, strict=True):
            assert_close(one, other, **EXACT)

    @PATHS
    def test_gradients_are_those_of_finite_differences(self, need_weights):
        q, k, v = (x.requires_grad_() for x in inputs((), t=2, s=3, d=2, dv=2))
        mask = torch.tensor([[True, False, True], [False, False, False]])

        def function(q, k, v, scale):
            return attention(q, k, v, mask, scale=scale, need_weights=need_weights)[0]

        scale = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(function, (q, k, v, scale))

    @PATHS
    def test_leading_dimensions_broadcast(self, need_weights):
        q, k, v = inputs()
        one_key_head = attention(q, k[:, :1], v[:, :1], need_weights=need_weights)
        assert_close(
            one_key_head,
            attention(q, k[:, :1].expand(k.shape), v[:, :1].expand(v.shape), need_weights=need_weights),
            **EXACT,
        )
        one_query, _ = attention(q[0, 0], k, v, need_weights=need_weights)
        assert_close(one_query, by_definition(q[0, 0].expand(q.shape), k, v)[0], **EXACT)

    @PATHS
    @pytest.mark.parametrize("leading", [(), (B,), (B, H), (B, H, 2)])
    def test_any_number_of_leading_dimensions(self, need_weights, leading):
        q, k, v = inputs(leading)
        output, weights = attention(q, k, v, need_weights=need_weights)
        expected, expected_weights = by_definition(q, k, v)
        assert_close(output, expected, **EXACT)
        if need_weights:
            assert_close(weights, expected_weights, **EXACT)


class TestByHand:
    # the Sally sentence of the slides: she looks at received, adored, reading, when, Sally
    query = torch.tensor([[8.0, 7.0]])
    keys = torch.tensor([[7.0, 8.0], [5.0, 5.0], [11.0, -4.0], [-2.0, 4.0], [0.0, 15.0]])

    def test_scale_one_gives_the_softmax_of_the_bare_products(self):
        assert (self.query @ self.keys.T).tolist() == [[112.0, 75.0, 60.0, 12.0, 105.0]]
        _, weights = attention(self.query, self.keys, self.keys, scale=1.0)
        exponentials = [math.exp(score - 112) for score in (112, 75, 60, 12, 105)]
        expected = torch.tensor([[e / sum(exponentials) for e in exponentials]])
        assert_close(weights, expected)

    def test_the_default_divides_by_the_root_of_the_width(self):
        output, weights = attention(self.query, self.keys, self.keys)
        rounded = [[0.993, 0.0, 0.0, 0.0, 0.007]]
        assert torch.round(weights, decimals=3).tolist() == torch.tensor(rounded).tolist()
        scores = [112, 75, 60, 12, 105]
        exponentials = [math.exp((score - 112) / math.sqrt(2)) for score in scores]
        shares = [e / sum(exponentials) for e in exponentials]
        assert_close(weights, torch.tensor([shares]))
        average = [sum(w * key[i] for w, key in zip(shares, self.keys.tolist(), strict=True)) for i in (0, 1)]
        assert_close(output, torch.tensor([average]))

    @PATHS
    def test_two_equal_keys_share_the_weight(self, need_weights):
        output, weights = attention(
            torch.ones(1, 3), torch.ones(2, 3), torch.tensor([[2.0], [6.0]]), need_weights=need_weights
        )
        assert output.tolist() == [[4.0]]
        if need_weights:
            assert weights.tolist() == [[0.5, 0.5]]

    def test_a_hidden_key_leaves_its_weight_to_the_others(self):
        mask = torch.tensor([[True, True, False]])
        output, weights = attention(
            torch.zeros(1, 2), torch.ones(3, 2), torch.tensor([[1.0], [3.0], [9.0]]), mask
        )
        assert weights.tolist() == [[0.5, 0.5, 0.0]]
        assert output.tolist() == [[2.0]]


class TestProperties:
    sizes = st.integers(1, 7)
    seeds = st.integers(0, 999)

    @given(t=sizes, s=sizes, seed=seeds, causal=st.booleans(), size=st.sampled_from([0.1, 1.0, 100.0]))
    def test_weights_are_shares_of_one(self, t, s, seed, causal, size):
        q, k, v = (numbers(n, 3, seed=seed + i) * size for i, n in enumerate((t, s, s)))
        mask = numbers(t, s, seed=seed) > -0.5
        _, weights = attention(q, k, v, mask, causal=causal)
        allowed = mask & causal_mask(t, s) if causal else mask
        assert (weights >= 0).all()
        assert (weights[~allowed] == 0).all()
        assert_close(weights.sum(-1), allowed.any(-1).to(weights.dtype), **EXACT)

    @given(t=sizes, s=sizes, seed=seeds, causal=st.booleans(), masked=st.booleans())
    def test_both_paths_agree(self, t, s, seed, causal, masked):
        q, k, v = inputs((2,), t=t, s=s)
        mask = numbers(2, t, s, seed=seed) > 0 if masked else None
        with_weights, _ = attention(q, k, v, mask, causal=causal)
        fused, _ = attention(q, k, v, mask, causal=causal, need_weights=False)
        assert_close(with_weights, fused, **EXACT)

    @PATHS
    @given(seed=seeds, order=st.permutations(range(S)))
    def test_the_order_of_the_keys_does_not_matter(self, need_weights, seed, order):
        q, k, v = inputs()
        mask = numbers(T, S, seed=seed) > 0
        output, weights = attention(q, k, v, mask, need_weights=need_weights)
        again, moved = attention(
            q, k[..., order, :], v[..., order, :], mask[:, order], need_weights=need_weights
        )
        assert_close(again, output, **EXACT)
        if need_weights:
            assert_close(moved, weights[..., order], **EXACT)

    @PATHS
    @given(order=st.permutations(range(T)))
    def test_permuted_words_give_permuted_outputs(self, need_weights, order):
        x = numbers(B, T, D)
        output, _ = attention(x, x, x, need_weights=need_weights)
        y = x[:, order]
        assert_close(attention(y, y, y, need_weights=need_weights)[0], output[:, order], **EXACT)

    @PATHS
    @given(t=st.integers(1, T), s=st.integers(1, S), key=st.integers(0, S - 1))
    def test_a_future_key_cannot_change_the_past(self, need_weights, t, s, key):
        q, k, v = inputs(t=t, s=s)
        key %= s
        before, _ = attention(q, k, v, causal=True, need_weights=need_weights)
        k[..., key, :] += 100.0
        v[..., key, :] -= 100.0
        after, _ = attention(q, k, v, causal=True, need_weights=need_weights)
        first = max(0, key - (s - t))  # the first query that sees the key
        assert torch.equal(after[..., :first, :], before[..., :first, :])
        assert (after[..., first:, :] != before[..., first:, :]).any(-1).all()

    @PATHS
    def test_a_full_mask_is_no_mask(self, need_weights):
        q, k, v = inputs()
        for shape in [(T, S), (B, 1, 1, S), (1, S), (T, 1), (1,), ()]:
            full = torch.ones(shape, dtype=torch.bool)
            masked = attention(q, k, v, full, need_weights=need_weights)
            assert_close(masked, attention(q, k, v, need_weights=need_weights), **EXACT)

    @PATHS
    def test_a_narrow_mask_means_what_its_wide_form_means(self, need_weights):
        q, k, v = inputs()
        for shape in [(B, H, T, S), (B, 1, T, S), (H, 1, S), (B, 1, 1, S), (1, H, T, 1), (T, 1), (S,), ()]:
            mask = numbers(*shape) > 0
            narrow = attention(q, k, v, mask, need_weights=need_weights)
            wide = attention(q, k, v, mask.expand(B, H, T, S), need_weights=need_weights)
            assert_close(narrow, wide, **EXACT)

    @PATHS
    @pytest.mark.parametrize("wide", ["q", "k", "v", "qk", "kv", "qv"])
    def test_a_mask_may_be_as_wide_as_the_widest_of_the_three(self, need_weights, wide):
        whole = dict(zip("qkv", inputs(), strict=True))
        given_inputs = {name: x if name in wide else x[0, 0] for name, x in whole.items()}
        mask = some_mask(B, H, T, S)
        output, _ = attention(**given_inputs, mask=mask, need_weights=need_weights)
        spread = [given_inputs[name].expand(x.shape) for name, x in whole.items()]
        assert_close(output, by_definition(*spread, mask)[0], **EXACT)

    @PATHS
    def test_a_mask_may_be_as_wide_as_two_that_broadcast_against_each_other(self, need_weights):
        q, k, v = inputs()
        mask = some_mask(B, H, T, S)
        output, _ = attention(q[:, :1], k[:1], v, mask, need_weights=need_weights)
        expected, _ = by_definition(q[:, :1].expand(q.shape), k[:1].expand(k.shape), v, mask)
        assert_close(output, expected, **EXACT)

    @PATHS
    def test_causal_is_the_causal_mask(self, need_weights):
        for t, s in [(T, S), (S, T), (T, T), (1, S), (T, 1)]:
            q, k, v = inputs(t=t, s=s)
            flag = attention(q, k, v, causal=True, need_weights=need_weights)
            assert_close(flag, attention(q, k, v, causal_mask(t, s), need_weights=need_weights), **EXACT)

    @PATHS
    def test_causal_combines_with_a_mask(self, need_weights):
        for t in (T, S):
            q, k, v = inputs(t=t)
            padding = padding_mask(torch.tensor([[1, 1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0, 0]]))
            both = attention(q, k, v, padding, causal=True, need_weights=need_weights)
            expected = attention(q, k, v, padding & causal_mask(t, S), need_weights=need_weights)
            assert_close(both, expected, **EXACT)

    @PATHS
    def test_the_last_query_of_cached_decoding_gets_what_the_whole_sentence_gives_it(self, need_weights):
        q, k, v = inputs(t=S)
        whole, _ = attention(q, k, v, causal=True, need_weights=need_weights)
        last, _ = attention(q[..., -2:, :], k, v, causal=True, need_weights=need_weights)
        assert_close(last, whole[..., -2:, :], **EXACT)

    @PATHS
    def test_everything_happens_where_the_inputs_are(self, need_weights):
        for t in (T, S):
            somewhere_else = inputs(t=t, device="meta")
            output, _ = attention(*somewhere_else, causal=True, need_weights=need_weights)
            assert output.device.type == "meta"
            mask = torch.ones(t, S, dtype=torch.bool, device="meta")
            output, _ = attention(*somewhere_else, mask, causal=True, need_weights=need_weights)
            assert output.device.type == "meta"
            assert output.shape == (B, H, t, DV)

    @PATHS
    def test_arguments_stay_as_they_were(self, need_weights):
        given_inputs = [*inputs(), some_mask(T, S)]
        copies = [x.clone() for x in given_inputs]
        attention(*given_inputs, causal=True, need_weights=need_weights)
        assert all(torch.equal(x, y) for x, y in zip(given_inputs, copies, strict=True))


LEADING = [
    ((), (), ()), ((3,), (), ()), ((), (3,), ()), ((), (), (3,)), ((2, 3), (3,), (2, 1)), ((3,), (2, 1), (2, 3)),
    ((2, 3), (2, 3), (1, 3)), ((2, 3), (1, 3), (2, 3)), ((1, 3), (2, 3), (2, 3)), ((2, 3, 5), (5,), (3, 1)),
    ((5,), (2, 1, 5), ()), ((2, 3, 5), (2, 3, 5), (2, 3, 5)), ((7, 2, 1, 5), (3, 1), (5,)),
]  # fmt: skip


class TestLeadingDimensions:
    """Whatever stands before the last two dimensions of each, the kernel gives what the definition gives."""

    @pytest.mark.parametrize("leading", LEADING, ids=str)
    @pytest.mark.parametrize("masked", ["not", "keys", "rows", "one for all", "each"])
    @pytest.mark.parametrize("empty", [False, True])
    def test_of_any_kind_broadcast_in_the_kernel(self, leading, masked, empty):
        q, k, v = (
            numbers(*before, *rest, seed=seed)
            for seed, (before, rest) in enumerate(zip(leading, ((T, D), (S, D), (S, DV)), strict=True))
        )
        joint = torch.broadcast_shapes(*leading)
        shape = {
            "keys": (S,),
            "rows": (T, S),
            "one for all": (*(1 for _ in joint), T, S),
            "each": (*joint, T, S),
        }
        mask = some_mask(*shape[masked]) if masked != "not" else None
        if mask is not None and empty:
            mask[(0,) * (mask.ndim - 1)] = False  # the first row
        scores = (q @ k.transpose(-2, -1)) * 0.3
        scores = scores.expand(*joint, T, S)
        weights = (
            scores.softmax(-1)
            if mask is None
            else scores.masked_fill(~mask, -math.inf).softmax(-1).nan_to_num(0)
        )
        output, nothing = attention(q, k, v, mask, scale=0.3, need_weights=False)
        assert nothing is None
        assert_close(output, weights @ v, **EXACT)

    def test_weights_that_nobody_wants_are_not_handed_out_of_a_transform(self):
        q, k, v = inputs()
        found = []
        torch.func.vmap(lambda q, k, v: found.append(attention(q, k, v, need_weights=False)[1]) or q)(q, k, v)
        assert found == [None]

    def test_what_is_not_finite_spoils_its_own_row_alone(self):
        q, k, v = inputs(leading=())
        q[0] = math.inf
        mask = some_mask(T, S)
        mask[1] = False
        output, _ = attention(q, k, v, mask, scale=0.3, need_weights=False)
        expected, _ = attention(q[1:], k, v, mask[1:], scale=0.3)
        assert_close(output[1:], expected, **EXACT)
        assert (output[1] == 0).all()
        assert not output[0].isfinite().any()


class TestFullyMaskedRows:
    @PATHS
    @pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
    def test_give_zeros_and_send_zero_gradient_back(self, need_weights, dtype, device):
        qkv = [x.requires_grad_() for x in inputs(dtype=dtype, device=device)]
        mask = some_mask(B, H, T, S).to(device)
        mask[0, 1, 2] = False
        mask[1] = False
        output, weights = attention(*qkv, mask, need_weights=need_weights)
        assert (output[0, 1, 2] == 0).all()
        assert (output[1] == 0).all()
        assert (output[0, 0] != 0).all()
        if need_weights:
            assert (weights[0, 1, 2] == 0).all()
            assert (weights[1] == 0).all()
        output.sum().backward()
        q, _, v = qkv
        assert all(x.grad.isfinite().all() for x in qkv)
        assert (q.grad[0, 1, 2] == 0).all()
        assert all((x.grad[1] == 0).all() for x in qkv)
        assert (v.grad[0, 0] != 0).any()
        assert (q.grad[0, 0] != 0).any()

    @PATHS
    def test_stay_zero_beside_what_is_not_finite(self, need_weights):
        q, k, v = inputs(())
        mask = torch.ones(T, S, dtype=torch.bool)
        mask[2] = False
        q[2] = torch.inf
        output, _ = attention(q, k, v, mask, need_weights=need_weights)
        assert (output[2] == 0).all()
        assert output.isfinite().all()

    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    def test_hidden_keys_that_are_not_finite_change_no_weight(self, bad):
        q, k, v = inputs()
        mask = torch.ones(T, S, dtype=torch.bool)
        mask[:, 3] = mask[2] = False
        expected = attention(q, k, v, mask)
        k[..., 3, :] = bad
        assert_close(attention(q, k, v, mask), expected, **EXACT)

    @pytest.mark.parametrize("grad", [True, False])
    @pytest.mark.parametrize("rows", ["all with keys", "one without"])
    def test_masked_softmax_leaves_scores_as_they_were(self, grad, rows):
        scores, mask = numbers(T, S).requires_grad_(grad), some_mask(T, S)
        mask[:, 0] = True
        if rows == "one without":
            mask[2] = False
        before = scores.detach().clone()
        assert (masked_softmax(scores, mask)[~mask] == 0).all()
        assert torch.equal(scores, before)

    @PATHS
    def test_no_step_on_the_way_back_is_nan(self, need_weights):
        mask = some_mask(T, S)
        mask[2] = False
        with torch.autograd.set_detect_anomaly(
            True
        ):  # raises at the first NaN, even one that is masked later
            output, _ = attention(*(x.requires_grad_() for x in inputs()), mask, need_weights=need_weights)
            output.sum().backward()

    @PATHS
    def test_first_queries_without_any_key_yet_give_zeros(self, need_weights):
        q, k, v = (x.requires_grad_() for x in inputs(t=S, s=T))
        output, _ = attention(q, k, v, causal=True, need_weights=need_weights)
        assert (output[..., : S - T, :] == 0).all()
        assert (output[..., S - T :, :] != 0).all()
        output.sum().backward()
        assert all(x.grad.isfinite().all() for x in (q, k, v))

    @PATHS
    @pytest.mark.parametrize("shape", [(), (1,), (S,), (T, 1), (B, 1, 1, S)])
    def test_nothing_to_attend_at_all_gives_zeros(self, need_weights, shape):
        output, weights = attention(
            *inputs(), torch.zeros(shape, dtype=torch.bool), need_weights=need_weights
        )
        assert output.shape == (B, H, T, DV)
        assert (output == 0).all()
        if need_weights:
            assert weights.shape == (B, H, T, S)
            assert (weights == 0).all()


class TestScale:
    @PATHS
    @pytest.mark.parametrize("scale", [0.37, 2.0, 0.0, -1.0])
    @pytest.mark.parametrize("masked", ["not", "causal", "by pairs", "by pairs and causal"])
    def test_is_a_factor_on_the_scores_as_float_and_as_tensor(self, need_weights, scale, masked):
        q, k, v = inputs(t=S)
        causal = masked.endswith("causal")
        mask = some_mask(S, S) if masked.startswith("by pairs") else None
        whole = torch.ones(S, S, dtype=torch.bool) if mask is None else mask
        whole = whole & causal_mask(S) if causal else whole
        q[..., ~whole.any(-1), :] = 0  # rows without keys have their own tests
        whole = whole | ~whole.any(-1, keepdim=True)
        expected, _ = by_definition(q, k, v, whole.expand(B, H, S, S), scale=scale)
        some = (causal_mask(S) & mask if causal and mask is not None else whole).any(-1, keepdim=True)
        expected = torch.where(some, expected, 0.0)
        for given_scale in (scale, torch.tensor(scale), torch.tensor(scale, dtype=torch.float64)):
            output, _ = attention(q, k, v, mask, causal=causal, scale=given_scale, need_weights=need_weights)
            assert_close(output, expected, rtol=1e-6, atol=1e-6)

    @PATHS
    def test_as_a_tensor_keeps_the_dtype_of_the_queries(self, need_weights):
        q, k, v = inputs(dtype=torch.float32)
        scale = torch.tensor(0.5, dtype=torch.float64)
        output, _ = attention(q, k, v, scale=scale, need_weights=need_weights)
        assert output.dtype == torch.float32

    @PATHS
    def test_default_is_one_over_the_root_of_the_width(self, need_weights):
        for d in (1, 2, D, 768):
            q, k, v = inputs(d=d)
            expected = attention(q, k, v, scale=1 / math.sqrt(d), need_weights=need_weights)
            assert_close(attention(q, k, v, need_weights=need_weights), expected, **EXACT)

    @PATHS
    def test_of_zero_averages_all_values(self, need_weights):
        q, k, v = inputs()
        output, _ = attention(q, k, v, scale=0.0, need_weights=need_weights)
        assert_close(output, v.mean(-2, keepdim=True).expand(output.shape), **EXACT)


class TestDropout:
    N = 997

    def test_returned_weights_are_those_before_dropout(self):
        q, k, v = inputs()
        torch.manual_seed(0)
        output, weights = attention(q, k, v, dropout=0.5)
        calm, calm_weights = attention(q, k, v)
        assert torch.equal(weights, calm_weights)
        assert not torch.allclose(output, calm)

    @PATHS
    @pytest.mark.parametrize("way", ["plain", "causal", "masked"])
    def test_keeps_the_expectation_and_drops_the_share_asked_for(self, need_weights, way):
        # one value of 1 and equal weights: each output is the share of kept weights over 1 - dropout
        q, k, v = torch.zeros(self.N, 2), torch.zeros(self.N, 2), torch.ones(self.N, 1)
        options = {"mask": torch.ones(self.N, self.N, dtype=torch.bool)} if way == "masked" else {}
        torch.manual_seed(0)
        output, _ = attention(
            q, k, v, dropout=0.3, causal=way == "causal", need_weights=need_weights, **options
        )
        last = output[self.N // 2 :]  # queries with many keys, also under a causal mask
        assert (last != 1).any()
        assert_close(last.mean(), torch.tensor(1.0), atol=0.01, rtol=0)
        deviation = math.sqrt(0.3 / 0.7 / (self.N if way != "causal" else 0.75 * self.N))
        assert_close(last.std().item(), deviation, rtol=0.15, atol=0)

    @PATHS
    def test_of_zero_draws_no_random_number(self, need_weights):
        torch.manual_seed(0)
        before = torch.get_rng_state()
        attention(*inputs(), causal=True, need_weights=need_weights)
        assert torch.equal(torch.get_rng_state(), before)


class TestKernel:
    """Which kernel runs: a mask where the kernel's own flag would do costs time and rules out flash attention."""

    @pytest.fixture
    def calls(self, monkeypatch):
        made = []
        kernel = F.scaled_dot_product_attention

        def spy(*arguments, **options):
            made.append((arguments[3:], options))
            return kernel(*arguments, **options)

        monkeypatch.setattr(F, "scaled_dot_product_attention", spy)
        return made

    def test_is_not_called_when_weights_are_wanted_which_is_the_default(self, calls):
        _, weights = attention(*inputs())
        assert weights is not None
        assert calls == []

    def test_uses_its_own_flag_for_a_causal_square(self, calls):
        attention(*inputs(t=S), causal=True, need_weights=False)
        [(masks, options)] = calls
        assert masks == ()
        assert options.get("attn_mask") is None
        assert options["is_causal"] is True

    @pytest.mark.parametrize("options", [{"causal": True}, {"mask": some_mask(T, S)}])
    def test_gets_a_mask_only_where_there_must_be_one(self, calls, options):
        attention(*inputs(), need_weights=False)
        attention(*inputs(), need_weights=False, **options)
        (plain, plain_options), (masked, masked_options) = calls
        assert plain == ()
        assert not plain_options.get("is_causal", False)
        assert masked[0].dtype == torch.bool
        assert not masked_options.get("is_causal", False)


class TestExport:
    class Module(torch.nn.Module):
        def __init__(self, **options):
            super().__init__()
            self.options = options

        def forward(self, q, k, v, mask):
            return attention(q, k, v, mask, **self.options)[0]

    @PATHS
    @pytest.mark.parametrize("causal", [False, True])
    def test_keeps_every_length_open(self, need_weights, causal):
        b, t, s = torch.export.Dim("B"), torch.export.Dim("T"), torch.export.Dim("S")
        module = self.Module(causal=causal, need_weights=need_weights)
        program = torch.export.export(
            module,
            (*inputs(), some_mask(B, 1, T, S)),
            dynamic_shapes=({0: b, 2: t}, {0: b, 2: s}, {0: b, 2: s}, {0: b, 2: t, 3: s}),
        ).module()
        for t, s in [(2, 3), (S, S), (13, 11)]:
            q, k, v = inputs((5, H), t=t, s=s)
            mask = numbers(5, 1, t, s) > 0
            assert_close(program(q, k, v, mask), module(q, k, v, mask), **EXACT)


def base(**changes):
    q, k, v = inputs((B, T), t=T, dtype=torch.float32)
    return {"q": q, "k": k, "v": v} | changes


IDS = torch.ones(B, T, T, D, dtype=torch.int64)
REFUSED = {
    "a flat query": (
        {"q": torch.ones(D)},
        ValueError,
        "q must be (..., length, width), got shape (11,)",
    ),
    "a flat key": ({"k": torch.ones(D)}, ValueError, "k must be (..., length, width), got shape (11,)"),
    "a flat value": ({"v": torch.ones(S)}, ValueError, "v must be (..., length, width), got shape (7,)"),
    "ids as queries": (
        {"q": IDS},
        TypeError,
        "q must be floating point, got torch.int64; did you pass token ids?",
    ),
    "ids as keys": (
        {"k": IDS},
        TypeError,
        "k must be floating point, got torch.int64; did you pass token ids?",
    ),
    "ids as values": (
        {"v": IDS},
        TypeError,
        "v must be floating point, got torch.int64; did you pass token ids?",
    ),
    "another dtype of the keys": (
        {"k": torch.ones(B, T, S, D, dtype=torch.float64)},
        TypeError,
        "q, k and v must share one dtype, got torch.float32, torch.float64 and torch.float32",
    ),
    "another dtype of the values": (
        {"v": torch.ones(B, T, S, DV, dtype=torch.float16)},
        TypeError,
        "q, k and v must share one dtype, got torch.float32, torch.float32 and torch.float16",
    ),
    "another device of the keys": (
        {"k": torch.ones(B, T, S, D, device="meta")},
        ValueError,
        "q, k and v must share one device, got cpu, meta and cpu",
    ),
    "another device of the values": (
        {"v": torch.ones(B, T, S, DV, device="meta")},
        ValueError,
        "q, k and v must share one device, got cpu, cpu and meta",
    ),
    "transposed keys": (
        {"k": torch.ones(B, T, D, S)},
        ValueError,
        "queries and keys must have one width D, got q (2, 5, 5, 11) and k (2, 5, 11, 7); "
        "did you transpose the keys? attention() does that itself",
    ),
    "a value too few": (
        {"v": torch.ones(B, T, S - 1, DV)},
        ValueError,
        "each key needs one value, got k (2, 5, 7, 11) and v (2, 5, 6, 13)",
    ),
    "no key": (
        {"k": torch.ones(B, T, 0, D), "v": torch.ones(B, T, 0, DV)},
        ValueError,
        "attention needs a key and a width, got q (2, 5, 5, 11) and k (2, 5, 0, 11)",
    ),
    "no width": (
        {"q": torch.ones(B, T, T, 0), "k": torch.ones(B, T, S, 0)},
        ValueError,
        "attention needs a key and a width, got q (2, 5, 5, 0) and k (2, 5, 7, 0)",
    ),
    "leading dimensions that do not broadcast": (
        {"k": torch.ones(3, T, S, D), "v": torch.ones(3, T, S, DV)},
        ValueError,
        "dimensions before the last two must broadcast, "
        "got q (2, 5, 5, 11), k (3, 5, 7, 11) and v (3, 5, 7, 13)",
    ),
    "a scale for each key": (
        {"scale": torch.ones(S)},
        ValueError,
        "scale must be a float or a 0-d tensor, got shape (7,)",
    ),
    "certain dropout": ({"dropout": 1.0}, ValueError, "dropout is a probability in [0, 1), got 1.0"),
    "negative dropout": ({"dropout": -0.1}, ValueError, "dropout is a probability in [0, 1), got -0.1"),
    "a float mask": (
        {"mask": torch.zeros(T, S)},
        TypeError,
        "mask must be bool with True = may attend, got torch.float32; "
        "an additive mask of 0 and -inf becomes one by `mask == 0`",
    ),
    "a mask elsewhere": (
        {"mask": torch.ones(T, S, dtype=torch.bool, device="meta")},
        ValueError,
        "mask is on meta, the queries on cpu",
    ),
    "a mask for other keys": (
        {"mask": torch.ones(T, S + 1, dtype=torch.bool)},
        ValueError,
        "mask of shape (5, 8) must broadcast to the scores' shape (2, 5, 5, 7)",
    ),
    "a mask that enlarges a batch of one": (
        {name: torch.ones(1, T, S, D) for name in "qkv"} | {"mask": torch.ones(B, 1, 1, S, dtype=torch.bool)},
        ValueError,
        "mask of shape (2, 1, 1, 7) must broadcast to the scores' shape (1, 5, 7, 7)",
    ),
    "a padding mask with heads on scores without": (
        {name: torch.ones(B, S, D) for name in "qkv"} | {"mask": torch.ones(B, 1, 1, S, dtype=torch.bool)},
        ValueError,
        "mask of shape (2, 1, 1, 7) must broadcast to the scores' shape (2, 7, 7); it would enlarge them: "
        "does it carry a head dimension that q, k and v lack?",
    ),
}


class TestRefusals:
    @PATHS
    @pytest.mark.parametrize("what", REFUSED)
    def test_say_what_came_and_what_was_expected(self, what, need_weights):
        changes, error, text = REFUSED[what]
        with pytest.raises(error) as raised:
            attention(**base(**changes), need_weights=need_weights)
        assert str(raised.value) == text

    def test_positional_options_are_not_taken(self):
        with pytest.raises(TypeError, match="positional"):
            attention(*inputs(), None, True)

    @PATHS
    def test_the_smallest_probability_and_a_single_word_are_taken(self, need_weights):
        one = torch.ones(1, 1)
        output, _ = attention(one, one, one, dropout=0.0, need_weights=need_weights)
        assert output.tolist() == [[1.0]]
