/** A thread that makes the gestures of one user. */
import { parentPort, workerData } from "node:worker_threads";
import { syntheticGestures } from "@nirkit/events";
import type { UserRequest } from "./gesture-cache.ts";
import { frameCount, frameUs, recordingsOf } from "./recordings.ts";

const { seed, user, repetitions } = workerData as UserRequest;
const steps = (frameCount * frameUs) / 1000;
parentPort?.postMessage(await recordingsOf(syntheticGestures({ seed, users: [user], repetitions, steps })));
