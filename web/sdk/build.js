// Builds the player script twice from one source, for a tag and for `import`, and prints what it weighs.
import { buildSync } from "esbuild";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const folder = process.argv[2] ?? "built";
const common = { bundle: true, minify: true, target: "es2021", charset: "utf8", legalComments: "none" };

for (const [entry, format, name] of [
  ["src/tag.js", "iife", "edutrack.js"],
  ["edutrack.js", "esm", "edutrack.mjs"],
]) {
  const outfile = `${folder}/${name}`;
  buildSync({ ...common, entryPoints: [entry], format, outfile });
  const built = readFileSync(outfile);
  console.log(`${name}: ${built.length} bytes, ${gzipSync(built, { level: 9 }).length} gzipped`);
}
