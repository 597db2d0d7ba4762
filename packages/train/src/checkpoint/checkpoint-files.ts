/** A trainer as files, and back: everything that the next step depends on. */
import { NirkitError } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import type { NetworkState, NodeState } from "../model/trainable-model.ts";
import type { Trainer } from "../trainer/trainer.ts";
import { type Manifest, parseManifest } from "./manifest.ts";
import { type NamedArray, readSafetensors, writeSafetensors } from "./safetensors.ts";

/** Files of a checkpoint by name. */
export type CheckpointFiles = ReadonlyMap<string, Uint8Array>;

const jsonBytes = (value: unknown): Uint8Array => utf8ToBytes(`${JSON.stringify(value, null, 1)}\n`);

/**
 * `manifest.json`, `graph.nir` (values after transforms), `params.safetensors` (raw values), `best.safetensors`,
 * `optimizer.safetensors`, `masks.safetensors`, `state.safetensors`, `quantizers.json`.
 */
export async function checkpointFiles(trainer: Trainer): Promise<CheckpointFiles> {
  const { model, options, stepper } = trainer;
  const { optimizer, schedule, callbacks = [], identity = {} } = options;
  const moments = await optimizer.state();
  const files = new Map<string, Uint8Array>([
    ["graph.nir", await writeNir(await model.downloadNir())],
    ["params.safetensors", writeSafetensors(named(trainer, await trainer.weights()))],
    ["optimizer.safetensors", writeSafetensors(flat(moments.slots))],
    ["masks.safetensors", writeSafetensors(await masksOf(trainer))],
    ["quantizers.json", jsonBytes(transformStates(trainer))],
  ]);
  if (trainer.best !== undefined)
    files.set("best.safetensors", writeSafetensors(named(trainer, trainer.best)));
  if (options.state === "carry")
    files.set("state.safetensors", writeSafetensors(carriedArrays(stepper.carried)));
  const manifest: Manifest = {
    format: "nirkit-checkpoint/1",
    graphHash: model.graph.hash(),
    identity: identity,
    position: trainer.position,
    optimizer: { name: optimizer.name, steps: moments.steps },
    skipped: stepper.skipped,
    ...(schedule?.state === undefined ? {} : { schedule: schedule.state() }),
    callbacks: Object.fromEntries(
      callbacks.flatMap(({ name, state }) => (state === undefined ? [] : [[name, state()]])),
    ),
    files: Object.fromEntries([...files].map(([name, bytes]) => [name, bytesToHex(sha256(bytes))])),
  };
  return new Map([["manifest.json", jsonBytes(manifest)], ...files]);
}

/**
 * Puts a trainer where a checkpoint was made. The trainer has to be made of the same graph and options.
 *
 * @throws E_CHECKPOINT for damaged or missing files, E_CHECKPOINT_MISMATCH for another graph, optimizer or identity
 */
export async function restoreCheckpoint(trainer: Trainer, files: CheckpointFiles): Promise<void> {
  const manifest = verifyCheckpoint(files);
  const { model, options, stepper } = trainer;
  assertSame("graph", manifest.graphHash, model.graph.hash());
  assertSame("optimizer", manifest.optimizer.name, options.optimizer.name);
  assertSame("identity", canonical(manifest.identity), canonical(options.identity ?? {}));
  const arrays = (name: string): ReadonlyMap<string, NamedArray> =>
    readSafetensors(fileOf(files, name), name);
  const values = valuesOf(trainer, arrays("params.safetensors"), "params.safetensors");
  const best = files.has("best.safetensors")
    ? valuesOf(trainer, arrays("best.safetensors"), "best.safetensors")
    : undefined;
  trainer.setWeights(values);
  const slots = new Map([...arrays("optimizer.safetensors")].map(([key, { data }]) => [key, data]));
  await options.optimizer.restore({ steps: manifest.optimizer.steps, slots });
  restoreMasks(trainer, arrays("masks.safetensors"));
  restoreTransforms(trainer, fileOf(files, "quantizers.json"));
  if (files.has("state.safetensors")) stepper.carried = carriedStates(arrays("state.safetensors"));
  stepper.skipped = manifest.skipped;
  if (manifest.schedule !== undefined) options.schedule?.restore?.(manifest.schedule);
  for (const { name, restore } of options.callbacks ?? [])
    if (manifest.callbacks[name] !== undefined) restore?.(manifest.callbacks[name]);
  trainer.continueAt(manifest.position, best);
}

/** The manifest of a checkpoint whose files are whole. @throws E_CHECKPOINT */
export function verifyCheckpoint(files: CheckpointFiles): Manifest {
  const manifest = parseManifest(new TextDecoder().decode(fileOf(files, "manifest.json")), "manifest.json");
  for (const [name, hash] of Object.entries(manifest.files))
    if (bytesToHex(sha256(fileOf(files, name))) !== hash)
      throw trainError("E_CHECKPOINT", name, {
        why: "The file is not the one that was written",
        hint: "Continue from an older checkpoint",
      });
  return manifest;
}

function fileOf(files: CheckpointFiles, name: string): Uint8Array {
  const bytes = files.get(name);
  if (bytes === undefined) throw trainError("E_CHECKPOINT", name, { why: "The file is missing" });
  return bytes;
}

function assertSame(what: string, found: string, expected: string): void {
  if (found === expected) return;
  throw trainError("E_CHECKPOINT_MISMATCH", "manifest.json", { what, found, expected });
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function named(trainer: Trainer, values: ReadonlyMap<string, Float32Array>): Map<string, NamedArray> {
  return new Map(
    trainer.trained.map(({ key, variable }) => [
      key,
      { shape: variable.shape, data: values.get(key) ?? new Float32Array(variable.size) },
    ]),
  );
}

function flat(slots: ReadonlyMap<string, Float32Array>): Map<string, NamedArray> {
  return new Map([...slots].map(([key, data]) => [key, { shape: [data.length], data }]));
}

function valuesOf(
  trainer: Trainer,
  arrays: ReadonlyMap<string, NamedArray>,
  file: string,
): ReadonlyMap<string, Float32Array> {
  return new Map(
    trainer.trained.map(({ key, variable }) => {
      const array = arrays.get(key);
      if (array === undefined || array.data.length !== variable.size)
        throw trainError("E_CHECKPOINT_MISMATCH", file, {
          what: "set of parameters",
          found: array === undefined ? `no ${key}` : `${key} [${array.shape}]`,
          expected: `${key} [${variable.shape}]`,
        });
      return [key, array.data] as const;
    }),
  );
}

async function masksOf({ model }: Trainer): Promise<Map<string, NamedArray>> {
  const masks = new Map<string, NamedArray>();
  for (const { name, mask } of model.parameters.values())
    if (mask !== undefined)
      masks.set(name, { shape: mask.shape, data: Float32Array.from(await mask.data()) });
  return masks;
}

function restoreMasks({ model }: Trainer, masks: ReadonlyMap<string, NamedArray>): void {
  for (const parameter of model.parameters.values()) {
    const saved = masks.get(parameter.name);
    if (saved === undefined) {
      parameter.mask = undefined;
      continue;
    }
    const mask = tf.tensor(saved.data, [...saved.shape], "float32");
    parameter.mask = mask;
    mask.dispose();
  }
}

function transformStates({ model }: Trainer): Record<string, unknown[]> {
  return Object.fromEntries(
    [...model.parameters.values()]
      .filter(({ transforms }) => transforms.length > 0)
      .map(({ name, transforms }) => [
        name,
        transforms.map((t) => ({ name: t.name, state: t.state() ?? null })),
      ]),
  );
}

function restoreTransforms({ model }: Trainer, bytes: Uint8Array): void {
  let saved: Record<string, readonly { readonly state: unknown }[]>;
  try {
    saved = JSON.parse(new TextDecoder().decode(bytes)) as typeof saved;
    for (const { name, transforms } of model.parameters.values())
      transforms.forEach((transform, k) => {
        transform.restore?.(saved[name]?.[k]?.state);
      });
  } catch (error) {
    if (error instanceof NirkitError) throw error;
    throw trainError("E_CHECKPOINT", "quantizers.json", { why: "The states of the transforms are damaged" });
  }
}

function carriedArrays(states: readonly NetworkState[]): Map<string, NamedArray> {
  const arrays = new Map<string, NamedArray>();
  states.forEach((state, part) => {
    for (const [node, signals] of state)
      for (const [signal, data] of Object.entries(signals as Record<string, Float32Array>))
        arrays.set(`${part}/${signal}/${node}`, { shape: [data.length], data });
  });
  return arrays;
}

function carriedStates(arrays: ReadonlyMap<string, NamedArray>): readonly NetworkState[] {
  const states: Map<string, NodeState>[] = [];
  for (const [key, { data }] of arrays) {
    const [part = "0", signal = "v", ...node] = key.split("/");
    const state = states[Number(part)] ?? new Map<string, NodeState>();
    states[Number(part)] = state;
    const name = node.join("/");
    state.set(name, { ...state.get(name), [signal]: data });
  }
  return states;
}
