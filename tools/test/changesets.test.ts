import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = new URL("../../", import.meta.url);
const named = (folder: string): string[] =>
  readdirSync(new URL(folder, root)).map(
    (name) => JSON.parse(readFileSync(new URL(`${folder}${name}/package.json`, root), "utf8")).name,
  );
const packages = named("packages/");
const notes = readdirSync(new URL(".changeset/", root)).filter((name) => /^(?!README).*\.md$/.test(name));

// A formatter of Markdown takes the block for a heading, and a release would then leave the note out.
test.each(notes)("%s begins with the packages it bumps, each one of ours, and says something", (name) => {
  const text = readFileSync(new URL(`.changeset/${name}`, root), "utf8");
  const [, block = "", rest = ""] =
    /^---\n((?:"[^"\n]+": (?:patch|minor|major)\n)+)---\n([\s\S]*)$/.exec(text) ?? [];
  const bumped = [...block.matchAll(/"([^"]+)"/g)].map(([, found]) => found);
  expect(bumped.length).toBeGreaterThan(0);
  expect(packages).toEqual(expect.arrayContaining(bumped));
  expect(new Set(bumped).size).toBe(bumped.length);
  expect(rest.trim().length).toBeGreaterThan(40);
});
