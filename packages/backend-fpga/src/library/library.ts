/** The library cores: parameters only, the same text in every design, one module per file. */
import { nkArc } from "./nk-arc.ts";
import { nkAxil } from "./nk-axil.ts";
import { nkAxisIn } from "./nk-axis-in.ts";
import { nkAxisOut } from "./nk-axis-out.ts";
import { nkDelay } from "./nk-delay.ts";
import { nkFifo } from "./nk-fifo.ts";
import { nkFlatten } from "./nk-flatten.ts";
import { nkFork } from "./nk-fork.ts";
import { nkGrid } from "./nk-grid.ts";
import { nkImage } from "./nk-image.ts";
import { nkLane } from "./nk-lane.ts";
import { nkLayer } from "./nk-layer.ts";
import { nkLeak } from "./nk-leak.ts";
import { nkLeakMul } from "./nk-leak-mul.ts";
import { nkLevel } from "./nk-level.ts";
import { nkMerge } from "./nk-merge.ts";
import { nkNeurons } from "./nk-neurons.ts";
import { nkPool } from "./nk-pool.ts";
import { nkPorts } from "./nk-ports.ts";
import { nkRam } from "./nk-ram.ts";
import { nkReadout } from "./nk-readout.ts";
import { nkReplay } from "./nk-replay.ts";
import { nkRing } from "./nk-ring.ts";
import { nkRom } from "./nk-rom.ts";
import { nkRows } from "./nk-rows.ts";
import { nkSerial } from "./nk-serial.ts";
import { nkShift } from "./nk-shift.ts";
import { nkSparse } from "./nk-sparse.ts";
import { nkStore } from "./nk-store.ts";
import { nkTapRange } from "./nk-tap-range.ts";
import { nkTaps } from "./nk-taps.ts";
import { nkWalk } from "./nk-walk.ts";

/** Verilog text by module name. */
export const library: ReadonlyMap<string, string> = new Map([
  ["nk_arc", nkArc],
  ["nk_axil", nkAxil],
  ["nk_axis_in", nkAxisIn],
  ["nk_axis_out", nkAxisOut],
  ["nk_delay", nkDelay],
  ["nk_fifo", nkFifo],
  ["nk_flatten", nkFlatten],
  ["nk_fork", nkFork],
  ["nk_grid", nkGrid],
  ["nk_image", nkImage],
  ["nk_lane", nkLane],
  ["nk_layer", nkLayer],
  ["nk_leak", nkLeak],
  ["nk_leak_mul", nkLeakMul],
  ["nk_level", nkLevel],
  ["nk_merge", nkMerge],
  ["nk_neurons", nkNeurons],
  ["nk_pool", nkPool],
  ["nk_ports", nkPorts],
  ["nk_ram", nkRam],
  ["nk_readout", nkReadout],
  ["nk_replay", nkReplay],
  ["nk_ring", nkRing],
  ["nk_rom", nkRom],
  ["nk_rows", nkRows],
  ["nk_serial", nkSerial],
  ["nk_shift", nkShift],
  ["nk_sparse", nkSparse],
  ["nk_store", nkStore],
  ["nk_tap_range", nkTapRange],
  ["nk_taps", nkTaps],
  ["nk_walk", nkWalk],
]);
