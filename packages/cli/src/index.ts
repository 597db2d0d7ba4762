export { main } from "./main.ts";
export type { Terminal, TextSink } from "./terminal.ts";
