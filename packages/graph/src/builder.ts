/** Graphs written in code: `graph().input("in", [3]).affine("fc1", {...}).lif("l1", {...}).output("out").build()`. */

import { graphDiagnostic } from "./diagnostics.ts";
import { assertNoErrors, NirkitError } from "./diagnostics-core.ts";
import type { ExtensionNodeType } from "./extensions/extension.ts";
import { type Edge, NirGraph } from "./graph.ts";
import { completeGraph } from "./infer/complete-graph.ts";
import type { Metadata, NirNode, Padding, Pair } from "./node.ts";
import { type DType, type Shape, type Tensor, tensor, zeros } from "./tensor.ts";
import { validateGraph } from "./validate/validate-graph.ts";

/** A number for every neuron, nested numbers, or a tensor. */
export type Values = number | Tensor | NestedNumbers;
/** Row-major nested lists: `[[1, 2], [3, 4]]`. */
export interface NestedNumbers extends ReadonlyArray<number | NestedNumbers> {}

interface Common {
  readonly metadata?: Metadata;
}
type PairOf = number | Pair;

/** Parameters of a convolution; stride 1, padding 0, dilation 1, groups 1, zero bias where left out. */
export interface ConvParams<P> extends Common {
  readonly weight: Values;
  readonly bias?: Values;
  readonly stride?: P;
  readonly padding?: Padding<P>;
  readonly dilation?: P;
  readonly groups?: number;
  readonly inputShape?: P;
}
/** Parameters of a pool; stride as the kernel, padding 0 where left out. */
export interface PoolParams extends Common {
  readonly kernelSize: PairOf;
  readonly stride?: PairOf;
  readonly padding?: PairOf;
}
/** Parameters of the neurons; r 1, vLeak 0, vReset 0, wIn 1 where left out. */
export interface NeuronParams extends Common {
  readonly r?: Values;
}
/** Adds a leak. */
export interface LeakyParams extends NeuronParams {
  readonly tau: Values;
  readonly vLeak?: Values;
}
/** Adds a spike. */
export interface SpikingParams {
  readonly vThreshold: Values;
  readonly vReset?: Values;
}
/** Adds a synaptic current. */
export interface CurrentParams extends NeuronParams {
  readonly tauSyn: Values;
  readonly tauMem: Values;
  readonly vLeak?: Values;
  readonly wIn?: Values;
}

/** Options of {@link graph}. */
export interface BuilderOptions {
  /** dtype of parameters given as numbers. */
  readonly dtype?: DType;
  readonly metadata?: Metadata;
  /** Types of the extension nodes that are added. */
  readonly extensions?: readonly ExtensionNodeType[];
}

/** Starts a graph. Every node added is connected from the one added before it. */
export function graph(options: BuilderOptions = {}): GraphBuilder {
  return new GraphBuilder(options);
}

/** Collects nodes and edges; see {@link graph}. */
export class GraphBuilder {
  readonly #dtype: DType;
  readonly #metadata: Metadata;
  readonly #nodes = new Map<string, NirNode>();
  readonly #edges: Edge[] = [];
  readonly #extensions: readonly ExtensionNodeType[];
  #cursor: string | undefined;

  constructor({ dtype = "float32", metadata = new Map(), extensions = [] }: BuilderOptions = {}) {
    this.#dtype = dtype;
    this.#extensions = extensions;
    this.#metadata = metadata;
  }

  /** Adds any node, connected from the cursor (an Input starts a new chain), and moves the cursor to it. @throws E_DUPLICATE_NODE */
  node(name: string, node: NirNode): this {
    if (this.#nodes.has(name))
      throw new NirkitError([graphDiagnostic("E_DUPLICATE_NODE", `nodes.${name}`, { name })]);
    this.#nodes.set(name, node);
    if (this.#cursor !== undefined && node.type !== "Input") this.#edges.push([this.#cursor, name]);
    this.#cursor = name;
    return this;
  }

  /** Moves the cursor: the next node is connected from `name`. @throws E_UNKNOWN_NODE */
  at(name: string): this {
    if (!this.#nodes.has(name)) {
      const known = [...this.#nodes.keys()];
      throw new NirkitError([graphDiagnostic("E_UNKNOWN_NODE", `nodes.${name}`, { name, known })]);
    }
    this.#cursor = name;
    return this;
  }

  /** Adds an edge; both ends may be added later. Does not move the cursor. */
  edge(source: string, target: string): this {
    this.#edges.push([source, target]);
    return this;
  }

  /**
   * The graph, complete: Input and Output added where the ends are none, scalars expanded to the size of their layer.
   *
   * @throws every error of `validateGraph`
   */
  build(): NirGraph {
    const draft = NirGraph.from({ nodes: this.#nodes, edges: this.#edges, metadata: this.#metadata });
    const extensions = this.#extensions;
    const complete = completeGraph(draft, { extensions });
    assertNoErrors(validateGraph(complete, { extensions }));
    return complete;
  }

  /** `shape` without batch and time. */
  input(name: string, shape: Shape, common: Common = {}): this {
    return this.node(name, { type: "Input", shape, ...common });
  }

  /** Without a shape it is inferred. */
  output(name: string, shape?: Shape, common: Common = {}): this {
    return this.node(name, { type: "Output", ...(shape === undefined ? {} : { shape }), ...common });
  }

  /** `weight` `[..., out, in]`; zero bias `[out]` where left out. */
  affine(name: string, { weight, bias, ...common }: Common & { weight: Values; bias?: Values }): this {
    const w = this.#tensor(weight);
    return this.node(name, {
      type: "Affine",
      weight: w,
      bias: this.#bias(bias, w.shape.at(-2), w),
      ...common,
    });
  }

  /** `weight` `[..., out, in]`. */
  linear(name: string, { weight, ...common }: Common & { weight: Values }): this {
    return this.node(name, { type: "Linear", weight: this.#tensor(weight), ...common });
  }

  /** y = s ⊙ x; `scale` of the size of the layer. */
  scale(name: string, { scale, ...common }: Common & { scale: Values }): this {
    return this.node(name, { type: "Scale", scale: this.#tensor(scale), ...common });
  }

  /** `weight` `[C_out, C_in/groups, K]`. */
  conv1d(name: string, params: ConvParams<number>): this {
    const { weight, bias, stride = 1, padding = 0, dilation = 1, groups = 1, ...rest } = params;
    const w = this.#tensor(weight);
    const b = this.#bias(bias, w.shape[0], w);
    return this.node(name, {
      type: "Conv1d",
      weight: w,
      bias: b,
      stride,
      padding,
      dilation,
      groups,
      ...rest,
    });
  }

  /** `weight` `[C_out, C_in/groups, KH, KW]`; a number stands for both axes. */
  conv2d(name: string, params: ConvParams<PairOf>): this {
    const { weight, bias, stride = 1, padding = 0, dilation = 1, groups = 1, inputShape, ...common } = params;
    const w = this.#tensor(weight);
    return this.node(name, {
      type: "Conv2d",
      weight: w,
      bias: this.#bias(bias, w.shape[0], w),
      stride: pair(stride),
      padding: typeof padding === "string" ? padding : pair(padding),
      dilation: pair(dilation),
      groups,
      ...(inputShape === undefined ? {} : { inputShape: pair(inputShape) }),
      ...common,
    });
  }

  /** Window mean, padded zeros counted. */
  avgPool2d(name: string, { kernelSize, stride = kernelSize, padding = 0, ...common }: PoolParams): this {
    const window = { kernelSize: pair(kernelSize), stride: pair(stride), padding: pair(padding) };
    return this.node(name, { type: "AvgPool2d", ...window, ...common });
  }

  /** Window sum. */
  sumPool2d(name: string, { kernelSize, stride = kernelSize, padding = 0, ...common }: PoolParams): this {
    const window = { kernelSize: pair(kernelSize), stride: pair(stride), padding: pair(padding) };
    return this.node(name, { type: "SumPool2d", ...window, ...common });
  }

  /** Axes count without batch; all of them where left out. */
  flatten(name: string, params: Common & { startDim?: number; endDim?: number } = {}): this {
    const { startDim = 0, endDim = -1, ...common } = params;
    return this.node(name, { type: "Flatten", startDim, endDim, ...common });
  }

  /** y(t) = x(t − delay); unit as tau. */
  delay(name: string, { delay, ...common }: Common & { delay: Values }): this {
    return this.node(name, { type: "Delay", delay: this.#tensor(delay), ...common });
  }

  /** 1 where x > threshold, else 0. */
  threshold(name: string, { threshold, ...common }: Common & { threshold: Values }): this {
    return this.node(name, { type: "Threshold", threshold: this.#tensor(threshold), ...common });
  }

  /** dv/dt = r x; gives v. */
  i(name: string, { r = 1, ...common }: NeuronParams = {}): this {
    return this.node(name, { type: "I", r: this.#tensor(r), ...common });
  }

  /** tau dv/dt = (v_leak − v) + r x; gives v. */
  li(name: string, { tau, r = 1, vLeak = 0, ...common }: LeakyParams): this {
    return this.node(name, { type: "LI", ...this.#tensors({ tau, r, vLeak }), ...common });
  }

  /** dv/dt = r x; spikes where v > v_threshold, then v ← v_reset. */
  if(name: string, { r = 1, vThreshold, vReset = 0, ...common }: NeuronParams & SpikingParams): this {
    return this.node(name, { type: "IF", ...this.#tensors({ r, vThreshold, vReset }), ...common });
  }

  /** tau dv/dt = (v_leak − v) + r x; spikes where v > v_threshold, then v ← v_reset. */
  lif(name: string, params: LeakyParams & SpikingParams): this {
    const { tau, r = 1, vLeak = 0, vThreshold, vReset = 0, ...common } = params;
    return this.node(name, {
      type: "LIF",
      ...this.#tensors({ tau, r, vLeak, vThreshold, vReset }),
      ...common,
    });
  }

  /** tau_syn dI/dt = −I + w_in x; tau_mem dv/dt = (v_leak − v) + r I; gives v. */
  cubaLi(name: string, params: CurrentParams): this {
    const { tauSyn, tauMem, r = 1, vLeak = 0, wIn = 1, ...common } = params;
    return this.node(name, {
      type: "CubaLI",
      ...this.#tensors({ tauSyn, tauMem, r, vLeak, wIn }),
      ...common,
    });
  }

  /** As cubaLi, with spike and reset as lif. */
  cubaLif(name: string, params: CurrentParams & SpikingParams): this {
    const { tauSyn, tauMem, r = 1, vLeak = 0, vThreshold, vReset = 0, wIn = 1, ...common } = params;
    const all = this.#tensors({ tauSyn, tauMem, r, vLeak, vThreshold, vReset, wIn });
    return this.node(name, { type: "CubaLIF", ...all, ...common });
  }

  /** A graph used as a node. */
  subgraph(name: string, inner: NirGraph, common: Common = {}): this {
    return this.node(name, { type: "NIRGraph", graph: inner, ...common });
  }

  #tensors<K extends string>(values: Readonly<Record<K, Values>>): Record<K, Tensor> {
    const entries = Object.entries<Values>(values).map(([key, value]) => [key, this.#tensor(value)]);
    return Object.fromEntries(entries) as Record<K, Tensor>;
  }

  #tensor(values: Values): Tensor {
    if (typeof values === "number") return tensor(this.#dtype, [], [values]);
    return "dtype" in values ? values : nestedTensor(this.#dtype, values);
  }

  #bias(bias: Values | undefined, outputs: number | undefined, weight: Tensor): Tensor {
    return bias === undefined ? zeros(weight.dtype, [outputs ?? 0]) : this.#tensor(bias);
  }
}

const pair = (value: PairOf): Pair => (typeof value === "number" ? [value, value] : value);

/** @throws RangeError when rows differ in length */
function nestedTensor(dtype: DType, values: NestedNumbers): Tensor {
  const shape: number[] = [];
  for (let level: number | NestedNumbers | undefined = values; typeof level === "object"; level = level[0])
    shape.push(level.length);
  const flat: number[] = [];
  const walk = (level: number | NestedNumbers, axis: number): void => {
    if (typeof level === "number" ? axis !== shape.length : level.length !== shape[axis])
      throw new RangeError(`ragged list: axis ${axis} has rows of different length`);
    if (typeof level === "number") flat.push(level);
    else for (const entry of level) walk(entry, axis + 1);
  };
  walk(values, 0);
  return tensor(dtype, shape, flat);
}
