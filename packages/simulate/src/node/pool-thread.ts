/** The program of a worker thread of a pool. */
import { parentPort } from "node:worker_threads";
import { serveSimulator } from "../pool.ts";

serveSimulator({
  postMessage: (message) => parentPort?.postMessage(message),
  onMessage: (listen) => void parentPort?.on("message", listen),
});
