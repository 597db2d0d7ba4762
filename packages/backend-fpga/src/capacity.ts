/** Block memories of a design against those of a board. */
import type { Diagnostic } from "@nirkit/graph";
import { type Board, boardNamed, boards } from "./boards.ts";
import { fpgaDiagnostic } from "./diagnostics.ts";
import { blockCount, memoryBlocks, type PlacedMemory, romStyle } from "./memory-blocks.ts";
import type { FpgaOptions } from "./options.ts";
import type { FpgaPlan, LayerPlan } from "./plan-types.ts";

/** Memories as they are placed. */
type Placement = Pick<Board, "family"> & Pick<FpgaOptions, "memStyle">;

/** Block memories of one layer, with other lanes than planned if given. */
export function layerBlocks(
  layer: LayerPlan,
  { family, memStyle }: Placement,
  lanes: number = layer.lanes,
): number {
  const words = Math.ceil(layer.neurons / lanes);
  const relaned = ({ width, depth }: { readonly width: number; readonly depth: number }) => ({
    width: (width / layer.lanes) * lanes,
    depth: (depth / layer.words) * words,
  });
  const placed = { family, memStyle };
  return (
    layer.memories.reduce((sum, m) => sum + imageBlocks(relaned(m), placed), 0) +
    layer.state.reduce((sum, m) => sum + stateBlocks(m.role === "delayedBeats" ? m : relaned(m), placed), 0)
  );
}

type Size = Pick<PlacedMemory, "width" | "depth">;

/** Blocks of one image. */
export function imageBlocks(memory: Size, { family, memStyle }: Placement): number {
  const { width, depth } = memory;
  return blockCount({ width, depth, isImage: true }, family, romStyle(memStyle));
}

/** Blocks of one memory that is written at run time. */
export function stateBlocks(memory: Size, { family, memStyle }: Placement): number {
  return blockCount(memory, family, memStyle);
}

/** E_FPGA_CAPACITY where the memories of a design do not fit the chosen board; nothing without a board. */
export function memoryCapacity(plan: FpgaPlan): Diagnostic[] {
  const board = boardNamed(plan.options.board);
  const { memStyle } = plan.options;
  const needed = blocksOf(plan, { family: board.family, memStyle });
  if (needed <= board.bram) return [];
  const layers = plan.layers.map((layer) => ({
    path: layer.path,
    blocks: layerBlocks(layer, { family: board.family, memStyle }),
  }));
  const largest = layers.sort((a, b) => b.blocks - a.blocks).slice(0, 3);
  const detail = {
    resource: `memory blocks (${memoryBlocks(board.family).unit})`,
    needed,
    available: board.bram,
    board: board.name,
    largest: largest.map(({ path, blocks }) => `${path} ${blocks}`).join(", "),
    fits: whatFits(plan, board),
  };
  return [fpgaDiagnostic("E_FPGA_CAPACITY", "options.board", detail)];
}

function blocksOf(plan: FpgaPlan, placement: Placement, lanes?: number): number {
  return plan.layers.reduce((sum, layer) => sum + layerBlocks(layer, placement, lanes), 0);
}

/** Choices under which the same network fits: states in registers, the most lanes, the smallest other board. */
function whatFits(plan: FpgaPlan, board: Board): string {
  const { memStyle } = plan.options;
  const found: string[] = [];
  const count = (placement: Placement, lanes?: number): number => blocksOf(plan, placement, lanes);
  const registers = count({ family: board.family, memStyle: "registers" });
  if (registers <= board.bram) found.push(`memStyle "registers" (${registers} of ${board.bram} blocks)`);
  const lanes = [64, 32, 16, 8, 4, 2, 1].find(
    (pe) => count({ family: board.family, memStyle }, pe) <= board.bram,
  );
  if (lanes !== undefined)
    found.push(`pe ${lanes} (${count({ family: board.family, memStyle }, lanes)} of ${board.bram} blocks)`);
  const other = boards
    .filter((b) => Number.isFinite(b.bram) && count({ family: b.family, memStyle }) <= b.bram)
    .sort((a, b) => a.lut - b.lut)[0];
  if (other !== undefined)
    found.push(
      `board "${other.name}" (${count({ family: other.family, memStyle })} of ${other.bram} blocks)`,
    );
  return found.length > 0
    ? `What fits: ${found.join(", ")}`
    : "No lanes and no known board hold it: quantize the weights to fewer bits, or make the network smaller";
}
