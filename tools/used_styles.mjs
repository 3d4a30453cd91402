// Leaves out of a style sheet what no page and no script can use: JSON with `css`, `pages` and `scripts` comes in, the sheet
// goes out, minified. Between `purgecss start ignore` and `purgecss end ignore` everything stays.
import { PurgeCSS } from "purgecss";
import { transform } from "esbuild";
import { text } from "node:stream/consumers";

const { css, pages, scripts } = JSON.parse(await text(process.stdin));
const raw = (extension) => (body) => ({ raw: body, extension });
const [{ css: used }] = await new PurgeCSS().purge({ content: [...pages.map(raw("html")), ...scripts.map(raw("js"))], css: [{ raw: css }] });
const { code } = await transform(used, { loader: "css", minify: true, charset: "utf8", legalComments: "inline" });
process.stdout.write(code);
