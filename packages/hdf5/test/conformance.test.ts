import { describe, expect, test } from "vitest";
import { inspectNir, sidecar } from "../src/index.ts";
import { available, corpusBytes, corpusFiles, corpusFolder, corpusJson } from "./corpus.ts";

interface Sidecar {
  readonly format: string;
  readonly file: string;
  readonly file_version: string | null;
  readonly graph?: unknown;
}

/** Where nirkit differs from the reference's dump on purpose: the places, and why. */
interface Exception {
  readonly at: RegExp;
  readonly why: string;
}

const groups =
  "the reference counts weight.shape[1] input channels; with groups it is weight.shape[1] * groups";
const scalar =
  "parameters that stand for all neurons take the shape that comes in; the reference compares [] or [1]";
const pools = "the reference leaves pools untyped where it could not check the graph";
const zeroBias = "a bias stored as the boolean false is no bias: zeros of the weight's dtype";
const zeroDim =
  "the reference makes an array of rank 0 of the missing v_reset and a scalar of every stored one";
const pair = "one number stands for height and width; nirkit holds both";

const exceptions: ReadonlyMap<string, readonly Exception[]> = new Map([
  ["conformance/primitives/conv1d_groups", [{ at: /^\/nodes\/node\/input_type/, why: groups }]],
  ["conformance/primitives/conv2d_groups", [{ at: /^\/nodes\/node\/input_type/, why: groups }]],
  ["conformance/primitives/conv2d_depthwise", [{ at: /^\/nodes\/node\/input_type/, why: groups }]],
  ["conformance/lenient/conv2d_groups_input_shape", [{ at: /^\/nodes\/node\/input_type/, why: groups }]],
  [
    "conformance/lenient/conv2d_nonsquare_kernel",
    [
      {
        at: /^\/nodes\/node\/output_type\/output\/2/,
        why: "the reference uses the kernel's height for both axes",
      },
    ],
  ],
  [
    "conformance/primitives/sumpool2d_scalar_params",
    [{ at: /^\/nodes\/node\/params\/(kernel_size|stride|padding)\//, why: pair }],
  ],
  ["conformance/lenient/affine_bias_bool", [{ at: /^\/nodes\/node\/params\/bias\//, why: zeroBias }]],
  ["conformance/lenient/cubalif_scalar_params", [{ at: /^\/nodes\/node\/(in|out)put_type/, why: scalar }]],
  ["conformance/lenient/lif_scalar_params", [{ at: /^\/nodes\/node\/(in|out)put_type/, why: scalar }]],
  ["conformance/lenient/lif_shape1_params", [{ at: /^\/nodes\/node\/(in|out)put_type/, why: scalar }]],
  ["conformance/lenient/nested_then_pool", [{ at: /^\/nodes\/pool\/(in|out)put_type/, why: pools }]],
  [
    "real/braille_flattened",
    [
      { at: /^\/nodes\/lif[12]\/(in|out)put_type/, why: scalar },
      { at: /^\/nodes\/lif[12]\/params\/v_reset\//, why: zeroDim },
    ],
  ],
  [
    "real/braille_time_axis",
    [
      { at: /^\/nodes\/lif(1\.lif|2)\/(in|out)put_type/, why: scalar },
      { at: /^\/nodes\/lif(1\.lif|2)\/params\/v_reset\//, why: zeroDim },
    ],
  ],
  ["real/nirviz_srnn_105_b", [{ at: /^\/nodes\/affine(1|2|_rec)\/params\/bias\//, why: zeroBias }]],
  ["real/nirviz_srnn_bool_bias", [{ at: /^\/nodes\/affine(1|2|_rec)\/params\/bias\//, why: zeroBias }]],
  ["real/scnn_mnist_flatten_wrong", [{ at: /^\/nodes\/[47]\/(in|out)put_type/, why: pools }]],
]);

/** Files that the reference cannot read at all, and the diagnostics that nirkit gives; an error code ends the list. */
const withoutDump: ReadonlyMap<string, readonly string[]> = new Map([
  ["conformance/legacy/v0.0.1_mlp", ["E_LEGACY_LAYOUT /nodes"]],
  ["conformance/legacy/v0.0.6_mlp", ["E_LEGACY_LAYOUT /node/edges"]],
  ["conformance/legacy/v0.1_conv", ["W_DEFAULTED_PARAM /node/nodes/conv/input_shape"]],
  ["conformance/legacy/v0.2_conv", ["W_DEFAULTED_PARAM /node/nodes/conv/input_shape"]],
  ["conformance/lenient/affine_bias_absent", ["W_DEFAULTED_PARAM /node/nodes/node/bias"]],
  ["conformance/lenient/conv2d_bias_absent", ["W_DEFAULTED_PARAM /node/nodes/node/bias"]],
  ["conformance/lenient/conv2d_input_shape_absent", ["W_DEFAULTED_PARAM /node/nodes/node/input_shape"]],
  ["conformance/lenient/lif_mixed_scalar", ["W_BROADCAST /node/nodes/node"]],
  ["conformance/lenient/linear_extra_param", ["W_UNKNOWN_PARAM /node/nodes/node/quant_scale"]],
  ["conformance/lenient/toplevel_lif", ["W_ROOT_NOT_GRAPH /node/type"]],
  ["real/braille_noDelay_bias_zero_subgraph", ["E_DANGLING_EDGE /node/nodes/lif1/edges[0]"]],
  ["real/braille_subgraph_shape", ["E_TYPE_MISMATCH /node/nodes/hidden/edges[0]"]],
  ["real/crashed_write_empty", ["E_MISSING_TYPE /node"]],
  ["real/lif_norse_mixed_scalar", ["W_BROADCAST /node/nodes/1"]],
  ["real/scnn_mnist_batch_dim", ["H_BATCH_AXIS /node/edges[11]", "E_TYPE_MISMATCH /node/edges[11]"]],
]);

const folders = ["primitives", "graphs", "naming_metadata", "hdf5", "lenient", "legacy"];
const names = available("the conformance corpus", corpusFolder)
  ? [...folders.map((folder) => `conformance/${folder}`), "real"]
      .flatMap((folder) => corpusFiles(folder, ".nir"))
      .map((file) => file.slice(0, -".nir".length))
  : [];

describe("files of other writers", () => {
  test("135 conformance files, 51 of old releases and 23 real ones are there", ({ skip }) => {
    if (names.length === 0) skip();
    expect(names.filter((name) => name.startsWith("conformance/legacy/"))).toHaveLength(51);
    expect(names.filter((name) => name.startsWith("real/"))).toHaveLength(23);
    expect(names).toHaveLength(135 + 51 + 23);
  });

  test.each(names)("%s", async (name) => {
    const theirs = corpusJson(`${name}.json`) as Sidecar;
    const { graph, diagnostics, version } = await inspectNir(corpusBytes(`${name}.nir`));
    expect(version ?? null).toBe(theirs.file_version);
    if (theirs.graph === undefined) {
      const said = diagnostics.map((d) => `${d.code} ${d.path}`);
      const expected = withoutDump.get(name) ?? ["listed in withoutDump"];
      for (const line of expected) expect(said).toContain(line);
      const refused = expected.some((line) => line.startsWith("E_"));
      expect(diagnostics.some((d) => d.level === "error")).toBe(refused);
      return;
    }
    expect(graph).toBeDefined();
    if (graph === undefined) return;
    const ours: unknown = JSON.parse(JSON.stringify(sidecar(graph)));
    const allowed = exceptions.get(name) ?? [];
    const found = differences(ours, theirs.graph, "");
    expect(found.filter((line) => !allowed.some(({ at }) => at.test(line)))).toEqual([]);
    // An exception that no longer happens has to go.
    expect(allowed.filter(({ at }) => !found.some((line) => at.test(line)))).toEqual([]);
  });
});

function differences(ours: unknown, theirs: unknown, at: string): string[] {
  if (typeof ours !== "object" || typeof theirs !== "object" || ours === null || theirs === null)
    return Object.is(ours, theirs) || ours === theirs
      ? []
      : [`${at}/ ${JSON.stringify(ours)}, theirs ${JSON.stringify(theirs)}`];
  const [left, right] = [new Map(Object.entries(ours)), new Map(Object.entries(theirs))];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((key) =>
    differences(left.get(key), right.get(key), `${at}/${key}`),
  );
}
