// What MicroPython does not read, said in words that it does, line by line: starred displays, dictionaries in their
// order, slices with a step, comparisons with a number on the left. The helpers stand in lib/written.py.
import { parser } from "@lezer/python";

const REFUSED = { MatchStatement: "match", AwaitExpression: "await", TypeDefinition: "type" };
const COMPARED = { "<": "__lt", "<=": "__le", ">": "__gt", ">=": "__ge" };

const children = (node) => {
  const found = [];
  for (let child = node.firstChild; child; child = child.nextSibling) if (child.name !== "Comment") found.push(child);
  return found;
};

// Whether a display is what is assigned to, and not a value.
function isTarget(node) {
  for (let at = node; at.parent; at = at.parent) {
    const { name } = at.parent;
    if (["ArrayExpression", "TupleExpression", "ParenthesizedExpression"].includes(name)) continue;
    if (name === "AssignStatement") return children(at.parent).some((child) => child.name === "AssignOp" && child.from >= at.to);
    if (["UpdateStatement", "DeleteStatement"].includes(name)) return at.from === children(at.parent).find((c) => c.name !== "del")?.from;
    if (name === "ForStatement" || name.endsWith("ComprehensionExpression") || name === "ComprehensionExpression") {
      const kin = children(at.parent);
      const place = kin.findIndex((child) => child.from === at.from && child.to === at.to);
      const before = kin.slice(0, place).reverse().find((child) => ["for", "in"].includes(child.name));
      return before?.name === "for";
    }
    return false;
  }
  return false;
}

/** Pieces of text to put in the place of others: [from, to, text], kept in the order in which they were asked for. */
class Edits {
  constructor(text) {
    this.text = text;
    this.list = [];
  }

  put(from, to, words) {
    this.list.push([from, to, words, this.list.length]);
  }

  wrap({ from, to }, before, after = ")") {
    this.put(from, from, before);
    this.list.push([to, to, after, -this.list.length]); // what opened last closes first
  }

  done() {
    let out = "";
    let at = 0;
    const replaces = ([from, to]) => Number(to > from); // what is put in stands before what is replaced
    const first = (a, b) => a[0] - b[0] || replaces(a) - replaces(b) || a[3] - b[3];
    for (const [from, to, words] of this.list.sort(first)) {
      out += this.text.slice(at, from) + words;
      at = to;
    }
    return out + this.text.slice(at);
  }
}

function display(node, name, edits) {
  const kin = children(node);
  edits.put(kin[0].from, kin[0].to, `${name}(`);
  edits.put(kin.at(-1).from, kin.at(-1).to, ")");
}

function pairs(node, edits) {
  let key = null;
  for (const child of children(node).slice(1, -1)) {
    if (child.name === "**") edits.put(child.from, child.to, "(");
    else if (child.name === ",") key = null;
    else if (child.name === ":") edits.put(child.from, child.to, ",");
    else if (child.prevSibling.name === "**") edits.put(child.to, child.to, ",)");
    else if (key === null) {
      key = child;
      edits.put(child.from, child.from, "(");
    } else edits.list.push([child.to, child.to, ")", -edits.list.length]);
  }
}

function step(node, edits) {
  const kin = children(node);
  const open = kin.findIndex((child) => child.name === "[");
  const inside = kin.slice(open + 1, -1);
  if (inside.filter((child) => child.name === ":").length !== 2 || inside.some((child) => child.name === ",")) return;
  if (isTarget(node)) return;
  const bounds = ["None", "None", "None"];
  let place = 0;
  for (const child of inside) {
    if (child.name === ":") place += 1;
    else bounds[place] = null;
  }
  edits.put(node.from, node.from, "__step(");
  edits.put(kin[open].from, kin[open].to, `,${bounds[0] ?? ""}`);
  let colon = 0;
  for (const child of inside) {
    if (child.name !== ":") continue;
    colon += 1;
    edits.put(child.from, child.to, `,${bounds[colon] ?? ""}`);
  }
  edits.put(kin.at(-1).from, kin.at(-1).to, ")");
}

// Values side by side without brackets, one of them starred.
function bare(node, edits) {
  const kin = children(node);
  const after = node.name === "ReturnStatement" ? 0 : kin.findLastIndex((child) => child.name === "AssignOp");
  const values = kin.slice(after + 1);
  if (after < 0 || !values.some((child) => child.name === "*")) return;
  edits.put(values[0].from, values[0].from, "__tuple(");
  edits.put(values.at(-1).to, values.at(-1).to, ")");
}

// `/` among parameters says that those before it have no name; here they keep it.
function parameters(node, text, edits) {
  let at = node.from;
  for (const child of [...children(node), { from: node.to, to: node.to }]) {
    const gap = text.slice(at, child.from);
    const slash = gap.indexOf("/");
    if (slash >= 0 && !gap.slice(0, slash).includes("#")) {
      const from = at + slash;
      const next = text.slice(from + 1).match(/^\s*,/);
      const before = text.slice(0, from).match(/,\s*$/);
      if (next) edits.put(from, from + 1 + next[0].length, " ");
      else if (before) edits.put(from - before[0].length, from + 1, " ");
    }
    at = child.to;
  }
}

// A function whose body does nothing but give back `...`, None or another constant.
function isUntouched(body) {
  const work = children(body).filter((child) => ![":", "PassStatement"].includes(child.name));
  const constant = (node) => !node || ["None", "Ellipsis", "String", "ContinuedString"].includes(node.name);
  return work.every((child) =>
    child.name === "ExpressionStatement" ? ["Ellipsis", "String", "ContinuedString", "Number", "None"].includes(child.firstChild.name)
    : child.name === "ReturnStatement" && child.firstChild.nextSibling?.name !== "String" && children(child).length <= 2
      && constant(child.firstChild.nextSibling));
}

// Arguments by place without which a function cannot be called.
function required(list, text) {
  const found = [];
  for (const child of children(list)) {
    if (child.name === "*" || child.name === "**") break;
    if (child.name === "VariableName" && child.prevSibling.name !== "AssignOp") {
      if (child.nextSibling.name === "AssignOp") break;
      found.push(text.slice(child.from, child.to));
    }
  }
  return found;
}

const VISIT = {
  ArrayExpression(node, edits) {
    if (children(node).some((child) => child.name === "*") && !isTarget(node)) display(node, "__list", edits);
  },
  TupleExpression(node, edits) {
    if (children(node).some((child) => child.name === "*") && !isTarget(node)) display(node, "__tuple", edits);
  },
  SetExpression(node, edits) {
    if (children(node).some((child) => child.name === "*")) display(node, "__set", edits);
  },
  DictionaryExpression(node, edits) {
    display(node, "__dict", edits);
    pairs(node, edits);
  },
  DictionaryComprehensionExpression(node, edits) {
    const [open, key, colon, value] = children(node);
    edits.put(open.from, open.to, "__dict_of((");
    edits.put(colon.from, colon.to, ",");
    edits.list.push([value.to, value.to, ")", -edits.list.length]);
    edits.put(node.to - 1, node.to, ")");
    return key;
  },
  MemberExpression: step,
  AssignStatement: bare,
  ReturnStatement: bare,
  WhileStatement(node, edits) {
    const [, condition] = children(node);
    edits.wrap(condition, "__tick() and (");
  },
  BinaryExpression(node, edits, text) {
    const [left, op, right, more] = children(node);
    const word = COMPARED[op && text.slice(op.from, op.to)];
    const chained = (part) => part.name === "BinaryExpression" && children(part).some((child) => child.name === "CompareOp");
    if (!word || more || chained(left) || chained(right) || (node.parent.name === "BinaryExpression" && chained(node.parent))) return;
    edits.put(node.from, node.from, `${word}(`);
    edits.put(op.from, op.to, ",");
    edits.list.push([node.to, node.to, ")", -edits.list.length]);
  },
  // of these MicroPython knows no operator in place
  UpdateStatement(node, edits, text) {
    const [target, op, value] = children(node);
    const sign = text.slice(op.from, op.to - 1);
    if (!value || ["+", "-", "<<", ">>"].includes(sign)) return;
    edits.put(op.from, op.to, `= __inplace("${sign}", ${text.slice(target.from, target.to)},`);
    edits.list.push([node.to, node.to, ")", -edits.list.length]);
  },
  FormatReplacement(node, edits, text) {
    const kin = children(node);
    const value = kin[1];
    const spec = kin.find((child) => child.name === "FormatSpec");
    if (spec && value && !/["'\\]/.test(text.slice(value.from, value.to))) edits.wrap(value, "__plain(");
  },
  CallExpression(node, edits, text) {
    const name = node.firstChild;
    if (name.name === "VariableName" && text.slice(name.from, name.to) === "float") edits.put(name.from, name.to, "__float");
  },
  ParamList: (node, edits, text) => parameters(node, text, edits),
};

/**
 * @param {string} text
 * @returns {{ code: string, untouched: string[], needed: Record<string, string[]>, refused: { line: number, word: string } | null }}
 * the text for MicroPython; functions that do nothing; arguments that functions must have; what no page reads
 */
export function readable(text) {
  const edits = new Edits(text);
  const untouched = [];
  const needed = {};
  let refused = null;
  const line = (at) => text.slice(0, at).split("\n").length;
  parser.parse(text).iterate({
    enter({ node }) {
      const word = REFUSED[node.name] ?? (node.name === "FunctionDefinition" && node.firstChild.name === "async" ? "async" : null);
      if (word) refused ??= { line: line(node.from), word };
      VISIT[node.name]?.(node, edits, text);
      if (node.name !== "FunctionDefinition") return;
      const name = node.getChild("VariableName");
      const body = node.getChild("Body");
      if (!name || !body) return;
      const own = text.slice(name.from, name.to);
      if (isUntouched(body)) untouched.push(own);
      needed[own] = required(node.getChild("ParamList"), text);
    },
  });
  return { code: edits.done(), untouched, needed, refused };
}
