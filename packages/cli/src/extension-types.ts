/** Extension node types that every command reads: those that come with nirkit. */
import type { ExtensionNodeType } from "@nirkit/graph";
import { conv3d } from "@nirkit/graph/extensions";

/** Passed wherever a network is read, typed, scheduled or written. */
export const extensions: readonly ExtensionNodeType[] = [conv3d];
