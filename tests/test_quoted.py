"""Numbers in the text are tied to what printed them: change either, and the check says so."""

import shutil
from pathlib import Path

import pytest

from tools import quoted, quotes

STORE = quoted.load()
QUOTES = quoted.all_quotes()


def test_every_quoted_number_still_has_its_source():
    assert quoted.faults(STORE, QUOTES) == []


def test_the_store_holds_nothing_that_the_text_no_longer_says():
    said = {(quote.page, quote.text, quote.number) for quote in QUOTES}
    kept = {
        (page, text, number)
        for page, texts in STORE.items()
        for text, held in texts.items()
        for number in held
    }
    assert kept - said == set()


def test_every_chapter_and_the_ledger_quote_numbers():
    silent = {path.stem for path in quoted.pages()[1:]} - {quote.page for quote in QUOTES}
    assert [f"{page}: its prose has no decimal, percentage or integer from 10 on" for page in silent] == []


@pytest.mark.parametrize("name", [path.stem for path in quoted.pages()[1:]])
def test_another_number_in_the_text_is_noticed(name):
    for quote in (quote for quote in QUOTES if quote.page == name):
        digit = next(character for character in reversed(quote.number) if character.isdecimal())
        other = quote.number.replace(digit, str((int(digit) + 3) % 10))
        changed = quotes.Quote(
            name, quote.section, quote.cell, quote.text.replace(quote.number, other), other
        )
        assert quoted.faults(STORE, [changed]), quote


@pytest.fixture
def forget():
    caches = (quotes.read, quoted._sources, quoted._texts, quoted._loaded)
    for kept in caches:
        kept.cache_clear()
    yield
    for kept in caches:
        kept.cache_clear()


def test_another_number_in_an_output_is_noticed(tmp_path, monkeypatch, forget):
    chapter = quoted.pages()[3]
    path = Path(shutil.copy(chapter, tmp_path))
    ties = STORE[path.stem]
    text, number, line = next(
        (text, number, source.partition(" | ")[2])
        for text, held in ties.items()
        for number, source in held.items()
        if source.startswith(f"printed: {path.stem} | ") and f" 0{number}" in source
    )
    written = path.read_text("utf-8")
    assert line in written
    path.write_text(written.replace(line, line.replace(f" 0{number}", " 0.999")), "utf-8")
    monkeypatch.setattr(quoted, "chapters", lambda: [path])
    complaints = quoted.faults(STORE, [quote for quote in quotes.read(path)[0] if quote.text == text])
    assert any("is not there any more" in complaint for complaint in complaints)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is .85 at 64 dimensions.", [".85", "64"]),
        ("From 8·10⁻¹¹ to 10⁻⁵, or 1,024 words.", ["8·10⁻¹¹", "10⁻⁵", "1,024"]),
        ("Right in 84 % of them, 7 of 30 and 2/52.", ["84 %", "7", "30", "2", "52"]),
        ("Two rows, 3 layers, step 2.", []),
        ("See chapter 03, section 3.2.1, equation 14 and table 12 of Vaswani et al. 2017.", []),
        ("Chapters 01 and 12 say so.", []),
        ("`x[12]` is $10^{12}$ ([there](https://example.org/12.5)).", []),
        (
            "## Section 12\n\nBelow its heading .85 stands.\n\n### 3. Mask 14 of them\n\nAnd 64.",
            [".85", "64"],
        ),
        ("**Time**: 40 minutes, half of it exercises.\n\nThen 50 steps.", ["50"]),
    ],
)
def test_numbers_that_carry_a_claim_are_found_and_places_are_not(text, found):
    assert [number for number, _ in quotes.numbers(quotes.prose(text))] == found


@pytest.mark.parametrize(
    ("number", "value", "fit"),
    [
        (".85", 0.8462, True), (".85", -0.8462, True), (".58", 0.8462, False), ("84 %", 0.8441, True),
        ("84 %", 84.4, True), ("40", 39.7, True), ("40", 40.6, False), ("1.5·10⁻⁴", 1.483e-4, True),
        ("1.5·10⁻⁴", 1.6e-4, False), ("10⁻⁶", 1e-6, True), ("4,422", 4422, True), ("−8.27".strip("−"), -8.269, True),
    ],
)  # fmt: skip
def test_a_number_fits_what_rounds_to_it(number, value, fit):
    assert quotes.fits(number, value) is fit


def test_what_nothing_prints_needs_a_word_about_its_source():
    quote = quotes.Quote("01-recurrence", "", 1, "about 12,345 of them", "12,345")
    assert quoted.faults({}, [quote])
    store = {quote.page: {quote.text: {quote.number: "given: Vaswani et al. 2017, table 2"}}}
    assert quoted.faults(store, [quote]) == []
    store[quote.page][quote.text][quote.number] = "given: "
    assert quoted.faults(store, [quote])


def test_a_number_that_was_tied_just_now_is_told():
    kept = {"03-a": {"is .48 here": {".48": "printed: 03-a | 0.48"}}}
    fresh = kept | {"04-b": {"is 31 here": {"31": "printed: 04-b | 31"}}}
    [line] = quoted.new_ties(kept, fresh)
    assert "04-b: “is 31 here”: 31 from printed: 04-b | 31" in line
