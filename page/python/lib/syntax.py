"""What is wrong with a line that is no Python: in Python's own words where it has some, MicroPython has two for all."""

OPENING = ("def", "class", "if", "elif", "else", "for", "while", "with", "try", "except", "finally")
WORDS = OPENING + ("return", "import", "from", "pass", "and", "or", "not", "in", "is", "lambda")
PAIRS = {")": "(", "]": "[", "}": "{"}
UNINDENT = "unindent does not match any outer indentation level"


def bare(line):
    """A line without comment and without what stands in quotes, and the quote that stays open."""
    kept, quote, i = "", "", 0
    while i < len(line):
        letter = line[i]
        if quote:
            if letter == "\\":
                i += 1
            elif letter == quote:
                quote = ""
        elif letter == "#":
            break
        elif letter in "'\"":
            quote = letter
            kept += "0"
        else:
            kept += letter
        i += 1
    return kept, quote


def brackets(lines):
    """Brackets that are never closed, and the first that was never opened, each with its line."""
    opened = []
    for number, line in enumerate(lines, 1):
        for letter in bare(line)[0]:
            if letter in "([{":
                opened.append((letter, number))
            elif letter in PAIRS:
                if not opened or opened[-1][0] != PAIRS[letter]:
                    return opened, (letter, number)
                opened.pop()
    return opened, None


def outside(line):
    """What stands in no brackets."""
    kept, depth = "", 0
    for letter in line:
        if letter in "([{":
            depth += 1
        elif letter in PAIRS:
            depth -= 1
        elif depth < 1:
            kept += letter
    return kept


def _indent(line):
    return len(line) - len(line.lstrip())


def _first(line):
    word = ""
    for letter in line.lstrip():
        if not (letter.isalpha() or letter == "_"):
            break
        word += letter
    return word


def told(lines, number, words):
    """The number of the line that is to be mended, and what is wrong with it."""
    if "unindent" in words:
        below = [i for i in range(number + 1, len(lines) + 1) if lines[i - 1].strip()]
        return (below[0] if below else number), UNINDENT
    line = lines[number - 1]
    kept, quote = bare(line)
    word = _first(line)
    if word.lower() in WORDS and word != word.lower():
        return number, "`" + word + "` begins with a capital letter, Python's word is `" + word.lower() + "`"
    before = [i for i in range(1, number) if bare(lines[i - 1])[0].strip()]
    if (
        before
        and bare(lines[before[-1] - 1])[0].rstrip()[-1] == ":"
        and _indent(line) <= _indent(lines[before[-1] - 1])
    ):
        return number, "expected an indented block after line " + str(before[-1])
    if quote and '"""' not in "\n".join(lines):
        return number, "unterminated string literal: the quote at its end is missing"
    opened, unmatched = brackets(lines)
    if unmatched:
        return unmatched[1], "unmatched '" + unmatched[0] + "'"
    if opened and opened[-1][1] <= number:
        return opened[-1][1], "'" + opened[-1][0] + "' was never closed"
    if word in OPENING and ":" not in outside(kept):
        return number, "expected ':'"
    left = outside(kept)
    for sign in ("==", "!=", "<=", ">=", ":="):
        left = left.replace(sign, "")
    if word in ("if", "elif", "while") and "=" in left:
        return number, "invalid syntax. Maybe you meant '==' instead of '='?"
    return number, words
