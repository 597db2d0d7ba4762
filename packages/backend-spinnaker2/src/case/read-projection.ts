/** Projections of a case as synapses by source, checked against their populations. */
import type { Diagnostic } from "@nirkit/graph";
import { type ApplicationModel, applicationModels, type ModelName } from "../application-models.ts";
import { s2Diagnostic } from "../diagnostics.ts";
import { type Convolution, convFanOut, convOutput } from "../engine/convolution.ts";
import { type FanOut, listFanOut, type SynapseList } from "../engine/fan-out.ts";
import type { CaseConvolution, CasePopulation, CaseProjection } from "./population-case.ts";

/** A projection with its ends. */
export interface ProjectionEnds {
  readonly projection: CaseProjection;
  readonly pre: CasePopulation;
  readonly post: CasePopulation;
  readonly path: string;
}

/** The fan-out of one projection, or what is wrong with it. */
export function readProjection(ends: ProjectionEnds): FanOut | readonly Diagnostic[] {
  const model = applicationModels[ends.post.model as ModelName];
  if (ends.projection.conv2d !== undefined) return readConvolution(ends, ends.projection.conv2d, model);
  if (model.convolution) {
    const detail = { found: "A list of synapses into lif_conv2d", expected: "a convolution" };
    return [s2Diagnostic("E_S2_SHAPE", ends.path, detail)];
  }
  const list = synapseList(ends);
  if (!("source" in list)) return list;
  const found = checkList(ends, list, model);
  if (found.length > 0) return found;
  return listFanOut(list, ends.pre.size, model.dynamics === "lif_curr_exp" ? ends.post.size : undefined);
}

function synapseList({ projection, pre, post, path }: ProjectionEnds): SynapseList | readonly Diagnostic[] {
  const rows = projection.connections ?? projection.connections_pre_post_weight;
  if (rows !== undefined) return rowList(rows, projection.delay ?? 0, path);
  const refuse = (found: string, expected: string): readonly Diagnostic[] => [
    s2Diagnostic("E_S2_CASE", path, { found, expected }),
  ];
  if (projection.rule === undefined || projection.weight === undefined)
    return refuse("The projection has neither rows nor a rule with a weight", "one of them");
  if (projection.rule === "one_to_one" && pre.size !== post.size) {
    const detail = { found: `one_to_one from ${pre.size} to ${post.size} neurons`, expected: "equal sizes" };
    return [s2Diagnostic("E_S2_SHAPE", path, detail)];
  }
  const sources = projection.rule === "all_to_all" ? pre.size : 1;
  const count = post.size * sources;
  const isOneToOne = projection.rule === "one_to_one";
  return {
    source: Uint32Array.from({ length: count }, (_, k) => (isOneToOne ? k : Math.floor(k / post.size))),
    target: Uint32Array.from({ length: count }, (_, k) => k % post.size),
    weight: new Int32Array(count).fill(projection.weight),
    delay: Uint8Array.of(projection.delay ?? 0),
  };
}

/** Copies rows into typed arrays; what does not fit them is refused here, ranges are checked later. */
function rowList(
  rows: readonly (readonly number[])[],
  common: number,
  path: string,
): SynapseList | readonly Diagnostic[] {
  const count = rows.length;
  const list = {
    source: new Uint32Array(count),
    target: new Uint32Array(count),
    weight: new Int32Array(count),
    delay: new Uint8Array(count),
  };
  for (let k = 0; k < count; k++) {
    const row = rows[k] as readonly number[];
    const [source, target, weight, delay = common] = Array.isArray(row) ? row : [];
    if (!isIndex(source) || !isIndex(target) || typeof weight !== "number" || typeof delay !== "number") {
      const detail = {
        found: `Row ${k} is ${JSON.stringify(row)}`,
        expected: "[pre, post, weight] or [pre, post, weight, delay]",
      };
      return [s2Diagnostic("E_S2_CASE", path, detail)];
    }
    if (!Number.isInteger(weight)) return [fractional(rows, path)];
    if (!Number.isInteger(delay) || delay < 0 || delay > 7)
      return [s2Diagnostic("E_S2_DELAY_RANGE", path, { steps: delay + 1, limit: 8 })];
    list.source[k] = source;
    list.target[k] = target;
    list.weight[k] = Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, weight));
    list.delay[k] = delay;
  }
  return list;
}

function isIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}

function fractional(rows: readonly (readonly number[])[], path: string): Diagnostic {
  const fractions = rows.map((row) => Math.abs((row[2] ?? 0) % 1)).filter((f) => f !== 0);
  return s2Diagnostic("E_S2_WEIGHTS_NOT_INTEGER", path, {
    count: fractions.length,
    fraction: fractions.reduce((a, b) => Math.max(a, b), 0),
  });
}

function checkList(
  { pre, post, path }: ProjectionEnds,
  list: SynapseList,
  model: ApplicationModel,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const outside = (values: Uint32Array, size: number): number => values.findIndex((v) => v >= size);
  const [source, target] = [outside(list.source, pre.size), outside(list.target, post.size)];
  if (source >= 0)
    found.push(
      s2Diagnostic("E_S2_SHAPE", path, {
        found: `Row ${source} starts at neuron ${list.source[source]}`,
        expected: `less than ${pre.size} (${pre.name})`,
      }),
    );
  if (target >= 0)
    found.push(
      s2Diagnostic("E_S2_SHAPE", path, {
        found: `Row ${target} ends at neuron ${list.target[target]}`,
        expected: `less than ${post.size} (${post.name})`,
      }),
    );
  found.push(...weightErrors(list.weight, model.weightMax, path));
  const delay = list.delay.reduce((most, d) => Math.max(most, d), 0);
  if (delay > model.delayMax)
    found.push(s2Diagnostic("E_S2_DELAY_RANGE", path, { steps: delay + 1, limit: model.delayMax + 1 }));
  return found;
}

/** E_S2_WEIGHT_RANGE with the worst weight. */
export function weightErrors(weights: ArrayLike<number>, limit: number, path: string): Diagnostic[] {
  let worst = -1;
  let count = 0;
  for (let k = 0; k < weights.length; k++) {
    const magnitude = Math.abs(weights[k] as number);
    if (magnitude <= limit) continue;
    count++;
    if (worst < 0 || !(magnitude <= Math.abs(weights[worst] as number))) worst = k;
  }
  if (worst < 0) return [];
  const detail = { value: weights[worst] as number, index: worst, limit, count };
  return [s2Diagnostic("E_S2_WEIGHT_RANGE", path, detail)];
}

function readConvolution(
  { projection, pre, post, path }: ProjectionEnds,
  given: CaseConvolution,
  model: ApplicationModel,
): FanOut | readonly Diagnostic[] {
  if (!model.convolution) {
    const detail = {
      found: `A convolution into ${post.model}`,
      expected: "a population of model lif_conv2d",
    };
    return [s2Diagnostic("E_S2_SHAPE", path, detail)];
  }
  if ((projection.delay ?? 0) !== 0)
    return [s2Diagnostic("E_S2_CONV_DELAY", path, { steps: (projection.delay ?? 0) + 1 })];
  const flat = given.weights.flat(3);
  const first = given.weights[0]?.[0];
  const shape = [
    given.weights.length,
    given.weights[0]?.length ?? 0,
    first?.length ?? 0,
    first?.[0]?.length ?? 0,
  ] as const;
  if (flat.length !== shape[0] * shape[1] * shape[2] * shape[3])
    return [
      s2Diagnostic("E_S2_SHAPE", path, {
        found: "The kernels differ in size",
        expected: `[${shape.join(", ")}]`,
      }),
    ];
  const broken = flat.filter((w) => !Number.isInteger(w));
  if (broken.length > 0)
    return [
      s2Diagnostic("E_S2_WEIGHTS_NOT_INTEGER", path, {
        count: broken.length,
        fraction: broken.reduce((a, w) => Math.max(a, Math.abs(w % 1)), 0),
      }),
    ];
  const wide = weightErrors(flat, model.weightMax, path);
  if (wide.length > 0) return wide;
  const padding = { pad_top: 0, pad_bottom: 0, pad_left: 0, pad_right: 0 };
  const convolution: Convolution = {
    weights: Int8Array.from(flat),
    shape,
    params: { pool_x: 1, pool_y: 1, ...padding, ...given },
  };
  const found = convolutionErrors(convolution, pre.size, post.size, path);
  return found.length > 0 ? found : convFanOut(convolution);
}

/** E_S2_SHAPE where a convolution does not connect populations of these sizes. */
function convolutionErrors(
  convolution: Convolution,
  sources: number,
  targets: number,
  path: string,
): Diagnostic[] {
  const { shape, params } = convolution;
  const { height, width } = convOutput(convolution);
  const found: Diagnostic[] = [];
  const inputs = shape[0] * params.in_height * params.in_width;
  if (inputs !== sources)
    found.push(
      s2Diagnostic("E_S2_SHAPE", path, {
        found: `A convolution of [${shape[0]}, ${params.in_height}, ${params.in_width}] after ${sources} neurons`,
        expected: `${inputs}`,
      }),
    );
  if (shape[1] * height * width !== targets || height < 1 || width < 1)
    found.push(
      s2Diagnostic("E_S2_SHAPE", path, {
        found: `A convolution to [${shape[1]}, ${height}, ${width}] before ${targets} neurons`,
        expected: `${shape[1] * height * width}`,
      }),
    );
  return found;
}
