/**
 * What arrives at a node, traced back through stateless nodes to the populations and inputs it comes from.
 *
 * Weights act at most once on the way; Flatten keeps row-major order and changes nothing; equal Delays and feedback
 * edges add whole steps; a Scale with one positive factor joins the scale of the path.
 */
import { type Diagnostic, type NirGraph, type NirNode, type Scale, toFloat64 } from "@nirkit/graph";
import type { QuantizedView } from "@nirkit/quantize";
import { networkDiagnostic } from "../diagnostics.ts";

/** The flattened graph in step order, with everything `lower` needs to know of it. */
export interface LoweringPlan {
  readonly graph: NirGraph;
  readonly order: readonly string[];
  readonly view: QuantizedView;
  readonly isFeedback: (from: string, to: string) => boolean;
  /** Steps of a Delay node, one per element. */
  readonly delaySteps: ReadonlyMap<string, Int32Array>;
}

/** One way from a source into a sink. */
export interface IncomingPath {
  /** Input, neuron, Threshold or a Delay with unequal entries. */
  readonly source: string;
  /** The weight node on the way; none for an identity. */
  readonly weightNode?: string;
  /** Whole steps. */
  readonly delay: number;
  /** True when a feedback edge lies on the way. */
  readonly isFeedback: boolean;
  /** Product of the Scale nodes on the way. */
  readonly factor: number;
}

/** One bias that is added every step. */
interface IncomingBias {
  readonly weightNode: string;
  readonly factor: number;
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
  tracer.enter(sink, { delay: 0, isFeedback: false, factor: 1, nodeDelay: 0, trail: [sink] });
  return tracer;
}

interface Walk {
  readonly weightNode?: string;
  readonly delay: number;
  readonly isFeedback: boolean;
  readonly factor: number;
  /** Part of `delay` that Delay nodes make: a bias does not pass it at once. */
  readonly nodeDelay: number;
  readonly trail: readonly string[];
}

class Tracer implements Incoming {
  readonly paths: IncomingPath[] = [];
  readonly biases: IncomingBias[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #plan: LoweringPlan;

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

  #arrive(source: string, { weightNode, delay, isFeedback, factor }: Walk): void {
    const path = { source, delay, isFeedback, factor };
    this.paths.push(weightNode === undefined ? path : { ...path, weightNode });
  }

  #pass(name: string, walk: Walk): void {
    const node = this.#plan.graph.node(name);
    if (node.type === "Affine" || node.type === "Linear") this.#weights(name, node.type === "Affine", walk);
    else if (node.type === "Flatten") this.enter(name, walk);
    else if (node.type === "Scale") this.#scale(name, node, walk);
    else if (node.type === "Delay") {
      const steps = this.#plan.delaySteps.get(name)?.[0] ?? 0;
      this.enter(name, { ...walk, delay: walk.delay + steps, nodeDelay: walk.nodeDelay + steps });
    } else
      this.diagnostics.push(networkDiagnostic("E_UNSUPPORTED_NODE", `nodes.${name}`, { type: node.type }));
  }

  #weights(name: string, hasBias: boolean, walk: Walk): void {
    if (walk.weightNode !== undefined) {
      this.diagnostics.push(
        networkDiagnostic("E_WEIGHTS_IN_SERIES", `nodes.${name}`, { first: name, second: walk.weightNode }),
      );
      return;
    }
    if (hasBias) this.#bias(name, walk);
    // A delay before the weights does not hold the bias back.
    this.enter(name, { ...walk, weightNode: name });
  }

  #bias(name: string, walk: Walk): void {
    const quantized = this.#plan.view.weights.get(name);
    if (quantized?.bias === undefined || quantized.bias.every((b) => b === 0)) return;
    if (walk.nodeDelay > 0)
      this.diagnostics.push(networkDiagnostic("E_DELAYED_BIAS", `nodes.${name}`, { steps: walk.nodeDelay }));
    this.biases.push({ weightNode: name, factor: walk.factor });
  }

  #scale(name: string, node: Scale, walk: Walk): void {
    const values = toFloat64(node.scale);
    const factor = values[0] ?? 1;
    if (!(factor > 0) || values.some((v) => v !== factor))
      this.diagnostics.push(networkDiagnostic("E_SCALE_NODE", `nodes.${name}`, { first: factor }));
    else this.enter(name, { ...walk, factor: walk.factor * factor });
  }
}

function isUniform(steps: Int32Array | undefined): boolean {
  return steps === undefined || steps.every((k) => k === steps[0]);
}
