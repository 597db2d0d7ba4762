import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { graph, tensor } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { describe, expect, test } from "vitest";
import { smallFolder } from "./networks.ts";
import { run, scratch } from "./run.ts";

const line = (text: string): string[] => text.split(" ");

interface Row {
  readonly name: string;
  readonly ok: boolean;
  readonly reasons: readonly { readonly code: string; readonly path: string }[];
}

function row(json: { readonly support: readonly Row[] }, name: string): Row | undefined {
  return json.support.find((verdict) => verdict.name === name);
}

/** A folder with a 1 x 3 x 3 convolution into an IF, `c.nir`. */
async function convolution(): Promise<string> {
  const cwd = scratch();
  const weight = tensor("float32", [1, 1, 3, 3], new Float32Array(9).fill(0.5));
  const net = graph()
    .input("in", [1, 8, 8])
    .conv2d("conv", { weight, bias: [0] })
    .if("if", { r: 1, vThreshold: 1 })
    .output("out")
    .build();
  writeFileSync(join(cwd, "c.nir"), await writeNir(net));
  return cwd;
}

describe("support", () => {
  test("a float network is quantized with uniform:8 first, and the answer says so", async () => {
    const cwd = await smallFolder();
    const { code, stdout } = await run(line("support net.nir --dt 1"), { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^The network is float: .* uniform:8, dt 1\n/);
    expect(stdout).toMatch(/^fpga +target +yes/m);
    expect(stdout).toMatch(/^norse +framework +\S/m);
    const { json } = await run(line("support net.nir --json"), { cwd });
    // r = tau = 4 says that the step is 1.
    expect(json()).toMatchObject({ ok: true, quantized: { scheme: "uniform:8", dt: 1 } });
  });

  test("a quantized network is asked about as it is", async () => {
    const cwd = await smallFolder();
    await run(line("quantize net.nir --scheme uniform:4 --dt 1 -o q.nir"), { cwd });
    const { code, json } = await run(line("support q.nir --json"), { cwd });
    expect(code).toBe(0);
    expect(json().quantized).toBeUndefined();
    expect(row(json(), "fpga")).toMatchObject({ kind: "target", ok: true });
  });

  test("frameworks answer by node: jaxsnn does not import the convolution and names it", async () => {
    const { code, json } = await run(line("support c.nir --json"), { cwd: await convolution() });
    expect(code).toBe(0);
    const no = row(json(), "jaxsnn");
    expect(no?.ok).toBe(false);
    expect(no?.reasons.map(({ code: reason, path }) => `${reason} ${path}`)).toContain(
      "E_NOT_IMPORTED nodes.conv",
    );
  });

  test("no line is wider than 110 columns outside a terminal, 100 in this one", async () => {
    const cwd = await convolution();
    const widest = (text: string): number => Math.max(...text.split("\n").map((words) => [...words].length));
    expect(widest((await run(line("support c.nir"), { cwd })).stdout)).toBeLessThanOrEqual(110);
    const { stdout } = await run(line("support c.nir"), { cwd, tty: true });
    expect(widest(stdout.split("\n").slice(1).join("\n"))).toBeLessThanOrEqual(100);
  });

  test("an installed back end that cannot be loaded is a no with its reason, and keeps nobody from answering", async () => {
    const cwd = await smallFolder();
    const folder = join(cwd, "node_modules/nirkit-backend-broken");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{"type":"module","exports":"./index.js"}');
    writeFileSync(join(folder, "index.js"), 'throw new Error("no licence");');
    const { code, json } = await run(line("support net.nir --json"), { cwd });
    expect(code).toBe(0);
    expect(row(json(), "broken")).toMatchObject({ ok: false, reasons: [{ code: "E_PLUGIN_LOAD" }] });
    expect(row(json(), "fpga")?.ok).toBe(true);
    expect((await run(line("support net.nir --target nobody"), { cwd })).code).toBe(2);
  });

  test("a file that cannot be read is exit code 1", async () => {
    expect((await run(line("support gone.nir"))).code).toBe(1);
  });
});
