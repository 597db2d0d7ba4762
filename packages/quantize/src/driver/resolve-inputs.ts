/** The integer form of every Input: given, annotated, or seen in the calibration samples. */
import { type NirGraph, NirkitError, type Sample } from "@nirkit/graph";
import { splitFloat } from "@nirkit/integer";
import { readInput } from "../annotation/decode.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { QuantizedInput } from "../quantized-view.ts";
import { inputForms } from "./calibration.ts";
import type { DriverOptions } from "./options.ts";
import type { ScaleGroup } from "./projections.ts";

/** Integer forms by name of the Input, and which of them calibration chose. */
export interface ResolvedInputs {
  readonly forms: ReadonlyMap<string, QuantizedInput>;
  readonly chosen: readonly string[];
}

/**
 * Resolves the inputs of a graph.
 *
 * @throws E_INPUT_ANNOTATION, E_INPUT_NOT_INTEGER, E_NO_CALIBRATION
 */
export function resolveInputs(
  graph: NirGraph,
  options: DriverOptions,
  samples: readonly Sample[],
): ResolvedInputs {
  const known = new Map<string, QuantizedInput>();
  const names: string[] = [];
  for (const [name, node] of graph.nodes()) {
    if (node.type !== "Input") continue;
    names.push(name);
    const form = options.inputs?.get(name) ?? readInput(node, `nodes.${name}`);
    if (form !== undefined) known.set(name, checkInput(name, form));
  }
  for (const name of options.inputs?.keys() ?? [])
    if (!names.includes(name))
      throw new NirkitError([
        quantizeDiagnostic("E_INPUT_ANNOTATION", "options.inputs", {
          name,
          why: `is no Input node; there is ${names.join(", ")}`,
        }),
      ]);
  const forms = inputForms(names, known, samples, options.inputBits);
  return { forms, chosen: [...forms.keys()].filter((name) => !known.has(name)) };
}

/**
 * Rounds chosen scales up to powers of two where an input meets other projections in one population: all of them must
 * count in one unit.
 *
 * @returns undefined where nothing has to change
 */
export function alignInputs(
  inputs: ResolvedInputs,
  groups: readonly ScaleGroup[],
): ReadonlyMap<string, QuantizedInput> | undefined {
  const odd = groups.some(({ weights }) => {
    const units = weights.map((use) => use.inputUnit);
    return units.some((unit) => splitFloat(unit / (units[0] ?? 1)).mantissa !== 1);
  });
  if (!odd || inputs.chosen.length === 0) return undefined;
  const forms = new Map(inputs.forms);
  for (const name of inputs.chosen) {
    const form = forms.get(name);
    if (form === undefined) continue;
    const { mantissa, exponent } = splitFloat(form.scale);
    forms.set(name, { ...form, scale: 2 ** (mantissa === 1 ? exponent : exponent + 1) });
  }
  return forms;
}

function checkInput(name: string, form: QuantizedInput): QuantizedInput {
  const bitsFit = Number.isInteger(form.bits) && form.bits >= 1 && form.bits <= 16;
  if (bitsFit && form.scale > 0 && Number.isFinite(form.scale))
    return { ...form, scale: Math.fround(form.scale) };
  throw new NirkitError([
    quantizeDiagnostic("E_INPUT_ANNOTATION", `nodes.${name}`, {
      name,
      why: `has ${form.bits} bits and scale ${form.scale}; 1 to 16 bits and a positive scale were expected`,
    }),
  ]);
}
