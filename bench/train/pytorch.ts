/** The same steps in PyTorch, in a process of its own. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** A loop of PyTorch with its least milliseconds, or the version. */
export interface Peer {
  readonly case?: string;
  readonly loop?: string;
  readonly ms?: number;
  readonly torch?: string;
}

/** Every case in every loop; none where PyTorch does not run. */
export function pytorch(seconds: number): readonly Peer[] {
  const python = process.env.NIRKIT_TORCH_PYTHON ?? process.env.NIRKIT_PYTHON ?? "python3";
  const script = join(import.meta.dirname, "pytorch-steps.py");
  const environment = { ...process.env, OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
  const run = spawnSync(python, [script, `${seconds}`], { encoding: "utf8", env: environment });
  if (run.status !== 0) {
    console.log(`PyTorch did not run with ${python}: set NIRKIT_TORCH_PYTHON`);
    return [];
  }
  return run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Peer);
}
