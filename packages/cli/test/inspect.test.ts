import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { graph, graphToJson } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { describe, expect, test } from "vitest";
import { hasData, nirFiles, recorded } from "./materials.ts";
import { smallFolder, smallNetwork } from "./networks.ts";
import { run, scratch } from "./run.ts";

describe("inspect", () => {
  test("the table names every node with its shapes and parameters, edges and totals", async () => {
    const cwd = await smallFolder();
    const { code, stdout, stderr } = await run(["inspect", "net.nir"], { cwd });
    expect(code).toBe(0);
    expect(stderr).toBe("");
    expect(stdout).toMatch(
      /^fc1 +Affine +\[2\] +\[3\] +weight float32 \[3, 2\] -0\.6 … 0\.9, bias float32 \[3\] 0 … 0\.05$/m,
    );
    expect(stdout).toMatch(/^hidden +LIF +\[3\] +\[3\] +tau float32 \[3\] = 4, /m);
    expect(stdout).toContain("edges (5)\n  in -> fc1\n");
    expect(stdout).toContain("6 nodes, 5 edges, 5 spiking neurons");
    expect(stdout).toContain("15 weights and biases");
  });

  test("--json is the sidecar form with inferred types, version, hash and diagnostics", async () => {
    const cwd = await smallFolder();
    const { json } = await run(["inspect", "net.nir", "--json"], { cwd });
    expect(json()).toMatchObject({
      nodes: { fc1: { type: "Affine", input_type: { input: [2] }, output_type: { output: [3] } } },
      edges: [
        ["in", "fc1"],
        ["fc1", "hidden"],
        ["hidden", "fc2"],
        ["fc2", "classes"],
        ["classes", "out"],
      ],
      input_type: { in: [2] },
      output_type: { out: [2] },
      version: "1.0.8",
      hash: smallNetwork().hash(),
      diagnostics: [],
    });
  });

  test("the same network as .nir.json has the same nodes and the same hash", async () => {
    const cwd = await smallFolder();
    writeFileSync(join(cwd, "net.nir.json"), graphToJson(smallNetwork()));
    const hdf5 = (await run(["inspect", "net.nir", "--json"], { cwd })).json();
    const text = (await run(["inspect", "net.nir.json", "--json"], { cwd })).json();
    expect(Object.keys(text.nodes).sort()).toEqual(Object.keys(hdf5.nodes).sort());
    expect(text.hash).toBe(hdf5.hash);
  });

  test("a recurrent network lists its feedback edge", async () => {
    const cwd = scratch();
    const looped = graph()
      .input("in", [1])
      .linear("w", { weight: [[1]] })
      .lif("lif", { tau: 2, vThreshold: 1 })
      .output("out")
      .at("lif")
      .linear("rec", { weight: [[0.5]] })
      .edge("rec", "lif")
      .build();
    writeFileSync(join(cwd, "loop.nir"), await writeNir(looped));
    const { stdout } = await run(["inspect", "loop.nir"], { cwd });
    expect(stdout).toContain("feedback edges (1)\n  rec -> lif (one step later)");
  });

  test("terminal controls in a name are shown escaped, never sent", async () => {
    const cwd = scratch();
    const name = "a\u001b[2Jb\u202ec";
    const hostile = graph()
      .input(name, [1])
      .linear("w", { weight: [[1]] })
      .output("out")
      .build();
    writeFileSync(join(cwd, "x.nir"), await writeNir(hostile));
    const { stdout, stderr } = await run(["inspect", "x.nir"], { cwd, tty: true });
    expect(stdout + stderr).not.toContain("\u001b[2J");
    expect(stdout + stderr).not.toContain("\u202e");
    expect(stdout).toContain("a\\u001b[2Jb\\u202ec");
  });

  test("text and an empty file are refused with a code each", async () => {
    const cwd = scratch();
    writeFileSync(join(cwd, "a.nir"), "hello");
    writeFileSync(join(cwd, "b.nir"), "");
    writeFileSync(join(cwd, "c.nir"), '{"nodes": ');
    for (const file of ["a.nir", "b.nir", "c.nir"]) {
      const { code, json } = await run(["inspect", file, "--json"], { cwd });
      expect(code).toBe(1);
      expect(json()).toMatchObject({ ok: false, diagnostics: [{ level: "error" }] });
    }
  });

  test.skipIf(!hasData)(
    "braille: 7 nodes, 47 spiking neurons, one feedback edge, two resets in one warning on standard error",
    async () => {
      const { code, stdout, stderr } = await run([
        "inspect",
        join(recorded, "braille_noDelay_noBias_subtract.nir"),
      ]);
      expect(code).toBe(0);
      expect(stdout).toContain("7 nodes, 7 edges, 47 spiking neurons");
      expect(stdout).toContain("lif1.w_rec -> lif1.lif (one step later)");
      expect(stderr.match(/W_RESET_AMBIGUOUS/g)).toHaveLength(1);
      expect(stderr).toMatch(/W_RESET_AMBIGUOUS \S+lif1\.lif\/v_reset, \S+lif2\/v_reset: /);
    },
  );

  test.skipIf(!hasData)(
    "digits_mlp --json equals the graph part of the sidecars of other files in form",
    async () => {
      const sidecar = JSON.parse(readFileSync(join(nirFiles, "conformance/graphs/recurrent.json"), "utf8"));
      const { json } = await run(["inspect", join(nirFiles, "conformance/graphs/recurrent.nir"), "--json"]);
      const { nodes, edges, node_order, input_type, output_type } = json();
      expect({ nodes, edges, node_order, input_type, output_type }).toEqual(sidecar.graph);
    },
  );
});
