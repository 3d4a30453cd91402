// Leaves out of a style sheet what no page and no script can use: JSON with `css`, `pages` and `scripts` comes in, the sheet
// goes out, minified. Between `purgecss start ignore` and `purgecss end ignore` everything stays.
import { PurgeCSS } from "purgecss";
import { transform } from "esbuild";
import { text } from "node:stream/consumers";

const { css, pages, scripts } = JSON.parse(await text(process.stdin));
const raw = (extension) => (body) => ({ raw: body, extension });
const content = [...pages.map(raw("html")), ...scripts.map(raw("js"))];
const safelist = [/^bs-/, /popper/]; // names that Bootstrap puts together as it runs: which side of a button its tooltip is on
const [{ css: used }] = await new PurgeCSS().purge({ content, css: [{ raw: css }], safelist });
const { code } = await transform(used, { loader: "css", minify: true, charset: "utf8", legalComments: "inline" });
process.stdout.write(code);
