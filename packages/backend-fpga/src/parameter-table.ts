/** The memories of one layer: weights always, parameters only where they differ between neurons. */
import { packWords, padRows } from "./memory-image.ts";
import type { ConvPlan, MemoryForm, MemoryPlan, MemoryRole } from "./plan-types.ts";
import { sparseImages } from "./sparse-images.ts";
import { chooseRows, denseRows, type RowsPlan, type RowsRequest, wordMap } from "./sparse-rows.ts";
import { type CodingRequest, chooseCode, encodeWeight, type WeightCoding } from "./weight-code.ts";
import type { WeightMatrix } from "./weight-matrix.ts";

const suffixes: Readonly<Record<MemoryRole, string>> = {
  weights: "w",
  recurrent: "r",
  rowMask: "mask",
  rowStart: "row",
  theta: "th",
  sub: "sub",
  vReset: "vr",
  bias: "bias",
  leak: "leak",
  synLeak: "sleak",
  delay: "delay",
};

/** What a table is about. */
export interface TableLayer {
  readonly name: string;
  readonly neurons: number;
  readonly lanes: number;
  readonly conv: ConvPlan | null;
  /** Images are loaded: common values that change with the weights have a memory too. */
  readonly isLoadable: boolean;
}

/** Parameters that are folded with the scale of the weights. */
const scaledRoles: readonly MemoryRole[] = ["theta", "sub", "bias"];

/** Collects the memories of a layer. */
export class ParameterTable {
  readonly memories: MemoryPlan[] = [];
  readonly #layer: TableLayer;
  /** Every parameter of a map is the same at all positions of a channel. */
  readonly #perChannel: boolean;

  /** @param parameters all arrays that {@link parameter} will be asked for: one word layout holds for all */
  constructor(layer: TableLayer, parameters: readonly ArrayLike<number>[]) {
    this.#layer = layer;
    const { conv } = layer;
    this.#perChannel = conv !== null && parameters.every((values) => isPerChannel(values, conv));
  }

  /** Words of a parameter that differs between neurons. */
  get parameterWords(): number {
    const { neurons, lanes, conv } = this.#layer;
    if (conv === null) return Math.ceil(neurons / lanes);
    const channels = conv.outShape[0] / conv.groups;
    const positions = this.#perChannel ? 1 : conv.outShape[1] * conv.outShape[2];
    return positions * conv.groups * Math.ceil(channels / lanes);
  }

  /** Stores a weight matrix in the narrowest code that holds it, and its rows as asked for; returns both. */
  weights(
    role: "weights" | "recurrent",
    { rows, rowLength }: WeightMatrix,
    request: CodingRequest & { readonly rows?: RowsRequest; readonly arc?: number },
  ): WeightCoding & { readonly rows: RowsPlan } {
    const { lanes } = this.#layer;
    const coding = chooseCode(rows, request);
    const padded = padRows(rows, rowLength, lanes, 0);
    const map = wordMap(padded, lanes, Math.ceil(rowLength / lanes));
    const chosen =
      request.rows === undefined ? denseRows : chooseRows(map, request.rows, lanes * coding.bits);
    const { code, bits: laneBits, slots } = coding;
    const layout = slots === undefined ? {} : { slots };
    const signed = code === "integer";
    const patterns = padded.map((w) => encodeWeight(w, coding));
    const words = packWords(patterns, { lanes, laneBits, signed });
    const { weights, ...tables } = sparseImages({ words, width: lanes * laneBits }, map, chosen);
    const arc = request.arc === undefined ? {} : { arc: request.arc };
    this.#keep({ role, ...arc, laneBits, signed, code, ...layout, width: weights.width }, weights.words);
    for (const table of ["rowMask", "rowStart"] as const) {
      const { width, words } = tables[table] ?? { width: 0, words: [] };
      if (width > 0)
        this.#keep({ role: table, laneBits: width, signed: false, code: "integer", width }, words);
    }
    return { ...coding, rows: chosen };
  }

  /** The common value, or null after storing one word of lanes per state word or per word of channels. */
  parameter(role: MemoryRole, values: ArrayLike<number>, bits: number, padding: number): number | null {
    const first = values[0] ?? 0;
    const { neurons, conv, isLoadable } = this.#layer;
    const isCommon = Array.prototype.every.call(values, (value) => value === first);
    if (isCommon && !(isLoadable && scaledRoles.includes(role))) return first;
    const all = isCommon ? new Float64Array(neurons).fill(first) : values;
    const rowLength = conv === null ? neurons : conv.outShape[0] / conv.groups;
    const ordered = conv === null ? all : inSweepOrder(all, conv, this.#perChannel);
    this.#store(role, ordered, { code: "integer", bits, padding, rowLength });
    return null;
  }

  #store(
    role: MemoryRole,
    values: ArrayLike<number>,
    form: WeightCoding & { readonly padding: number; readonly rowLength: number },
  ): void {
    const { lanes } = this.#layer;
    const { code, bits: laneBits, padding, rowLength } = form;
    const signed = code === "integer" && role !== "delay";
    const words = packWords(padRows(values, rowLength, lanes, padding), { lanes, laneBits, signed });
    this.#keep({ role, laneBits, signed, code, width: lanes * laneBits }, words);
  }

  #keep(form: Omit<MemoryForm, "file" | "depth">, words: readonly string[]): void {
    const file = `${this.#layer.name}_${suffixes[form.role]}${form.arc ?? ""}.mem`;
    this.memories.push({ ...form, file, depth: words.length, words });
  }
}

function isPerChannel(values: ArrayLike<number>, conv: ConvPlan): boolean {
  if (values.length === 1) return true;
  const positions = conv.outShape[1] * conv.outShape[2];
  for (let i = 0; i < values.length; i++) if (values[i] !== values[i - (i % positions)]) return false;
  return true;
}

/** From `[C, Y, X]` to the order of the sweep, `[Y, X, C]`, or to `[C]` where the positions are the same. */
function inSweepOrder(values: ArrayLike<number>, conv: ConvPlan, perChannel: boolean): Float64Array {
  const [channels, height, width] = conv.outShape;
  const positions = height * width;
  const ordered = new Float64Array(perChannel ? channels : values.length);
  for (let p = 0; p < (perChannel ? 1 : positions); p++)
    for (let c = 0; c < channels; c++) ordered[p * channels + c] = values[c * positions + p] as number;
  return ordered;
}
