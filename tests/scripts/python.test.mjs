// What MicroPython does not read is put in words that it does; Python goes along without what only people read.
import assert from "node:assert/strict";
import { test } from "node:test";

import { readable } from "../../page/python/source.js";
import { bare } from "../../tools/micropython.mjs";

const CASES = {
  "[1, *rest]": "__list(1, *rest)",
  "return_ = 1, *rest": "return_ = __tuple(1, *rest)",
  "{*a, 1}": "__set(*a, 1)",
  "x[::2]": "__step(x,None,None,2)",
  "x[1::-1]": "__step(x,1,None,-1)",
  "x[1:2]": "x[1:2]",
  "x[::2] = 0": "x[::2] = 0",
  "a, *b = c": "a, *b = c",
  "0 < x": "__lt(0 , x)",
  "0 < x < 1": "0 < x < 1",
  "x @= y": 'x = __inplace("@", x, y)',
  "x += y": "x += y",
  "float(x)": "__float(x)",
  "'[1, *rest]'": "'[1, *rest]'",
};

test("each word has its counterpart, and all else stays", () => {
  for (const [text, code] of Object.entries(CASES)) assert.equal(readable(text).code.trim(), code, text);
});

test("no line moves: errors name the reader's own", () => {
  const text = "def f(a, /):\n    b = [\n        1,\n        *a,\n    ]\n    while b[::2]:\n        b = {'x': 1, **c}\n    return 0 < b\n";
  assert.equal(readable(text).code.split("\n").length, text.split("\n").length);
});

test("a dictionary keeps its order through a call, a comprehension, too", () => {
  assert.equal(readable("{'a': 1, **b}").code, "__dict(('a', 1), (b,))");
  assert.match(readable("{k: v for k, v in x}").code, /^__dict_of\(\(k, v\) for k, v in x\)$/);
});

test("a function that does nothing is known, one that computes is not", () => {
  const text = "def f(x):\n    '''Not yet.'''\n    # here\n    return ...\ndef g(x):\n    return x\ndef h():\n    pass";
  assert.deepEqual(readable(text).untouched, ["f", "h"]);
});

test("arguments without which a function cannot be called are told", () => {
  assert.deepEqual(readable("def f(a, b=1, *c, d): pass").needed, { f: ["a"] });
});

test("what no page reads is named with its line", () => {
  assert.deepEqual(readable("x = 1\nmatch x:\n    case 1:\n        pass").refused, { line: 2, word: "match" });
  assert.equal(readable("x = 1").refused, null);
});

test("docstrings and comments stay behind, long texts do not", () => {
  assert.equal(bare('def f():\n    """What f does,\n\n    at length."""\n\n    # why\n    return 1\n'), "def f():\n    0\n    return 1\n");
  const words = '"""Words."""\n\nA = """\none two\n""".split()\nB = """\nthree\n""".split()\n';
  assert.equal(bare(words), '0\nA = """\none two\n""".split()\nB = """\nthree\n""".split()\n');
});
