/**
 * A quantised graph as a QONNX model, cut at every node with state: ONNX has no spiking neurons, so what they receive are
 * outputs of the model and what they send inputs. The weighted sums in between are exact.
 */
import { isNeuron, type NirGraph, NirkitError, type NirNode, type Shape } from "@nirkit/graph";
import { sortedJson } from "../annotation/keys.ts";
import { readQuantized } from "../annotation/read-quantized.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { QuantizedView } from "../quantized-view.ts";
import type { AnyQuantizer } from "../weight-quantizer.ts";
import { lowerNode } from "./lower-node.ts";
import { OnnxBuilder, qonnxDomain } from "./onnx-builder.ts";
import { encodeOnnx } from "./onnx-model.ts";

/** Options of {@link toQonnx}. */
export interface QonnxOptions {
  /** Schemes whose levels and codes are checked on the way. */
  readonly schemes?: readonly AnyQuantizer[];
  /** Name of the ONNX graph, default `nirkit`. */
  readonly name?: string;
}

/**
 * The model as the bytes of an `.onnx` file.
 *
 * Weights of two bits and more are `IntQuant` with bitwidth intBits over the dequantised floats: uniform and ternary
 * ones as they are, powers of two and their sums exactly, because their integers are integers. Weights of one bit are
 * `BipolarQuant`. For every node NAME with state there is an input `NAME` (its output, shape `[N, …]`) and an output
 * `NAME.input` (what it receives). `metadata_props` lists them under `nirkit:neurons`, with dt under `nirkit:dt`.
 *
 * @throws NirkitError as `readQuantized` does; E_UNSUPPORTED_NODE for extensions and for loops without a neuron
 * @example writeFileSync("model.onnx", toQonnx(quantized))
 */
export function toQonnx(graph: NirGraph, { schemes = [], name = "nirkit" }: QonnxOptions = {}): Uint8Array {
  const view = readQuantized(graph, schemes);
  const lowering = new QonnxLowering(graph.flatten(), view);
  const neurons = lowering.run();
  const { nodes, constants, inputs, outputs } = lowering.builder;
  return encodeOnnx({
    name,
    producer: "nirkit",
    producerVersion: "0.1.0",
    operatorSets: new Map([
      ["", 13],
      [qonnxDomain, 1],
    ]),
    nodes,
    constants,
    inputs,
    outputs,
    metadata: new Map([
      ["nirkit:dt", String(view.dt)],
      ["nirkit:neurons", sortedJson(neurons)],
    ]),
  });
}

/** Where the model was cut. */
interface Cut {
  readonly node: string;
  readonly type: string;
  /** Output of the model that the node receives. */
  readonly receives: string;
  /** Input of the model that the node sends; absent where nothing in the model takes it. */
  readonly sends?: string;
}

const hasState = (node: NirNode): boolean => isNeuron(node) || node.type === "Delay";

class QonnxLowering {
  readonly builder: OnnxBuilder = new OnnxBuilder();
  readonly #graph: NirGraph;
  readonly #view: QuantizedView;
  readonly #shapeOf: (path: string) => Shape;
  /** Name of the value of a node; undefined while it is being made. */
  readonly #values = new Map<string, string | undefined>();

  constructor(graph: NirGraph, view: QuantizedView) {
    this.#graph = graph;
    this.#view = view;
    const types = graph.types();
    this.#shapeOf = (path) => types.outputShape(path) ?? types.inputShape(path) ?? [];
  }

  run(): readonly Cut[] {
    const cuts: Cut[] = [];
    for (const [path, node] of this.#graph.nodes()) {
      const sources = this.#graph.predecessors(path);
      if (sources.length === 0 || !(hasState(node) || node.type === "Output")) continue;
      // What a neuron sends straight to an Output never passes through the model.
      const inModel = sources.filter((source) => !hasState(this.#graph.node(source)));
      if (inModel.length === 0) continue;
      const value = this.#sum(path, inModel);
      const wanted = node.type === "Output" ? path : `${path}.input`;
      const receives = this.builder.output(value, wanted, ["N", ...this.#shapeOf(inModel[0] ?? path)]);
      if (node.type !== "Output") cuts.push({ node: path, type: node.type, receives });
    }
    return cuts.map((cut) => {
      const sends = this.#values.get(cut.node);
      return sends === undefined ? cut : { ...cut, sends };
    });
  }

  #sum(path: string, sources: readonly string[]): string {
    const values = sources.map((source) => this.#value(source));
    return values.length === 1 ? (values[0] ?? "") : this.builder.add("Sum", values, `${path}.sum`);
  }

  #value(path: string): string {
    const known = this.#values.get(path);
    if (known !== undefined) return known;
    const node = this.#graph.node(path);
    const shape = this.#shapeOf(path);
    if (this.#values.has(path)) throw loop(path, node);
    this.#values.set(path, undefined);
    const value =
      node.type === "Input" || hasState(node)
        ? this.builder.input(path, ["N", ...shape])
        : lowerNode(this.builder, node, this.#sum(path, this.#graph.predecessors(path)), {
            path,
            outputShape: shape,
            view: this.#view,
          });
    this.#values.set(path, value);
    return value;
  }
}

function loop(path: string, node: NirNode): NirkitError {
  return new NirkitError([
    quantizeDiagnostic("E_UNSUPPORTED_NODE", `nodes.${path}`, {
      type: node.type,
      why: "it stands in a loop without a neuron",
      hint: "Put a neuron or a delay into the loop",
    }),
  ]);
}
