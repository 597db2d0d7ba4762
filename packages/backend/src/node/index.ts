export { onEarlyExit } from "./early-exit.ts";
export { processTools } from "./process-tools.ts";
