/** Trained parameters back into the graph they came from. */
import {
  type ExtensionNode,
  type NirGraph,
  type NirNode,
  sizeOf,
  type Tensor,
  tensor,
  toFloat64,
} from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import type { ExtensionSpec, NetworkSpec, NodeSpec } from "../model/node-spec.ts";
import { dialectKeys, type TrainDialect } from "../model/train-dialect.ts";
import type { WeightNode } from "../model/trainable-model.ts";
import type { LearnedLeak, NeuronSpec } from "../neuron/neuron-spec.ts";
import type { ModelParameter } from "../parameter/parameter.ts";
import { timeConstant } from "../parameter/reparametrize.ts";
import { valuesNow } from "../tfjs/read-values.ts";

/**
 * The graph of a network with its parameters as they are now. A node none of whose parameters changed is the node
 * that was read, bit for bit; dt and the step that was trained with stand in the metadata `nirkit:training`.
 */
export function exportGraph(network: NetworkSpec, apply: "transforms" | "none"): NirGraph {
  const { plan, specs } = network;
  const changed = new Map<string, NirNode>();
  for (const [name, spec] of specs) {
    const { node } = plan.nodes.get(name) ?? {};
    const next = node && exportNode(node, spec, network, apply);
    if (next !== undefined && next !== node) changed.set(name, next);
  }
  const words = JSON.stringify({ v: 1, dt: plan.dt, dialect: trainedDialect(plan.dialect) });
  const graph = replaceNested(plan.graph, changed, "");
  return graph.with({ metadata: new Map([...graph.metadata, ["nirkit:training", words]]) });
}

/** The options that training knows, and no others. */
function trainedDialect(dialect: TrainDialect): Partial<TrainDialect> {
  return Object.fromEntries(dialectKeys.map((key) => [key, dialect[key]])) as Partial<TrainDialect>;
}

function replaceNested(graph: NirGraph, changed: ReadonlyMap<string, NirNode>, prefix: string): NirGraph {
  const nodes: (readonly [string, NirNode])[] = [];
  for (const [name, node] of graph.nodes()) {
    const path = `${prefix}${name}`;
    const own = changed.get(path);
    if (own !== undefined) nodes.push([name, own]);
    else if (node.type === "NIRGraph" && "graph" in node) {
      const inner = replaceNested(node.graph, changed, `${path}/`);
      if (inner !== node.graph) nodes.push([name, { ...node, graph: inner }]);
    }
  }
  return nodes.length === 0 ? graph : graph.with({ setNodes: nodes });
}

function exportNode(
  node: NirNode,
  spec: NodeSpec,
  network: NetworkSpec,
  apply: "transforms" | "none",
): NirNode {
  switch (spec.kind) {
    case "dense":
    case "conv":
      return exportWeights(node as WeightNode, spec, apply);
    case "scale":
      return spec.gain.untouched() || node.type !== "Scale"
        ? node
        : { ...node, scale: like(node.scale as Tensor, values(spec.gain)) };
    case "threshold":
      return spec.learned === undefined || spec.learned.untouched() || node.type !== "Threshold"
        ? node
        : { ...node, threshold: spread(node.threshold as Tensor, spec.learned) };
    case "extension":
      return exportExtension(spec);
    case "neuron":
      return exportNeuron(node, spec.neuron, network);
    default:
      return node;
  }
}

function exportWeights(
  node: WeightNode,
  spec: Extract<NodeSpec, { kind: "dense" | "conv" }>,
  apply: "transforms" | "none",
): WeightNode {
  const transformed = (parameter: ModelParameter): boolean =>
    apply === "transforms" && parameter.transforms.length > 0;
  let next = node;
  if (!spec.weight.untouched() || transformed(spec.weight)) {
    const plain = values(spec.weight);
    next = { ...next, weight: like(node.weight, transformed(spec.weight) ? final(spec.weight) : plain) };
    if (apply === "transforms")
      for (const transform of spec.weight.transforms)
        next = transform.annotate?.(next, Float32Array.from(plain)) ?? next;
  }
  if (spec.bias !== undefined && "bias" in next && (!spec.bias.untouched() || transformed(spec.bias)))
    next = { ...next, bias: like(next.bias, transformed(spec.bias) ? final(spec.bias) : values(spec.bias)) };
  return next;
}

/** Values into the parameters of their names. */
function exportExtension({ node, parameters }: ExtensionSpec): ExtensionNode {
  const changed = parameters.filter((parameter) => !parameter.untouched());
  if (changed.length === 0) return node;
  const params = new Map(node.params);
  for (const parameter of changed) {
    const { name, nodeId, variable } = parameter;
    params.set(name.slice(nodeId.length + 1), tensor("float32", variable.shape, values(parameter)));
  }
  return { ...node, params };
}

function exportNeuron(node: NirNode, spec: NeuronSpec, { plan }: NetworkSpec): NirNode {
  const next: Record<string, unknown> = { ...node };
  const source = node as unknown as Record<string, Tensor>;
  const cuba = "tauSyn" in node;
  const leak = (learned: LearnedLeak | undefined, tau: string, gain: string, factor: unknown): void => {
    if (learned === undefined || learned.parameter.untouched()) return;
    const decay = values(learned.parameter);
    const count = sizeOf(spec.shape);
    const betas = expand(decay, count);
    next[tau] = likeCount(
      source[tau] as Tensor,
      betas.map((beta) => timeConstant(beta, plan.dt, plan.dialect.leak)),
      spec,
    );
    // A gain that did not move with the decay: the factor is what keeps it as it was.
    if (learned.coupled === undefined && factor !== undefined) {
      const gains = spreadConstant(gain === "wIn" ? spec.constants.synGain : spec.constants.gain, count);
      next[gain] = likeCount(
        source[gain] as Tensor,
        gains.map((g, i) => g / (1 - (betas[i] as number))),
        spec,
      );
    }
  };
  leak(spec.leak, cuba ? "tauMem" : "tau", "r", spec.constants.gainFactor);
  leak(spec.synLeak, "tauSyn", "wIn", spec.constants.synGainFactor);
  const plain = (parameter: ModelParameter | undefined, name: string): void => {
    if (parameter !== undefined && !parameter.untouched())
      next[name] = spread(source[name] as Tensor, parameter, spec);
  };
  plain(spec.threshold, "vThreshold");
  plain(spec.vReset, "vReset");
  const same = Object.entries(next).every(
    ([key, value]) => (node as unknown as Record<string, unknown>)[key] === value,
  );
  return same ? node : (next as unknown as NirNode);
}

/** Effective values before transforms. */
function values(parameter: ModelParameter): Float64Array {
  return readValues(() => parameter.plainValue());
}

/** Effective values after transforms. */
function final(parameter: ModelParameter): Float64Array {
  return readValues(() => parameter.value());
}

function readValues(make: () => tf.Tensor): Float64Array {
  const tensor = tf.tidy(make);
  const values = Float64Array.from(valuesNow(tensor, "toNir"));
  if (!(tensor instanceof tf.Variable)) tensor.dispose();
  return values;
}

/** Values in dtype and shape of a tensor; integers and float16 become float32, which holds what was trained. */
function like(source: Tensor, data: Float64Array, shape: readonly number[] = source.shape): Tensor {
  return tensor(source.dtype === "float64" ? "float64" : "float32", shape, data);
}

function likeCount(source: Tensor, data: Float64Array, spec: NeuronSpec): Tensor {
  const first = data[0];
  // One value where one stood before and one is left.
  if (toFloat64(source).length === 1 && data.every((value) => value === first))
    return like(source, data.slice(0, 1));
  return like(source, data, spec.shape);
}

function spread(source: Tensor, parameter: ModelParameter, spec?: NeuronSpec): Tensor {
  const own = values(parameter);
  const shape = spec?.shape ?? source.shape;
  const data = expand(own, sizeOf(shape));
  return spec === undefined ? like(source, data, shape) : likeCount(source, data, spec);
}

/** Each value for its run of neurons: channels are the first axis. */
function expand(own: Float64Array, count: number): Float64Array {
  const per = count / own.length;
  return Float64Array.from({ length: count }, (_, i) => own[Math.floor(i / per)] as number);
}

function spreadConstant(value: number | Float64Array, count: number): Float64Array {
  return typeof value === "number" ? new Float64Array(count).fill(value) : value;
}
