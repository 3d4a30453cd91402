"""The three models that come along, and what their cards say."""

import re

import pytest
import torch

from transformer_lib import assistant
from transformer_lib.assistant.storing import STAGES, shipped
from transformer_lib.storage.files import checksum, read_tensors
from transformer_lib.studies import results

MAX_BYTES = 400_000
N_QUESTIONS = 60  # of each kind; shares then differ by some hundredths from those of the cards
MEASURED = ("right", "admitted", "invented")


def card(stage):
    return shipped(stage).with_suffix(".md").read_text("utf-8")


@pytest.mark.parametrize("stage", STAGES)
def test_a_card_tells_of_its_file(stage):
    tensors, about = read_tensors(shipped(stage))
    assert shipped(stage).stat().st_size <= MAX_BYTES
    assert f"{shipped(stage).stat().st_size:,} bytes" in card(stage)
    assert checksum(tensors, about) in card(stage)
    model = assistant.load(stage)
    assert f"{sum(parameter.numel() for parameter in model.parameters()):,} parameters" in card(stage)
    assert about["training"]["stage"] == stage
    assert not model.training


@pytest.mark.parametrize("stage", STAGES)
def test_a_sample_agrees_with_the_figures_of_the_card(stage):
    found = assistant.measure(assistant.load(stage), n_questions=N_QUESTIONS)._asdict()
    for name in MEASURED:
        [said] = re.findall(rf"^\| {name} \| (\S+) \|$", card(stage), re.MULTILINE)
        spread = (float(said) * (1 - float(said)) / N_QUESTIONS) ** 0.5
        assert found[name] == pytest.approx(float(said), abs=4 * spread + 0.03), name


def test_a_model_is_read_anew_each_time():
    first = assistant.load("base")
    with torch.no_grad():
        next(first.parameters()).zero_()
    assert next(assistant.load("base").parameters()).abs().sum() > 0


def test_an_unknown_stage_is_named():
    with pytest.raises(ValueError, match="'trained'"):
        assistant.load("trained")


def test_base_continues_instructed_invents_preferred_admits():
    story, question = assistant.draw(1, answerable=False)
    verdicts = [assistant.judge(story, question, assistant.reply(assistant.load(stage), story, question))
                for stage in STAGES]  # fmt: skip
    assert verdicts == ["other", "invents", "admits"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_card_gives_the_stored_answers_to_facts_told_once(stage):
    stored = results("assistant_orders")
    name = "base as exam" if stage == "base" else stage
    text = " ".join(card(stage).split())
    for where in ("behind", "before"):
        assert re.search(
            rf"{stored[where][name]['right']:.2f} (of the answers are right )?where they stand {where}", text
        )
    assert f"({stored['about']['n_questions']:,} questions each" in text
