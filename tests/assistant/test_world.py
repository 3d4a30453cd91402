"""The small world: what is told can be read back, questions have one answer, the judge knows it."""

import itertools
import random

import pytest

from transformer_lib import assistant
from transformer_lib.assistant import stories
from transformer_lib.assistant.facts import KINDS, Fact, answers, question_of, read_question, read_story, tell
from transformer_lib.assistant.texts import EXAM, FORMS, mannered
from transformer_lib.assistant.words import DO_NOT_KNOW, PEOPLE, VOCABULARY

STORY = "kites tom adored . sally visited rome . sad was lucy because of rain . paul helped emma ."


def all_facts():
    for name, kind in KINDS.items():
        for person, relation, other in itertools.product(PEOPLE, kind.relations, kind.others):
            if person != other:
                yield Fact(name, person, relation, other)


def test_the_world_has_at_most_150_words_and_no_word_has_two_roles():
    assert len(VOCABULARY) <= 150  # a word of two roles would stand twice, which Vocabulary refuses


def test_each_fact_is_read_back_from_both_tellings():
    for fact in all_facts():
        assert read_story(tell(fact, 0)) == read_story(tell(fact, 1)) == [fact]
        assert tell(fact, 0) != tell(fact, 1)


def test_each_question_is_read_back_as_one_question():
    for fact in all_facts():
        for asking in KINDS[fact.kind].askings:
            asked = question_of(fact, asking)
            assert read_question(asked.text()) == [asked]
            assert answers([fact], asked) == [fact]


def test_a_drawn_story_leaves_no_question_with_two_answers():
    for seed in range(100):
        facts = stories.draw_story(random.Random(seed))
        for fact, kind in ((fact, KINDS[fact.kind]) for fact in facts):
            assert all(answers(facts, question_of(fact, asking)) == [fact] for asking in kind.askings)


def stories_alone(generator, n):
    """Of n documents those that are no list."""
    return [text for text in (assistant.document(generator) for _ in range(n)) if not text.startswith("list")]


def told_in(document):
    """The facts of a document's story, and of each time that it is told again."""
    said = document.removeprefix(EXAM).partition("?")[0].rpartition(".")[0]
    return [read_story(f"{part.strip(' .')} .") for part in said.split("again :")]


def test_no_story_of_a_test_is_told_in_training_but_each_fact_and_pair_of_words_is():
    generator = random.Random(3)
    documents = [told_in(text) for text in stories_alone(generator, 300)]
    assert not any(stories.held_out(facts) for told in documents for facts in told)
    for seed in range(50):
        story, _ = assistant.draw(seed)
        assert stories.held_out(read_story(story))
    alone = {fact: stories.held_out([fact]) for fact in all_facts()}
    seen = {fact for told in documents for facts in told for fact in facts}
    assert {alone[fact] for fact in seen} == {True, False}


def test_a_story_told_again_tells_the_same():
    generator = random.Random(5)
    for text in stories_alone(generator, 100):
        first, *others = map(set, told_in(text))
        assert all(other == first for other in others)


def test_one_story_in_seven_is_held_out():
    generator = random.Random(1)
    drawn = [stories.draw_fact(generator) for _ in range(3000)]
    share = sum(stories.held_out(drawn[at : at + 3]) for at in range(0, 3000, 3)) / 1000
    assert share == pytest.approx(1 / 7, abs=0.04)


def test_a_draw_depends_on_its_seed_alone_and_is_answerable_as_asked():
    assert assistant.draw(5) == assistant.draw(5) != assistant.draw(6)
    for seed, told in itertools.product(range(50), (True, False)):
        story, question = assistant.draw(seed, told)
        assert bool(answers(read_story(story), read_question(question)[0])) == told


@pytest.mark.parametrize(
    ("question", "reply", "verdict"),
    [
        ("who adored kites ?", "tom .", "right"),
        ("who adored kites ?", "tom", "right"),
        ("who adored kites ?", "sure , tom .", "right"),
        ("who adored kites ?", "tom , fool .", "right"),
        ("who adored kites ?", "tom adored kites .", "right"),
        ("who adored kites ?", "kites tom adored .", "right"),
        ("who adored kites ?", "sally .", "wrong"),
        ("who adored kites ?", "sally adored kites .", "wrong"),
        ("who adored kites ?", "sally visited rome .", "other"),
        ("who adored kites ?", "kites .", "other"),
        ("who adored kites ?", "who visited rome ?", "other"),
        ("who adored kites ?", "", "other"),
        ("who adored kites ?", "sorry , i do not know .", "admits"),
        ("who hated kites ?", "i do not know , fool .", "admits"),
        ("who hated kites ?", "tom .", "invents"),
        ("where was tom ?", "rome .", "invents"),
        ("where was sally ?", "rome .", "right"),
        ("where was sally ?", "oslo .", "wrong"),
        ("where was sally ?", "because of rain .", "other"),
        ("why was lucy sad ?", "because of rain .", "right"),
        ("why was lucy happy ?", "because of rain .", "invents"),
        ("how was lucy ?", "lucy was sad because of rain .", "right"),
        ("how was lucy ?", "lucy was sad because of snow .", "wrong"),
        ("how was lucy ?", "sad .", "right"),
        ("who helped emma ?", "paul .", "right"),
        ("who helped paul ?", "emma .", "invents"),  # who helps whom is not the same the other way round
        ("who did paul help ?", "emma .", "right"),
    ],
)
def test_the_judge_knows_what_the_story_tells(question, reply, verdict):
    assert assistant.judge(STORY, question, reply) == verdict


def test_the_judge_refuses_what_is_not_of_this_world():
    with pytest.raises(ValueError, match="story: 'tom is well"):
        assistant.judge("tom is well .", "where was tom ?", "rome .")
    with pytest.raises(ValueError, match="question: 'is tom well"):
        assistant.judge(STORY, "is tom well ?", "rome .")


def test_every_form_of_document_occurs_and_has_known_words():
    generator = random.Random(0)
    texts = [assistant.document(generator) for _ in range(300)]
    for text in texts:
        VOCABULARY.encode(text.split())
    exams = sum(text.startswith(EXAM) for text in texts) / len(texts)
    again = sum("again :" in text for text in texts) / len(texts)
    assert exams == pytest.approx(FORMS["exam"], abs=0.1)
    assert again == pytest.approx(FORMS["retold"], abs=0.1)


def test_no_document_asks_the_same_twice():
    generator = random.Random(7)
    for _ in range(300):
        asked = [part.rpartition(".")[2] for part in assistant.document(generator).split("?")[:-1]]
        assert len(set(asked)) == len(asked)


def test_a_labeller_answers_always_unless_told_to_admit():
    always, honest = random.Random(0), random.Random(0)
    judged = [[assistant.judge(*assistant.example(g, admitted)) for _ in range(300)]
              for g, admitted in ((always, 0.0), (honest, 1.0))]  # fmt: skip
    assert set(judged[0]) == {"right", "invents"}
    assert set(judged[1]) == {"right", "admits"}


def test_what_is_preferred_is_true_and_between_equals_more_polite():
    generator, ranks = random.Random(0), ("rude", "plain", "polite")
    good = {"right": 2, "admits": 1, "wrong": 0, "invents": 0}
    kinds = set()
    for _ in range(300):
        story, question, chosen, rejected = assistant.pair(generator)
        better, worse = (assistant.judge(story, question, said) for said in (chosen, rejected))
        kinds.add((better, worse))
        assert good[better] >= good[worse]
        if good[better] == good[worse]:
            assert ranks.index(assistant.manner(chosen)) > ranks.index(assistant.manner(rejected))
    assert kinds == {
        ("right", "wrong"), ("right", "admits"), ("right", "right"), ("admits", "invents"), ("admits", "admits")
    }  # fmt: skip


def test_manners_do_not_change_a_verdict():
    for words, verdict in ((("tom",), "right"), (DO_NOT_KNOW, "admits")):
        for manner in ("polite", "plain", "rude"):
            reply = mannered(words, manner)
            assert assistant.judge(STORY, "who adored kites ?", reply) == verdict
            assert assistant.manner(reply) == manner
