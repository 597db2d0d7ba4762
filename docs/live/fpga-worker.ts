/** The thread of the page on FPGAs: what takes long is done here, so that the page stays at hand. */
import { type DesignSynthesis, type FpgaPlan, synthesizeFpga, yosysTools } from "@nirkit/backend-fpga";
import { type Diagnostic, NirkitError, type Sample } from "@nirkit/graph";
import { NpyError } from "@nirkit/npy";
import {
  type CompiledDesign,
  compileDesign,
  type DesignChoices,
  type OpenedNetwork,
  openNetwork,
  readSamples,
} from "./compile-design.ts";

/** Requests of the page. */
export type FpgaRequest =
  | { readonly kind: "open"; readonly bytes: Uint8Array }
  | {
      readonly kind: "compile";
      readonly choices: DesignChoices;
      /** An `.npz` file. */
      readonly samples?: Uint8Array;
    }
  | { readonly kind: "synthesize" };

/** Answers, one per request. */
export type FpgaAnswer =
  | { readonly kind: "opened"; readonly opened: Omit<OpenedNetwork, "graph">; readonly readable: boolean }
  | { readonly kind: "compiled"; readonly design: Omit<CompiledDesign, "plan"> }
  | { readonly kind: "synthesized"; readonly counted: DesignSynthesis }
  | { readonly kind: "refused"; readonly diagnostics: readonly Diagnostic[] };

/** Samples of a file that are looked at. */
const mostSamples = 64;

let opened: OpenedNetwork | undefined;
let plan: FpgaPlan | undefined;

async function answer(request: FpgaRequest): Promise<FpgaAnswer> {
  if (request.kind === "open") {
    plan = undefined;
    opened = await openNetwork(request.bytes);
    const { graph, ...told } = opened;
    return { kind: "opened", opened: told, readable: graph !== undefined };
  }
  if (request.kind === "compile") {
    if (opened?.graph === undefined) throw new Error("no network is open");
    const samples: readonly Sample[] =
      request.samples === undefined ? [] : readSamples(request.samples, opened.graph, mostSamples);
    const { plan: made, ...design } = await compileDesign(opened, request.choices, samples);
    plan = made;
    return { kind: "compiled", design };
  }
  if (plan === undefined) throw new Error("no design is compiled");
  // 31 MB, fetched when somebody asks for counts and not before.
  const yosys = await import("@yowasp/yosys");
  return { kind: "synthesized", counted: await synthesizeFpga(plan, yosysTools(yosys)) };
}

/** What a person can act on; anything else is told by its message alone. */
function refusal(error: unknown): readonly Diagnostic[] {
  if (error instanceof NirkitError) return error.diagnostics;
  if (error instanceof NpyError) {
    const { code, path, message, hint } = error;
    return [{ code, level: "error", path, message, hint } as Diagnostic];
  }
  const message = error instanceof Error ? error.message : String(error);
  return [{ code: "E_LIVE", level: "error", path: "", message }];
}

self.addEventListener("message", async ({ data }: MessageEvent<FpgaRequest>) => {
  try {
    self.postMessage(await answer(data));
  } catch (error) {
    self.postMessage({ kind: "refused", diagnostics: refusal(error) } satisfies FpgaAnswer);
  }
});
