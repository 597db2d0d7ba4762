/** The files of other writers, read in the browser: the same content as in Node, and the same again when written. */
import { describe, expect, test } from "vitest";
import { commands } from "vitest/browser";
import { inspectNir, type SidecarGraph, type SidecarValue, sidecar, writeNir } from "../src/index.ts";

declare module "vitest/browser" {
  interface BrowserCommands {
    corpusFiles: (ending: string) => Promise<string[]>;
    corpusFile: (name: string) => Promise<string>;
  }
}

const bytesOf = async (name: string): Promise<Uint8Array> =>
  Uint8Array.from(atob(await commands.corpusFile(name)), (letter) => letter.charCodeAt(0));
const jsonOf = async (name: string): Promise<unknown> =>
  JSON.parse(new TextDecoder().decode(await bytesOf(name)));

const names = (await commands.corpusFiles(".nir")).filter((name) => !name.startsWith("malformed"));
const malformed = (await commands.corpusFiles("malformed.json")).length > 0;

/** SHA-256 of every array, by place. */
function hashes(graph: SidecarGraph, at: string): [string, string][] {
  return Object.entries(graph.nodes).flatMap(([name, node]) => [
    ...(node.graph === undefined ? [] : hashes(node.graph, `${at}/${name}`)),
    ...Object.entries(node.params ?? {}).flatMap(
      ([param, value]: [string, SidecarValue]): [string, string][] =>
        value.kind === "array" && value.sha256 !== undefined
          ? [[`${at}/${name}/${param}`, `${value.dtype} [${value.shape}] ${value.sha256}`]]
          : [],
    ),
  ]);
}

/** Where nirkit holds another array than the Python package on purpose; the Node tests say why, place by place. */
const another = /\/(bias|v_reset|w_in|kernel_size|stride|padding|dilation|input_shape)$/;

describe("the corpus in the browser", () => {
  test("209 files of other writers are there", ({ skip }) => {
    if (names.length === 0) skip();
    expect(names).toHaveLength(135 + 51 + 23);
  });

  test.each(names)("%s", async (name) => {
    const theirs = (await jsonOf(name.replace(/nir$/, "json"))) as { readonly graph?: SidecarGraph };
    // Without the repair its convolutions stay untyped, and nothing untyped is written.
    const repair = name.endsWith("batch_dim.nir") ? (["drop-batch-axis"] as const) : [];
    const { graph, diagnostics } = await inspectNir(await bytesOf(name), { types: "skip", repair });
    if (theirs.graph === undefined && graph === undefined) {
      expect(diagnostics.some((d) => d.level === "error")).toBe(true);
      return;
    }
    expect(graph).toBeDefined();
    if (graph === undefined) return;
    if (theirs.graph !== undefined) {
      const ours = new Map(hashes(sidecar(graph), ""));
      for (const [place, hash] of hashes(theirs.graph, ""))
        if (!another.test(place)) expect(`${place} ${ours.get(place)}`).toBe(`${place} ${hash}`);
    }
    if (diagnostics.some((d) => d.level === "error")) return;
    const bytes = await writeNir(graph, { types: "skip", nonFinite: "warn" });
    const { graph: again } = await inspectNir(bytes, { types: "skip", nonFinite: "warn" });
    expect(again?.equals(graph)).toBe(true);
    if (again !== undefined)
      expect(await writeNir(again, { types: "skip", nonFinite: "warn" })).toEqual(bytes);
  });
});

interface Case {
  readonly file: string;
  readonly level: string;
  readonly code: string;
  readonly at: string;
}

test.runIf(malformed)("all 93 malformed files are refused, or warned about, at their place", async () => {
  const { cases } = (await jsonOf("malformed/malformed.json")) as { readonly cases: readonly Case[] };
  expect(cases).toHaveLength(93);
  for (const { file, level, code, at } of cases) {
    const { diagnostics } = await inspectNir(await bytesOf(`malformed/${file}`));
    const said = diagnostics.map((d) => `${d.level} ${d.code} ${d.path}`);
    expect(said, file).toContain(`${level} ${code} ${at}`);
  }
});
