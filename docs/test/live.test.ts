import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { graph, validateGraph, withMetadata } from "@nirkit/graph";
import { inspectNir, writeNir } from "@nirkit/hdf5";
import { describe, expect, test } from "vitest";
import { hasChromium, useLivePage } from "./live-page.ts";
import { shotsRoot } from "./site.ts";

const hostileName = "</script><img src=x onerror=alert(1)>".replaceAll("/", "|");

/** A file whose Input claims [1032] before a weight of [1, 1031]: writeNir refuses such a graph, so a byte is changed. */
async function wrongShapes(): Promise<Uint8Array> {
  const good = graph()
    .input("in", [1031])
    .linear("fc1", { weight: [new Array<number>(1031).fill(1)] })
    .output("out")
    .build();
  const bytes = Buffer.from(await writeNir(good));
  const size = Buffer.alloc(8);
  size.writeBigInt64LE(1031n);
  for (let at = bytes.indexOf(size); at !== -1; at = bytes.indexOf(size, at + 1)) {
    const changed = Buffer.from(bytes);
    changed.writeBigInt64LE(1032n, at);
    const { graph: read } = await inspectNir(changed);
    const said = read === undefined ? [] : validateGraph(read);
    if (said.some((d) => d.code === "E_TYPE_MISMATCH")) return changed;
  }
  throw new Error("No byte of the file is the size of its Input");
}

describe.skipIf(!hasChromium)("the live page, in Chromium (skipped without Chromium)", () => {
  const live = useLivePage("/live/inspect");

  async function upload(name: string, bytes: Uint8Array): Promise<void> {
    await live.upload("#file", name, bytes);
    await live.page.waitForSelector("#look");
  }

  test("the sample shows 7 nodes, its shapes, its text form and the edge that closes the loop", async () => {
    const { page } = live;
    await page.click("#sample");
    await page.waitForSelector("#graph svg");
    expect(await page.textContent("#totals")).toContain("7 nodes, 7 edges");
    expect(await page.textContent("#diagnostics")).toContain("None");
    expect(await page.textContent("#shapes")).toContain("fc1Affine[12][16]");
    expect(await page.textContent("#text")).toContain("hidden");
    expect(await page.locator("#graph .alert-line").count()).toBe(1);
    await page.screenshot({ path: `${shotsRoot}live-sample.png`, fullPage: true });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.screenshot({ path: `${shotsRoot}live-sample-dark.png`, fullPage: true });
  });

  test("a text file is refused with E_NOT_HDF5 and a hint, and no graph is shown", async () => {
    const { page } = live;
    await upload("notes.txt", new TextEncoder().encode("weights: 1 2 3\n"));
    const said = await page.textContent("#diagnostics");
    expect(said).toContain("E_NOT_HDF5");
    expect(said).toContain("nir.write");
    expect(await page.locator("#graph").count()).toBe(0);
    await page.screenshot({ path: `${shotsRoot}live-text-file.png`, fullPage: true });
  });

  test("shapes that do not fit are drawn and named with both ends", async () => {
    const { page } = live;
    await upload("wrong.nir", await wrongShapes());
    const said = await page.textContent("#diagnostics");
    expect(said).toContain("E_TYPE_MISMATCH");
    expect(said).toContain("[1032]");
    expect(said).toContain("[1031]");
    expect(await page.locator("#graph svg").count()).toBe(1);
    await page.screenshot({ path: `${shotsRoot}live-wrong-shapes.png`, fullPage: true });
  });

  test("a type that NIR does not have is named with its place and the nearest one", async () => {
    const { page } = live;
    const good = graph()
      .input("in", [1])
      .linear("fc1", { weight: [[1]] })
      .output("out")
      .build();
    const text = Buffer.from(await writeNir(good)).toString("latin1");
    await upload("typo.nir", Buffer.from(text.replace("Linear", "Lineer"), "latin1"));
    const said = await page.textContent("#diagnostics");
    expect(said).toContain("E_UNKNOWN_TYPE");
    expect(said).toContain("/node/nodes/fc1");
    expect(said).toContain('"Linear"');
  });

  test("a hostile file name and hostile node names stay text", async () => {
    const { page } = live;
    const evil = graph()
      .input(hostileName, [2])
      .lif('"><svg onload=alert(1)>', { tau: 0.01, vThreshold: 1 })
      .output("{{ constructor.constructor('alert(1)')() }}")
      .build();
    const [name, node] = [...evil.nodes()][1] ?? ["", evil.node(hostileName)];
    const annotated = evil.with({
      setNodes: [[name, withMetadata(node, new Map([["note", "<script>alert(1)</script>"]]))]],
    });
    await upload("<img src=x onerror=alert(1)>.nir", await writeNir(annotated));
    expect(await page.textContent("#file-name")).toBe("<img src=x onerror=alert(1)>.nir");
    expect(await page.textContent("#shapes")).toContain(hostileName);
    expect(await page.textContent("#shapes")).toContain("{{ constructor");
    expect(await page.locator("#look img, #look script, #look [onload], #look [onerror]").count()).toBe(0);
    await page.screenshot({ path: `${shotsRoot}live-hostile-names.png`, fullPage: true });
  });

  test("home, guide and reference open without an error, and the search finds a diagnostic", async () => {
    const { page } = live;
    for (const path of [
      "/",
      "/guide/first-light",
      "/architecture",
      "/reference/commands",
      "/reference/diagnostics",
    ]) {
      await page.goto(live.origin + path, { waitUntil: "networkidle" });
      expect(await page.textContent("h1")).not.toBe("404");
    }
    await page.goto(`${live.origin}/reference/diagnostics#e-dt-missing`);
    expect(await page.textContent("#e-dt-missing")).toContain("E_DT_MISSING");
  });
});

test("the sample file that the page serves is what the guide's network builder makes", async () => {
  const { sampleNetwork } = await import("../scripts/sample-network.ts");
  const { readNir } = await import("@nirkit/hdf5");
  const file = await readFile(fileURLToPath(new URL("../public/sample.nir", import.meta.url))).catch(
    () => undefined,
  );
  const bytes = file ?? (await writeNir(sampleNetwork()));
  expect((await readNir(bytes)).graph.equals(sampleNetwork())).toBe(true);
});
