"""Files of llama2.c: sizes, then weights; and stories260K, where it is at hand."""

import struct
from pathlib import Path

import pytest
import torch
from published import batch, pair
from torch.testing import assert_close
from twins import says

from transformer_lib import greedy_decode
from transformer_lib.pretrained import as_text, load_llama, read_tokens

ROOT = Path(__file__).parents[2]
STORIES = next(
    (folder for parent in ROOT.parents if (folder := parent / "shared/data/stories260K").is_dir()), None
)
D, HIDDEN, LAYERS, HEADS, GROUPS, VOCABULARY, LENGTH = 12, 17, 3, 6, 2, 31, 19
EPS = 1e-5


def written(path, tensors, *, shared, sizes=(D, HIDDEN, LAYERS, HEADS, GROUPS, VOCABULARY, LENGTH)):
    """The weights of a Llama by the names of `transformers`, as a file."""
    each = "input_layernorm|self_attn.q_proj|self_attn.k_proj|self_attn.v_proj|self_attn.o_proj|"
    each += "post_attention_layernorm|mlp.gate_proj|mlp.down_proj|mlp.up_proj"
    parts = [tensors["model.embed_tokens.weight"]]
    parts += [tensors[f"model.layers.{n}.{name}.weight"] for name in each.split("|") for n in range(sizes[2])]
    parts += [tensors["model.norm.weight"], torch.full((sizes[6] * sizes[0] // sizes[3],), torch.nan)]
    parts += [] if shared else [tensors["lm_head.weight"]]
    header = struct.pack("<7i", *sizes[:5], sizes[5] if shared else -sizes[5], sizes[6])
    path.write_bytes(header + b"".join(part.float().numpy().tobytes() for part in parts))
    return path


def as_neighbours(weight, n_heads):
    """Rows of W_Q or W_K whose rotary pairs are halves of each head, with the two of a pair side by side."""
    return weight.view(n_heads, 2, -1, weight.shape[-1]).transpose(1, 2).reshape(weight.shape)


@pytest.mark.parametrize("shared", [True, False])
def test_a_flat_file_gives_what_the_model_gives_that_was_written_into_it(tmp_path, shared):
    theirs, ours = pair(
        "llama", (VOCABULARY, HEADS, D // HEADS, HIDDEN, LAYERS, LENGTH), torch.float32,
        num_key_value_heads=GROUPS, rms_norm_eps=EPS, tie_word_embeddings=shared,
    )  # fmt: skip
    tensors = dict(theirs.state_dict())
    for n in range(LAYERS):
        for name, heads in (("q_proj", HEADS), ("k_proj", GROUPS)):
            name = f"model.layers.{n}.self_attn.{name}.weight"
            tensors[name] = as_neighbours(tensors[name], heads)
    path = written(tmp_path / "model.bin", tensors, shared=shared)
    ids, _ = batch(VOCABULARY, (7, 7))
    for given in (path, str(path)):
        read = load_llama(given)
        assert (read.config.position_pairs, ours.config.position_pairs) == ("neighbours", "halves")
        assert_close(read(ids), ours(ids), rtol=0, atol=1e-4)
        assert_close(read(ids), theirs(ids).logits, rtol=0, atol=1e-4)
    assert (read.output.weight is read.embedding.tokens.weight) == shared


def test_a_damaged_file_is_refused(tmp_path):
    theirs, _ = pair(
        "llama", (VOCABULARY, HEADS, D // HEADS, HIDDEN, LAYERS, LENGTH), num_key_value_heads=GROUPS
    )
    path = written(tmp_path / "model.bin", theirs.state_dict(), shared=True)
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])
    message = f"{path} has {len(whole) - 4} bytes, its sizes ask for {len(whole)}: it is cut short, or of another format"
    with says(ValueError, message):
        load_llama(path)
    path.write_bytes(whole[:27])
    with says(ValueError, f"{path} is cut short: it has 27 bytes, its header alone has 28"):
        load_llama(path)
    path.write_bytes(struct.pack("<7i", D, HIDDEN, LAYERS, 5, GROUPS, VOCABULARY, LENGTH) + whole[28:])
    with pytest.raises(ValueError, match=r"is no file of llama2\.c: d_model must be a multiple of n_heads"):
        load_llama(path)
    with says(FileNotFoundError, f"there is no file {tmp_path / 'none.bin'}"):
        load_llama(tmp_path / "none.bin")


def tokens_file(path, tokens):
    content = b"".join(struct.pack("<fi", -n, len(token)) + token for n, token in enumerate(tokens))
    path.write_bytes(struct.pack("<i", max(map(len, tokens))) + content)
    return path


def test_tokens_are_read_and_become_text(tmp_path):
    tokens = [b"<unk>", b"\n<s>\n", b"\n</s>\n", b"<0x0A>", b"<0xC3>", b"<0xA9>", b" ann", b"e"]
    path = tokens_file(tmp_path / "tokens.bin", tokens)
    found = read_tokens(path, 8)
    assert found == tokens
    assert as_text(found, torch.tensor([6, 4, 5, 7, 3, 6])) == "année\n ann"
    assert as_text(found, [6, 7, 1, 6]) == "anne"
    with says(ValueError, "ids must lie in 0 … 7, got 8; is it another vocabulary's?"):
        as_text(found, [8])
    for size in (7, 9):
        with says(ValueError, f"{path} does not hold {size} tokens: it is another model's, or cut short"):
            read_tokens(path, size)


# what the documentation of llama2.c prints for `run stories260K.bin -t 0.0`, doc/stories260K.md
DOCUMENTED = """\
Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a big, red \
ball. She wanted to play with it, but it was too high.
Lily's mom said, "Lily, let's go to the park." Lily was sad and didn't know what to do. She said, "I want to play with \
your ball, but I can't find it."
Lily was sad and didn't know what to do. She said, "I'm sorry, Lily. I didn't know what to do."
Lily didn't want to help her mom, so she said, "I'm sorry, mom. I didn't know what to do." Her mom said, "Don't worry, \
Lily. We can help you."""


@pytest.mark.skipif(STORIES is None, reason="stories260K is not at hand")
def test_stories260k_writes_its_documented_text_word_for_word():
    model = load_llama(STORIES / "stories260K.bin")
    assert sum(p.numel() for p in model.parameters()) == 260_032
    tokens = read_tokens(STORIES / "tok512.bin", model.config.tgt_vocab_size)
    [ids] = greedy_decode(model, torch.tensor([[model.config.bos_id]]), max_length=256)
    assert as_text(tokens, ids) == DOCUMENTED
