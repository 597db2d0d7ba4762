/** What `--membrane` names: a width, or a grid of `@nirkit/quantize-membrane`. */
import type { DriverOptions, MembraneScheme } from "@nirkit/quantize";
import { usageError } from "../usage-error.ts";

const expected = "Give 2 to 32 bits, im-snn, im-snn:LOWEST (-1 or below), or mint:BITS (2 to 16)";

/** Widest membrane that a grid is made for; wider ones are plain states. */
const widestGrid = 16;

/**
 * `8` stores eight bits, `im-snn:-3` the levels -3 to 1 in units of the threshold, `mint:8` eight bits in the LSB of the
 * weights. More than 16 bits are the width of the state itself.
 *
 * @param flag the flag, for wrong usage
 * @throws UsageError `E_USAGE`
 */
export async function membraneOf(
  word: string,
  flag: string,
): Promise<Pick<DriverOptions, "membrane" | "stateBits">> {
  const [kind = "", value, ...rest] = word.split(":");
  if (rest.length > 0) throw usageError(flag, `"${word}" is no membrane`, expected);
  if (value === undefined && /^\d+$/.test(kind)) {
    const bits = Number(kind);
    if (bits < 2 || bits > 32) throw usageError(flag, `A membrane of ${kind} bits is not possible`, expected);
    return bits > widestGrid ? { stateBits: bits } : { membrane: bits };
  }
  const number = value === undefined ? undefined : Number(value);
  const whole = number === undefined || (value !== "" && Number.isInteger(number));
  if (kind === "im-snn" && whole && (number ?? -1) < 0) return { membrane: await imSnn(number) };
  if (kind === "mint" && whole && number !== undefined && number >= 2 && number <= widestGrid) {
    const { mintMembrane } = await import("@nirkit/quantize-membrane");
    return { membrane: mintMembrane(number) };
  }
  throw usageError(flag, `"${word}" is no membrane`, expected);
}

async function imSnn(lowest: number | undefined): Promise<MembraneScheme> {
  const { imSnnMembrane } = await import("@nirkit/quantize-membrane");
  return imSnnMembrane(lowest === undefined ? {} : { lowest });
}
