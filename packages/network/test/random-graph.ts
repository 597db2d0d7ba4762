/** Random annotated graphs of every kind of node, small enough to be read by hand and by a dense matrix. */

import { NirGraph, type NirNode, type Shape, sizeOf, tensor } from "@nirkit/graph";
import { conv3dNode } from "@nirkit/graph/extensions";
import { philox, type Random } from "@nirkit/integer";
import type { NeuronArithmetic } from "@nirkit/quantize";
import { graphMetadata, inputNode, neuronNode, weights } from "./annotated-graph.ts";
import type { NaiveModel } from "./naive-evaluator.ts";

/** A value on its way: what gives it, its shape, and the real value of 1 of its integers. */
interface Value {
  readonly from: string;
  readonly shape: Shape;
  readonly unit: number;
}

/** A graph, the same as a flat model for the second evaluator, and input `[T][size]` in reals. */
export interface RandomGraph {
  readonly graph: NirGraph;
  readonly model: NaiveModel;
  readonly input: ReadonlyMap<string, number[][]>;
  /** Nodes that form a chain and may be nested. */
  readonly chain: readonly string[];
}

/** Draws a graph by number; without biases a silent network stays silent. */
export function randomGraph(index: number, kind: "image" | "line" | "volume", hasBias = true): RandomGraph {
  return new Draw(philox(index, `random-graph-${kind}`), kind, hasBias).build();
}

const dyadic = [0.25, 0.5, 1, 2];

class Draw {
  readonly #random: Random;
  readonly #kind: "image" | "line" | "volume";
  readonly #hasBias: boolean;
  readonly #nodes = new Map<string, NirNode>();
  readonly #shapes = new Map<string, Shape>();
  readonly #edges: [string, string][] = [];
  readonly #feedback = new Set<string>();
  readonly #units = new Map<string, number>();
  #chain: string[] = [];
  #count = 0;

  constructor(random: Random, kind: "image" | "line" | "volume", hasBias: boolean) {
    this.#random = random;
    this.#kind = kind;
    this.#hasBias = hasBias;
  }

  build(): RandomGraph {
    const spatial = { image: 2, line: 1, volume: 3 }[this.#kind];
    const shape = [1 + this.#n(2), ...Array.from({ length: spatial }, () => 3 + this.#n(5 - spatial))];
    let value = this.#input(shape);
    const blocks = 1 + this.#n(2);
    for (let b = 0; b < blocks; b++) {
      value = this.#convBlock(value, b === 0);
      if (this.#n(3) === 0) this.#readout(value);
    }
    if (this.#n(2) === 0) value = this.#denseBlock(this.#pass(value, "flat"));
    this.#add("out", { type: "Output", shape: value.shape }, value.from, value.shape);
    return this.#finish();
  }

  #finish(): RandomGraph {
    const graph = NirGraph.from({ nodes: this.#nodes, edges: this.#edges, metadata: graphMetadata });
    const steps = 10;
    const input = new Map<string, number[][]>();
    for (const [name, unit] of this.#units) {
      const size = sizeOf(this.#shapes.get(name) as Shape);
      const top = unit === 1 ? 1 : 15;
      const one = (): number => (this.#n(3) === 0 ? (1 + this.#n(top)) * unit : 0);
      input.set(
        name,
        Array.from({ length: steps }, () => Array.from({ length: size }, one)),
      );
    }
    const model = {
      nodes: this.#nodes,
      edges: this.#edges,
      order: [...this.#nodes.keys()],
      feedback: this.#feedback,
      inputShape: (name: string) => this.#shapes.get(name) as Shape,
    };
    return { graph, model, input, chain: this.#chain };
  }

  #n(n: number): number {
    return this.#random.integer(n);
  }

  #bias(): number {
    const bias = this.#n(9) - 4;
    return this.#hasBias ? bias : 0;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#n(from.length)] as T;
  }

  #name(prefix: string): string {
    return `${prefix}${++this.#count}`;
  }

  #add(name: string, node: NirNode, from: string | undefined, inputShape: Shape): void {
    this.#nodes.set(name, node);
    this.#shapes.set(name, inputShape);
    if (from !== undefined) this.#edges.push([from, name]);
  }

  #input(shape: Shape): Value {
    const name = this.#name("in");
    const unit = this.#pick([1, 1, 0.25]);
    this.#add(name, inputNode(shape, unit === 1 ? 1 : 4, unit), undefined, shape);
    this.#units.set(name, unit);
    return { from: name, shape, unit };
  }

  /** A stateless node between populations: a pool, a Scale of one factor, an equal Delay. */
  #pass(value: Value, what: "pool" | "scale" | "delay" | "flat"): Value {
    const name = this.#name(what);
    const { from, shape } = value;
    if (what === "flat") {
      this.#add(name, { type: "Flatten", startDim: 0, endDim: -1 }, from, shape);
      return { ...value, from: name, shape: [sizeOf(shape)] };
    }
    if (what === "scale") {
      const factor = this.#pick([0.5, -2, 4]);
      this.#add(name, { type: "Scale", scale: tensor("float32", shape, filled(shape, factor)) }, from, shape);
      return { from: name, shape, unit: value.unit * Math.abs(factor) };
    }
    if (what === "delay") {
      const steps = 1 + this.#n(3);
      this.#add(name, { type: "Delay", delay: tensor("float32", shape, filled(shape, steps)) }, from, shape);
      return { ...value, from: name };
    }
    const [channels = 1, height = 1, width = 1] = shape;
    const kernelSize = [1 + this.#n(Math.min(2, height)), this.#pick([1, 2])] as const;
    const stride = [1 + this.#n(2), 1 + this.#n(3)] as const;
    const padding = [this.#n(kernelSize[0]), this.#n(kernelSize[1])] as const;
    const type = this.#pick(["SumPool2d", "AvgPool2d"] as const);
    const out = [height, width].map(
      (n, i) =>
        Math.floor((n + 2 * (padding[i] as number) - (kernelSize[i] as number)) / (stride[i] as number)) + 1,
    );
    if (out.some((n) => n < 1)) return value;
    this.#add(name, { type, kernelSize, stride, padding }, from, shape);
    const unit = type === "AvgPool2d" ? value.unit / sizeOf(kernelSize) : value.unit;
    return { from: name, shape: [channels, ...out], unit };
  }

  #convBlock(value: Value, isFirst: boolean): Value {
    let source = value;
    const before = ["none", "pool", "pools", "scale", "delay"] as const;
    const choice = this.#pick(before);
    if (this.#kind === "image" && (choice === "pool" || choice === "pools"))
      source = this.#pass(source, "pool");
    if (this.#kind === "image" && choice === "pools") source = this.#pass(source, "pool");
    if (choice === "scale" || choice === "delay") source = this.#pass(source, choice);
    const geometry = this.#geometry(source.shape);
    const frac = this.#n(4);
    let made = this.#conv(source, geometry, frac, this.#pick(dyadic));
    const after = this.#n(6);
    if (after === 0) made = this.#pass(made, "scale");
    if (after === 1 && this.#kind === "image") made = this.#pass(made, "pool");
    const values = [made];
    if (made.shape.join() === geometry.out.join() && this.#n(3) === 0)
      values.push(this.#conv(source, geometry, frac, this.#pick(dyadic)));
    if (this.#n(4) === 0) values.push(this.#input(made.shape));
    const neuron = this.#neuron(values, frac);
    if (isFirst && choice === "none" && values.length === 1) this.#chain = [made.from, neuron.from];
    return neuron;
  }

  #geometry(shape: Shape): Geometry {
    const [channels = 1, ...sizes] = shape;
    const groups = this.#pick([1, channels]);
    const outputs = groups * (1 + this.#n(2));
    const kernel = sizes.map((n) => 1 + this.#n(Math.min(3, n)));
    const dilation = sizes.map((n, i) => ((kernel[i] as number) * 2 - 1 <= n ? 1 + this.#n(2) : 1));
    const word = this.#pick([undefined, "same", "valid"] as const);
    const stride = sizes.map(() => (word === "same" ? 1 : 1 + this.#n(2)));
    const padding = sizes.map(() => this.#n(3));
    const out = sizes.map((n, i) => {
      if (word === "same") return n;
      const p = word === "valid" ? 0 : (padding[i] as number);
      return (
        Math.floor(
          (n + 2 * p - (dilation[i] as number) * ((kernel[i] as number) - 1) - 1) / (stride[i] as number),
        ) + 1
      );
    });
    return { groups, outputs, kernel, dilation, stride, padding: word ?? padding, out: [outputs, ...out] };
  }

  #conv(source: Value, g: Geometry, biasFrac: number, scale: number): Value {
    const name = this.#name("conv");
    const shape = [g.outputs, (source.shape[0] ?? 1) / g.groups, ...g.kernel];
    const parts = weights({
      shape,
      ints: Array.from({ length: sizeOf(shape) }, () => this.#n(15) - 7),
      scale: this.#n(2) === 0 ? [scale] : new Array<number>(g.outputs).fill(scale),
      bias: Array.from({ length: g.outputs }, () => this.#bias()),
      biasFrac,
      inputUnit: source.unit,
    });
    const { groups } = g;
    const pair = (v: readonly number[]): readonly [number, number] => [v[0] ?? 1, v[1] ?? 1];
    const padding = g.padding;
    const words = typeof padding === "string";
    if (this.#kind === "line") {
      const [stride = 1] = g.stride;
      const [dilation = 1] = g.dilation;
      const pad = words ? padding : (padding[0] ?? 0);
      this.#add(
        name,
        { type: "Conv1d", ...parts, stride, padding: pad, dilation, groups },
        source.from,
        source.shape,
      );
    } else if (this.#kind === "image") {
      const pad = words ? padding : pair(padding);
      this.#add(
        name,
        {
          type: "Conv2d",
          ...parts,
          stride: pair(g.stride),
          padding: pad,
          dilation: pair(g.dilation),
          groups,
        },
        source.from,
        source.shape,
      );
    } else {
      const three = (v: readonly number[]): readonly [number, number, number] => [
        v[0] ?? 1,
        v[1] ?? 1,
        v[2] ?? 1,
      ];
      const node = conv3dNode({
        ...parts,
        stride: three(g.stride),
        padding: words ? padding : three(padding),
        dilation: three(g.dilation),
        groups,
      });
      this.#add(name, node, source.from, source.shape);
    }
    return { from: name, shape: g.out, unit: source.unit * scale };
  }

  #denseBlock(value: Value): Value {
    const outputs = 2 + this.#n(4);
    const frac = this.#n(4);
    const source = this.#n(3) === 0 ? this.#unequalDelay(value) : value;
    const dense = this.#dense(source, outputs, frac, this.#pick(dyadic));
    const neuron = this.#name("rec");
    const loop = this.#pick(["none", "edge", "delay"] as const);
    const finest = dense.unit;
    const cell = this.#neuronNode([outputs], finest, frac, loop === "none");
    this.#add(neuron, cell, dense.from, [outputs]);
    const spikes = { from: neuron, shape: [outputs], unit: 1 };
    if (loop === "edge") {
      const back = this.#dense(spikes, outputs, frac, finest);
      this.#edges.push([back.from, neuron]);
      this.#feedback.add(`${back.from}>${neuron}`);
    }
    if (loop === "delay") {
      // Through a latched Delay the loop is no feedback edge: its nodes come before the neuron.
      const order = [...this.#nodes];
      const wait = this.#pass(spikes, "delay");
      const back = this.#dense(wait, outputs, 0, finest, false);
      this.#edges.push([back.from, neuron]);
      const moved = [wait.from, back.from].map((name) => [name, this.#nodes.get(name) as NirNode] as const);
      this.#nodes.clear();
      for (const [name, node] of [...order.slice(0, -1), ...moved, ...order.slice(-1)])
        this.#nodes.set(name, node);
    }
    return spikes;
  }

  #dense(source: Value, outputs: number, biasFrac: number, scale: number, hasBias = true): Value {
    const name = this.#name("fc");
    const shape = [outputs, sizeOf(source.shape)];
    const ints = Array.from({ length: sizeOf(shape) }, () => this.#n(15) - 7);
    const bias = hasBias ? { bias: Array.from({ length: outputs }, () => this.#bias()) } : {};
    const parts = weights({ shape, ints, scale: [scale], ...bias, biasFrac, inputUnit: source.unit });
    this.#add(name, { type: "Affine", ...parts }, source.from, source.shape);
    return { from: name, shape: [outputs], unit: source.unit * scale };
  }

  #unequalDelay(value: Value): Value {
    const name = this.#name("wait");
    const delay = tensor(
      "float32",
      value.shape,
      Array.from({ length: sizeOf(value.shape) }, () => this.#n(4)),
    );
    this.#add(name, { type: "Delay", delay }, value.from, value.shape);
    return { ...value, from: name };
  }

  #neuron(values: readonly Value[], frac: number): Value {
    const name = this.#name("n");
    const shape = values[0]?.shape ?? [];
    const finest = Math.min(...values.map(({ unit }) => unit));
    this.#add(name, this.#neuronNode(shape, finest, frac), undefined, shape);
    for (const { from } of values) this.#edges.push([from, name]);
    return { from: name, shape, unit: 1 };
  }

  #neuronNode(shape: Shape, stateScale: number, fracBits: number, mayBeStateless = true): NirNode {
    const type = this.#pick(["IF", "LIF", "CubaLIF", mayBeStateless ? "Threshold" : "IF"] as const);
    return neuronNode(type, {
      shape,
      theta: (1 + this.#n(20)) * 2 ** fracBits,
      sub: 3 * 2 ** fracBits,
      vReset: this.#n(3) - 1,
      stateScale,
      arithmetic: this.#arithmetic(type, fracBits),
    });
  }

  #arithmetic(
    type: "IF" | "LIF" | "CubaLIF" | "Threshold" | "LI",
    fracBits: number,
  ): Partial<NeuronArithmetic> {
    const leak = (): NeuronArithmetic["leak"] =>
      this.#pick([
        { form: "shift", shift: 1 + this.#n(4) },
        {
          form: "mul",
          mul: 1 + this.#n(255),
          shift: 8,
          round: this.#pick(["floor", "zero", "rne"] as const),
        },
      ] as const);
    const isLeaky = type !== "IF" && type !== "Threshold";
    return {
      compare: this.#pick(["gt", "ge"] as const),
      reset:
        type === "Threshold" || type === "LI" ? "none" : this.#pick(["value", "subtract", "none"] as const),
      cubaOrder: this.#pick(["new", "old"] as const),
      leak: isLeaky ? leak() : { form: "none" },
      synLeak: type === "CubaLIF" ? leak() : { form: "none" },
      fracBits,
      ...this.#pick([{}, { stateBits: 10, vMin: -512, vMax: 511 }]),
    };
  }

  /** A second Output: window sums of spikes, weighted sums, or an LI. */
  #readout(value: Value): void {
    const what = this.#pick(["pool", "sum", "li"] as const);
    let made = value;
    if (what === "pool" && this.#kind === "image") made = this.#pass(value, "pool");
    if (what === "sum") made = this.#conv(value, this.#geometry(value.shape), 0, 0.5);
    if (what === "li") {
      const sums = this.#conv(value, this.#geometry(value.shape), 0, 0.5);
      const name = this.#name("li");
      const node = neuronNode("LI", {
        shape: sums.shape,
        theta: 0,
        stateScale: sums.unit,
        arithmetic: this.#arithmetic("LI", 2),
      });
      this.#add(name, node, sums.from, sums.shape);
      made = { ...sums, from: name };
    }
    this.#add(this.#name("probe"), { type: "Output", shape: made.shape }, made.from, made.shape);
  }
}

interface Geometry {
  readonly groups: number;
  readonly outputs: number;
  readonly kernel: readonly number[];
  readonly dilation: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[] | "same" | "valid";
  readonly out: Shape;
}

const filled = (shape: Shape, value: number): number[] => new Array<number>(sizeOf(shape)).fill(value);
