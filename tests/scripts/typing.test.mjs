// What phones type in the place of Python's own letters, and how far a line is indented.
import assert from "node:assert/strict";
import { test } from "node:test";

import { indentAt } from "../../page/exercises/typing.js";
import { straight } from "../../page/python/straight.js";

const CASES = {
  "x = “happy”": 'x = "happy"',
  "x = ‘happy’": "x = 'happy'",
  'x = "happy”': 'x = "happy"',
  "x = „happy“": 'x = "happy"',
  'f(“a”, "b", ‘c’)': "f(\"a\", \"b\", 'c')",
  "a — b – c − d": "a - b - c - d",
  "x[…]\u00a0+ 1": "x[...] + 1",
};
const KEPT = [
  'x = "l’ami, “cité”"',
  "x = 'l’ami'",
  "x = 1  # “quoted” — said",
  '"""Says “so” …\n’tis"""\nx = 1',
  "x = 'it\\'s — so'",
  "for i in range(3):\n    print(i, \"#\", '…')\n",
];

test("quotes and dashes of phones become those of Python", () => {
  for (const [text, wanted] of Object.entries(CASES)) assert.equal(straight(text), wanted);
});

test("what stands in strings and comments stays, and so does all that is Python already", () => {
  for (const text of KEPT) assert.equal(straight(text), text);
});

test("a new line is indented as the one before it, and more after a colon", () => {
  const at = (text) => indentAt(text, text.length);
  assert.equal(at("def f(x):  # why\n"), "    ");
  assert.equal(at("def f(x):\n    y = x[1:]\n"), "    ");
  assert.equal(at("x = 1\n"), "");
  assert.equal(at("def f(x):"), "");
});
