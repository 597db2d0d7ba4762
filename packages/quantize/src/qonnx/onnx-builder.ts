/** Collects nodes, constants and ports of a model under names that are unique. */
import type { OnnxAttribute, OnnxNode, OnnxPort, OnnxTensor } from "./onnx-model.ts";

/** Operator set of the QONNX project. */
export const qonnxDomain = "qonnx.custom_op.general";

/** A model in the making. */
export class OnnxBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxTensor[] = [];
  readonly inputs: OnnxPort[] = [];
  readonly outputs: OnnxPort[] = [];
  readonly #taken = new Set<string>();

  /** The name itself where it is free, else with a number behind it. */
  unique(name: string): string {
    let free = name;
    for (let i = 2; this.#taken.has(free); i++) free = `${name} (${i})`;
    this.#taken.add(free);
    return free;
  }

  /** Adds an operation with one result; returns the result's name. */
  add(
    op: string,
    inputs: readonly string[],
    result: string,
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    domain = "",
  ): string {
    const output = this.unique(result);
    this.nodes.push({ op, domain, name: output, inputs, outputs: [output], attributes });
    return output;
  }

  /** Adds a constant; returns its name. */
  constant(name: string, shape: readonly number[], data: Float32Array | BigInt64Array): string {
    const free = this.unique(name);
    this.constants.push({ name: free, shape, data });
    return free;
  }

  /** Adds an input of the model; returns its name. */
  input(name: string, shape: readonly (number | string)[]): string {
    const free = this.unique(name);
    this.inputs.push({ name: free, shape });
    return free;
  }

  /** Gives a value out of the model under a name of its own; returns that. */
  output(value: string, name: string, shape: readonly (number | string)[]): string {
    const free = this.add("Identity", [value], name);
    this.outputs.push({ name: free, shape });
    return free;
  }
}
