/** `--node PATTERN=WHAT`: what differs for some nodes. */
import type { QuantizeOverride } from "@nirkit/quantize";
import { type AnyQuantizer, loadPlugin } from "../plugin.ts";
import { splitScheme } from "../plugin-flags.ts";
import { looseValue } from "../schema-flags.ts";
import { usageError } from "../usage-error.ts";
import { membraneOf } from "./membrane-word.ts";

const form =
  "Write PATTERN=WHAT with + between the parts of WHAT: SCHEME:BITS, KEY=VALUE of a scheme, membrane=HOW, state-bits=N, frac-bits=N";

interface Parts {
  quantizer?: AnyQuantizer;
  membrane?: NonNullable<QuantizeOverride<unknown>["membrane"]>;
  stateBits?: number;
  fracBits?: number;
  readonly params: Record<string, unknown>;
}

/**
 * Overrides of the driver, in the order given: later ones win.
 *
 * @param scheme the scheme of the run, whose parameters a WHAT without a scheme sets
 * @param folder where names of schemes are looked up
 * @throws UsageError `E_USAGE`, and what the lookup of a scheme throws
 * @example `conv*=uniform:8+axis=0`, `fc1=bits=4`, `lif*=membrane=8`
 */
export async function nodeOverrides(
  texts: readonly string[],
  scheme: AnyQuantizer,
  folder: string,
): Promise<readonly QuantizeOverride<unknown>[]> {
  const found: QuantizeOverride<unknown>[] = [];
  for (const text of texts) found.push(await overrideOf(text, scheme, folder));
  return found;
}

async function overrideOf(
  text: string,
  scheme: AnyQuantizer,
  folder: string,
): Promise<QuantizeOverride<unknown>> {
  const at = text.indexOf("=");
  const [nodes, what] = at < 0 ? ["", ""] : [text.slice(0, at), text.slice(at + 1)];
  if (nodes === "" || what === "") throw usageError(`--node ${text}`, "Has no form PATTERN=WHAT", form);
  const parts: Parts = { params: {} };
  for (const word of what.split("+")) await take(parts, word, text, folder);
  assertKnown(parts, scheme, text);
  const { params, ...rest } = parts;
  return { nodes, ...rest, ...(Object.keys(params).length === 0 ? {} : { params }) };
}

async function take(parts: Parts, word: string, text: string, folder: string): Promise<void> {
  const flag = `--node ${text}`;
  const at = word.indexOf("=");
  if (at < 0) {
    const [name, bits] = splitScheme(word);
    if (name === "" || parts.quantizer !== undefined) throw usageError(flag, `Cannot read "${word}"`, form);
    parts.quantizer = await loadPlugin("quantize", name, folder);
    if (bits !== undefined) parts.params.bits = Number(bits);
    return;
  }
  const [key, value] = [word.slice(0, at), word.slice(at + 1)];
  if (key === "membrane") Object.assign(parts, await membraneOf(value, flag));
  else if (key === "state-bits") parts.stateBits = wholeNumber(value, 2, 32, flag, key);
  else if (key === "frac-bits") parts.fracBits = wholeNumber(value, 0, 24, flag, key);
  else
    parts.params[key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())] = looseValue(value);
}

function wholeNumber(text: string, least: number, most: number, flag: string, key: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw usageError(flag, `${key} has to be a whole number from ${least} to ${most}`, form);
  return value;
}

/** A parameter that the scheme does not have is a slip, and would be left out without a word. */
function assertKnown({ params, quantizer }: Parts, scheme: AnyQuantizer, text: string): void {
  const chosen = quantizer ?? scheme;
  const parsed = chosen.params.safeParse({});
  const known = parsed.success ? Object.keys(parsed.data as object) : [];
  const strange = Object.keys(params).find(
    (key) => !known.includes(key) && !(key === "bits" && fixed(chosen, params)),
  );
  if (parsed.success && strange !== undefined)
    throw usageError(
      `--node ${text}`,
      `Scheme ${chosen.scheme} has no parameter ${strange}`,
      `It has ${known.join(", ")}; nodes also take membrane, state-bits, frac-bits`,
    );
}

/** `ternary:2` says a width that the scheme has anyway. */
function fixed(quantizer: AnyQuantizer, { bits }: Readonly<Record<string, unknown>>): boolean {
  return quantizer.bits(quantizer.params.parse({})) === bits;
}
