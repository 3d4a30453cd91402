// What a picture tells of its drawings.
import assert from "node:assert/strict";
import { test } from "node:test";
import { heard } from "../../page/picture/picture.js";
import { asSentence } from "../../page/text/spelling.js";

const bars = (title) => ({ type: "bars", title });
const curves = (title) => ({ type: "curves", title });

test("two rows of bars are told apart by their titles", () => {
  const told = heard([bars("Weight"), bars("Effect")], ["Strongest: she 0.92.", "Strongest: was 0.40."]);
  assert.equal(told, "Weight: strongest: she 0.92. Effect: strongest: was 0.40.");
});

test("bars alone, and drawings that name what they tell, need no title", () => {
  assert.equal(heard([bars("Weight")], ["Strongest: she 0.92."]), "Strongest: she 0.92.");
  assert.equal(heard([curves("One"), curves("Two")], ["place 2: 0.9.", "place 3: 0.8."]), "place 2: 0.9. place 3: 0.8.");
});

test("what two drawings tell alike is told once, and silence leaves no gap", () => {
  assert.equal(heard([bars("A"), curves("B"), bars("C")], ["Most: she.", "", "Most: she."]), "Most: she.");
});

test("written words stand as a sentence, without special tokens, elided words joined on", () => {
  assert.equal(asSentence(["l'", "amie", "de", "sally", "n'", "est", "pas", "là", ".", "<eos>"]), "L'amie de Sally n'est pas là.");
  assert.equal(asSentence(["'", "oui", "<eos>"]), "'oui");
  assert.equal(asSentence(["<eos>"]), "");
});
