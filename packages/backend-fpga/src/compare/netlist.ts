/** A flat netlist as Yosys writes it with `write_json`: which bit is driven by what, and how often it is read. */
import * as z from "zod";

const bits = z.array(z.union([z.number(), z.string()]));
const netlistSchema = z.object({
  modules: z.record(
    z.string(),
    z.object({
      ports: z.record(z.string(), z.object({ direction: z.string(), bits })),
      cells: z.record(
        z.string(),
        z.object({
          type: z.string(),
          port_directions: z.record(z.string(), z.string()).optional(),
          connections: z.record(z.string(), bits),
        }),
      ),
      netnames: z.record(z.string(), z.object({ bits, offset: z.number().optional() })),
    }),
  ),
});

/** One net of a bit. */
export interface Net {
  /** Every name it has, with its bit. */
  readonly names: string[];
  /** Type of the cell that drives it; undefined for an input of the design. */
  driver: string | undefined;
  /** Pins of cells and outputs of the design that read it. */
  fanOut: number;
  /** Reads it as a clock. */
  isClock: boolean;
}

/** A netlist: nets by number, and numbers by name and place. */
export interface Netlist {
  readonly nets: ReadonlyMap<number, Net>;
  /** Bits of a name, the lowest first; a string is a constant. */
  readonly bitsOf: ReadonlyMap<string, readonly (number | string)[]>;
  readonly cells: ReadonlyMap<string, number>;
}

/** Outputs of the cells whose directions a netlist without a library does not say. */
const outputPins = new Set(["O", "CO", "Q", "RDATA", "O5", "O6"]);
const clockPins = new Set(["C", "CLK", "RCLK", "WCLK", "WCLK0"]);

/** Reads the one module `top` of a netlist. */
export function readNetlist(json: string, top: string): Netlist {
  const { modules } = netlistSchema.parse(JSON.parse(json));
  const module = modules[top];
  if (module === undefined) throw new RangeError(`no module ${top} in the netlist`);
  const nets = new Map<number, Net>();
  const netOf = (bit: number): Net => {
    const known = nets.get(bit);
    if (known !== undefined) return known;
    const made: Net = { names: [], driver: undefined, fanOut: 0, isClock: false };
    nets.set(bit, made);
    return made;
  };
  const cells = new Map<string, number>();
  for (const { type, connections, port_directions: directions } of Object.values(module.cells)) {
    cells.set(type, (cells.get(type) ?? 0) + 1);
    for (const [pin, connected] of Object.entries(connections))
      for (const bit of connected) {
        if (typeof bit !== "number") continue;
        const net = netOf(bit);
        if ((directions?.[pin] ?? (outputPins.has(pin) ? "output" : "input")) === "output") net.driver = type;
        else net.fanOut++;
        if (clockPins.has(pin)) net.isClock = true;
      }
  }
  for (const { direction, bits: port } of Object.values(module.ports))
    for (const bit of port) if (direction === "output" && typeof bit === "number") netOf(bit).fanOut++;
  const bitsOf = new Map<string, readonly (number | string)[]>();
  for (const [name, { bits: named }] of Object.entries(module.netnames)) {
    bitsOf.set(name, named);
    for (const bit of named) if (typeof bit === "number") netOf(bit).names.push(name);
  }
  return { nets, bitsOf, cells };
}
