/** Third-party data and outside tools of the tests, and what happens where they are missing. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");
const strict = process.env.NIRKIT_STRICT === "1";

/** Folder of the recorded networks and traces of others. */
export const recorded: string = join(
  resolve(root, process.env.NIRKIT_DATA ?? "../shared/data"),
  "traces/real",
);

/** Folder of `.nir` files, good and bad. */
export const nirFiles: string = join(resolve(root, process.env.NIRKIT_DATA ?? "../shared/data"), "nir");

export const hasData: boolean = available(
  "NIRKIT_DATA (reference data)",
  existsSync(join(recorded, "digits_mlp.nir")),
);
export const hasVerilator: boolean = available("verilator", starts("verilator"));
export const hasIcarus: boolean = available("iverilog", starts("iverilog"));
export const deep: boolean = process.env.NIRKIT_DEEP === "1";

function available(what: string, found: boolean): boolean {
  if (!found && strict) throw new Error(`${what} is missing, and NIRKIT_STRICT=1 wants it`);
  if (!found) console.warn(`skipped: ${what} is missing`);
  return found;
}

function starts(command: string): boolean {
  try {
    execFileSync(command, ["-V"], { stdio: "ignore", timeout: 20_000 });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ENOENT";
  }
}
