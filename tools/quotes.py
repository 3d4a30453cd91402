"""Numbers quoted in the text, and numbers in printed outputs, code and stored results."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "transformer_lib" / "studies" / "results"
AROUND = 32  # characters kept on either side of a quoted number
WINDOW = 60  # characters kept on either side of a source in a long line
SMALLEST = 10  # smaller integers are not checked: two rows, 3 layers

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
POWER = r"10[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+"
PLAIN = r"(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)|\d{1,3}(?:,\d{3})+|\d+"
QUOTED = re.compile(
    rf"(?<![\w.,^·⁻-])(?:{POWER}|(?:{PLAIN})(?: ?[·×] ?{POWER})?)(?: ?%)?(?![\w⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹]|[.,]\d|/[.\d]*[a-z])"
)
PRINTED = re.compile(r"(?<![\w.])-?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[+-]?\d+)?%?")
REFERENCE = re.compile(
    r"(?:chapters?|sections?|§+|equations?|tables?|figures?|footnotes?|appendix|rows? of the ledger|slides?|arXiv|pages?)"
    r"\W*(?:[\w.]+(?:, | and |–| to ))*$",
    re.IGNORECASE,
)
SHARE = re.compile(r"\d+(?: of (?:the )?| in |/)\d+")
NO_PROSE = [
    (re.compile(pattern, re.DOTALL | re.MULTILINE), replacement)
    for pattern, replacement in [
        (r"```.*?```", " "),
        (r"\$\$.*?\$\$", " "),
        (r"\$[^$\n]+\$", " "),
        (r"`[^`\n]*`", " "),
        (r"\]\([^)]*\)", "]"),
        (r"<[^>]*>", " "),
        (r"^#[^\n]*$", " "),  # a heading, and not what stands below it, which a dot would take
        (r"\*\*Time\*\*: [^\n]*", " "),
        (r"^(\s*)\d+\. ", r"\1"),
        (r"^\| \d+ \|", "|"),
        (r"\(from chapter \d\d\)", " "),
    ]
]
UNREAD = ("Sources",)  # sections with page and section numbers of papers


@dataclass(frozen=True)
class Quote:
    """A number in the text: its context, its value, its page and section."""

    page: str
    section: str
    cell: int
    text: str
    number: str


@dataclass(frozen=True)
class Source:
    """A number in an output, a result or code: the text around it, and its place."""

    page: str
    section: str
    cell: int
    text: str
    value: float


def prose(markdown: str) -> str:
    """The text without equations, code, addresses, headings and the numbers of lists, on one line."""
    for pattern, replacement in NO_PROSE:
        markdown = pattern.sub(replacement, markdown)
    return re.sub(r"[*_\\]", "", re.sub(r"\s+", " ", markdown)).strip()


def numbers(text: str) -> Iterator[tuple[str, str]]:
    """Each quoted number of a text with its context."""
    shares = [found.span() for found in SHARE.finditer(text)]
    for found in QUOTED.finditer(text):
        number, before = found[0], text[: found.start()]
        whole = number.replace(",", "").isdigit()
        counted = any(start <= found.start() < end for start, end in shares)
        if REFERENCE.search(before[-40:]) or (whole and number.startswith("0") and len(number) > 1):
            continue
        if whole and "," not in number and 1900 < int(number) < 2100:
            continue  # a year
        if whole and not counted and int(number.replace(",", "")) < SMALLEST:
            continue
        start = text.rfind(" ", 0, max(0, found.start() - AROUND)) + 1  # whole words only
        end = text.find(" ", found.end() + AROUND)
        yield number, text[start : end if end > 0 else None]


def value_of(number: str) -> tuple[float, float]:
    """The value of a quoted number, and the unit of its last digit.

    >>> value_of(".85"), value_of("1.5·10⁻⁴")
    ((0.85, 0.01), (0.00015, 1e-05))
    """
    number = number.replace(",", "").rstrip(" %").replace("×", "·").replace(" ", "")
    mantissa, _, power = number.partition("·") if "·" in number else (number, "", "")
    if re.fullmatch(POWER, mantissa):
        mantissa, power = "1", mantissa
    exponent = int(power[2:].translate(SUPERSCRIPTS)) if power else 0
    decimals = len(mantissa.partition(".")[2])
    return float(f"{mantissa}e{exponent}"), float(f"1e{exponent - decimals}")


def fits(number: str, value: float) -> bool:
    """Whether a value, rounded as in the text, is the quoted number; signs are not compared.

    >>> fits(".85", 0.8462), fits("84 %", 0.8441), fits(".85", 0.8562)
    (True, True, False)
    """
    said, step = value_of(number)
    scales = (1.0, 100.0) if number.endswith("%") else (1.0,)
    return any(abs(abs(value) * scale - said) <= step / 2 * (1 + 1e-6) for scale in scales)


def _window(line: str, start: int, end: int) -> str:
    return line.strip() if len(line) <= 2 * WINDOW else line[max(0, start - WINDOW) : end + WINDOW].strip()


def printed(text: str) -> Iterator[tuple[str, float]]:
    """Each number of an output with its context on the line."""
    for line in text.splitlines():
        for found in PRINTED.finditer(line):
            try:
                value = float(found[0].replace(",", "").rstrip("%"))
            except ValueError:
                continue
            yield _window(line, *found.span()), value / (100 if found[0].endswith("%") else 1)
            if found[0].endswith("%"):
                yield _window(line, *found.span()), value


def outputs_of(cell) -> str:
    """Text outputs of a cell: streams, results, and the text of its pictures."""
    texts = []
    for output in cell.get("outputs", []):
        text = output.get("text", "") or output.get("data", {}).get("text/plain", "")
        texts.append("".join(text))
    return "\n".join(texts)


@cache
def read(path: Path) -> tuple[list[Quote], list[Source], list[Source]]:
    """The quotes of a chapter or page, the numbers that it prints, and those in its code."""
    page = path.stem
    if path.suffix == ".md":
        lines = enumerate(path.read_text("utf-8").splitlines())
        return (
            [
                Quote(page, " ".join(re.findall(r"chapters? (.*?) \|", line)), i, around, number)
                for i, line in lines
                for number, around in numbers(prose(line))
            ],
            [],
            [],
        )
    quotes, outputs, code, section = [], [], [], ""
    for i, cell in enumerate(json.loads(path.read_text("utf-8"))["cells"]):
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            for piece in re.split(r"^(?=## )", text, flags=re.MULTILINE):
                if piece.startswith("## "):
                    section = piece[3:].splitlines()[0].strip()
                if section not in UNREAD:
                    quotes += [
                        Quote(page, section, i, around, number) for number, around in numbers(prose(piece))
                    ]
        elif cell["cell_type"] == "code":
            outputs += [Source(page, section, i, *found) for found in printed(outputs_of(cell))]
            code += [Source(page, section, i, *found) for found in printed(text)]
    return quotes, outputs, code


@cache
def results() -> list[Source]:
    """Every number in the stored results of the studies."""

    def walk(node, path: str) -> Iterator[Source]:
        if isinstance(node, dict):
            for key, child in node.items():
                yield from walk(child, f"{path}.{key}")
        elif isinstance(node, list):
            for i, child in enumerate(node):
                yield from walk(child, f"{path}[{i}]")
        elif isinstance(node, int | float) and not isinstance(node, bool):
            yield Source(path.partition(".")[0].partition("[")[0], "", 0, f"{path} = {node!r}", float(node))

    return [
        source for path in sorted(RESULTS.glob("*.json"))
        for source in walk(json.loads(path.read_text("utf-8")), path.stem)
    ]  # fmt: skip
