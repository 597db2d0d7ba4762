/** A network as cells and flows, in the order in which they run. */
import { InternalError, sizeOf } from "@nirkit/graph";
import type { NetworkSpec, NodeSpec } from "../../model/node-spec.ts";
import type { PlanComponent, PlanNode } from "../../model/plan.ts";
import type { FusedCell } from "./cell.ts";
import { ConvCell } from "./conv-cell.ts";
import { type CellPlace, DenseCell } from "./dense-cell.ts";
import { DelayCell, ScaleCell } from "./elementwise-cells.ts";
import type { FlowShape } from "./flow.ts";
import { imageLayout } from "./layout.ts";
import { learnedCounts, learns, thresholdCounts, thresholdNeuron } from "./learned-slots.ts";
import { NeuronCell } from "./neuron-cell.ts";
import { PoolCell } from "./pool-cell.ts";
import { GatherCell, type GatherSource, LayoutCell, type SilentSource } from "./wiring-cells.ts";
import type { Workspace } from "./workspace.ts";

/** A cell with where it reads and writes. */
export interface ProgramCell {
  readonly cell: FusedCell;
  /** Node that it is; undefined for sums and changes of layout. */
  readonly node: PlanNode | undefined;
  readonly inputs: readonly number[];
  readonly output: number;
  /** True where a gradient of its own is asked for. */
  readonly learns: boolean;
}

/** Cells that run together. */
interface ProgramPart {
  readonly cells: readonly ProgramCell[];
  readonly stepwise: boolean;
}

/** A flow before it has a size. */
interface ProgramFlow extends FlowShape {
  readonly stepwise: boolean;
}

/** The network compiled. */
export interface Program {
  readonly parts: readonly ProgramPart[];
  readonly flows: readonly ProgramFlow[];
  /** Flow of each node's output. */
  readonly outputs: ReadonlyMap<string, number>;
  /** Flow that each node reads. */
  readonly inputs: ReadonlyMap<string, number>;
  /** Sources of feedback edges. */
  readonly fedBack: readonly string[];
  /** How many cells and nodes read each flow. */
  readonly readers: Int32Array;
}

type MutablePlace = { -readonly [K in keyof CellPlace]: CellPlace[K] };

/** Compiles a network. */
export function compileProgram(network: NetworkSpec, workspace: Workspace): Program {
  return new Compiler(network, workspace).program();
}

class Compiler {
  readonly #network: NetworkSpec;
  readonly #workspace: Workspace;
  readonly #flows: ProgramFlow[] = [];
  readonly #outputs = new Map<string, number>();
  readonly #inputs = new Map<string, number>();
  readonly #places: MutablePlace[] = [];
  readonly #silent = new Map<string, SilentSource>();
  readonly #fedBack = new Set<string>();

  constructor(network: NetworkSpec, workspace: Workspace) {
    this.#network = network;
    this.#workspace = workspace;
  }

  program(): Program {
    const parts = this.#network.plan.components.map((component) => this.#part(component));
    const readers = this.#markSoleReaders(parts);
    return {
      parts,
      flows: this.#flows,
      outputs: this.#outputs,
      inputs: this.#inputs,
      fedBack: [...this.#fedBack],
      readers,
    };
  }

  #markSoleReaders(parts: readonly ProgramPart[]): Int32Array {
    const readers = new Int32Array(this.#flows.length);
    for (const { cells } of parts)
      for (const { inputs } of cells) for (const id of inputs) readers[id] = (readers[id] as number) + 1;
    for (const name of this.#network.plan.nodes.keys())
      if (this.#spec(name).kind === "pass") {
        const id = this.#outputs.get(name) as number;
        readers[id] = (readers[id] as number) + 1;
      }
    for (const place of this.#places) place.soleReader = readers[place.input] === 1;
    return readers;
  }

  #spec(name: string): NodeSpec {
    return this.#network.specs.get(name) as NodeSpec;
  }

  #flow(shape: FlowShape, stepwise: boolean): number {
    return this.#flows.push({ n: shape.n, layout: shape.layout, channels: shape.channels, stepwise }) - 1;
  }

  #part({ nodes, recurrent }: PlanComponent): ProgramPart {
    const cells: ProgramCell[] = [];
    const last: ProgramCell[] = [];
    if (recurrent) for (const at of nodes) this.#announce(at);
    for (const at of nodes) {
      const latched = recurrent && at.delays?.every((steps) => steps > 0);
      const input = this.#connect(at, recurrent, latched ? last : cells);
      this.#inputs.set(at.name, input);
      const made = this.#cell(at, input, recurrent, latched ? last : cells);
      if (made !== undefined) cells.push(made);
    }
    return { cells: [...cells, ...last], stepwise: recurrent };
  }

  /** Outputs of a loop exist before anything reads them. */
  #announce(at: PlanNode): void {
    const spec = this.#spec(at.name);
    const image = spec.kind === "conv" || spec.kind === "pool";
    const channels = at.outputShape[0] ?? 1;
    const layout = image ? imageLayout(at.outputShape) : "nir";
    this.#outputs.set(at.name, this.#flow({ n: sizeOf(at.outputShape), layout, channels }, true));
  }

  /** The flow that a node reads: that of its only source, or a sum. */
  #connect(at: PlanNode, stepwise: boolean, cells: ProgramCell[]): number {
    const n = sizeOf(at.inputShape);
    if (at.sources.length === 0) return this.#flow({ n, layout: "nir", channels: 1 }, stepwise);
    const sources = at.sources.map(({ name, feedback }): GatherSource => {
      if (feedback) this.#fedBack.add(name);
      const flow = this.#outputs.get(name) as number;
      return { name, flow, feedback, silent: feedback ? this.#lazySilent(name) : undefined };
    });
    const [only] = sources;
    const loneFlow = only !== undefined && sources.length === 1 && !only.feedback ? only.flow : undefined;
    if (loneFlow !== undefined) return loneFlow;
    const shapes = sources.map(({ flow }) => this.#flows[flow] as ProgramFlow);
    const same = shapes.every(({ layout }) => layout === shapes[0]?.layout);
    const image = shapes.find(({ layout }) => layout === "hwc");
    const output = this.#flow(
      { n, layout: same ? (shapes[0]?.layout ?? "nir") : "nir", channels: image?.channels ?? 1 },
      stepwise,
    );
    const inputs = sources.map(({ flow }) => flow);
    cells.push({
      cell: new GatherCell(this.#workspace, sources, output),
      node: undefined,
      inputs,
      output,
      learns: false,
    });
    return output;
  }

  /** Cells of a loop are made in turn: what gives a value before the first step is looked up when it runs. */
  #lazySilent(name: string): SilentSource | undefined {
    const { kind } = this.#spec(name);
    if (this.#network.plan.dialect.feedbackT0 !== "zeroSpikes" || (kind !== "dense" && kind !== "conv"))
      return undefined;
    const found = (): SilentSource => {
      const source = this.#silent.get(name);
      if (source === undefined) throw new InternalError(`no cell for ${name}`);
      return source;
    };
    return {
      silentOutput: (rows, to) => found().silentOutput(rows, to),
      silentGradient: (rows, dy) => found().silentGradient(rows, dy),
    };
  }

  #inFileOrder(input: number, stepwise: boolean, cells: ProgramCell[]): number {
    const flow = this.#flows[input] as ProgramFlow;
    if (flow.layout === "nir") return input;
    const output = this.#flow({ n: flow.n, layout: "nir", channels: flow.channels }, stepwise);
    const cell = new LayoutCell(this.#workspace, input, output);
    cells.push({ cell, node: undefined, inputs: [input], output, learns: false });
    return output;
  }

  #cell(at: PlanNode, given: number, stepwise: boolean, cells: ProgramCell[]): ProgramCell | undefined {
    const spec = this.#spec(at.name);
    const image = spec.kind === "conv" || spec.kind === "pool";
    const fileOrder = spec.kind === "dense" || spec.kind === "pass" || (stepwise && !image);
    const input = fileOrder ? this.#inFileOrder(given, stepwise, cells) : given;
    const source = this.#flows[input] as ProgramFlow;
    if (spec.kind === "pass" && !stepwise) {
      this.#outputs.set(at.name, input);
      return undefined;
    }
    const shape: FlowShape = {
      n: sizeOf(at.outputShape),
      layout: image
        ? imageLayout(at.outputShape)
        : spec.kind === "dense" || spec.kind === "pass"
          ? "nir"
          : source.layout,
      channels: image ? (at.outputShape[0] ?? 1) : source.channels,
    };
    const known = stepwise ? this.#outputs.get(at.name) : undefined;
    const output = known ?? this.#flow(shape, stepwise);
    this.#outputs.set(at.name, output);
    const place: MutablePlace = { name: at.name, input, output };
    this.#places.push(place);
    const cell = this.#make(at, spec, place, this.#flows[output] as ProgramFlow);
    return { cell, node: at, inputs: [input], output, learns: learns(spec) };
  }

  #make(at: PlanNode, spec: NodeSpec, place: CellPlace, flow: FlowShape): FusedCell {
    const workspace = this.#workspace;
    switch (spec.kind) {
      case "dense": {
        const cell = new DenseCell(workspace, place, spec);
        this.#silent.set(at.name, cell);
        return cell;
      }
      case "conv": {
        const cell = new ConvCell(workspace, place, spec);
        this.#silent.set(at.name, cell);
        return cell;
      }
      case "pool":
        return new PoolCell(workspace, place, spec);
      case "scale":
        return new ScaleCell(workspace, place, spec, flow);
      case "delay":
        return new DelayCell(workspace, place, spec.steps, flow);
      case "threshold":
        return new NeuronCell(workspace, place, thresholdNeuron(at, spec), flow, thresholdCounts(spec));
      case "neuron":
        return new NeuronCell(workspace, place, spec.neuron, flow, learnedCounts(spec.neuron));
      case "extension":
        throw new InternalError(`${at.name} has no kernel`);
      case "pass":
        return new GatherCell(
          workspace,
          [{ name: at.name, flow: place.input, feedback: false, silent: undefined }],
          place.output,
        );
      default:
        return spec satisfies never;
    }
  }
}
