/** Nodes that share channels: everything between two weights, whose channels can only go together. */
import { hasWeight, type NirGraph, type Shape, sizeOf } from "@nirkit/graph";

/** Channels that several nodes have in common. */
export interface ChannelSpace {
  /** Number of channels; elements of a node of the space come in as many runs of one length. */
  readonly channels: number;
  /** Nodes whose values are in the space: neurons, pools, Flatten, Inputs, Outputs. */
  readonly nodes: readonly string[];
  /** Weights that write into it, and weights that read from it. */
  readonly writers: readonly string[];
  readonly readers: readonly string[];
  /** True where it has to stay as it is: it is a door, or its channels are not apart. */
  readonly fixed: boolean;
}

/** The spaces of a flattened graph. */
export function channelSpaces(graph: NirGraph): readonly ChannelSpace[] {
  const sets = new Sides();
  for (const [name, node] of graph.nodes()) {
    if (!hasWeight(node)) sets.join(`${name} out`, `${name} in`);
    for (const next of graph.successors(name)) sets.join(`${name} out`, `${next} in`);
  }
  return sets.groups().map((sides) => spaceOf(graph, sides));
}

function spaceOf(graph: NirGraph, sides: readonly string[]): ChannelSpace {
  const nodes: string[] = [];
  const [writers, readers]: [string[], string[]] = [[], []];
  for (const side of sides) {
    const name = side.slice(0, side.lastIndexOf(" "));
    if (!hasWeight(graph.node(name))) nodes.push(name);
    else if (side.endsWith(" out")) writers.push(name);
    else readers.push(name);
  }
  const types = graph.types();
  const shapes = [
    ...writers.map((name) => types.outputShape(name) ?? []),
    ...[...new Set(nodes)].flatMap((name) => [types.inputShape(name) ?? [], types.outputShape(name) ?? []]),
  ];
  const images = shapes.filter((shape) => shape.length > 1);
  const channels = (images[0] ?? shapes[0])?.[0] ?? 1;
  const even = shapes.every((shape) =>
    shape.length > 1 ? shape[0] === channels : sizeOf(shape) % channels === 0,
  );
  return {
    channels,
    nodes: [...new Set(nodes)],
    writers,
    readers,
    fixed: !even || [...nodes, ...writers, ...readers].some((name) => isFixed(graph, name)),
  };
}

/** Doors, grouped convolutions, stacked matrices and Flatten from another axis keep their channels. */
function isFixed(graph: NirGraph, name: string): boolean {
  const node = graph.node(name);
  switch (node.type) {
    case "Input":
    case "Output":
      return true;
    case "Conv1d":
    case "Conv2d":
      return "groups" in node && node.groups !== 1;
    case "Affine":
    case "Linear":
      return "weight" in node && (node.weight as { readonly shape: Shape }).shape.length !== 2;
    case "Flatten":
      return "startDim" in node && node.startDim !== 0;
    default:
      return node.type.includes(":");
  }
}

/** Sets of sides that grow together. */
class Sides {
  readonly #parents = new Map<string, string>();

  join(a: string, b: string): void {
    const [x, y] = [this.#root(a), this.#root(b)];
    if (x !== y) this.#parents.set(y, x);
  }

  #root(side: string): string {
    const parent = this.#parents.get(side);
    if (parent === undefined) this.#parents.set(side, side);
    if (parent === undefined || parent === side) return side;
    const root = this.#root(parent);
    this.#parents.set(side, root);
    return root;
  }

  groups(): readonly (readonly string[])[] {
    const found = new Map<string, string[]>();
    for (const side of this.#parents.keys()) {
      const root = this.#root(side);
      found.set(root, [...(found.get(root) ?? []), side]);
    }
    return [...found.values()];
  }
}
