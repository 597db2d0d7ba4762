/** Slices on cores, and the keys between them. */
import type { Diagnostic } from "@nirkit/graph";
import { s2Diagnostic } from "../diagnostics.ts";
import type { S2Options } from "../options.ts";
import type { DraftPopulation, DraftProjection } from "./draft.ts";
import { boardChips, pesOf, pesPerChip, qpeOf } from "./machine.ts";
import type { S2Route, S2Slice } from "./mapping.ts";
import type { Piece } from "./partition.ts";

/** Entries of the event router. */
const mostRoutes = 16384;
/** Keys are `slice id << 10 | local index`. */
export const localBits = 10;
/** Mask of a whole slice. */
export const sliceMask: number = 0xfffffc00;

/** Placed slices by population. */
export interface Placement {
  readonly slices: ReadonlyMap<string, readonly S2Slice[]>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Places slices in order onto cores 1, 2, …, those named by hand onto theirs. */
export function place(
  populations: readonly DraftPopulation[],
  pieces: ReadonlyMap<string, readonly Piece[]>,
  options: S2Options,
): Placement {
  const diagnostics: Diagnostic[] = [];
  const total = [...pieces.values()].reduce((sum, list) => sum + list.length, 0);
  const limit = pesOf(options.board);
  if (total > limit) {
    const counts = populations.map(({ name }) => `${name} ${pieces.get(name)?.length ?? 0}`);
    diagnostics.push(s2Diagnostic("E_S2_TOO_MANY_PES", "network", { slices: total, limit, counts }));
  }
  if (total > mostRoutes)
    diagnostics.push(s2Diagnostic("E_S2_TOO_MANY_ROUTES", "network", { routes: total, limit: mostRoutes }));
  const fixed = fixedCores(options, total, limit, diagnostics);
  const taken = new Set(fixed.values());
  const slices = new Map<string, readonly S2Slice[]>();
  let id = 0;
  let next = 0;
  for (const { name } of populations) {
    const placed = (pieces.get(name) ?? []).map((piece): S2Slice => {
      let position = fixed.get(id);
      if (position === undefined) {
        while (taken.has(next)) next++;
        position = next++;
      }
      return { id: id++, ...coreAt(position), ...piece };
    });
    slices.set(name, placed);
  }
  return { slices, diagnostics };
}

function coreAt(position: number): Pick<S2Slice, "chip" | "core" | "qpe"> {
  const core = 1 + (position % pesPerChip);
  return { chip: Math.floor(position / pesPerChip), core, qpe: qpeOf(core) };
}

/** Positions of slices that were placed by hand: SLICE=CORE or SLICE=CHIP:CORE. */
function fixedCores(
  { placement, board }: S2Options,
  slices: number,
  limit: number,
  found: Diagnostic[],
): Map<number, number> {
  const fixed = new Map<number, number>();
  for (const entry of (placement ?? "").split(",").filter((text) => text.trim() !== "")) {
    const parts = /^\s*(\d+)\s*=\s*(?:(\d+):)?(\d+)\s*$/.exec(entry);
    const [slice, chip, core] = [Number(parts?.[1]), Number(parts?.[2] ?? 0), Number(parts?.[3])];
    const position = chip * pesPerChip + core - 1;
    const isSound = parts !== null && slice < slices && core >= 1 && core <= pesPerChip && position < limit;
    if (isSound && !fixed.has(slice) && ![...fixed.values()].includes(position)) fixed.set(slice, position);
    else
      found.push(
        s2Diagnostic("E_S2_OPTION", "options.placement", {
          option: "placement",
          found: entry.trim(),
          expected: `SLICE=CORE with a slice below ${slices} and a free core 1 … ${pesPerChip}${board === "chip" ? "" : `, or SLICE=CHIP:CORE with a chip below ${boardChips.length}`}`,
        }),
      );
  }
  return fixed;
}

/** One entry per source slice: its key, and the slices that hold synapses from it. */
export function routes(
  projections: readonly DraftProjection[],
  slices: ReadonlyMap<string, readonly S2Slice[]>,
): readonly S2Route[] {
  const made: S2Route[] = [];
  for (const [name, own] of slices)
    for (const { id, start, stop } of own) {
      const destinations = new Set<number>();
      for (const projection of projections)
        if (projection.source === name)
          for (const slice of slices.get(projection.target) ?? [])
            if (reaches(projection, [start, stop], slice)) destinations.add(slice.id);
      const key = (id << localBits) >>> 0;
      made.push({ key, mask: sliceMask, destinations: [...destinations].sort((a, b) => a - b) });
    }
  return made;
}

/** True where a slice has a synapse from neurons `from … to − 1`; a convolution may reach every channel. */
function reaches({ rows }: DraftProjection, [from, to]: readonly [number, number], slice: S2Slice): boolean {
  if (rows === undefined) return true;
  for (let k = rows.start[from] as number; k < (rows.start[to] as number); k++) {
    const target = rows.target[k] as number;
    if (target >= slice.start && target < slice.stop) return true;
  }
  return false;
}
