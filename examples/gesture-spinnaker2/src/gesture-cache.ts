/** The synthetic gestures in a folder: made once, one file per user, several users at a time. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { readNpz, writeNpz } from "@nirkit/npy";
import { frameBytes, frameCount, joinRecordings, type Recordings } from "./recordings.ts";

/** Which gestures. */
export interface GestureRequest {
  /** Seed of the data set. */
  readonly seed: number;
  /** Users, 1 … 29; the data set trains on 1 to 23 and tests on 24 to 29. */
  readonly users: readonly number[];
  /** Recordings of each user and class. */
  readonly repetitions: number;
}

/** Work of a thread: one user. */
export interface UserRequest {
  readonly seed: number;
  readonly user: number;
  readonly repetitions: number;
}

/**
 * The recordings of some users, from the folder where they are there, made and stored where not. Files follow from
 * the request alone, so that a folder can be shared and an interrupted run goes on.
 */
export async function cachedGestures(
  folder: string,
  { seed, users, repetitions }: GestureRequest,
  progress: (done: number, total: number) => void = () => {},
): Promise<Recordings> {
  await mkdir(folder, { recursive: true });
  const found = new Map<number, Recordings>();
  const missing: number[] = [];
  for (const user of users) {
    const stored = await readUser(folder, { seed, user, repetitions });
    if (stored === undefined) missing.push(user);
    else found.set(user, stored);
  }
  let done = users.length - missing.length;
  const thread = async (): Promise<void> => {
    for (let user = missing.shift(); user !== undefined; user = missing.shift()) {
      const request = { seed, user, repetitions };
      const made = await makeUser(request);
      await writeUser(folder, request, made);
      found.set(user, made);
      progress(++done, users.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), missing.length) }, thread));
  return joinRecordings(users.map((user) => found.get(user) as Recordings));
}

const fileOf = ({ seed, user, repetitions }: UserRequest): string =>
  `gestures-${seed}-user-${String(user).padStart(2, "0")}-x${repetitions}.npz`;

async function readUser(folder: string, request: UserRequest): Promise<Recordings | undefined> {
  const file = join(folder, fileOf(request));
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (bytes === undefined) return undefined;
  const arrays = await readNpz(bytes);
  const [labels, bits] = [arrays.get("labels"), arrays.get("bits")];
  const count = 11 * request.repetitions;
  if (
    labels?.dtype !== "int32" ||
    bits?.dtype !== "uint8" ||
    bits.shape.join() !== `${count},${frameCount},${frameBytes}`
  )
    throw new Error(`${file} is not a file of this example; remove it, and it is made again`);
  return { labels: labels.data as Int32Array, bits: bits.data as Uint8Array };
}

async function writeUser(folder: string, request: UserRequest, made: Recordings): Promise<void> {
  const count = made.labels.length;
  const bytes = await writeNpz(
    new Map([
      ["labels", { dtype: "int32", shape: [count], data: made.labels }],
      ["bits", { dtype: "uint8", shape: [count, frameCount, frameBytes], data: made.bits }],
    ]),
  );
  // A reader never sees half a file.
  const file = join(folder, fileOf(request));
  await writeFile(`${file}.part`, bytes);
  await rename(`${file}.part`, file);
}

function makeUser(request: UserRequest): Promise<Recordings> {
  const source = import.meta.url.endsWith(".ts");
  const thread = new Worker(
    new URL(source ? "./gesture-thread.ts" : "./gesture-thread.js", import.meta.url),
    {
      workerData: request,
      execArgv: source ? ["--conditions=@nirkit/source"] : [],
    },
  );
  return new Promise((resolve, reject) => {
    thread.on("message", resolve);
    thread.on("error", reject);
    thread.on("exit", (code) =>
      reject(new Error(`The thread of user ${request.user} ended with code ${code}`)),
    );
  });
}
