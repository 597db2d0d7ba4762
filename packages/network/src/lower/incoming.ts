/**
 * What arrives at a node, traced back through stateless nodes to the populations and inputs it comes from.
 *
 * Weights act at most once on the way; pools stand before or behind them; Flatten keeps row-major order and changes
 * nothing; equal Delays and feedback edges add whole steps; a Scale joins the scale of the path.
 */
import {
  type Diagnostic,
  InternalError,
  type NirGraph,
  type NirNode,
  type Scale,
  type Shape,
  toFloat64,
} from "@nirkit/graph";
import type { QuantizedView } from "@nirkit/quantize";
import { networkDiagnostic } from "../diagnostics.ts";
import type { LowerOptions, PoolOp } from "../network.ts";
import { biasValues } from "./float32-neuron.ts";
import { poolOp, poolUnit } from "./pools.ts";

/** The flattened graph in step order, with everything `lower` needs to know of it. */
export interface LoweringPlan {
  readonly graph: NirGraph;
  readonly order: readonly string[];
  readonly view: QuantizedView;
  readonly isFeedback: (from: string, to: string) => boolean;
  /** Steps of a Delay node, one per element. */
  readonly delaySteps: ReadonlyMap<string, Int32Array>;
  readonly shapeOf: (name: string) => Shape;
  readonly inputShapeOf: (name: string) => Shape;
  readonly conv3d: LowerOptions["conv3d"];
  readonly neuron: LowerOptions["neuron"];
}

/** What lies between weights (or a source without weights) and the sink. */
interface Way {
  /** Product of the Scale nodes and of 1/(KH·KW) of average pools on the way; may be negative. */
  readonly factor: number;
  /** Factors per element of the sink, of a Scale right in front of it. */
  readonly gain?: Float64Array;
  /** Window sums between the weights and the sink, in the order of the data. */
  readonly poolsAfter: readonly PoolOp[];
}

/** One way from a source into a sink. */
export interface IncomingPath extends Way {
  /** Input, neuron, Threshold or a Delay with unequal entries. */
  readonly source: string;
  /** The weight node on the way; none for an identity. */
  readonly weightNode?: string;
  /** Tells the routes from one weight node to the sink apart. */
  readonly route: number;
  /** Whole steps. */
  readonly delay: number;
  /** True when a feedback edge lies on the way. */
  readonly isFeedback: boolean;
  /** Window sums between the source and the weights, in the order of the data. */
  readonly poolsBefore: readonly PoolOp[];
}

/** One bias that is added every step. */
export interface IncomingBias extends Way {
  readonly weightNode: string;
  readonly route: number;
}

/** All ways and biases into one node. */
export interface Incoming {
  readonly paths: readonly IncomingPath[];
  readonly biases: readonly IncomingBias[];
  readonly diagnostics: readonly Diagnostic[];
}

/** True for a node that becomes a population or a port. */
export function isEndpoint(plan: LoweringPlan, name: string): boolean {
  const { type } = plan.graph.node(name);
  if (type === "Delay") return !isUniform(plan.delaySteps.get(name));
  return endpointTypes.has(type);
}

const endpointTypes: ReadonlySet<NirNode["type"]> = new Set([
  "Input",
  "Output",
  "Threshold",
  "I",
  "LI",
  "IF",
  "LIF",
  "CubaLI",
  "CubaLIF",
]);

/** Traces everything that enters a node back to its sources. */
export function traceIncoming(plan: LoweringPlan, sink: string): Incoming {
  const tracer = new Tracer(plan);
  tracer.enter(sink, {
    delay: 0,
    isFeedback: false,
    factor: 1,
    poolsBefore: [],
    poolsAfter: [],
    route: 0,
    nodeDelay: 0,
    trail: [sink],
  });
  return tracer;
}

interface Walk extends Omit<IncomingPath, "source"> {
  /** Part of `delay` that Delay nodes make: a bias does not pass it at once. */
  readonly nodeDelay: number;
  readonly trail: readonly string[];
}

class Tracer implements Incoming {
  readonly paths: IncomingPath[] = [];
  readonly biases: IncomingBias[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #plan: LoweringPlan;
  #routes = 0;

  constructor(plan: LoweringPlan) {
    this.#plan = plan;
  }

  /** Goes up every edge into `name`. */
  enter(name: string, walk: Walk): void {
    for (const from of this.#plan.graph.predecessors(name)) {
      const isFeedback = this.#plan.isFeedback(from, name);
      const next = isFeedback ? { ...walk, delay: walk.delay + 1, isFeedback: true } : walk;
      if (isEndpoint(this.#plan, from)) this.#arrive(from, next);
      else if (walk.trail.includes(from))
        this.diagnostics.push(
          networkDiagnostic("E_ALGEBRAIC_LOOP", `nodes.${from}`, {
            nodes: walk.trail.slice(walk.trail.indexOf(from)),
          }),
        );
      else this.#pass(from, { ...next, trail: [...walk.trail, from] });
    }
  }

  #arrive(source: string, { nodeDelay: _n, trail: _t, ...path }: Walk): void {
    this.paths.push({ ...path, source });
  }

  #pass(name: string, walk: Walk): void {
    const node = this.#plan.graph.node(name);
    switch (node.type) {
      case "Linear":
        this.#weights(name, false, walk);
        break;
      case "Affine":
      case "Conv1d":
      case "Conv2d":
      case "nirkit:Conv3d":
        this.#weights(name, true, walk);
        break;
      case "Flatten":
        this.enter(name, walk);
        break;
      case "SumPool2d":
      case "AvgPool2d": {
        const pool = poolOp(node, this.#plan.inputShapeOf(name));
        const factor = walk.factor * poolUnit(node);
        if (walk.weightNode === undefined)
          this.enter(name, { ...walk, factor, poolsAfter: [pool, ...walk.poolsAfter] });
        else this.enter(name, { ...walk, factor, poolsBefore: [pool, ...walk.poolsBefore] });
        break;
      }
      case "Scale":
        this.#scale(name, node, walk);
        break;
      case "Delay": {
        const steps = this.#plan.delaySteps.get(name)?.[0] ?? 0;
        this.enter(name, { ...walk, delay: walk.delay + steps, nodeDelay: walk.nodeDelay + steps });
        break;
      }
      default:
        // Types that are not known do not pass inference; known ones have a case, or are endpoints.
        throw new InternalError(`a ${node.type} ("${name}") stands between populations`);
    }
  }

  #weights(name: string, hasBias: boolean, walk: Walk): void {
    if (walk.weightNode !== undefined) {
      this.diagnostics.push(
        networkDiagnostic("E_WEIGHTS_IN_SERIES", `nodes.${name}`, { first: name, second: walk.weightNode }),
      );
      return;
    }
    const route = ++this.#routes;
    if (hasBias) this.#bias(name, { ...walk, route });
    // A delay before the weights does not hold the bias back.
    this.enter(name, { ...walk, weightNode: name, route });
  }

  #bias(name: string, { nodeDelay, ...walk }: Walk): void {
    if (!this.#hasBias(name)) return;
    if (nodeDelay > 0)
      this.diagnostics.push(networkDiagnostic("E_DELAYED_BIAS", `nodes.${name}`, { steps: nodeDelay }));
    const { factor, gain, poolsAfter, route } = walk;
    const way = { weightNode: name, route, factor, poolsAfter };
    this.biases.push(gain === undefined ? way : { ...way, gain });
  }

  /** Float state takes the bias as it is, where integers may have rounded it to nothing. */
  #hasBias(name: string): boolean {
    const values =
      this.#plan.neuron === "float32"
        ? biasValues(this.#plan.graph.node(name))
        : (this.#plan.view.weights.get(name)?.bias ?? new Int32Array(0));
    return values.some((b: number) => b !== 0);
  }

  #scale(name: string, node: Scale, walk: Walk): void {
    const values = toFloat64(node.scale);
    const first = values[0] ?? 1;
    const isBad = values.some((v) => v === 0 || !Number.isFinite(v));
    const isOne = values.every((v) => v === first);
    // Factors that differ are one more scale per neuron, where the elements of the Scale are those of the sink.
    if (isBad || (!isOne && (walk.weightNode !== undefined || walk.poolsAfter.length > 0))) {
      const why = isBad ? "values" : "place";
      this.diagnostics.push(networkDiagnostic("E_SCALE_NODE", `nodes.${name}`, { first, why }));
    } else if (isOne) this.enter(name, { ...walk, factor: walk.factor * first });
    else this.enter(name, { ...walk, gain: values.map((v, i) => v * (walk.gain?.[i] ?? 1)) });
  }
}

function isUniform(steps: Int32Array | undefined): boolean {
  return steps === undefined || steps.every((k) => k === steps[0]);
}
