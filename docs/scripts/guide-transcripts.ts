/**
 * Runs what the guide says and puts the real output under it. A fenced `sh` block of `nirkit` commands is followed by a
 * `text` block with their output; `<!-- first N lines -->` before it shortens what is shown.
 */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { main } from "nirkit";

const sample = join(dirname(createRequire(import.meta.url).resolve("nirkit/package.json")), "sample");
const block =
  /```sh\n((?:nirkit [^\n]*\n)+)```\n\n(?:<!-- first (\d+) lines -->\n\n)?```text\n([\s\S]*?)```/g;

/** Output of one command line; words are separated by blanks, progress is left out. */
async function run(line: string, cwd: string): Promise<string> {
  let printed = "";
  const stdout = {
    columns: 110,
    write: (text: string): void => {
      printed += text;
    },
  };
  await main([...line.trim().split(/ +/).slice(1)], {
    stdout,
    stderr: stdout,
    env: { ...process.env, NO_COLOR: "1" },
    cwd,
  });
  // Progress is for a person who waits. Times and versions of tools differ between machines, the folder between runs.
  return printed
    .replaceAll(`${cwd}/`, "")
    .replaceAll(/^\w+ \d+\/\d+\n/gm, "")
    .replaceAll(/ +\d+\.\d s */g, "    … s  ")
    .replaceAll(/time +note/g, "time   note")
    .replaceAll(/ {2}-{5,6} {2}-{30,}$/gm, "  -----  ----")
    .replaceAll(/(Verilator|Icarus Verilog)[^\n]*/g, "$1")
    .replaceAll(/ +$/gm, "");
}

/** The guide with the output of every command as it is now. */
export async function withTranscripts(markdown: string): Promise<string> {
  const cwd = await mkdtemp(join(tmpdir(), "nirkit-guide-"));
  try {
    await cp(sample, cwd, { recursive: true });
    let result = "";
    let end = 0;
    for (const found of markdown.matchAll(block)) {
      const [, commands = "", first, old = ""] = found;
      let output = "";
      for (const line of commands.trim().split("\n")) output += await run(line, cwd);
      const lines = output.trimEnd().split("\n");
      const kept = first === undefined ? lines : lines.slice(0, Number(first));
      const shown = `${kept.join("\n").trimEnd()}${kept.length < lines.length ? "\n…" : ""}\n`;
      const at = found.index + found[0].length - old.length - 3;
      result += markdown.slice(end, at) + shown;
      end = at + old.length;
    }
    return result + markdown.slice(end);
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}
