/** Gradients of the state between two segments of time: what the later one hands to the earlier one. */
import type { Flow } from "./flow.ts";
import type { Workspace } from "./workspace.ts";

/** By cell and purpose, in the order of the flow. */
export interface Boundary {
  /** From the segment after, by the state at the end; empty for the last one. */
  readonly end: ReadonlyMap<string, Float32Array>;
  /** By the state at the start. */
  readonly start: Map<string, Float32Array>;
}

/** Key of what a feedback edge delivers in the first step. */
export function feedbackKey(name: string): string {
  return `${name}#out`;
}

/** Key of the inputs that a Delay holds. */
export function historyKey(name: string): string {
  return `${name}#history`;
}

/** Adds values to those of a key. */
export function addToStart({ start }: Boundary, key: string, values: Float32Array): void {
  const known = start.get(key);
  if (known === undefined) start.set(key, values.slice());
  else for (let i = 0; i < known.length; i++) known[i] = (known[i] as number) + (values[i] as number);
}

/** Adds the gradient of a value that the segment after read from the last step. */
export function addToLastStep({ f32 }: Workspace, flow: Flow, values: Float32Array): void {
  flow.addGradient(flow.steps - 1, 1, (to) => f32(to, values.length).set(values));
}
