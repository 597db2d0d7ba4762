/** Files of others through the command line: what the sidecars say is what `inspect --json` prints. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { deep, hasData, nirFiles } from "./materials.ts";
import { run } from "./run.ts";

interface Sidecar {
  readonly graph?: Readonly<Record<string, unknown>>;
}

const groups = /^\/nodes\/node\/input_type/;
const ofNode = /^\/nodes\/node\/(in|out)put_type/;
const bias = /^\/nodes\/(node|affine(1|2|_rec))\/params\/bias\//;

/** Places where the reference's dump is wrong, as packages/hdf5/test/conformance.test.ts lists them with the reasons. */
const exceptions: ReadonlyMap<string, RegExp> = new Map([
  // The reference counts the input channels of one group only.
  ["conformance/primitives/conv1d_groups", groups],
  ["conformance/primitives/conv2d_groups", groups],
  ["conformance/primitives/conv2d_depthwise", groups],
  ["conformance/lenient/conv2d_groups_input_shape", groups],
  // It uses the kernel's height for both axes.
  ["conformance/lenient/conv2d_nonsquare_kernel", /^\/nodes\/node\/output_type\/output\/2/],
  // One number stands for height and width.
  [
    "conformance/primitives/sumpool2d_scalar_params",
    /^\/nodes\/node\/params\/(kernel_size|stride|padding)\//,
  ],
  // A bias stored as false is zeros.
  ["conformance/lenient/affine_bias_bool", bias],
  ["real/nirviz_srnn_105_b", bias],
  ["real/nirviz_srnn_bool_bias", bias],
  // Parameters that stand for all neurons take the shape that comes in.
  ["conformance/lenient/cubalif_scalar_params", ofNode],
  ["conformance/lenient/lif_scalar_params", ofNode],
  ["conformance/lenient/lif_shape1_params", ofNode],
  ["real/braille_flattened", /^\/nodes\/lif[12]\/((in|out)put_type|params\/v_reset\/)/],
  ["real/braille_time_axis", /^\/nodes\/lif(1\.lif|2)\/((in|out)put_type|params\/v_reset\/)/],
  // Pools stay untyped where the reference could not check the graph.
  ["conformance/lenient/nested_then_pool", /^\/nodes\/pool\/(in|out)put_type/],
  ["real/scnn_mnist_flatten_wrong", /^\/nodes\/[47]\/(in|out)put_type/],
]);

const folders = ["primitives", "graphs", "naming_metadata", "hdf5", "lenient", "legacy"];
const names = hasData
  ? [...folders.map((folder) => `conformance/${folder}`), "real"].flatMap((folder) =>
      readdirSync(join(nirFiles, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".nir"))
        .map((file) => `${folder}/${file.slice(0, -".nir".length)}`)
        .sort(),
    )
  : [];

function sidecarOf(name: string): Sidecar {
  return JSON.parse(readFileSync(join(nirFiles, `${name}.json`), "utf8")) as Sidecar;
}

const described = names.filter((name) => sidecarOf(name).graph !== undefined);
/** Every seventh by default: some of each folder. */
const chosen = described.filter((_, k) => deep || k % 7 === 0);

describe.skipIf(!hasData)("inspect --json of files of other writers", () => {
  test("135 + 51 + 23 files are there", () => {
    expect(names).toHaveLength(135 + 51 + 23);
  });

  test.each(chosen)("%s is its sidecar's graph", async (name) => {
    const { stderr, json } = await run(["inspect", join(nirFiles, `${name}.nir`), "--json"]);
    expect(stderr).toBe("");
    // What the command says beside the graph.
    const { ok: _, version: __, hash: ___, quantization: ____, diagnostics: _____, ...graph } = json();
    const allowed = exceptions.get(name);
    const found = differences(graph, sidecarOf(name).graph, "");
    expect(found.filter((at) => allowed?.test(at) !== true)).toEqual([]);
    // An exception that no longer happens has to go.
    expect(found.length > 0).toBe(allowed !== undefined);
  });

  test.each(names.filter((name) => sidecarOf(name).graph === undefined))(
    "%s, which the reference cannot read, loads or is refused with a code and a sentence",
    async (name) => {
      const { code, json } = await run(["inspect", join(nirFiles, `${name}.nir`), "--json"]);
      const { diagnostics, nodes } = json();
      const errors = diagnostics.filter((d: { level: string }) => d.level === "error");
      expect(code).toBe(errors.length > 0 ? 1 : 0);
      if (code === 0) expect(Object.keys(nodes).length).toBeGreaterThan(0);
      for (const { code: word, message } of errors) {
        expect(word).toMatch(/^E_(?!INTERNAL)[A-Z0-9_]+$/);
        expect(message.length).toBeGreaterThan(10);
      }
    },
  );
});

/** Places where two JSON values differ, `/nodes/lif/params/tau/sum`. */
function differences(ours: unknown, theirs: unknown, at: string): readonly string[] {
  if (typeof ours !== "object" || typeof theirs !== "object" || ours === null || theirs === null)
    return ours === theirs ? [] : [`${at}/`];
  const [left, right] = [new Map(Object.entries(ours)), new Map(Object.entries(theirs))];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) =>
    differences(left.get(key), right.get(key), `${at}/${key}`),
  );
}
