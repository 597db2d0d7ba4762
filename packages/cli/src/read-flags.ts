/** How files are read, as the flags `--strict`, `--types`, `--non-finite` and `--repair`. */
import type { ReadOptions, RepairName } from "@nirkit/hdf5";

/** Values of the flags. */
export interface ReadFlags {
  readonly strict?: boolean;
  readonly types?: "check" | "skip";
  readonly nonFinite?: "error" | "warn";
  readonly repair?: readonly RepairName[];
  readonly maxBytes?: number;
}

/** Every repair there is, and the hint that calls for it; a new one of the reader is a compile error here. */
const repairs: Readonly<Record<RepairName, `H_${string}`>> = {
  "transpose-weight": "H_TRANSPOSED_WEIGHT",
  "drop-time-axis": "H_TIME_AXIS",
  "drop-batch-axis": "H_BATCH_AXIS",
  "squeeze-ones": "H_SQUEEZE_ONES",
  "rename-node": "H_RENAMED_NODE",
};

/** Names that `--repair` takes. */
export const repairNames: readonly string[] = Object.keys(repairs);

/** The flag that does what the hint of a code asks for. */
export function flagFor(code: string): string | undefined {
  if (code === "E_TOO_LARGE") return "--max-bytes";
  if (code === "W_EXTENSION") return "nirkit convert --lower-extensions";
  const repair = Object.entries(repairs).find(([, hint]) => hint === code)?.[0];
  return repair === undefined ? undefined : `--repair ${repair}`;
}

/** Flags as options of the reader; what is not given keeps the reader's own default. */
export function readOptions({ strict, types, nonFinite, repair, maxBytes }: ReadFlags): ReadOptions {
  return {
    ...(strict === undefined ? {} : { strict }),
    ...(types === undefined ? {} : { types }),
    ...(nonFinite === undefined ? {} : { nonFinite }),
    ...(repair === undefined ? {} : { repair }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  };
}
