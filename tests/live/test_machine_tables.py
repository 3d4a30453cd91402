"""Words for the units of a feed-forward network: averages of a trace's numbers, and what a unit adds to logits."""

import pytest
import torch
from torch.testing import assert_close

from transformer_lib import Transformer, TransformerConfig, load_translator
from transformer_lib.data import Batch
from transformer_lib.evaluation import trace
from transformer_lib.live import machine_tables

SOURCES = [[3, 5, 7, 5, 4], [5, 9, 3], [3, 5, 11]]
TARGETS = [[1, 4, 6, 4, 8, 2], [1, 6, 2], [1, 4, 9, 6, 2]]


def padded(rows):
    longest = max(map(len, rows))
    return torch.tensor([row + [0] * (longest - len(row)) for row in rows])


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    return Transformer(TransformerConfig(13, 17, d_model=6, n_heads=2, d_ff=19, n_layers=3)).eval()


@pytest.fixture(scope="module")
def found(model):
    given = [
        Batch(padded(SOURCES[:2]), padded(TARGETS[:2])),
        Batch(padded(SOURCES[2:]), padded(TARGETS[2:])),
    ]
    return machine_tables.activity(model, given, seen=2)


@pytest.mark.parametrize(
    ("stack", "rows", "word"), [("encoder", SOURCES, 5), ("encoder", SOURCES, 3), ("decoder", TARGETS, 4)]
)
def test_a_mean_is_that_of_the_units_wherever_the_word_is_read(model, found, stack, rows, word):
    units = []
    for source, target in zip(SOURCES, TARGETS, strict=True):
        kept = trace(model, torch.tensor(source), torch.tensor(target[:-1]))
        read = source if stack == "encoder" else target[:-1]
        units += [kept[f"{stack}_ff_units"][:, i] for i, other in enumerate(read) if other == word]
    assert len(units) == sum(row.count(word) for row in rows)
    assert_close(found[stack][:, word], torch.stack(units).mean(0))


def test_what_is_rare_padding_or_the_end_has_no_mean(found):
    assert found["encoder"].shape == (3, 13, 19)
    assert found["decoder"].shape == (3, 17, 19)
    assert not found["encoder"][:, [0, 9, 11]].any()
    assert not found["decoder"][:, [0, 2, 8]].any()
    assert found["decoder"][:, 1].any()


def test_the_hooks_are_gone_afterwards(model, found):
    assert not any(module._forward_pre_hooks for module in model.modules())


def test_a_last_vector_that_is_what_a_unit_adds_has_the_logits_that_it_raises(model):
    raised = machine_tables.raised(model)
    column = model.decoder.layers[-1].feed_forward.w_2.weight[:, 11]
    with torch.no_grad():
        normed = model.decoder.norm(column + 7.0)
        logits = model.output(normed) - model.output(model.decoder.norm(torch.zeros(6)))
    assert_close(raised[:, 11] / raised[:, 11].norm(), logits / logits.norm(), rtol=1e-4, atol=1e-4)


def test_the_tables_name_words_of_the_vocabularies_the_most_active_first():
    tables = machine_tables.tables()
    trained, english, french = load_translator()
    layers, units = trained.config.n_layers, trained.config.d_ff
    for stack, vocabulary in (("encoder", english), ("decoder", french)):
        words, means = tables[f"{stack}_unit_words"], tables[f"{stack}_unit_means"]
        assert words.shape == means.shape == (layers, units, machine_tables.NAMED)
        assert (means[..., :-1] >= means[..., 1:]).all()
        assert int(words.max()) < len(vocabulary.words)
        embedding = getattr(trained, stack).embedding
        places = tables[f"{stack}_places"]
        nothing = torch.zeros(1, 1, places.shape[1])
        for place in (0, 4):
            assert_close(places[place], embedding.positions(nothing, place)[0, 0])
    assert tables["decoder_unit_raises"].shape == (units, machine_tables.NAMED)
