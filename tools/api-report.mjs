// Writes packages/<name>/api.md: the public declarations of every entry, so that a change of the API shows in review.
// `--write` updates the reports; without it the script fails when one is out of date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const root = new URL("../", import.meta.url).pathname;
const write = process.argv.includes("--write");

/** The declaration files reachable from an entry by relative imports, entry first. */
function reachable(entry, seen = new Set()) {
  if (seen.has(entry)) return seen;
  seen.add(entry);
  for (const [, target] of readFileSync(entry, "utf8").matchAll(/from "(\.[^"]+)"/g))
    reachable(join(dirname(entry), target.replace(/\.(ts|js)$/, ".d.ts")), seen);
  return seen;
}

/** Declarations without comments, private members, source-map lines and re-export lines; blocks sorted by text. */
function declarations(file) {
  return readFileSync(file, "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("//# ") && !/^(import|export \{\};)/.test(line))
    .join("\n");
}

function report(name) {
  const folder = join(root, "packages", name);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const sections = [];
  for (const [entry, target] of Object.entries(manifest.exports)) {
    if (typeof target === "string") continue;
    const index = join(folder, target.types);
    if (!existsSync(index)) throw new Error(`${name}: ${target.types} is missing; build first`);
    const dist = join(folder, "dist");
    const files = [...reachable(index)].filter((file) => file !== index).sort();
    const blocks = files.map(
      (file) => `// ${relative(dist, file).replace(/\.d\.ts$/, "")}\n${declarations(file)}`,
    );
    const title = entry === "." ? manifest.name : `${manifest.name}${entry.slice(1)}`;
    sections.push(`## ${title}\n\n\`\`\`ts\n${[declarations(index), ...blocks].join("\n\n")}\n\`\`\`\n`);
  }
  return `# API of ${manifest.name}\n\nGenerated from the declarations; run \`pnpm api\` after a change.\n\n${sections.join("\n")}`;
}

let stale = 0;
for (const name of readdirSync(join(root, "packages")).sort()) {
  const path = join(root, "packages", name, "api.md");
  const text = report(name);
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  if (write) writeFileSync(path, text);
  else {
    stale += 1;
    process.stderr.write(
      `packages/${name}/api.md is out of date: run \`pnpm api\` and review the difference\n`,
    );
  }
}
process.exitCode = stale > 0 ? 1 : 0;
