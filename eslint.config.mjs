// The scripts of the pages. Names that are not defined are tsc's to find; it knows the browser's.
import js from "@eslint/js";

export default [
  { ignores: ["_build/", "node_modules/", ".venv/", "**/static/", "**/tables/", "runs/", "dist/", "build/"] },
  js.configs.recommended,
  {
    files: ["**/*.js", "**/*.mjs"],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "no-undef": "off",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "object-shorthand": "error",
    },
  },
];
