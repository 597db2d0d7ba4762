export { nodeToolRunner } from "./tool-runner.ts";
