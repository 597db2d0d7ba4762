/** Toggles of every variable of a value change dump (IEEE 1364-2005, 18.2), read piece by piece. */

/** One variable of the dump and how often its bits changed between 0 and 1. */
export interface VcdVariable {
  /** As declared, without a leading backslash: of scope `dut` alone, `u_l1.a_new`. */
  readonly name: string;
  /** Number of the lowest bit. */
  readonly low: number;
  /** Per bit, the lowest first. A change from or to x or z is none. */
  readonly toggles: Float64Array;
}

interface Signal {
  readonly toggles: Float64Array;
  last: string;
}

/** Takes a dump in pieces of any size; what is kept grows with the variables, not with the dump. */
class VcdReader {
  readonly #variables: VcdVariable[] = [];
  readonly #signals = new Map<string, Signal>();
  #rest = "";
  #isHeader = true;

  /** The next characters of the dump. */
  write(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() as string;
    for (const line of lines) this.#line(line.trimEnd());
  }

  /** Everything that was declared, after the last piece. */
  end(): readonly VcdVariable[] {
    if (this.#rest !== "") this.#line(this.#rest.trimEnd());
    this.#rest = "";
    return this.#variables;
  }

  #line(line: string): void {
    if (this.#isHeader) this.#declare(line);
    else if (line.startsWith("b")) {
      const space = line.indexOf(" ");
      this.#change(line.slice(space + 1), line.slice(1, space));
    } else if (/^[01xzXZ]/.test(line)) this.#change(line.slice(1), line.slice(0, 1));
  }

  #declare(line: string): void {
    if (line.startsWith("$enddefinitions")) this.#isHeader = false;
    const declared = /^\$var \S+ (\d+) (\S+) \\?(\S+)\s*(?:\[(\d+)(?::(\d+))?\] )?\$end/.exec(line);
    if (declared === null) return;
    const [, width = "1", code = "", name = "", high, low = high] = declared;
    const known = this.#signals.get(code);
    const toggles = known?.toggles ?? new Float64Array(Number(width));
    if (known === undefined) this.#signals.set(code, { toggles, last: "x".repeat(Number(width)) });
    this.#variables.push({ name, low: Number(low ?? 0), toggles });
  }

  #change(code: string, value: string): void {
    const signal = this.#signals.get(code);
    if (signal === undefined) return;
    const { toggles, last } = signal;
    const width = toggles.length;
    // Leading digits that the dump leaves out are 0, or x and z where the first one is.
    const fill = value[0] === "1" ? "0" : (value[0] ?? "x");
    const bits = value.padStart(width, fill);
    for (let k = 0; k < width; k++) {
      const [a, b] = [last[k], bits[k]];
      if ((a === "0" && b === "1") || (a === "1" && b === "0"))
        toggles[width - 1 - k] = (toggles[width - 1 - k] as number) + 1;
    }
    signal.last = bits;
  }
}

/**
 * Toggles of a whole dump.
 *
 * @param pieces UTF-8 or ASCII text in pieces of any size
 */
export async function readVcdToggles(
  pieces: Iterable<string> | AsyncIterable<string>,
): Promise<readonly VcdVariable[]> {
  const reader = new VcdReader();
  for await (const piece of pieces) reader.write(piece);
  return reader.end();
}
