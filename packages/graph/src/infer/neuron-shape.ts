/** The population shape that the parameters of a neuron agree on, with scalars broadcast. */
import { type NirNode, tensorParam } from "../node.ts";
import { type Shape, sameShape, type Tensor } from "../tensor.ts";

/** What the parameters of an elementwise node say about its shape. */
export interface NeuronShape {
  /** N when some parameter is larger than a scalar; undefined when all are scalars (0-d or `[1]`) or they disagree. */
  readonly shape: Shape | undefined;
  /** The scalars' own shape, `[1]` if any has it, else `[]`; only when all are scalars. */
  readonly scalar: Shape | undefined;
  /** Parameters that are scalars. */
  readonly scalars: readonly string[];
  /** Parameters whose shape is neither a scalar nor N. */
  readonly odd: readonly string[];
}

const neuronParams: Readonly<Record<string, readonly string[]>> = {
  I: ["r"],
  LI: ["tau", "r", "vLeak"],
  IF: ["r", "vThreshold", "vReset"],
  LIF: ["tau", "r", "vLeak", "vThreshold", "vReset"],
  CubaLI: ["tauSyn", "tauMem", "r", "vLeak", "wIn"],
  CubaLIF: ["tauSyn", "tauMem", "r", "vLeak", "vThreshold", "vReset", "wIn"],
  Threshold: ["threshold"],
  Delay: ["delay"],
};

/** Parameters of one value per neuron, in wire order; empty for other types. */
export function elementwiseParams(node: NirNode): readonly (readonly [param: string, value: Tensor])[] {
  const names = Object.hasOwn(neuronParams, node.type) ? (neuronParams[node.type] ?? []) : [];
  return names.flatMap((name) => {
    const value = tensorParam(node, name);
    return value === undefined ? [] : [[name, value] as const];
  });
}

/** True for a parameter that stands for the whole population: 0-d or `[1]`. */
function isScalar(shape: Shape): boolean {
  return shape.length === 0 || (shape.length === 1 && shape[0] === 1);
}

/**
 * The shape of a population.
 *
 * N is the shape most parameters share (the first such in wire order on a tie); w_in has no vote unless all others are scalars,
 * because the reference would broadcast it silently.
 */
export function neuronShape(node: NirNode): NeuronShape {
  const known = shapes.get(node);
  if (known !== undefined) return known;
  const shape = findShape(elementwiseParams(node));
  shapes.set(node, shape);
  return shape;
}

/** What was found, by node: nodes are immutable and asked several times. */
const shapes = new WeakMap<NirNode, NeuronShape>();

function findShape(params: ReturnType<typeof elementwiseParams>): NeuronShape {
  const scalars = params.filter(([, v]) => isScalar(v.shape)).map(([name]) => name);
  const wide = params.filter(([, v]) => !isScalar(v.shape));
  const voters = wide.filter(([name]) => name !== "wIn");
  const shape = mostCommon((voters.length > 0 ? voters : wide).map(([, v]) => v.shape));
  const odd = wide.filter(([, v]) => shape !== undefined && !sameShape(v.shape, shape)).map(([name]) => name);
  const scalar = shape !== undefined ? undefined : params.some(([, v]) => v.shape.length === 1) ? [1] : [];
  return { shape: odd.length > 0 ? undefined : shape, scalar, scalars, odd };
}

function mostCommon(shapes: readonly Shape[]): Shape | undefined {
  let best: Shape | undefined;
  let votes = 0;
  for (const candidate of shapes) {
    const count = shapes.filter((s) => sameShape(s, candidate)).length;
    if (count > votes) [best, votes] = [candidate, count];
  }
  return best;
}
