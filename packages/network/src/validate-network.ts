/** Structural checks of a network: what the simulator and every back end may rely on. */
import { type Diagnostic, type Shape, sizeOf } from "@nirkit/graph";
import type { IntegerLeak } from "@nirkit/quantize";
import { accumulatorBounds } from "./bounds.ts";
import { networkDiagnostic } from "./diagnostics.ts";
import type {
  Conv2dOp,
  Conv3dOp,
  Float32Neuron,
  IntegerNeuron,
  Network,
  Population,
  Projection,
} from "./network.ts";

/** Integers up to 2^53 are exact in a double; wider sums are refused rather than rounded. */
const exactBits = 54;
/** Input sums of neurons with float state are int32. */
const sumBits = 32;

/**
 * All that is wrong with a network: sizes, unknown names, same-step cycles, parameters out of range, sums that may
 * leave the exact integers.
 *
 * `lower` returns networks without any; run it on networks built by hand or read from files.
 */
export function validateNetwork(network: Network): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const sizes = new Map<string, number>();
  const place = (path: string, name: string, size: number): void => {
    if (sizes.has(name))
      found.push(bad(path, `The name "${name}" is used twice`, "every port and population has its own"));
    sizes.set(name, size);
  };
  network.inputs.forEach((port, k) => {
    place(`inputs[${k}]`, port.name, sizeOf(port.shape));
  });
  network.populations.forEach((population, k) => {
    place(`populations[${k}]`, population.name, sizeOf(population.shape));
    found.push(...populationErrors(population));
  });
  network.projections.forEach((projection, k) => {
    found.push(...projectionErrors(`projections[${k}]`, projection, network, sizes));
  });
  for (const port of network.outputs)
    for (const source of port.sources)
      if (sizes.get(source) !== sizeOf(port.shape))
        found.push(
          bad(
            `outputs.${port.name}`,
            `Source "${source}" has ${sizes.get(source) ?? "no"} neurons`,
            `the port has ${sizeOf(port.shape)}`,
          ),
        );
  return found.length > 0 ? found : widthErrors(network);
}

function bad(path: string, what: string, expected: string): Diagnostic {
  return networkDiagnostic("E_BAD_NETWORK", path, { found: what, expected });
}

function populationErrors(population: Population): Diagnostic[] {
  const path = `populations.${population.name}`;
  const { neuron } = population;
  const size = sizeOf(population.shape);
  const found: Diagnostic[] = [];
  const check = (holds: boolean, what: string, expected: string): void => {
    if (!holds) found.push(bad(path, what, expected));
  };
  check(
    population.bias.length === size,
    `bias has ${population.bias.length} entries`,
    `there are ${size} neurons`,
  );
  if (neuron.arithmetic === "float32") {
    checkFloat32(neuron, size, check);
    return found;
  }
  for (const field of ["theta", "sub", "vReset"] as const) {
    const length = neuron[field].length;
    check(length === 1 || length === size, `${field} has ${length} entries`, `1 or ${size} are needed`);
  }
  if (neuron.kind === "delay") checkDelays(neuron.delaySteps ?? new Int32Array(0), size, check);
  checkState(neuron, check);
  checkLeak("leak", neuron.leak, size, check);
  checkLeak("synLeak", neuron.synLeak, size, check);
  return found;
}

/** Longest delay in steps. */
export const mostDelay: number = 2 ** 20;
/** Most values that a population of delays may hold back. */
const mostHeld = 2 ** 27;

function checkDelays(steps: Int32Array, size: number, check: Check): void {
  check(steps.length === size, `delaySteps has ${steps.length} entries`, `there are ${size} neurons`);
  const longest = steps.reduce((a, b) => Math.max(a, b), 0);
  const isSound = steps.every((k) => k >= 0) && longest <= mostDelay && longest * size <= mostHeld;
  check(
    isSound,
    `delaySteps reaches ${longest} steps over ${size} neurons`,
    `0 … ${Math.min(mostDelay, Math.floor(mostHeld / Math.max(1, size)))} steps are possible`,
  );
}

type Check = (holds: boolean, what: string, expected: string) => void;

function checkFloat32({ params, stateScale, biasOffset }: Float32Neuron, size: number, check: Check): void {
  for (const [name, values] of [...params, ["stateScale", stateScale], ["biasOffset", biasOffset]] as const) {
    check(
      values.length === 1 || values.length === size,
      `${name} has ${values.length} entries`,
      `1 or ${size} are needed`,
    );
    const odd = values.find((value) => !Number.isFinite(value));
    check(odd === undefined, `${name} has the entry ${odd}`, "a finite number is needed");
  }
}

function checkState(neuron: IntegerNeuron, check: Check): void {
  const { stateBits, fracBits, vMin, vMax } = neuron;
  check(isWithin(stateBits, 1, 48), `stateBits is ${stateBits}`, "1 … 48 are possible");
  check(isWithin(fracBits, 0, 31), `fracBits is ${fracBits}`, "0 … 31 are possible");
  const half = 2 ** (stateBits - 1);
  check(
    Number.isInteger(vMin) && Number.isInteger(vMax) && vMin <= vMax && vMin >= -half && vMax < half,
    `the state runs from ${vMin} to ${vMax}`,
    `${stateBits} bits hold ${-half} … ${half - 1}`,
  );
  if (neuron.stateLevels !== undefined)
    check(
      neuron.stateLevels.length > 0 && neuron.stateLevels.every(Number.isInteger),
      "stateLevels is not a list of integers",
      "a grid has at least one",
    );
}

function checkLeak(name: string, leak: IntegerLeak, size: number, check: Check): void {
  if (leak.form === "none") return;
  check(isWithin(leak.shift, 0, 31), `${name}.shift is ${leak.shift}`, "0 … 31 are possible");
  if (leak.form !== "mul") return;
  const factors = typeof leak.mul === "number" ? [leak.mul] : leak.mul;
  check(
    factors.length === 1 || factors.length === size,
    `${name}.mul has ${factors.length} entries`,
    `1 or ${size} are needed`,
  );
  check(
    factors.every((m) => isWithin(m, 0, 2 ** leak.shift)),
    `${name}.mul has an entry outside the range`,
    `0 … 2^${leak.shift} decay`,
  );
}

function isWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function projectionErrors(
  path: string,
  projection: Projection,
  network: Network,
  sizes: ReadonlyMap<string, number>,
): Diagnostic[] {
  const found: Diagnostic[] = [];
  const sources = sizes.get(projection.source);
  const targets = sizes.get(projection.target);
  if (sources === undefined)
    found.push(
      bad(path, `The source "${projection.source}" does not exist`, "it is an input or a population"),
    );
  if (targets === undefined)
    found.push(bad(path, `The target "${projection.target}" does not exist`, "it is a population"));
  if (projection.gate !== undefined)
    found.push(networkDiagnostic("E_UNSUPPORTED_OP", path, { op: "dynamically masked" }));
  if (!isWithin(projection.delay, 0, mostDelay))
    found.push(bad(path, `delay is ${projection.delay}`, "it is a whole number of steps"));
  if (!isWithin(projection.shift ?? 0, 0, 31))
    found.push(bad(path, `shift is ${projection.shift}`, "0 … 31 are possible"));
  if (sources === undefined || targets === undefined || found.length > 0) return found;
  if (projection.delay === 0 && !comesBefore(network, projection))
    found.push(
      bad(
        path,
        `"${projection.target}" reads "${projection.source}" in the same step`,
        "populations stand in step order and a cycle has delay",
      ),
    );
  const { pool } = projection;
  const cells = pool === undefined ? sources : sizeOf(pool.outShape);
  if (pool !== undefined && sizeOf(pool.inShape) !== sources)
    found.push(bad(path, `pool [${pool.inShape}] reads ${sources} neurons`, "its input is the source"));
  const wanted = weightCount(projection, cells, targets);
  if (typeof wanted === "string") found.push(bad(path, wanted, "the op fits its source, target and weights"));
  else if (projection.weights.ints.length !== wanted)
    found.push(bad(path, `there are ${projection.weights.ints.length} weights`, `${wanted} are needed`));
  return found;
}

function comesBefore(network: Network, projection: Projection): boolean {
  const order = network.populations.map((p) => p.name);
  return order.indexOf(projection.source) < order.indexOf(projection.target);
}

/** Number of weights of a projection, or what does not fit. */
function weightCount(projection: Projection, sources: number, targets: number): number | string {
  const { op, weights } = projection;
  switch (op.kind) {
    case "dense":
      return sources * targets;
    case "identity":
      return sources === targets ? 1 : `identity joins ${sources} to ${targets} neurons`;
    case "sparse": {
      if (op.rowStart.length !== targets + 1)
        return `rowStart has ${op.rowStart.length} entries for ${targets} rows`;
      if (op.columns.some((c) => c >= sources)) return `a column lies beyond the ${sources} sources`;
      for (let i = 0; i < targets; i++)
        if ((op.rowStart[i] as number) > (op.rowStart[i + 1] as number)) return `rowStart falls at row ${i}`;
      return op.rowStart[targets] === op.columns.length
        ? op.columns.length
        : "rowStart does not end with the columns";
    }
    case "conv2d":
    case "pool": {
      if (sizeOf(op.inShape) !== sources || sizeOf(op.outShape) !== targets)
        return `${op.kind} [${op.inShape}] to [${op.outShape}] stands between ${sources} and ${targets} neurons`;
      if (op.kind === "pool")
        return op.inShape[0] === op.outShape[0] ? 1 : "pool changes the number of channels";
      return convWeights(op, weights.shape);
    }
    case "conv3d": {
      if (sizeOf(op.inShape) !== sources || sizeOf(op.outShape) !== targets)
        return `conv3d [${op.inShape}] to [${op.outShape}] stands between ${sources} and ${targets} neurons`;
      return convWeights(op, weights.shape);
    }
    default:
      return op satisfies never;
  }
}

function convWeights(op: Conv2dOp | Conv3dOp, weightShape: Shape): number | string {
  const { groups } = op;
  if (op.inShape[0] % groups !== 0 || op.outShape[0] % groups !== 0)
    return `${groups} groups do not divide the channels`;
  const kernel = weightShape.slice(2).reduce((a, b) => a * b, 1);
  return op.outShape[0] * (op.inShape[0] / groups) * kernel;
}

function widthErrors(network: Network): Diagnostic[] {
  const found: Diagnostic[] = [];
  const floats = new Set(
    network.populations.filter((p) => p.neuron.arithmetic === "float32").map((p) => p.name),
  );
  for (const [name, bounds] of accumulatorBounds(network)) {
    const limit = floats.has(name) ? sumBits : exactBits;
    for (const [quantity, bits] of [
      ["sum before the spike test", bounds.xBits],
      ["synaptic current", bounds.synBits],
    ] as const)
      if (bits > limit)
        found.push(networkDiagnostic("E_ACC_TOO_WIDE", `populations.${name}`, { quantity, bits, limit }));
  }
  return found;
}
