/**
 * Codes of `@nirkit/graph`: everything that can be said about a NIR graph, its file and its schedule.
 * The reader of files speaks with the same table.
 */
import { type DiagnosticFactory, type DiagnosticText, defineDiagnostics } from "./diagnostics-core.ts";
import type { Shape } from "./tensor.ts";

/** A sentence about what is wrong and what to do, for codes whose words depend on the place alone. */
interface Said {
  readonly message: string;
  readonly hint?: string | undefined;
}
const said = ({ message, hint }: Said): DiagnosticText => ({ message, hint });

/** What was found and what was expected. */
interface Found {
  readonly found: string;
  readonly expected: string;
  readonly hint?: string | undefined;
}
const found =
  (mend: (expected: string) => string) =>
  ({ found, expected, hint }: Found): DiagnosticText => ({
    message: `Found ${found}, expected ${expected}`,
    hint: hint ?? mend(expected),
  });

const shape = (s: Shape): string => `[${s.join(", ")}]`;
const listed = (names: readonly string[], max = 10): string =>
  names.length === 0
    ? "none"
    : names.slice(0, max).join(", ") + (names.length > max ? ` and ${names.length - max} more` : "");

/** What each code's words are made of. */
export interface GraphDetails {
  readonly E_NOT_HDF5: Said;
  readonly E_HDF5_CORRUPT: Said;
  readonly E_NO_ROOT_NODE: Said;
  readonly E_BAD_LAYOUT: Said;
  readonly E_EXTERNAL_LINK: Said;
  readonly E_LEGACY_LAYOUT: Said;
  readonly E_TOO_LARGE: { bytes: number; limit: number };
  readonly E_MISSING_TYPE: { hint?: string | undefined };
  readonly E_UNKNOWN_TYPE: { type: string; known: readonly string[]; nearest?: string | undefined };
  readonly E_MISSING_PARAM: { param: string; type: string };
  readonly W_VERSION: Said;
  readonly W_RESET_AMBIGUOUS: { version?: string | undefined };
  readonly W_METADATA: Said;
  readonly W_UNKNOWN_PARAM: { param: string; type: string };
  readonly W_DEFAULTED_PARAM: { param: string; value: string };
  readonly W_ROOT_NOT_GRAPH: { type: string };
  readonly W_PYTHON_CANNOT_READ: Said;
  readonly W_TIME_UNIT: { tau: number; dt: number };
  readonly E_BAD_DTYPE: Found;
  readonly E_BAD_SHAPE: Found;
  readonly E_BAD_VALUE: Found;
  readonly E_NON_FINITE: { value: string; index: readonly number[]; count: number };
  readonly W_NON_FINITE: { value: string; index: readonly number[]; count: number };
  readonly W_TAU_NOT_POSITIVE: { value: number; index: readonly number[] };
  readonly W_THRESHOLD_LE_RESET: { threshold: number; reset: number; index: readonly number[] };
  readonly W_SAME_STRIDE: { stride: readonly number[] };
  readonly E_BAD_NAME: { name: string; why: string };
  readonly E_UNKNOWN_NODE: { name: string; known: readonly string[] };
  readonly E_DUPLICATE_NODE: { name: string };
  readonly E_DANGLING_EDGE: {
    source: string;
    target: string;
    missing: readonly string[];
    hint?: string | undefined;
  };
  readonly E_TYPE_MISMATCH: {
    source: string;
    target: string;
    gives: Shape;
    takes: string;
    hint?: string | undefined;
  };
  readonly E_UNTYPED: { nodes: readonly string[] };
  readonly E_AMBIGUOUS_PORT: { source: string; target: string; ports: readonly string[]; side: "in" | "out" };
  readonly W_BROADCAST: { from: Shape; to: Shape; params: readonly string[] };
  readonly W_DUPLICATE_EDGE: { source: string; target: string; first: number };
  readonly W_EDGE_INTO_INPUT: { source: string; target: string };
  readonly W_EDGE_FROM_OUTPUT: { source: string; target: string };
  readonly W_UNREACHABLE: { name: string };
  readonly W_ALGEBRAIC_LOOP: { nodes: readonly string[] };
  readonly W_EXTENSION: { type: string };
  readonly E_NOT_LOWERED: { name: string; type: string; why: readonly string[] };
  readonly E_ALGEBRAIC_LOOP: { nodes: readonly string[] };
  readonly W_IRREDUCIBLE_LOOP: { nodes: readonly string[]; cut: string };
  readonly E_DT_MISSING: { usual?: number | undefined };
  readonly W_DELAY_ROUNDED: { delay: number; dt: number; steps: number; index: readonly number[] };
  readonly E_BAD_JSON: { why: string };
  readonly E_BAD_PIPELINE: { text: string; at: number; why: string };
  readonly E_UNKNOWN_PASS: { name: string; known: readonly string[] };
  readonly E_BAD_OPTION: { pass: string; why: string };
  readonly H_TIME_AXIS: { node: string; shape: Shape; takes: string };
  readonly H_BATCH_AXIS: { node: string; why: string; mend: string };
  readonly H_TRANSPOSED_WEIGHT: { node: string; shape: Shape };
  readonly H_SQUEEZE_ONES: { gives: Shape; takes: Shape };
  readonly H_RENAMED_NODE: { name: string; nearest: string };
}

type Table = { readonly [C in keyof GraphDetails]: (detail: GraphDetails[C]) => DiagnosticText };

const table: Table = {
  E_NOT_HDF5: said,
  E_HDF5_CORRUPT: said,
  E_NO_ROOT_NODE: said,
  E_BAD_LAYOUT: said,
  E_EXTERNAL_LINK: said,
  E_LEGACY_LAYOUT: said,
  E_TOO_LARGE: (d) => ({
    message: `Declares ${d.bytes} bytes, the limit is ${d.limit}`,
    hint: "Raise the limit (maxBytes) if the file is trusted",
  }),
  E_MISSING_TYPE: (d) => ({
    message: "The node has no type",
    hint: d.hint ?? "Every node needs a string dataset named type",
  }),
  E_UNKNOWN_TYPE: (d) => ({
    message: `Type "${d.type}" is not a NIR primitive`,
    hint:
      d.nearest === undefined
        ? `The types are ${d.known.join(", ")}`
        : `Write "${d.nearest}"; the types are ${d.known.join(", ")}`,
  }),
  E_MISSING_PARAM: (d) => ({
    message: `${d.type} needs ${d.param}, which is missing`,
    hint: `Write ${d.param} with the node`,
  }),
  W_VERSION: said,
  W_RESET_AMBIGUOUS: (d) => ({
    message: `v_reset is missing and taken as 0${d.version === undefined ? "" : ` (file version ${d.version})`}`,
    hint: "Before NIR 1.0.6 a spike subtracted the threshold: choose the reset (value or subtract) the network was trained with",
  }),
  W_METADATA: said,
  W_UNKNOWN_PARAM: (d) => ({
    message: `${d.type} has no parameter ${d.param}; it is not used`,
    hint: "The Python reference refuses a node with extra datasets; put extra values into the metadata",
  }),
  W_DEFAULTED_PARAM: (d) => ({
    message: `${d.param} is missing and taken as ${d.value}`,
  }),
  W_ROOT_NOT_GRAPH: (d) => ({
    message: `The root node is a bare ${d.type}; it is wrapped with an Input and an Output`,
    hint: "The Python reference cannot read this file; write it again to make it a graph",
  }),
  W_PYTHON_CANNOT_READ: said,
  W_TIME_UNIT: (d) => ({
    message: `tau ${d.tau} against dt ${d.dt} suggests different time units`,
    hint: "dt counts in the unit of tau: seconds in most files, steps in files of Sinabs and Spyx (dt 1)",
  }),

  E_BAD_DTYPE: found((expected) => `Export it as ${expected}`),
  E_BAD_SHAPE: found((expected) => `Export it with ${expected}`),
  E_BAD_VALUE: found(() => "Correct the value where the network was made, and export again"),
  E_NON_FINITE: (d) => ({
    message: `${d.count === 1 ? "One value is" : `${d.count} values are`} not finite, the first is ${d.value} at [${d.index.join(", ")}]`,
    hint: "Training diverged or a division by zero was exported: export again from a finite checkpoint",
  }),
  W_NON_FINITE: (d) => ({
    message: `${d.count === 1 ? "One value is" : `${d.count} values are`} not finite, the first is ${d.value} at [${d.index.join(", ")}]`,
  }),
  W_TAU_NOT_POSITIVE: (d) => ({
    message: `Time constant ${d.value} at [${d.index.join(", ")}] is not positive: the neuron is unstable`,
    hint: "A simulator may still run it; check the exporter's unit and sign",
  }),
  W_THRESHOLD_LE_RESET: (d) => ({
    message: `v_threshold ${d.threshold} is not above v_reset ${d.reset} at [${d.index.join(", ")}]: the neuron fires in every step`,
    hint: "The two look swapped",
  }),
  W_SAME_STRIDE: (d) => ({
    message: `Padding "same" with stride ${shape(d.stride)} is undefined; the size is taken as the input's`,
    hint: "Write the padding as numbers; a simulator refuses this node",
  }),
  E_BAD_NAME: (d) => ({
    message: `"${d.name}" cannot name a node: ${d.why}`,
    hint: 'A name is any text without "/" and NUL, not empty and not "."',
  }),

  E_UNKNOWN_NODE: (d) => ({
    message: `There is no node "${d.name}"`,
    hint: `The graph has ${listed(d.known)}`,
  }),
  E_DUPLICATE_NODE: (d) => ({
    message: `There already is a node "${d.name}"`,
    hint: "Names are unique within a graph",
  }),
  E_DANGLING_EDGE: (d) => ({
    message: `Edge "${d.source}" to "${d.target}": there is no node ${d.missing.map((n) => `"${n}"`).join(" and none ")}`,
    hint: d.hint ?? "Add the node, drop the edge, or lead it to a node of this graph",
  }),
  E_TYPE_MISMATCH: (d) => ({
    message: `"${d.target}" takes ${d.takes}, but "${d.source}" gives ${shape(d.gives)}`,
    hint: d.hint ?? "Change one of the two, so that the shapes are equal axis by axis",
  }),
  E_UNTYPED: (d) => ({
    message:
      d.nodes.length === 1
        ? `The shape of "${d.nodes[0]}" does not follow from its parameters or neighbors`
        : `The shapes of ${listed(d.nodes)} do not follow from parameters or neighbors`,
    hint: "Give the shape of an Input before it (or an Output after it)",
  }),
  E_AMBIGUOUS_PORT: (d) => ({
    message:
      d.side === "in"
        ? `Edge "${d.source}" to "${d.target}" does not say which Input it feeds (${listed(d.ports)})`
        : `Edge "${d.source}" to "${d.target}" does not say which Output it reads (${listed(d.ports)})`,
    hint: "An edge finds a port of a subgraph when exactly one has the matching shape; flatten the subgraph or give it one port",
  }),
  W_BROADCAST: (d) => ({
    message: `${d.params.join(", ")} of shape ${shape(d.from)} ${d.params.length === 1 ? "is" : "are"} used for all neurons of ${shape(d.to)}`,
    hint: "Other readers may refuse the node; writing the file again expands the parameters",
  }),
  W_DUPLICATE_EDGE: (d) => ({
    message: `Edge "${d.source}" to "${d.target}" repeats edge ${d.first}; it counts once`,
    hint: "The pass dedupe-edges drops the copies",
  }),
  W_EDGE_INTO_INPUT: (d) => ({
    message: `Edge "${d.source}" to "${d.target}" ends in an Input`,
    hint: "Its value is added to what comes in from outside",
  }),
  W_EDGE_FROM_OUTPUT: (d) => ({
    message: `Edge "${d.source}" to "${d.target}" starts at an Output`,
    hint: "It carries the sum that the Output gives to the outside",
  }),
  W_UNREACHABLE: (d) => ({
    message: `No Input reaches "${d.name}"`,
    hint: "The pass remove-dead-nodes drops nodes without effect on an Output",
  }),
  W_ALGEBRAIC_LOOP: (d) => ({
    message: `The loop ${[...d.nodes, d.nodes[0]].join(" -> ")} has no neuron and no Delay: it cannot be executed`,
    hint: "Put a Delay of at least one step, or a neuron, into the loop",
  }),
  W_EXTENSION: (d) => ({
    message: `Type "${d.type}" is an extension: other readers cannot open this graph`,
    hint: "Lower the extension to plain nodes before handing the graph on",
  }),
  E_NOT_LOWERED: (d) => ({
    message: `"${d.name}" of type ${d.type} cannot be written with plain NIR nodes${d.why.length === 0 ? "" : `: ${d.why.join("; ")}`}`,
    hint: "Keep the extension where it is understood, or change what surrounds the node as said",
  }),
  E_ALGEBRAIC_LOOP: (d) => ({
    message: `The loop ${[...d.nodes, d.nodes[0]].join(" -> ")} has no neuron and no Delay of at least one step`,
    hint: "Put a neuron, or a Delay of at least one step, into the loop",
  }),
  W_IRREDUCIBLE_LOOP: (d) => ({
    message: `The loop through ${listed(d.nodes)} has several entries; the edges into "${d.cut}" deliver the value of the previous step`,
    hint: "Enter the loop at one node, or put a Delay where the loop should be cut",
  }),
  E_DT_MISSING: (d) => ({
    message: "No time step is given",
    hint: `Pass dt in the unit of tau and delay${d.usual === undefined ? "" : `, usually ${d.usual}`}`,
  }),
  W_DELAY_ROUNDED: (d) => ({
    message: `Delay ${d.delay} at [${d.index.join(", ")}] is ${d.delay / d.dt} steps of ${d.dt} and becomes ${d.steps}`,
    hint: "Choose a dt that divides the delays",
  }),

  E_BAD_JSON: (d) => ({ message: `Not a nirkit graph in JSON: ${d.why}` }),
  E_BAD_PIPELINE: (d) => ({
    message: `At position ${d.at} of "${d.text}": ${d.why}`,
  }),
  E_UNKNOWN_PASS: (d) => ({
    message: `There is no pass "${d.name}"`,
    hint: `The passes are ${listed(d.known, 40)}`,
  }),
  E_BAD_OPTION: (d) => ({ message: `${d.pass}: ${d.why}` }),
  H_TIME_AXIS: (d) => ({
    message: `Shape ${shape(d.shape)} of "${d.node}" has a leading axis of ${d.shape[0]} that looks like time`,
    hint: `NIR shapes have no time axis: make it ${d.takes}`,
  }),
  H_BATCH_AXIS: (d) => ({
    message: `"${d.node}" ${d.why}`,
    hint: d.mend,
  }),
  H_TRANSPOSED_WEIGHT: (d) => ({
    message: `The weight ${shape(d.shape)} of "${d.node}" fits when transposed`,
    hint: "NIR weights are [out, in]; the exporter may have written [in, out]",
  }),
  H_SQUEEZE_ONES: (d) => ({
    message: `${shape(d.gives)} and ${shape(d.takes)} differ only by axes of size 1`,
    hint: "Drop the axes of size 1 on one side",
  }),
  H_RENAMED_NODE: (d) => ({
    message: `"${d.name}" may mean the node "${d.nearest}"`,
    hint: `Rename the end of the edge to "${d.nearest}"`,
  }),
};

/** Makes a diagnostic of this package's table: `graphDiagnostic("E_UNKNOWN_NODE", "nodes.fc", { name: "fc", known: [] })`. */
export const graphDiagnostic: DiagnosticFactory<Table> = defineDiagnostics(table);
