export { main } from "./main.ts";
export { open, samples, save, tools } from "./node-api.ts";
export type { Terminal, TextSink } from "./terminal.ts";
