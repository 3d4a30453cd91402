"""Every answer gets the same line in a page as in a notebook: known ones, right and wrong, and unusual ones.

A page is opened for each chapter, as a reader opens it, and all answers go through its own client: to Python in a worker
over http, in the page itself from disk. Unless tests are thorough: over http alone, and of the answers to an exercise that
get the same line one, for a quarter of the lines, since each takes the page as long as it takes a reader; beside them
the solution of the notebook, for every exercise.
"""

import page_answers
import pytest
import unusual_answers
from browsing import watch
from built import PAGES, SITE
from thorough import covering, enough

FOLDER = SITE / "_static" / "exercises"
NEEDS_GRADIENTS = {
    "a radius that keeps the norm"
}  # its solution; the number that it leads to is known to the page
ASK = """async (jobs) => {
  const { client } = AttentionExercises;
  const python = client(new URL("../_static/exercises/", document.baseURI));
  const said = [];
  for (const job of jobs) said.push(await python.check(job));
  return said;
}"""


class Room:
    """One page, which opens a chapter after the other; their data is as a test sets it."""

    def __init__(self, context, base):
        self.visit = watch(context, base)
        self.base, self.data = base, {}
        context.route("**/_static/exercises/exercises-*.js", self._give)
        self.page = context.new_page()

    def _give(self, route):
        number = route.request.url.removesuffix(".js")[-2:]
        body = page_answers.written(number, self.data[number])
        route.fulfill(body=body, content_type="text/javascript")

    def ask(self, number, data, jobs, within=page_answers.NO_CLOCK):
        """What the page says of each job, and what each printed."""
        self.data[number] = data
        name = next(page.name for page in PAGES if page.name.split("/")[-1].startswith(f"{number}-"))
        self.page.goto(f"{self.base}{name}.html")
        sent = [
            {"chapter": number, "within": job.get("within", within)}
            | {key: job[key] for key in ("name", "text", "answer")}
            for job in jobs
        ]
        said = self.page.evaluate(ASK, sent)
        assert self.visit.faults == []
        return said


@pytest.fixture(scope="module")
def room(browser, origins):
    rooms = {}

    def of(origin):
        if origin not in rooms:
            context = browser.new_context()
            rooms[origin] = (context, Room(context, origins[origin]))
        return rooms[origin][1]

    yield of
    for context, _ in rooms.values():
        context.close()


def built(number):
    return page_answers.built((FOLDER / f"exercises-{number}.js").read_text("utf-8"))


each_origin = pytest.mark.parametrize("origin", enough(["http", "file"], 2))


@each_origin
@pytest.mark.parametrize("number", page_answers.chapters())
def test_every_answer_gets_the_line_that_a_notebook_prints(room, number, origin):
    data, jobs = page_answers.known_ones(number, built(number))
    assert len(jobs) > 3 * len(data["exercises"])  # a solution, and more than two mistakes
    jobs = enough(covering(jobs, lambda job: [(job["name"], job["want"])]), 4)
    jobs += [job for job in page_answers.solutions(number, data) if job["name"] not in NEEDS_GRADIENTS]
    jobs += page_answers.unusual_ones(number, data)
    said = room(origin).ask(number, data, jobs)
    differ = [
        (job["name"], job["text"], job["answer"], job["want"], answer["line"])
        for job, answer in zip(jobs, said, strict=True)
        if answer["line"] != job["want"]
    ]
    assert differ == []


def test_the_unusual_answers_are_a_hundred_and_more():
    assert sum(map(len, unusual_answers.ANSWERS.values())) + len(unusual_answers.STOPPED) >= 100


@each_origin
def test_what_never_ends_or_is_not_there_ends_with_a_line(room, origin):
    lines = unusual_answers.STOPPED
    loops = {
        text: {"within": 300} for text, line in lines.items() if line == "Stopped after" or "x += x" in text
    }
    jobs = [
        {"name": "decode with a cache", "answer": "my_step", "text": text} | loops.get(text, {})
        for text in ["x = 1", *lines]  # the first one starts Python
    ]
    _, *said = room(origin).ask("08", built("08"), jobs, within=6_000)
    found = dict(zip(lines, (answer["line"] for answer in said), strict=True))
    assert {text: line for text, line in found.items() if lines[text] not in line} == {}
    assert all(line.startswith("Not yet. ") and "\n" not in line for line in found.values())


@each_origin
def test_what_is_printed_is_shown_up_to_a_limit_and_with_the_last_line_that_has_no_end(room, origin):
    texts = [
        "print('a', 'b', sep='|')\nprint('<i>no markup</i>', end='')",
        "for i in range(20000):\n    print('x' * 9)",
    ]
    jobs = [{"name": "temperature", "answer": "3", "text": text} for text in texts]
    few, many = room(origin).ask("08", built("08"), jobs)
    assert few["printed"] == "a|b\n<i>no markup</i>"
    assert 10_000 < len(many["printed"]) < 25_000
    assert many["printed"].endswith("…\n")
