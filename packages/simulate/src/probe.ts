/** Recording of signals over a run. */
import { NirkitError, type RecordSpec, type Signal, sizeOf, type Tensor } from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import { type FloatArray, floats, type Precision } from "./float-array.ts";
import type { Unit } from "./program.ts";

/** Copies one signal of one node into row t of a tensor. */
export interface Probe {
  readonly key: string;
  readonly tensor: Tensor;
  sample(t: number): void;
}

/**
 * All probes. A signal that a node does not have (`v` of an Affine, `i` of a LIF) is left out, so that one list
 * of signals serves all nodes.
 *
 * @throws E_RECORD_NODE
 */
export function probesOf(
  units: readonly Unit[],
  record: RecordSpec,
  steps: number,
  precision: Precision,
): readonly Probe[] {
  const known = units.map((unit) => unit.name);
  const wanted = record.nodes === "all" ? known : record.nodes;
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new NirkitError(
      unknown.map((name) => simulateDiagnostic("E_RECORD_NODE", `record.${name}`, { known })),
    );
  return units
    .filter(({ name }) => wanted.includes(name))
    .flatMap((unit) => unitProbes(unit, record.signals, steps, precision));
}

/** The probe of an Output node, or of any other node's `out`. */
export function outputProbe(unit: Unit, steps: number, precision: Precision): Probe {
  return probe(unit, "out", unit.step.out, steps, precision);
}

function unitProbes(
  unit: Unit,
  signals: readonly Signal[],
  steps: number,
  precision: Precision,
): readonly Probe[] {
  return signals.flatMap((signal) => {
    const source = signal === "out" ? unit.step.out : unit.step.signals.get(signal);
    return source === undefined ? [] : [probe(unit, signal, source, steps, precision)];
  });
}

function probe(unit: Unit, signal: Signal, source: FloatArray, steps: number, precision: Precision): Probe {
  const size = sizeOf(unit.shape);
  const data = floats(precision, steps * size);
  const shape = [steps, ...unit.shape];
  const tensor: Tensor =
    data instanceof Float32Array ? { dtype: "float32", shape, data } : { dtype: "float64", shape, data };
  return { key: `${unit.name}/${signal}`, tensor, sample: (t) => data.set(source, t * size) };
}
