/** How files are read, as the flags `--strict`, `--types`, `--non-finite` and `--repair`. */
import type { ReadOptions, RepairName } from "@nirkit/hdf5";

/** Values of the flags. */
export interface ReadFlags {
  readonly strict?: boolean;
  readonly types?: "check" | "skip";
  readonly nonFinite?: "error" | "warn";
  readonly repair?: readonly RepairName[];
}

/** Every repair there is; a new one of the reader is a compile error here. */
const repairs: Readonly<Record<RepairName, true>> = {
  "transpose-weight": true,
  "drop-time-axis": true,
  "drop-batch-axis": true,
  "squeeze-ones": true,
  "rename-node": true,
};

/** Names that `--repair` takes. */
export const repairNames: readonly string[] = Object.keys(repairs);

/** Flags as options of the reader; what is not given keeps the reader's own default. */
export function readOptions({ strict, types, nonFinite, repair }: ReadFlags): ReadOptions {
  return {
    ...(strict === undefined ? {} : { strict }),
    ...(types === undefined ? {} : { types }),
    ...(nonFinite === undefined ? {} : { nonFinite }),
    ...(repair === undefined ? {} : { repair }),
  };
}
