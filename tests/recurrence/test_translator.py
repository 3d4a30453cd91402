import pytest
import torch
from torch import nn
from torch.testing import assert_close

from transformer_lib.model.masks import padding_mask
from transformer_lib.recurrence import RecurrentConfig, RecurrentLanguageModel, RecurrentTranslator

SRC = torch.tensor([[3, 9, 4, 10, 5], [6, 2, 0, 0, 0], [8, 8, 3, 0, 0]])
TGT = torch.tensor([[1, 4, 6, 12], [1, 5, 2, 0], [1, 7, 7, 3]])
CHOICES = [
    {"kind": kind, "n_layers": n, "attention": attention, "reverse_source": reverse}
    for kind, n, attention, reverse in [
        ("rnn", 1, False, False),
        ("lstm", 2, False, True),
        ("gru", 1, False, True),
        ("rnn", 2, True, False),
        ("lstm", 2, True, False),
        ("gru", 1, True, True),
    ]
]
CHOICES += [  # an encoder that reads one way beside attention, and both ways without it
    {"kind": "gru", "attention": True, "bidirectional": False},
    {"kind": "lstm", "n_layers": 2, "attention": True, "bidirectional": False},
    {"kind": "lstm", "n_layers": 2, "bidirectional": True},
]
every = pytest.mark.parametrize("choices", CHOICES, ids=lambda c: "-".join(map(str, c.values())))


def translator(**choices):
    torch.manual_seed(0)
    return RecurrentTranslator(RecurrentConfig(11, 13, d_model=6, max_length=17, **choices)).eval()


def test_an_encoder_reads_both_ways_with_attention_or_if_asked():
    assert translator(attention=True).encoder.bidirectional
    assert translator(bidirectional=True).encoder.bidirectional
    assert not translator(attention=True, bidirectional=False).encoder.bidirectional
    assert not translator().encoder.bidirectional


@every
def test_padding_changes_nothing(choices):
    model = translator(**choices)
    logits = model(SRC, TGT)
    assert logits.shape == (3, 4, 13)
    for row, src in enumerate(SRC):
        assert_close(logits[row], model(src[src != 0][None], TGT[row][None])[0])


@every
def test_a_later_word_changes_no_earlier_logits(choices):
    model = translator(**choices)
    changed = TGT.clone()
    changed[:, 2] = 11
    logits, others = model(SRC, TGT), model(SRC, changed)
    assert_close(logits[:, :2], others[:, :2], rtol=0, atol=0)
    assert (logits[:, 2:] - others[:, 2:]).abs().amax((1, 2)).min() > 1e-4


@every
def test_word_by_word_with_a_cache_gives_the_logits_of_the_whole(choices):
    model = translator(**choices)
    mask = padding_mask(SRC)
    memory, cache = model.encode(SRC, mask), model.new_cache()
    steps = [model.decode(TGT[:, t : t + 1], memory, mask, cache=cache) for t in range(4)]
    assert_close(torch.cat(steps, 1), model(SRC, TGT))
    assert cache.length == 4


@every
def test_rows_of_the_cache_can_be_reordered(choices):
    model = translator(**choices)
    mask, rows = padding_mask(SRC), torch.tensor([2, 0, 0])
    memory, cache = model.encode(SRC, mask), model.new_cache()
    model.decode(TGT[:, :2], memory, mask, cache=cache)
    cache.reorder(rows)
    found = model.decode(TGT[rows, 2:], memory, mask[rows], cache=cache)
    assert_close(found, model(SRC[rows], TGT[rows])[:, 2:])


@every
def test_every_source_word_counts_and_every_parameter_learns(choices):
    model = translator(**choices)
    logits = model(SRC, TGT)
    for s in range(5):
        changed = SRC.clone()
        changed[0, s] = 7
        assert (model(changed, TGT)[0] - logits[0]).abs().max() > 1e-6
    logits.logsumexp(-1).sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in model.parameters())


@pytest.mark.parametrize("reverse", [False, True])
def test_without_attention_it_is_two_networks_and_one_state_between_them(reverse):
    model = translator(kind="lstm", reverse_source=reverse)
    src = SRC[:1].flip(1) if reverse else SRC[:1]
    _, state = model.encoder(model.src_embedding(src))
    hidden, _ = model.decoder(model.tgt_embedding(TGT[:1]), state)
    assert_close(model(SRC[:1], TGT[:1]), model.output(hidden))


def test_reversing_turns_each_row_at_its_own_end():
    model, plain = translator(reverse_source=True), translator()
    turned = torch.tensor([[5, 10, 4, 9, 3], [2, 6, 0, 0, 0], [3, 8, 8, 0, 0]])
    assert_close(model(SRC, TGT), plain(turned, TGT))
    output, _ = model.encode(SRC)
    others, _ = plain.encode(turned)
    assert_close(output[1, :2], others[1, :2].flip(0))  # handed on in the order of the source
    assert_close(output[0], others[0].flip(0))


def test_attention_worked_step_by_step():
    model = translator(kind="gru", attention=True)
    states, last = model.encoder(model.src_embedding(SRC[:1]))
    h = torch.tanh(model.start(torch.cat([last[0], last[1]], -1)))
    cell = nn.GRUCell(18, 6)
    cell.load_state_dict(
        {name.removesuffix("_l0"): value for name, value in model.decoder.state_dict().items()}
    )
    logits, weights = [], []
    for t in range(4):
        scores = torch.tanh(model.attention.w(h)[:, None] + model.attention.u(states)) @ model.attention.v
        weights.append(scores.softmax(-1))
        context = (weights[-1][..., None] * states).sum(1)
        h = cell(torch.cat([model.tgt_embedding(TGT[:1, t]), context], -1), h)
        logits.append(model.output(torch.cat([h, context], -1)))
    found, attended = model(SRC[:1], TGT[:1], return_weights=True)
    assert_close(found, torch.stack(logits, 1))
    assert_close(attended.cross[0, :, 0], torch.stack(weights, 1))


def test_weights_are_distributions_over_the_source_words():
    model = translator(attention=True)
    logits, weights = model(SRC, TGT, return_weights=True)
    assert_close(logits, model(SRC, TGT))
    assert weights.cross.shape == (1, 3, 1, 4, 5)
    assert_close(weights.cross.sum(-1), torch.ones(1, 3, 1, 4))
    assert weights.cross[0, 1, 0, :, 2:].eq(0).all()
    with pytest.raises(ValueError, match="this model has no attention"):
        translator()(SRC, TGT, return_weights=True)


def test_dropout_acts_while_training_only():
    model = translator(attention=True, dropout=0.5)
    assert_close(model(SRC, TGT), model(SRC, TGT))
    model.train()
    assert (model(SRC, TGT) - model(SRC, TGT)).abs().max() > 1e-3


def test_a_radius_reaches_both_networks():
    model = translator(kind="gru", radius=0.8, attention=True)
    for weight in (model.encoder.weight_hh_l0_reverse, model.decoder.weight_hh_l0):
        for gate in weight.split(6):
            assert_close(gate @ gate.T, 0.64 * torch.eye(6))


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
def test_a_language_model_is_torch_s_network_between_two_maps(kind):
    torch.manual_seed(0)
    model = RecurrentLanguageModel(RecurrentConfig(13, 13, d_model=6, kind=kind, n_layers=2)).eval()
    hidden, _ = model.network(model.embedding(TGT))
    whole = model(TGT)
    assert_close(whole, model.output(hidden))
    cache = model.new_cache()
    steps = [model(TGT[:, t : t + 2], cache=cache) for t in (0, 2)]
    assert_close(torch.cat(steps, 1), whole)
    assert cache.length == 4


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("src_vocab_size", 0, "src_vocab_size must be at least 1, got 0"),
        ("tgt_vocab_size", 0, "tgt_vocab_size must be at least 1"),
        ("d_model", 0, "d_model must be at least 1"),
        ("n_layers", 0, "n_layers must be at least 1"),
        ("max_length", 0, "max_length must be at least 1"),
        ("kind", "cnn", "unknown kind 'cnn', expected one of rnn, lstm, gru"),
        ("dropout", 1.0, r"dropout is a probability in \[0, 1\), got 1.0"),
        ("dropout", -0.1, "dropout is a probability"),
    ],
)
def test_choices_that_cannot_be_meant_are_refused(field, value, message):
    with pytest.raises(ValueError, match=message):
        RecurrentConfig(**({"src_vocab_size": 11, "tgt_vocab_size": 13} | {field: value}))
