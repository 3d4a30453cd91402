"""Every public function rejects invalid arguments with an error of its own. Long: a table of all public functions."""

from __future__ import annotations

import linecache
import math
import re
import traceback
from pathlib import Path

import numpy as np
import pytest
import torch

import transformer_lib as lib
from transformer_lib import assistant, decoding, evaluation, figures, models, pretrained, recurrence, training
from transformer_lib.decoding.distribution import choose
from transformer_lib.models import translator
from transformer_lib.storage import read_model

ROOT = Path(lib.__file__).parent
INF, NAN = math.inf, math.nan

torch.manual_seed(0)
X = torch.randn(2, 3, 6)
IDS = torch.tensor([[3, 4, 5], [4, 3, 6]])
TGT = torch.tensor([[1, 4, 5, 2], [1, 3, 2, 0]])
SIZES = {"d_model": 6, "n_heads": 2, "d_ff": 5, "n_layers": 1}
CONFIG = lib.TransformerConfig(11, 13, max_length=17, **SIZES)
MODEL, WRITER = lib.Transformer(CONFIG).eval(), lib.LanguageModel(CONFIG).eval()
RECURRENT = lib.RecurrentConfig(11, 13, d_model=6, attention=True, max_length=17)
TRANSLATOR = lib.RecurrentTranslator(RECURRENT).eval()
RECURRENT_WRITER = lib.RecurrentLanguageModel(RECURRENT).eval()
CLASSIFIER = lib.RecurrentClassifier(11, 3, d_model=6)
LOGITS = torch.randn(2, 3, 13)
LAYER = {"d_model": 6, "n_heads": 2, "d_ff": 5}

NOTHING_LIKE_IT = [None, [[[1.0]]], np.ones((2, 3, 6)), 3, 1.5, True, "text", object(), {}]
FLOATS = [*NOTHING_LIKE_IT, torch.ones(2, 3, 6, dtype=torch.int64), torch.ones(2, 3, 6, dtype=torch.bool)]
WHOLE = [None, "3", 2.5, 2.0, NAN, INF, True, [3], np.ones(2), torch.ones(2), object()]
HOSTILE = {
    "is_reply": [[[True]], np.ones((2, 3), bool), 3, "text", torch.ones(2, 3), torch.tensor(True), True],
    "vectors": [*FLOATS, X.double(), X[0, 0, :5], torch.tensor(1.0), X.to("meta")],
    "floats": FLOATS,
    "ids": [*NOTHING_LIKE_IT, torch.ones(2, 3), torch.ones(2, 3, dtype=torch.bool), torch.tensor(3)],
    "mask": [
        [[True]],
        np.ones((3, 3), bool),
        3,
        "text",
        torch.ones(3, 3),
        torch.ones(3, 3, dtype=torch.int64),
        True,
    ],
    "size": [*WHOLE, 0, -1],
    "id": [*WHOLE, -1],
    "step": [*WHOLE, 0, -1],
    "whole": WHOLE,
    "probability": [None, "0.1", NAN, INF, -0.1, 1.5, [0.1], True, np.ones(2), torch.ones(2)],
    "positive": [None, "0.1", NAN, INF, -0.1, 0.0, [0.1], True, np.ones(2)],
    "clip": [None, "0.1", NAN, -1.0, 0.0, [0.1], True],
    "rate": ["0.1", NAN, INF, -0.1, [0.1], True],
    "scale": ["1", NAN, INF, [1.0], np.ones(1), True, torch.ones(2), torch.tensor(NAN), torch.tensor(True)],
    "temperature": [None, "1", NAN, INF, -1.0, [1.0], True, torch.ones(2), torch.tensor(NAN)],
    "top_k": ["1", NAN, 2.5, 0, -1, [1], True, torch.ones(2, dtype=torch.int64)],
    "top_p": ["1", NAN, 1.5, -0.1, [1], True],
    "radius": ["1", NAN, INF, -1.0, [1.0], True],
    "flag": [None, 1, 0.0, "no", [], torch.tensor(True)],
    "word": [None, "unknown", 3, [], X],
    "model": [None, "text", 3, [], X, {}, CONFIG],
    "config": [None, "text", 3, {}, MODEL],
    "cache": ["text", 3, [], X, {}],
    "memory": [*FLOATS, X[0], X[..., :5], X.double()],
    "links": [
        None,
        3,
        "text",
        [3],
        [(0, 1, 2)],
        [(0.5, 1)],
        [(0, 99)],
        [(-1, 0)],
        [("a", "b")],
        torch.ones(3, 2),
    ],
    "segments": ["text", 3, [[0, 1]], torch.ones(2, 3), torch.full((2, 3), 2), torch.ones(2, 4).long()],
    "padding": ["text", 1, [0, 1], torch.ones(2), torch.tensor([0, 7]), torch.tensor([0]), torch.tensor(0)],
    "forbidden": [None, 3, "3", torch.tensor([3]), [2], [99], [-1], [3.0], [[3]]],
    "texts": [None, 3, "text", [3.0], [[3]], [99], [-1], torch.ones(2), torch.tensor(3)],
    "source": [None, 3, [], X, {}, MODEL, CONFIG],
    "draws": [[0.5], np.ones((2, 4)), 0.5, "text", torch.ones(2, 4), torch.ones(2, 4, dtype=torch.int64)],
    "sentences": [None, 3, "text", [3], [], [None]],
    "lines": [None, 3, "text", [3], [None]],
    "beam": [*WHOLE, 0, -1, 10**9],
    "penalty": [None, "1", NAN, INF, -1.0, True, [1.0], 1e4],
    "optimizer": [None, "adam", 3, MODEL],
    "generator": ["text", 3, X],
    "kind": [None, "text", 3, []],
    "device": [3, [], X],
    "offset": [*WHOLE, -1, 99],
    "threshold": ["1", NAN, 0.0, 1.5, [0.5], True],
    "loss": [None, "1", NAN, -1.0, [1.0], True, torch.ones(2)],
    "text": [None, 3, [], X],
    "least 0": ["1", NAN, INF, -1.0, [1.0], True],
    "numbers": [None, "text", [["a"]], object()],
}


ASKED = {"story": "tom visited rome .", "question": "where was tom ?"}
REPLIER = assistant.fresh_model(d_model=6, n_heads=1, d_ff=5, n_layers=1)
ROWS = torch.randn(3)
IS_REPLY = torch.ones(2, 3, dtype=torch.bool)


class Case:
    """A valid call, and the kind of each argument to be replaced by invalid values."""

    def __init__(self, call, valid, /, **kinds):
        self.call, self.valid, self.kinds = call, valid, kinds


def axes_call(draw):
    def call(**options):
        with figures.style():
            picture, axes = figures.figure(360, 240)
            try:
                draw(axes, **options)
            finally:
                figures.plt.close(picture)

    return call


def heads():
    return lib.MultiHeadAttention(6, 2)


def entered(manager):
    def call(*arguments, **options):
        with manager(*arguments, **options):
            pass

    return call


def a_step(**options):
    model = lib.LanguageModel(CONFIG)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    arguments = {"model": model, "optimizer": optimizer, "src_ids": None, "tgt_ids": TGT} | options
    return lib.training_step(**arguments)


STANDS_IN = (
    object()
)  # for a model of `transformers`, which takes seconds to import: tests/pretrained loads them


def loader(load):
    return lambda model: None if model is STANDS_IN else load(model)


def not_fetched(name):
    """No host is asked for a model of a known name."""
    return None if name == "gpt2" else pretrained.fetch(name)


DECODING = {"model": MODEL, "src_ids": IDS, "max_length": 4}
DECODING_KINDS = {"model": "model", "src_ids": "ids", "max_length": "size"}
WEIGHTS = torch.eye(3)
RUN = {"step": 1, "peak": 1.0, "warmup_steps": 2, "n_steps": 5}
RUN_KINDS = {"step": "step", "peak": "positive", "warmup_steps": "size", "n_steps": "size"}
LAYER_KINDS = {"d_model": "size", "n_heads": "size", "d_ff": "size"} | {
    "dropout": "probability",
    "activation": "word",
    "bias": "flag",
    "norm_eps": "positive",
    "norm": "word",
    "gated": "flag",
}
CONFIG_KINDS = {
    **dict.fromkeys(("tgt_vocab_size", "d_model", "n_heads", "d_ff", "n_layers", "max_length"), "size"),
    **dict.fromkeys(("dropout",), "probability"),
    **dict.fromkeys(("norm_eps", "position_base"), "positive"),
    **dict.fromkeys(
        ("norm_first", "bias", "scale_embeddings", "norm_embeddings", "output_bias", "gated"), "flag"
    ),
    **dict.fromkeys(("activation", "positions", "tie_embeddings", "norm", "position_pairs"), "word"),
    **dict.fromkeys(("pad_id", "bos_id", "eos_id", "n_segments"), "id"),
}
CASES = {
    "attention": Case(
        lib.attention,
        {"q": X, "k": X, "v": X},
        q="floats",
        k="floats",
        v="floats",
        mask="mask",
        causal="flag",
        scale="scale",
        dropout="probability",
        need_weights="flag",
    ),
    "causal_mask": Case(lib.causal_mask, {"n_queries": 3, "n_keys": 4}, n_queries="size"),
    "causal_mask's keys": Case(lib.causal_mask, {"n_queries": 3}, n_keys="id"),
    "padding_mask": Case(lib.padding_mask, {"ids": IDS}, ids="ids", pad_id="whole"),
    "left_padding_mask": Case(
        lib.left_padding_mask,
        {"n_padding": torch.tensor([0, 1]), "n_keys": 3},
        n_padding="ids",
        n_keys="size",
    ),
    "sliding_window_mask": Case(
        lib.sliding_window_mask,
        {"n_queries": 3, "n_keys": 4, "window": 2},
        **dict.fromkeys(("n_queries", "n_keys", "window"), "size"),
    ),
    "online_attention": Case(
        lib.online_attention,
        {"query": X, "key": X, "value": X, "block_size": 2},
        **dict.fromkeys(("query", "key", "value"), "floats"),
        mask="mask",
        block_size="size",
    ),
    "cache_bytes": Case(
        lib.cache_bytes,
        {"config": CONFIG, "n_tokens": 3},
        config="config",
        n_tokens="size",
        bytes_per_number="size",
    ),
    "MultiHeadAttention": Case(
        lib.MultiHeadAttention,
        {"d_model": 6, "n_heads": 2},
        d_model="size",
        n_heads="size",
        dropout="probability",
        bias="flag",
        rotate="cache",
    ),
    "MultiHeadAttention()": Case(
        lambda **options: heads()(**options),
        {"query": X, "key": X[:, :2], "value": X[:, :2]},
        query="memory",
        mask="mask",
        causal="flag",
        need_weights="flag",
        cache="cache",
    ),
    "KeyValueCache.reorder": Case(lib.KeyValueCache().reorder, {"rows": torch.tensor([0])}, rows="ids"),
    "sinusoidal_positions": Case(
        lib.sinusoidal_positions, {"n_positions": 3, "d_model": 6}, n_positions="size", d_model="size"
    ),
    "SinusoidalPositions": Case(
        lib.SinusoidalPositions, {"n_positions": 3, "d_model": 6}, n_positions="size", d_model="size"
    ),
    "LearnedPositions": Case(
        lib.LearnedPositions, {"n_positions": 3, "d_model": 6}, n_positions="size", d_model="size"
    ),
    "RotaryPositions": Case(
        lib.RotaryPositions, {"n_positions": 3, "d_head": 6}, n_positions="size", d_head="size"
    ),
    "SinusoidalPositions()": Case(
        lib.SinusoidalPositions(5, 6), {"x": X, "offset": 1}, x="floats", offset="offset"
    ),
    "LearnedPositions()": Case(
        lib.LearnedPositions(5, 6), {"x": X, "offset": 1}, x="floats", offset="offset"
    ),
    "RotaryPositions()": Case(lib.RotaryPositions(5, 6), {"x": X, "offset": 1}, x="floats", offset="offset"),
    "SegmentEmbedding": Case(
        lib.SegmentEmbedding, {"n_segments": 2, "d_model": 6}, n_segments="size", d_model="size"
    ),
    "SegmentEmbedding()": Case(
        lib.SegmentEmbedding(2, 6),
        {"x": X, "segments": torch.ones_like(IDS)},
        x="memory",
        segments="segments",
    ),
    "rms_norm": Case(
        lib.rms_norm, {"x": X, "weight": torch.ones(6)}, x="floats", weight="floats", eps="positive"
    ),
    "RMSNorm": Case(lib.RMSNorm, {"d_model": 6}, d_model="size", eps="positive"),
    "RMSNorm()": Case(lib.RMSNorm(6), {"x": X}, x="floats"),
    "GatedFeedForward": Case(
        lib.GatedFeedForward,
        {"d_model": 6, "d_ff": 5},
        d_model="size",
        d_ff="size",
        dropout="probability",
        activation="word",
        bias="flag",
    ),
    "GatedFeedForward()": Case(lib.GatedFeedForward(6, 5), {"x": X}, x="vectors"),
    "FeedForward": Case(
        lib.FeedForward,
        {"d_model": 6, "d_ff": 5},
        d_model="size",
        d_ff="size",
        dropout="probability",
        activation="word",
        bias="flag",
    ),
    "FeedForward()": Case(lib.FeedForward(6, 5), {"x": X}, x="vectors"),
    "PreNorm": Case(
        lib.PreNorm,
        {"d_model": 6},
        d_model="size",
        dropout="probability",
        bias="flag",
        norm_eps="positive",
        norm="word",
    ),
    "PreNorm.before": Case(lib.PreNorm(6).before, {"x": X}, x="floats"),
    "PostNorm.after": Case(lib.PostNorm(6).after, {"x": X, "output": X}, x="floats", output="floats"),
    "EncoderLayer": Case(lib.EncoderLayer, LAYER, **LAYER_KINDS),
    "DecoderLayer": Case(lib.DecoderLayer, LAYER, **LAYER_KINDS),
    "EncoderLayer()": Case(lib.EncoderLayer(**LAYER), {"x": X}, x="memory", mask="mask", cache="cache"),
    "DecoderLayer()": Case(
        lib.DecoderLayer(**LAYER),
        {"x": X, "memory": X},
        x="memory",
        memory="memory",
        memory_mask="mask",
        cache="cache",
    ),
    "TransformerConfig": Case(
        lib.TransformerConfig,
        {"src_vocab_size": 11, "tgt_vocab_size": 13},
        src_vocab_size="size",
        **CONFIG_KINDS,
    ),
    "LanguageModelConfig": Case(lib.LanguageModelConfig, {"tgt_vocab_size": 13}, **CONFIG_KINDS),
    "Encoder": Case(lib.Encoder, {"config": CONFIG}, config="config"),
    "Decoder": Case(lib.Decoder, {"config": CONFIG}, config="config"),
    "Transformer": Case(lib.Transformer, {"config": CONFIG}, config="config"),
    "LanguageModel": Case(lib.LanguageModel, {"config": CONFIG}, config="config"),
    "Encoder()": Case(MODEL.encoder, {"ids": IDS}, ids="ids", mask="mask"),
    "Decoder()": Case(
        MODEL.decoder,
        {"ids": TGT, "memory": X},
        ids="ids",
        memory="memory",
        memory_mask="mask",
        cache="cache",
    ),
    "Transformer()": Case(MODEL, {"src_ids": IDS, "tgt_ids": TGT}, src_ids="ids", tgt_ids="ids"),
    "Transformer.encode": Case(
        MODEL.encode, {"src_ids": IDS, "src_mask": None}, src_ids="ids", src_mask="mask"
    ),
    "Transformer.decode": Case(
        MODEL.decode,
        {"tgt_ids": TGT, "memory": X, "memory_mask": None},
        tgt_ids="ids",
        memory="memory",
        memory_mask="mask",
        cache="cache",
    ),
    "LanguageModel()": Case(WRITER, {"ids": TGT}, ids="ids", mask="mask", cache="cache", n_padding="padding"),
    "MaskedLanguageModel": Case(lib.MaskedLanguageModel, {"config": CONFIG}, config="config"),
    "MaskedLanguageModel()": Case(
        lib.MaskedLanguageModel(lib.LanguageModelConfig(13, n_segments=2, **SIZES)),
        {"ids": IDS},
        ids="ids",
        mask="mask",
        segments="segments",
    ),
    "RecurrentConfig": Case(
        lib.RecurrentConfig,
        {"src_vocab_size": 11, "tgt_vocab_size": 13},
        src_vocab_size="size",
        tgt_vocab_size="size",
        d_model="size",
        n_layers="size",
        max_length="size",
        kind="word",
        attention="flag",
        reverse_source="flag",
        radius="radius",
        dropout="probability",
        pad_id="id",
        bos_id="id",
        eos_id="id",
    ),
    "RecurrentClassifier": Case(
        lib.RecurrentClassifier,
        {"vocab_size": 11, "n_classes": 3},
        vocab_size="size",
        n_classes="size",
        d_model="size",
        n_layers="size",
        kind="word",
        radius="radius",
        pad_id="whole",
    ),
    "AttentionClassifier": Case(
        lib.AttentionClassifier,
        {"vocab_size": 11, "n_classes": 3},
        vocab_size="size",
        n_classes="size",
        d_model="size",
        n_layers="size",
        n_heads="size",
        max_length="size",
        pad_id="whole",
    ),
    "RecurrentClassifier()": Case(CLASSIFIER, {"ids": IDS}, ids="ids"),
    "RecurrentClassifier.states": Case(CLASSIFIER.states, {"ids": IDS}, ids="ids"),
    "AttentionClassifier()": Case(
        lib.AttentionClassifier(11, 3, d_model=6, n_heads=2), {"ids": IDS}, ids="ids"
    ),
    "AttentiveClassifier()": Case(recurrence.AttentiveClassifier(11, 3, d_model=6), {"ids": IDS}, ids="ids"),
    "RecurrentLanguageModel": Case(lib.RecurrentLanguageModel, {"config": RECURRENT}, config="config"),
    "RecurrentTranslator": Case(lib.RecurrentTranslator, {"config": RECURRENT}, config="config"),
    "RecurrentLanguageModel()": Case(RECURRENT_WRITER, {"ids": TGT}, ids="ids", cache="cache"),
    "RecurrentTranslator()": Case(TRANSLATOR, {"src_ids": IDS, "tgt_ids": TGT}, src_ids="ids", tgt_ids="ids"),
    "RecurrentTranslator.decode": Case(
        TRANSLATOR.decode,
        {"tgt_ids": TGT, "memory": TRANSLATOR.encode(IDS), "memory_mask": None},
        tgt_ids="ids",
        memory="floats",
        memory_mask="mask",
        cache="cache",
    ),
    "recurrent_network": Case(
        recurrence.recurrent_network,
        {"kind": "gru", "d_in": 5, "d_model": 6},
        kind="word",
        d_in="size",
        d_model="size",
        n_layers="size",
        radius="radius",
        bidirectional="flag",
        dropout="probability",
    ),
    "additive_attention": Case(
        recurrence.additive_attention,
        {"query": X[:, 0], "keys": X, "values": X, "v": X[0, 0]},
        query="vectors",
        keys="floats",
        values="floats",
        v="floats",
        mask="mask",
    ),
    "AdditiveAttention": Case(
        recurrence.AdditiveAttention,
        {"d_query": 6, "d_memory": 5, "d_attention": 7},
        d_query="size",
        d_memory="size",
        d_attention="size",
    ),
    "gradient_through_time": Case(
        lib.gradient_through_time,
        {"model": CLASSIFIER, "ids": IDS, "target": torch.tensor([0, 2])},
        model="model",
        ids="ids",
        target="ids",
    ),
    "shift": Case(lib.shift, {"tgt_ids": TGT}, tgt_ids="ids"),
    "label_smoothing_loss": Case(
        lib.label_smoothing_loss,
        {"logits": LOGITS, "targets": IDS},
        logits="floats",
        targets="ids",
        smoothing="probability",
    ),
    "perplexity": Case(lib.perplexity, {"loss": 1.0}, loss="loss"),
    "warmup_schedule": Case(
        lib.warmup_schedule,
        {"step": 1, "d_model": 6, "warmup_steps": 2},
        step="step",
        d_model="size",
        warmup_steps="size",
    ),
    "linear_schedule": Case(lib.linear_schedule, RUN, **RUN_KINDS),
    "cooldown": Case(
        training.cooldown,
        {"step": 1, "cooldown_steps": 1, "n_steps": 3},
        step="step",
        cooldown_steps="offset",
        n_steps="size",
    ),
    "paper_schedule": Case(training.paper_schedule, RUN, **RUN_KINDS),
    "training_step": Case(
        a_step,
        {},
        model="model",
        optimizer="optimizer",
        tgt_ids="ids",
        lr="rate",
        clip="clip",
        smoothing="probability",
        accumulate="size",
        precision="word",
    ),
    "adam": Case(training.adam, {"model": CLASSIFIER}, model="model", weight_decay="rate"),
    "validate": Case(
        lambda model, tgt_ids: training.validate(model, [(IDS, tgt_ids)]),
        {"model": MODEL, "tgt_ids": TGT},
        model="model",
        tgt_ids="ids",
    ),
    "next_token_distribution": Case(
        lib.next_token_distribution,
        {"logits": LOGITS},
        logits="floats",
        temperature="temperature",
        top_k="top_k",
        top_p="top_p",
    ),
    "choose": Case(
        choose,
        {"probabilities": torch.ones(2, 3), "draws": torch.zeros(2)},
        probabilities="floats",
        draws="draws",
    ),
    "greedy_decode": Case(lib.greedy_decode, DECODING, forbidden="forbidden", **DECODING_KINDS),
    "greedy_decode of a language model": Case(
        lib.greedy_decode, DECODING | {"model": WRITER}, n_padding="padding"
    ),
    "sample": Case(
        lib.sample,
        DECODING,
        temperature="temperature",
        top_k="top_k",
        top_p="top_p",
        draws="draws",
        generator="generator",
        forbidden="forbidden",
        **DECODING_KINDS,
    ),
    "beam_search": Case(
        lib.beam_search,
        DECODING,
        beam_size="beam",
        length_penalty="penalty",
        normalise="word",
        replace_ended="flag",
        forbidden="forbidden",
        return_tree="flag",
        **DECODING_KINDS,
    ),
    "exact_match": Case(
        lib.exact_match,
        {"hypotheses": ["a"], "references": ["a"]},
        hypotheses="sentences",
        references="sentences",
    ),
    "chrf": Case(
        evaluation.chrf,
        {"hypotheses": ["a"], "references": ["a"]},
        hypotheses="sentences",
        references="sentences",
    ),
    "paired_bootstrap": Case(
        evaluation.paired_bootstrap,
        {"systems": [["a b c d e"], ["a b c d e"]], "references": ["a b c d e"], "n_resamples": 10},
        references="sentences",
        n_resamples="size",
    ),
    "score_intervals": Case(
        evaluation.score_intervals,
        {"hypotheses": ["a b c d e"], "references": ["a b c d e"], "n_resamples": 10},
        hypotheses="sentences",
        references="sentences",
        n_resamples="size",
    ),
    "translate_texts": Case(
        decoding.translate_texts,
        {"found": read_model(translator.WEIGHTS), "sentences": ["i am happy ."]},
        found="config",
        sentences="lines",
        settings="config",
    ),
    "passages": Case(
        decoding.passages, {"found": models.load_everyday(), "text": "Yes."}, found="config", text="device"
    ),
    "translate_passages": Case(
        decoding.translate_passages,
        {"found": models.load_everyday(), "texts": ["Yes."]},
        found="config",
        texts="lines",
        settings="config",
    ),
    "repetition_penalty": Case(
        decoding.repetition_penalty,
        {"logits": LOGITS, "ids": torch.zeros(*LOGITS.shape[:-1], 2, dtype=torch.long), "penalty": 1.2},
        logits="floats",
        ids="ids",
    ),
    "bleu": Case(
        lib.bleu, {"hypotheses": ["a"], "references": ["a"]}, hypotheses="sentences", references="sentences"
    ),
    "alignment_error_rate": Case(
        lib.alignment_error_rate,
        {"weights": WEIGHTS, "gold": {(0, 0)}},
        weights="floats",
        gold="links",
        threshold="threshold",
    ),
    "argmax_accuracy": Case(
        evaluation.argmax_accuracy, {"weights": WEIGHTS, "gold": {(0, 0)}}, weights="floats", gold="links"
    ),
    "alignment_weights": Case(
        evaluation.alignment_weights,
        {"model": MODEL, "src_ids": IDS, "tgt_ids": TGT},
        model="model",
        src_ids="ids",
        tgt_ids="ids",
    ),
    "trace": Case(
        evaluation.trace,
        {"model": MODEL, "src_ids": IDS[0], "tgt_ids": TGT[0]},
        model="model",
        src_ids="ids",
        tgt_ids="ids",
    ),
    "ablated": Case(
        entered(lib.ablated),
        {"model": MODEL, "layer": 0, "head": 0, "kind": "cross"},
        model="model",
        layer="id",
        head="id",
        kind="kind",
    ),
    "ablated_at_random": Case(
        entered(evaluation.ablated_at_random),
        {"model": MODEL, "layer": 0, "kind": "cross", "seed": 0},
        model="model",
        layer="id",
        kind="kind",
        seed="whole",
    ),
    "with_head_mask": Case(
        lib.with_head_mask,
        {"model": MODEL, "encoder_mask": torch.ones(1, 2)},
        model="model",
        encoder_mask="draws",
    ),
    "load_translator": Case(lib.load_translator, {}, device="device"),
    "load_everyday": Case(models.load_everyday, {}, device="device"),
    "load_writer": Case(lib.load_writer, {}, device="device"),
    "translate": Case(
        lib.translate,
        {"sentence": "i am happy ."},
        sentence="config",
        device="device",
        model="kind",
    ),
    "translate_everyday": Case(
        models.translate_everyday, {"text": "Yes."}, text="device", device="device", settings="config"
    ),
    "draw": Case(assistant.draw, {"seed": 3}, seed="id", answerable="flag"),
    "load": Case(assistant.load, {"stage": "base"}, stage="word"),
    "judge": Case(assistant.judge, ASKED | {"reply": "tom ."}, story="word", question="word", reply="text"),
    "manner": Case(assistant.manner, {"reply": "tom ."}, reply="text"),
    "reply": Case(
        assistant.reply,
        {"model": REPLIER, **ASKED},
        model="model",
        story="word",
        question="word",
        form="word",
    ),
    "replies": Case(
        assistant.replies, {"model": REPLIER, "asked": [tuple(ASKED.values())]}, model="model", form="word"
    ),
    "measure": Case(
        assistant.measure, {"model": REPLIER, "n_questions": 1}, model="model", n_questions="size"
    ),
    "token_log_probabilities": Case(
        assistant.token_log_probabilities,
        {"logits": LOGITS, "targets": IDS, "is_reply": IS_REPLY},
        logits="floats",
        targets="ids",
        is_reply="is_reply",
    ),
    "answer_loss": Case(
        assistant.answer_loss,
        {"logits": LOGITS, "targets": IDS, "is_reply": IS_REPLY},
        logits="floats",
        targets="ids",
        is_reply="is_reply",
    ),
    "bradley_terry_loss": Case(
        assistant.bradley_terry_loss, {"chosen": ROWS, "rejected": ROWS}, chosen="floats", rejected="floats"
    ),
    "dpo_loss": Case(
        assistant.dpo_loss,
        dict.fromkeys(("chosen", "rejected", "chosen_before", "rejected_before"), ROWS),
        **dict.fromkeys(("chosen", "rejected", "chosen_before", "rejected_before"), "floats"),
        beta="positive",
    ),
    "group_advantages": Case(assistant.group_advantages, {"rewards": X[0]}, rewards="floats"),
    "policy_gradient_loss": Case(
        assistant.policy_gradient_loss,
        {"log_p": X[0, :2, :3], "log_p_before": X[0, :2, :3], "advantages": ROWS[:2], "is_reply": IS_REPLY},
        **dict.fromkeys(("log_p", "log_p_before", "advantages"), "floats"),
        is_reply="is_reply",
        beta="least 0",
    ),
    "kl_divergence": Case(
        assistant.kl_divergence,
        {"logits": LOGITS, "logits_before": LOGITS},
        logits="floats",
        logits_before="floats",
    ),
    "best_of_n": Case(assistant.best_of_n, {"rewards": X[0]}, rewards="floats"),
    "best_of_n_kl": Case(assistant.best_of_n_kl, {"n": 3}, n="size"),
    "figures.attention_map": Case(
        axes_call(figures.attention_map),
        {"weights": WEIGHTS, "rows": "abc", "columns": "abc"},
        weights="numbers",
        allowed="word",
    ),
    "figures.bars": Case(axes_call(figures.bars), {"values": [1.0], "labels": ["a"]}, values="numbers"),
    "figures.dials": Case(
        axes_call(figures.dials), {"arrows": [], "labels": ["a"], "parts": [1.0]}, parts="numbers"
    ),
    "figures.groups": Case(axes_call(figures.groups), {"reads": [0, 0, 1]}, reads="numbers"),
    **{
        name: Case(loader(getattr(lib, name)), {"model": STANDS_IN}, model="source")
        for name in ("load_gpt2", "load_bert", "load_marian", "load_llama")
    },
    "pretrained.fetch": Case(not_fetched, {"name": "gpt2"}, name="word"),
    "pretrained.as_text": Case(
        pretrained.as_text, {"tokens": [b"", b"", b"", b"a"], "ids": [3]}, tokens="lines", ids="texts"
    ),
    "figures.curves": Case(
        axes_call(figures.curves), {"x": [1, 2], "values": [[1, 2]], "names": ["a"]}, values="numbers"
    ),
}
ACCEPTED = {  # valid after all
    ("figures.attention_map", "allowed", None),
    ("causal_mask's keys", "n_keys", None),  # as many keys as queries
    ("MultiHeadAttention()", "rotate", None),
}


def verdict(call):
    """None for an error of ours; else what is wrong."""
    try:
        call()
    except (TypeError, ValueError) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        line = linecache.getline(last.filename, last.lineno).strip()
        if Path(last.filename).is_relative_to(ROOT) and line.startswith("raise "):
            return None
        return f"{type(error).__name__} of another: {error} ({Path(last.filename).name}: {line})"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "was taken"


SPOILT = [(name, argument) for name, case in CASES.items() for argument in case.kinds]


def test_every_public_function_is_called():
    called = {name.split("'")[0].split("(")[0].split(".")[0] for name in CASES}
    named = set(lib.__all__) | {
        name
        for package in (decoding, evaluation, assistant)
        for name in package.__all__
        if callable(getattr(package, name))
    }
    elsewhere = {  # text, data that is only held, and what training as a program is tested for
        "Vocabulary",
        "UnknownWordsError",
        "tokenise",
        "detokenise",
        "AttentionWeights",
        "Bleu",
        "Hypothesis",
        "BeamNode",
        "Translations",
        "DecodingSettings",
        "Passage",
        "Interval",
        *("VOCABULARY", "Example", "Pair", "Measured", "document", "documents", "example", "pair"),
        *(
            "exchanges",
            "reply_log_probabilities",
            "fresh_model",
            "pretrain",
            "instruct",
            "prefer",
            "reinforce",
        ),
        *("learn_rewards", "score", "read_stage", "write_stage"),
    }
    assert named - elsewhere <= called


@pytest.mark.parametrize("name", CASES)
def test_the_call_that_is_spoilt_works_as_it_stands(name):
    case = CASES[name]
    case.call(**case.valid)


@pytest.mark.parametrize(("name", "argument"), SPOILT, ids=lambda part: str(part))
def test_is_refused_by_an_error_of_ours(name, argument):
    case = CASES[name]
    wrong = {}
    for value in HOSTILE[case.kinds[argument]]:
        if value is None and (name, argument, None) in ACCEPTED:
            continue
        found = verdict(lambda value=value: case.call(**(case.valid | {argument: value})))
        if found:
            wrong[repr(value)[:60]] = found
    assert not wrong


# What a message calls an argument, where that is not the argument's own name.
CALLED = {
    ("sinusoidal_positions", "d_model"): "width",
    ("SinusoidalPositions", "d_model"): "width",
    ("RotaryPositions", "d_head"): "width",
    ("AttentionClassifier", "max_length"): "n_positions",
    ("alignment_error_rate", "gold"): "link",
    ("argmax_accuracy", "gold"): "link",
}


@pytest.mark.parametrize(("name", "argument"), SPOILT, ids=lambda part: str(part))
def test_the_message_names_the_argument(name, argument):
    """`memory_mask` may be called *mask*, and `tgt_ids` *ids*."""
    case = CASES[name]
    words = {argument, CALLED.get((name, argument), argument), argument.rpartition("_")[2]}
    for value in HOSTILE[case.kinds[argument]]:
        if value is None and (name, argument, None) in ACCEPTED:
            continue
        with pytest.raises((TypeError, ValueError)) as refused:
            case.call(**(case.valid | {argument: value}))
        assert words & set(re.findall(r"\w+", str(refused.value)))
        break  # the others may speak of what they are, "3 queries", say
