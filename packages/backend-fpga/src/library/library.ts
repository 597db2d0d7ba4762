/** The library cores: parameters only, the same text in every design, one module per file. */
import { nkAxisIn } from "./nk-axis-in.ts";
import { nkAxisOut } from "./nk-axis-out.ts";
import { nkDense } from "./nk-dense.ts";
import { nkFifo } from "./nk-fifo.ts";
import { nkLane } from "./nk-lane.ts";
import { nkLeak } from "./nk-leak.ts";
import { nkLeakMul } from "./nk-leak-mul.ts";
import { nkNeurons } from "./nk-neurons.ts";
import { nkRam } from "./nk-ram.ts";
import { nkReplay } from "./nk-replay.ts";
import { nkRom } from "./nk-rom.ts";
import { nkSerial } from "./nk-serial.ts";

/** Verilog text by module name. */
export const library: ReadonlyMap<string, string> = new Map([
  ["nk_axis_in", nkAxisIn],
  ["nk_axis_out", nkAxisOut],
  ["nk_dense", nkDense],
  ["nk_fifo", nkFifo],
  ["nk_lane", nkLane],
  ["nk_leak", nkLeak],
  ["nk_leak_mul", nkLeakMul],
  ["nk_neurons", nkNeurons],
  ["nk_ram", nkRam],
  ["nk_replay", nkReplay],
  ["nk_rom", nkRom],
  ["nk_serial", nkSerial],
]);
