/** The gradients of tfjs-core, which registers none when it is imported alone in Node. */
import * as tf from "@tensorflow/tfjs-core";

/** Registers the gradients of all operations unless somebody did. */
export async function registerGradients(): Promise<void> {
  if (tf.getGradient("Sum") !== undefined) return;
  const { registered } = await import("./all-gradients.ts");
  if (!registered || tf.getGradient("Sum") === undefined)
    throw new Error("the gradients of tfjs-core are those of another copy of tfjs-core");
}
