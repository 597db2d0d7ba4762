/** All files of one mapping. */
import type { VirtualFile } from "@nirkit/backend";
import { writeNpy } from "@nirkit/npy";
import { int8From, uint32From } from "../base64.ts";
import { imagePath } from "../image/image-layout.ts";
import { writeImage } from "../image/write-image.ts";
import { mappingFile } from "../load.ts";
import type { S2Mapping, S2Projection } from "../map/mapping.ts";
import { mappingSchema } from "../map/mapping-schema.ts";
import { printLayers } from "./layer-report.ts";
import { drawMachine } from "./machine-svg.ts";
import { drawMemory } from "./memory-svg.ts";
import { parameterFile, printProgram } from "./program.ts";
import { selfCheck } from "./self-check.ts";
import { drawSpikes } from "./spikes-svg.ts";

/**
 * The py-spinnaker2 program with its weights, memory pictures, a self-check, drawings and `mapping.json`. The same
 * mapping gives the same bytes.
 */
export function emitS2(mapping: S2Mapping): readonly VirtualFile[] {
  const check = selfCheck(mapping);
  const json = (value: unknown): string => `${JSON.stringify(value, undefined, 1)}\n`;
  return [
    { path: mappingFile, content: json(mappingForm(mapping)) },
    { path: "run_s2.py", content: printProgram(mapping) },
    ...mapping.projections.map((projection) => ({
      path: projection.file,
      content: weightsNpy(mapping, projection),
    })),
    ...mapping.populations.flatMap((population) =>
      Object.entries(population.params).flatMap(([name, values]) =>
        typeof values === "number"
          ? []
          : [{ path: parameterFile(population, name), content: floatNpy(values) }],
      ),
    ),
    ...mapping.populations.flatMap((population) =>
      population.slices.map((slice) => ({
        path: imagePath(slice),
        content: writeImage(mapping, population, slice),
      })),
    ),
    { path: "selfcheck/input.json", content: json(check.input) },
    { path: "selfcheck/expected.json", content: json(check.expected) },
    { path: "layers.txt", content: printLayers(mapping) },
    { path: "machine.svg", content: drawMachine(mapping) },
    { path: "memory.svg", content: drawMemory(mapping) },
    { path: "spikes.svg", content: drawSpikes(mapping, check.expected) },
  ];
}

/** The mapping without weights and parameters, which the images hold. */
function mappingForm(mapping: S2Mapping): unknown {
  const form: S2Mapping = {
    ...mapping,
    populations: mapping.populations.map((population) => ({ ...population, params: {} })),
    projections: mapping.projections.map(({ list: _list, conv: _conv, ...projection }) => projection),
  };
  // Parsing puts the keys into the schema's order, whatever the mapping came from.
  return mappingSchema.parse(form);
}

/** Rows `[pre, post, weight]` in the narrowest integers, or an int8 kernel `[c_in, c_out, k_h, k_w]`. */
function weightsNpy({ populations }: S2Mapping, { list, conv, pre, post }: S2Projection): Uint8Array {
  if (conv !== undefined) return writeNpy({ dtype: "int8", shape: conv.shape, data: int8From(conv.weights) });
  const start = uint32From(list?.start ?? "");
  const target = uint32From(list?.target ?? "");
  const weight = int8From(list?.weight ?? "");
  const isShort = Math.max(populations[pre]?.size ?? 0, populations[post]?.size ?? 0) <= 32768;
  const data = isShort ? new Int16Array(3 * target.length) : new Int32Array(3 * target.length);
  for (let s = 0; s + 1 < start.length; s++)
    for (let k = start[s] as number; k < (start[s + 1] as number); k++)
      data.set([s, target[k] as number, weight[k] as number], 3 * k);
  return data instanceof Int16Array
    ? writeNpy({ dtype: "int16", shape: [target.length, 3], data })
    : writeNpy({ dtype: "int32", shape: [target.length, 3], data });
}

function floatNpy(values: readonly number[]): Uint8Array {
  return writeNpy({ dtype: "float32", shape: [values.length], data: Float32Array.from(values) });
}
