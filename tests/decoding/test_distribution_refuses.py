"""What is no distribution of the next token, and no setting of one."""

import math

import pytest
import torch
from twins import says

from transformer_lib.decoding import next_token_distribution
from transformer_lib.decoding.distribution import check_settings

INF = math.inf
LOGITS = torch.tensor([0.1, 0.4, 0.2, 0.3]).log()


@pytest.mark.parametrize(
    ("logits", "error", "message"),
    [
        ([1.0], TypeError, "logits must be a tensor, got a list; torch.as_tensor(…) makes one"),
        (
            torch.tensor([1, 2]),
            TypeError,
            "logits must be floating point, got torch.int64; did you pass token ids?",
        ),
        (torch.tensor(1.0), ValueError, "logits must be (..., V) with at least one token, got shape ()"),
        (torch.zeros(3, 0), ValueError, "logits must be (..., V) with at least one token, got shape (3, 0)"),
        *(
            (
                torch.tensor([[0.0, 1.0], logits]),
                ValueError,
                "logits must be finite, or -inf where a token is ruled out, with one token possible in each row; "
                f"the largest of a row is {largest}",
            )
            for logits, largest in (([0.0, INF], "inf"), ([0.0, math.nan], "nan"), ([-INF, -INF], "-inf"))
        ),
    ],
)
def test_logits_without_a_likeliest_token_are_refused(logits, error, message):
    with says(error, message):
        next_token_distribution(logits)


SINGLE = "{} is one number or a 0-d tensor, got shape {}"
HOT = "temperature is at least 0 and finite, got {}; 0 means greedy"
FEW = "top_k keeps at least 1 token, got {}; None keeps all"
NUCLEUS = "top_p is a probability in [0, 1], got {}; did you pass a percentage?"
SHARE = "min_p is a share in [0, 1], got {}; did you pass a percentage?"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        *(("temperature", value, HOT.format(float(value))) for value in (-0.1, -1, INF, math.nan)),
        ("temperature", torch.tensor(-1.0), HOT.format("-1.0")),
        ("top_k", 0, FEW.format(0)),
        ("top_k", torch.tensor(0), FEW.format(0)),
        *(("top_p", value, NUCLEUS.format(value)) for value in (90, -0.1, math.nan, 2)),
        ("top_p", torch.tensor(1.5), NUCLEUS.format(1.5)),
        *(("min_p", value, SHARE.format(value)) for value in (10, -0.1, math.nan, 2)),
        ("min_p", torch.tensor(1.5), SHARE.format(1.5)),
        *(
            (name, torch.ones(shape), SINGLE.format(name, shape))
            for name in ("temperature", "top_k", "top_p", "min_p")
            for shape in ((1,), (2, 3))
        ),
    ],
)
def test_a_setting_out_of_range_is_refused(name, value, message):
    with says(ValueError, message):
        next_token_distribution(LOGITS, **{name: value})
    with says(ValueError, message):
        check_settings(**({"temperature": 1.0, "top_k": None, "top_p": None} | {name: value}))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("temperature", None, "temperature must be a number, got None"),
        ("temperature", "1", "temperature must be a number, got '1'"),
        ("temperature", True, "temperature must be a number, got True"),
        ("top_p", True, "top_p must be a number, got True"),
        ("top_p", [0.5], "top_p must be a number, got a list"),
        ("min_p", True, "min_p must be a number, got True"),
        ("min_p", "0.5", "min_p must be a number, got '0.5'"),
        ("top_k", 2.0, "top_k must be a whole number, got 2.0"),
        ("top_k", True, "top_k must be a whole number, got True"),
    ],
)
def test_a_setting_of_another_kind_is_refused(name, value, message):
    with says(TypeError, message):
        next_token_distribution(LOGITS, **{name: value})


def test_every_limit_itself_is_a_setting():
    check_settings(0, 1, 0, 0)
    check_settings(0.0, torch.tensor(1), 1, 1)
    check_settings(torch.tensor(0.0, requires_grad=True), None, torch.tensor(0.0), torch.tensor(1.0))
