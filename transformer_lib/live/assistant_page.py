"""Three models side by side as a page shows them before its script comes: an example, and lists that the script wires.

The models reply to the example while the page is built. `page/assistant/drawing.js` draws the same parts anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import NamedTuple

import torch
from torch import Tensor

from transformer_lib import figures
from transformer_lib.assistant import VOCABULARY, judge, load
from transformer_lib.assistant.facts import KINDS, Fact, answers, fills, question_of, readings, tell
from transformer_lib.assistant.replying import MAX_REPLY
from transformer_lib.assistant.storing import STAGES
from transformer_lib.assistant.words import BASE, PEOPLE
from transformer_lib.decoding import greedy_decode, next_token_distribution
from transformer_lib.live.assistant_bundle import world
from transformer_lib.model.transformer import LanguageModel

STORY = (Fact("thing", "tom", "adored", "kites"), Fact("thing", "sally", "sold", "lamps"))
QUESTION = question_of(Fact("place", "tom", "visited", ""), KINDS["place"].askings[0])
CHOSEN = "instructed"
"""The stage whose head shades the example."""
SHOWN = 5  # bars
DOES = {"base": "continues text", "instructed": "answers", "preferred": "answers as labellers prefer"}
ABOUT = {"thing": "things", "person": "people", "place": "places", "feeling": "feelings"}
VERDICTS = {
    "right": "as the story tells",
    "wrong": "the story tells something else",
    "admits": "that it does not know",
    "invents": "the story does not tell it",
    "other": "no answer to the question",
}
MARKUP = """<div class="live assistant" data-assistant data-state="still" style="{palette}" data-chosen="{chosen}"
 data-world="{world}" data-story="{story}" data-question="{question}">
<div class="live-head-row"><span class="live-name">One question to three models</span></div>
<fieldset class="assistant-made"><legend>The story</legend><ol data-part="facts">{facts}</ol>
<div class="assistant-buttons"><button type="button" data-part="add" disabled>add a fact</button></div></fieldset>
<fieldset class="assistant-made"><legend>The question</legend>
<div class="assistant-lists" data-part="question">{lists}</div>
<div class="assistant-buttons"><button type="button" data-part="told" disabled>ask what the story tells</button>
<button type="button" data-part="untold" disabled>ask what the story does not tell</button></div></fieldset>
<div class="live-control" data-kind="toggle"><label><input type="checkbox" data-part="exam" disabled>
<span>put <i lang="en">exam :</i> before the story</span></label></div>
<p class="assistant-truth" data-part="truth" aria-live="polite">{truth}</p>
<div class="assistant-models">{panels}</div>
<p class="assistant-look" data-part="look" aria-live="polite">{look}</p>
<div class="assistant-text" data-part="text" role="group" aria-label="Story, question and reply, shaded by a head" lang="en"
 tabindex="0">{text}</div>
<p class="live-status" data-part="status" role="status">The models need their script; an example stands here.</p>
</div>
"""
PANEL = """<div class="assistant-model" data-stage="{stage}" role="group" aria-label="{stage} model">
<p class="assistant-name"><b>{stage}</b> {does}</p>
<div class="assistant-reply" data-own="reply" role="group" aria-label="reply of the {stage} model">{words}</div>
<p class="assistant-verdict" data-own="verdict" data-verdict="{verdict}"><b>{verdict}</b> {why}</p>
<p class="assistant-title" data-own="title">{title}</p>
<ol data-own="bars">{bars}</ol></div>
"""


class Written(NamedTuple):
    """What a model wrote after a prompt; the place of the word that answers; the next-word chances and weights there."""

    words: list[str]
    place: int
    chances: Tensor  # (V,)
    weights: Tensor  # (L, H, T)


def markup() -> str:
    """The three models with their example, as HTML."""
    prompt = ["<bos>", *f"{story_text()} {QUESTION.text()}".split()]
    written = {stage: write(load(stage), prompt) for stage in STAGES}
    told = answers(STORY, QUESTION)
    chosen = written[CHOSEN]
    row, look = _look(prompt, chosen)
    asking = list(KINDS[QUESTION.kind].askings).index(QUESTION.asking)
    return MARKUP.format(
        palette=";".join(f"--m{i}:{colour}" for i, colour in enumerate(figures.SEQUENTIAL)),
        chosen=STAGES.index(CHOSEN),
        world=_json(world()),
        story=_json(STORY),
        question=_json({"kind": QUESTION.kind, "index": asking, "known": dict(QUESTION.known)}),
        facts="".join(_fact(i, fact) for i, fact in enumerate(STORY)),
        lists=_lists(asking),
        truth=_truth([getattr(fact, QUESTION.asking.asked) for fact in told]),
        panels="".join(_panel(stage, found, bool(told)) for stage, found in written.items()),
        look=escape(look),
        text=_text([*prompt, *chosen.words[: chosen.place]], row, len(prompt)),
    )


def story_text() -> str:
    """The example's story: each fact in one order, then each in the other."""
    return " ".join(tell(fact, order) for order in (0, 1) for fact in STORY)


def write(model: LanguageModel, prompt: list[str]) -> Written:
    """The reply to a prompt, up to a full stop, the end or so many words."""
    device = next(model.parameters()).device
    ids = torch.tensor([[VOCABULARY.words.index(word) for word in prompt]], device=device)
    found = [VOCABULARY.words[i] for i in greedy_decode(model, ids, max_length=MAX_REPLY)[0].tolist()]
    end = next((i + 1 for i, word in enumerate(found) if word in (".", "<eos>")), len(found))
    words = found[:end]
    given = _given([word for word in words if not word.startswith("<")])
    place = max((i for i, word in enumerate(words) if word == given), default=0)
    before = [VOCABULARY.words.index(word) for word in words[:place]]
    read = torch.cat([ids, torch.tensor([before], dtype=torch.int64, device=device)], 1)
    with torch.no_grad():
        logits, attended = model(read, return_weights=True)
    return Written(words, place, next_token_distribution(logits[0, -1]), attended.decoder[:, 0, :, -1])


def retrieving(weights: Tensor, places: list[int], span: tuple[int, int]) -> tuple[int, int, float, int]:
    """The head with most weight on some places, else on any one of a span: layer, head, weight, place.

    weights (L, H, T).
    """
    shares = weights[:, :, places].sum(-1) if places else weights[:, :, slice(*span)].amax(-1)
    layer, head = divmod(int(shares.argmax()), weights.shape[1])
    at = places[0] if places else span[0] + int(weights[layer, head, slice(*span)].argmax())
    return layer, head, shares[layer, head].item(), at


def _given(words: list[str]) -> str | None:
    content = words[:-1] if words[-1:] == ["."] else words
    short = fills(QUESTION.asking, content, QUESTION.kind)
    whole = answers(list(readings((*content, "."))), QUESTION)
    return short or (getattr(whole[0], QUESTION.asking.asked) if whole else None)


def _named(word: str) -> str:
    return "a full stop" if word == "." else word  # else the sentence would end in two


def _look(prompt: list[str], found: Written) -> tuple[list[float], str]:
    """Where the head that looks at the answer most looks, and what is said of it."""
    end = len(prompt) - len(QUESTION.text().split())
    span = (end - len(story_text().split()), end)
    told = {getattr(fact, QUESTION.asking.asked) for fact in answers(STORY, QUESTION)}
    places = [i for i in range(*span) if prompt[i] in told]
    layer, head, share, at = retrieving(found.weights, places, span)
    aim = f"the answer, {prompt[at]}" if places else _named(prompt[at])
    said = (
        f"Before {_named(found.words[found.place])}, layer {layer + 1}, head {head + 1} of the {CHOSEN} model gives "
        f"{share:.2f} of its attention to {aim}."
    )
    return found.weights[layer, head].tolist(), said


def _select(label: str, name: str, options: Iterable[tuple[str, str]], value: str) -> str:
    return f'<select aria-label="{label}" data-name="{name}" disabled>{_options(options, value)}</select>'


def _options(options: Iterable[tuple[str, str]], value: str) -> str:
    return "".join(
        f'<option value="{one}"{" selected" * (one == value)}>{text}</option>' for one, text in options
    )


def _fact(i: int, fact: Fact) -> str:
    relations = [
        (f"{name} {one}", " ".join(kind.tellings[0].replace("{relation}", one).split()[1:-2]))
        for name, kind in KINDS.items()
        for one in kind.relations
    ]
    others = [word for word in KINDS[fact.kind].others if word != fact.person]
    return (
        f'<li data-fact="{i}">'
        + _select(f"fact {i + 1}, who", "person", zip(PEOPLE, PEOPLE, strict=True), fact.person)
        + _select(f"fact {i + 1}, does or is", "relation", relations, f"{fact.kind} {fact.relation}")
        + _select(f"fact {i + 1}, what", "other", zip(others, others, strict=True), fact.other)
        + f'<button type="button" data-remove="{i}" aria-label="take fact {i + 1} out" disabled>×</button></li>'
    )


def _lists(asking: int) -> str:
    forms = ""
    for name, kind in KINDS.items():
        blank = dict.fromkeys(("person", "relation", "other", "base"), "…")
        options = [(f"{name} {i}", one.question.format(**blank)) for i, one in enumerate(kind.askings)]
        forms += (
            f'<optgroup label="{ABOUT[name]}">{_options(options, f"{QUESTION.kind} {asking}")}</optgroup>'
        )
    lists = f'<select aria-label="form of the question" data-name="form" disabled>{forms}</select>'
    kind = KINDS[QUESTION.kind]
    named = {"person": PEOPLE, "relation": kind.relations, "other": kind.others}
    label = {"person": "who", "relation": "does or is", "other": "what"}
    for slot, word in QUESTION.known:
        verb = slot == "relation" and "{base}" in QUESTION.asking.question
        options = [(one, BASE[one] if verb else one) for one in named[slot]]
        if len(options) > 1:
            lists += _select(f"question, {label[slot]}", slot, options, word)
    return lists


def _truth(told: list[str]) -> str:
    said = f'The story tells: <b lang="en">{", ".join(told)}</b>.' if told else "The story does not tell it."
    return f'<b lang="en">{QUESTION.text()}</b> {said}'


def _panel(stage: str, found: Written, told: bool) -> str:
    words = " ".join(word for word in found.words if not word.startswith("<"))
    verdict = judge(story_text(), QUESTION.text(), words)
    likeliest = found.chances.sort(descending=True, stable=True).indices[:SHOWN].tolist()
    buttons = "".join(
        f'<button type="button" data-word="{i}" lang="en" class="{"assistant-at" * (i == found.place)}"'
        f' aria-pressed="{str(i == found.place and stage == CHOSEN).lower()}" disabled>{escape(word)}</button>'
        for i, word in enumerate(found.words)
    )
    bars = "".join(
        f'<li class="{"assistant-taken" * (VOCABULARY.words[i] == found.words[found.place])}">'
        f'<span class="assistant-word" lang="en">{escape(VOCABULARY.words[i])}</span>'
        f'<span class="assistant-bar" style="--chance:{found.chances[i].item():.4f}"></span>'
        f'<span class="assistant-share">{escape(percent(found.chances[i].item()))}</span></li>'
        for i in likeliest
    )
    why = VERDICTS[verdict] + ", though the story tells it" * (verdict == "admits" and told)
    return PANEL.format(
        stage=stage, does=DOES[stage], words=buttons, verdict=verdict, why=why,
        title=f"Word {found.place + 1} of the reply", bars=bars,
    )  # fmt: skip


def _text(words: list[str], shares: list[float], n_prompt: int) -> str:
    chips = []
    for i, (word, share) in enumerate(zip(words, shares, strict=True)):
        marks = {"assistant-written": i >= n_prompt, "assistant-mark": word.startswith("<")}
        kind = " ".join(name for name, holds in marks.items() if holds)
        chips.append(f'<span class="{kind}" style="--share:{100 * share:.1f}%">{escape(word)}</span>')
    return " ".join(chips)


def _json(content: object) -> str:
    return escape(json.dumps(content, ensure_ascii=False, separators=(",", ":")))


def percent(share: float) -> str:
    """A share as the bars say it."""
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.{1 if share < 0.0995 else 0}f} %"
