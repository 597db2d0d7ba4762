/** Quantised graph to exact integer network. */
import {
  assertNoErrors,
  type Diagnostic,
  inferTypes,
  type NirGraph,
  NirkitError,
  schedule,
} from "@nirkit/graph";
import { conv3d as conv3dType } from "@nirkit/graph/extensions";
import { networkDiagnostic } from "../diagnostics.ts";
import type { LowerOptions, Network, OutputPort, Population, Port, Projection } from "../network.ts";
import { mostDelay, validateNetwork } from "../validate-network.ts";
import { isFloat32Node } from "./float32-neuron.ts";
import {
  type Incoming,
  type IncomingPath,
  isEndpoint,
  type LoweringPlan,
  traceIncoming,
} from "./incoming.ts";
import { latencyOf, oneStepLinks } from "./latency.ts";
import { annotatedNeuron } from "./neuron-model.ts";
import { type LoweredNode, lowerNode, neuronUnit, type SourceUnit, spikes } from "./populations.ts";
import { inputPort, outputPort, portUnit } from "./ports.ts";
import { readView, withPlainNodes } from "./quantized-view.ts";
import { wrapErrors } from "./wrap-errors.ts";

const defaults = { links: "same-step", neuron: "integer", conv3d: "keep", extensions: [] } as const;

/**
 * Lowers a quantised graph to populations and projections with exact integers, in step order.
 *
 * Reads only the annotations (weights, thresholds, arithmetic, dt) and the wiring; never quantises. Equal Delays and
 * feedback edges become steps of projections, biases of all projections add, scales of projections into one
 * population must be equal or apart by a power of two.
 *
 * @throws E_NOT_QUANTIZED (from `readQuantized`), E_NOT_LOWERED, E_SCALE_MISMATCH, E_BIAS_PRECISION, E_BIAS_TOO_WIDE, E_DELAYED_BIAS,
 *   E_DELAY_NON_INTEGER, E_DELAY_TOO_LONG, E_WEIGHTS_IN_SERIES, E_SCALE_NODE, E_ALGEBRAIC_LOOP, E_OUTPUT_MIXED, E_ACC_TOO_WIDE,
 *   E_WRAP_REACHABLE, E_FLOAT32_ARITHMETIC, E_FLOAT32_GAIN, all that were found
 */
export function lower(graph: NirGraph, options: Partial<LowerOptions> = {}): Network {
  const { links, neuron, conv3d, extensions } = { ...defaults, ...options };
  const plan = planLowering(withPlainNodes(graph, extensions), { conv3d, neuron });
  const found: Diagnostic[] = [...plan.diagnostics];
  const parts = lowerParts(plan, found);
  assertNoErrors(found);
  const feedback = new Set(parts.feedback);
  const linked = links === "one-step" ? oneStepLinks(parts, (p) => feedback.has(p)) : undefined;
  found.push(...(linked?.diagnostics ?? []));
  const projections = linked?.projections ?? parts.projections;
  const { inputs, outputs, populations } = parts;
  const network: Network = {
    inputs,
    outputs,
    populations,
    projections,
    dt: plan.view.dt,
    latency: latencyOf({ inputs, outputs, populations, projections }),
    meta: { graphHash: graph.hash(), diagnostics: found },
  };
  assertNoErrors([...validateNetwork(network).map(atNode), ...wrapErrors(network)]);
  return network;
}

/** A population bears the path of its node. */
function atNode(diagnostic: Diagnostic): Diagnostic {
  return { ...diagnostic, path: diagnostic.path.replace(/^populations\./, "nodes.") };
}

interface Plan extends LoweringPlan {
  readonly diagnostics: readonly Diagnostic[];
}

function planLowering(graph: NirGraph, { conv3d, neuron }: Pick<LowerOptions, "conv3d" | "neuron">): Plan {
  const view = readView(graph);
  const extensions = [conv3dType];
  const scheduled = schedule(graph, { dt: view.dt, extensions });
  const diagnostics = [
    ...view.diagnostics,
    ...scheduled.diagnostics.map(strictDelay),
    ...longDelays(scheduled.delaySteps),
  ];
  assertNoErrors(diagnostics);
  const types = inferTypes(scheduled.graph, { extensions });
  const feedback = new Set(scheduled.feedback.map((edge) => JSON.stringify(edge)));
  return {
    graph: scheduled.graph,
    order: scheduled.order,
    view,
    delaySteps: scheduled.delaySteps,
    isFeedback: (from, to) => feedback.has(JSON.stringify([from, to])),
    shapeOf: (name) => types.outputShape(name) ?? types.inputShape(name) ?? [],
    inputShapeOf: (name) => types.inputShape(name) ?? [],
    conv3d,
    neuron,
    diagnostics,
  };
}

function longDelays(delaySteps: ReadonlyMap<string, Int32Array>): readonly Diagnostic[] {
  return [...delaySteps].flatMap(([name, steps]) => {
    const longest = steps.reduce((a, b) => Math.max(a, b), 0);
    if (longest <= mostDelay) return [];
    return [networkDiagnostic("E_DELAY_TOO_LONG", `nodes.${name}`, { steps: longest, most: mostDelay })];
  });
}

/** A simulator may round a delay to whole steps; integers that claim to be exact may not. */
function strictDelay(diagnostic: Diagnostic): Diagnostic {
  if (diagnostic.code !== "W_DELAY_ROUNDED") return diagnostic;
  return networkDiagnostic("E_DELAY_NON_INTEGER", diagnostic.path, { message: diagnostic.message });
}

interface Parts {
  readonly inputs: readonly Port[];
  readonly outputs: readonly OutputPort[];
  readonly populations: readonly Population[];
  readonly projections: readonly Projection[];
  readonly feedback: readonly Projection[];
}

function lowerParts(plan: Plan, found: Diagnostic[]): Parts {
  const nodes = new NodeLowering(plan);
  const inputs: Port[] = [];
  const outputs: OutputPort[] = [];
  const made: Lowered[] = [];
  for (const name of plan.order) {
    if (!isEndpoint(plan, name)) continue;
    const { type } = plan.graph.node(name);
    if (type === "Input") inputs.push(inputPort(name, plan.shapeOf(name), plan.view));
    else if (type === "Output") {
      const output = lowerOutput(plan, name, nodes);
      outputs.push(output.port);
      found.push(...output.diagnostics);
      if (output.sum !== undefined) made.push(output.sum);
    } else made.push(nodes.lowered(name));
  }
  found.push(...made.flatMap(({ lowered }) => lowered.diagnostics));
  return {
    inputs,
    outputs,
    populations: made.flatMap(({ lowered }) => lowered.population ?? []),
    projections: made.flatMap(({ lowered }) => lowered.projections),
    feedback: made.flatMap(({ lowered, incoming }) =>
      lowered.projections.filter((_, k) => incoming.paths[k]?.isFeedback === true),
    ),
  };
}

interface Lowered {
  readonly lowered: LoweredNode;
  readonly incoming: Incoming;
}

/** Lowers nodes on demand, each once: the unit of a Delay depends on what feeds it, which may come later in a step. */
class NodeLowering {
  readonly #plan: Plan;
  readonly #made = new Map<string, Lowered>();
  readonly #open = new Set<string>();

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  lowered(name: string): Lowered {
    const made = this.#made.get(name) ?? this.lower(name, traceIncoming(this.#plan, name));
    this.#made.set(name, made);
    return made;
  }

  lower(name: string, incoming: Incoming): Lowered {
    const { graph, shapeOf } = this.#plan;
    this.#open.add(name);
    const unitOf = (source: string): SourceUnit => this.unitOf(source);
    const lowered = lowerNode(this.#plan, {
      name,
      node: graph.node(name),
      shape: shapeOf(name),
      incoming,
      unitOf,
    });
    this.#open.delete(name);
    return { lowered, incoming };
  }

  unitOf(name: string): SourceUnit {
    const { graph, view, shapeOf, neuron } = this.#plan;
    const node = graph.node(name);
    if (node.type === "Input") return portUnit(inputPort(name, shapeOf(name), view));
    if (neuron === "float32" && isFloat32Node(node)) {
      const isReadout = !("vThreshold" in node) && !this.#open.has(name);
      return (isReadout ? this.lowered(name).lowered.unit : undefined) ?? spikes;
    }
    const quantized = view.neurons.get(name);
    if (node.type !== "Delay")
      return quantized === undefined ? spikes : neuronUnit(annotatedNeuron(node, quantized));
    if (this.#open.has(name))
      throw new NirkitError([
        networkDiagnostic("E_ALGEBRAIC_LOOP", `nodes.${name}`, { nodes: [...this.#open] }),
      ]);
    return this.lowered(name).lowered.unit ?? spikes;
  }
}

/** Nothing on the way: the output of the source is what the Output gives. */
function isPlain({ weightNode, delay, factor, gain, poolsAfter }: IncomingPath): boolean {
  return (
    weightNode === undefined && delay === 0 && factor === 1 && gain === undefined && poolsAfter.length === 0
  );
}

interface LoweredOutput {
  readonly port: OutputPort;
  readonly sum?: Lowered;
  readonly diagnostics: readonly Diagnostic[];
}

/** Direct sources are read as they are; weighted sums, and anything delayed, get a population of the Output's name. */
function lowerOutput(plan: Plan, name: string, nodes: NodeLowering): LoweredOutput {
  const incoming = traceIncoming(plan, name);
  const plain = incoming.paths.filter(isPlain);
  const direct = new Set(plain.map((path) => path.source));
  const isDoubled = direct.size !== plain.length;
  const rest = isDoubled ? incoming.paths : incoming.paths.filter((path) => !plain.includes(path));
  const hasSum = rest.length > 0 || incoming.biases.length > 0;
  const sum = hasSum ? nodes.lower(name, { ...incoming, paths: rest }) : undefined;
  const sources = isDoubled ? [name] : hasSum ? [...direct, name] : [...direct];
  const units = sources.map((source) =>
    source === name ? (sum?.lowered.unit ?? spikes) : nodes.unitOf(source),
  );
  const { port, diagnostics } = outputPort(name, plan.shapeOf(name), sources, units);
  if (diagnostics.length > 0 && sources.length > 1) {
    // Units apart by a power of two meet in one population, by a shift.
    const all = nodes.lower(name, incoming);
    const { unit, diagnostics: refused } = all.lowered;
    if (unit !== undefined && refused.length === 0)
      return { ...outputPort(name, plan.shapeOf(name), [name], [unit]), sum: all };
  }
  if (sum === undefined) return { port, diagnostics: [...incoming.diagnostics, ...diagnostics] };
  return { port, sum, diagnostics };
}
