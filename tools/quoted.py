"""Ties each number that the text quotes to the output, the result or the line of code that it comes from.

    python -m tools.quoted          find sources, write book/quoted.json, say which numbers have none
    python -m tools.quoted --check  say what no longer fits, change nothing

A number in prose (a decimal, a percentage, one of "17 of 19", an integer from 10 on) is looked up in what the same
section prints, then in the chapter, then in its code, then in the stored results of the studies. What is found is
kept in book/quoted.json as the text around the number, with the text around its source. Change either, and the check
fails: the number in the text is then no longer known, or its source no longer exists. A number that nothing prints
(from a paper, a slide, a calculation in the sentence itself) needs a line of its own there: "given: where from".
"""

from __future__ import annotations

import json
import re
import sys
from functools import cache

from tools.notebooks import chapters
from tools.quotes import ROOT, Quote, Source, fits, printed, read, results, value_of

STORE = ROOT / "book" / "quoted.json"
LEDGERS = {"claims": ROOT / "book" / "claims.md"}  # pages of rows, each of which names its chapters
KINDS = ("printed", "code", "stored")
ELSEWHERE = 10_000  # penalty of a source in another section, above any distance within one


def pages() -> list:
    """The chapters, then the other pages that quote them."""
    return [*chapters(), *LEDGERS.values()]


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{3,}", text.lower()))


def source_of(quote: Quote) -> str | None:
    """The likeliest source of a quoted number, in the form of book/quoted.json, or None if nothing prints it.

    A chapter may quote itself, and any chapter named in the text around the number; a row of the ledger quotes the
    chapters that it names.
    """
    named = set(re.findall(r"\b\d\d\b", quote.section)) if quote.page in LEDGERS else {quote.page[:2]}
    named |= set(re.findall(r"chapters? (\d\d)", quote.text))

    def rank(source: Source) -> tuple[int, int]:
        far = 0 if (source.page, source.section) == (quote.page, quote.section) else ELSEWHERE
        far += 0 if source.page == quote.page else ELSEWHERE
        return far + abs(source.cell - quote.cell), -len(_words(source.text) & _words(quote.text))

    stored = set().union(*(_loaded().get(number, set()) for number in named))
    for kind in KINDS:
        near = [source for source in _sources(kind) if source.page[:2] in named or source.page in stored]
        # printed numbers may be rounded in the text; those in code or in stored results must be equal
        exact = kind != "printed" and quote.number.replace(",", "").isdigit()
        found = [
            source for source in near
            if fits(quote.number, source.value) and (not exact or source.value == value_of(quote.number)[0])
        ]  # fmt: skip
        if found:
            best = min(found, key=rank)
            return f"{kind}: {best.page} | {best.text}"
    return None


@cache
def _loaded() -> dict[str, set[str]]:
    """The result files that each chapter loads, by the chapter's number."""
    return {
        path.stem[:2]: set(re.findall(r'results\(\\?"(\w+)\\?"\)', path.read_text("utf-8")))
        for path in chapters()
    }


@cache
def _sources(kind: str) -> list[Source]:
    if kind == "stored":
        return results()
    found: list[Source] = []
    for path in pages():
        _, printed, written = read(path)
        found += printed if kind == "printed" else written
    return found


def exists(source: str) -> bool:
    """Whether the source of a quote still exists unchanged."""
    if source.startswith("given: "):
        return len(source) > len("given: ") + 3
    kind, _, rest = source.partition(": ")
    page, _, text = rest.partition(" | ")
    return kind in KINDS and (page, text) in _texts(kind)


@cache
def _texts(kind: str) -> set[tuple[str, str]]:
    return {(source.page, source.text) for source in _sources(kind)}


def value_in(source: str, number: str) -> bool:
    """Whether the source's text contains a number that fits."""
    return source.startswith("given: ") or any(
        fits(number, value) for _, value in printed(source.partition(" | ")[2])
    )


def load() -> dict[str, dict[str, dict[str, str]]]:
    """The content of book/quoted.json: page → text around a number → number → source."""
    return json.loads(STORE.read_text("utf-8")) if STORE.exists() else {}


def faults(stored: dict, quotes: list[Quote]) -> list[str]:
    """One line per quoted number without a valid source."""
    found = []
    for quote in quotes:
        source = stored.get(quote.page, {}).get(quote.text, {}).get(quote.number)
        where = f"{quote.page}: “{quote.text}”: {quote.number}"
        if source is None:
            found.append(f"{where} is tied to nothing; run make quoted, and look at the difference")
        elif not exists(source) or not value_in(source, quote.number):
            found.append(f"{where} came from “{source}”, which is not there any more")
    return found


def all_quotes() -> list[Quote]:
    return [quote for path in pages() for quote in read(path)[0]]


def tie(stored: dict) -> tuple[dict, list[Quote]]:
    """The updated store: valid entries are kept, the others looked up; and the quotes without a source."""
    fresh: dict[str, dict[str, dict[str, str]]] = {}
    missing = []
    for quote in all_quotes():
        old = stored.get(quote.page, {}).get(quote.text, {}).get(quote.number)
        keep = old is not None and exists(old) and value_in(old, quote.number)
        source = old if keep else source_of(quote)
        if source is None:
            missing.append(quote)
            continue
        fresh.setdefault(quote.page, {}).setdefault(quote.text, {})[quote.number] = source
    return fresh, missing


def new_ties(stored: dict, fresh: dict) -> list[str]:
    """One line per number that was tied just now: a number may stand by chance in an output of other content."""
    return [
        f"new, look whether it is the source: {page}: “{text}”: {number} from {source}\n"
        for page, texts in fresh.items()
        for text, held in texts.items()
        for number, source in held.items()
        if stored.get(page, {}).get(text, {}).get(number) != source
    ]


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        complaints = faults(load(), all_quotes())
    else:
        stored = load()
        fresh, missing = tie(stored)
        print(*new_ties(stored, fresh), sep="", end="")
        STORE.write_text(json.dumps(fresh, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
        complaints = [
            f"{quote.page} (cell {quote.cell}): “{quote.text}”: nothing prints {quote.number}: print it, or add "
            '"given: where from" to book/quoted.json'
            for quote in missing
        ]
    print("\n".join(complaints) if complaints else "every quoted number has its source")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
