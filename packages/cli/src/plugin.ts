/** Schemes and targets by name: nirkit's own, then what is installed in the user's folder. Libraries take values. */
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Backend } from "@nirkit/backend";
import type { WeightQuantizer } from "@nirkit/quantize";
import { UsageError } from "./usage-error.ts";

/** A plugin whose option types are known to itself alone; its own schema checks what it is given. */
export type AnyBackend = Backend<unknown, unknown>;
/** As {@link AnyBackend}, for weight quantizers. */
export type AnyQuantizer = WeightQuantizer<unknown>;

interface Kinds {
  readonly backend: AnyBackend;
  readonly quantize: AnyQuantizer;
}

/** What a name may stand for. */
export type PluginKind = keyof Kinds;

const own: { readonly [K in PluginKind]: ReadonlyMap<string, () => Promise<unknown>> } = {
  backend: new Map<string, () => Promise<unknown>>([
    ["fpga", async () => (await import("@nirkit/backend-fpga")).default],
    ["spinnaker2", async () => (await import("@nirkit/backend-spinnaker2")).default],
  ]),
  quantize: new Map<string, () => Promise<unknown>>([
    ["uniform", async () => (await import("@nirkit/quantize-uniform")).uniform],
    ["ternary", async () => (await import("@nirkit/quantize-uniform")).ternary],
    ["binary", async () => (await import("@nirkit/quantize-uniform")).binary],
    ["dorefa", async () => (await import("@nirkit/quantize-uniform")).dorefa],
    ["duq", async () => (await import("@nirkit/quantize-uniform")).duq],
    ["sigmoid-steps", async () => (await import("@nirkit/quantize-uniform")).sigmoidSteps],
    ["plus-minus", async () => (await import("@nirkit/quantize-uniform")).plusMinus],
    ["pot", async () => (await import("@nirkit/quantize-pot")).pot],
    ["apot", async () => (await import("@nirkit/quantize-pot")).apot],
    ["sbit", async () => (await import("@nirkit/quantize-pot")).sbit],
    ["slots", async () => (await import("@nirkit/quantize-pot")).slots],
    ["deepshift", async () => (await import("@nirkit/quantize-pot")).deepShift],
    ["mint", async () => (await import("@nirkit/quantize-membrane")).mint],
  ]),
};

/** Other spellings of nirkit's own schemes: the names that programs import. */
const spellings: ReadonlyMap<string, string> = new Map([
  ["sigmoidSteps", "sigmoid-steps"],
  ["plusMinus", "plus-minus"],
  ["deepShift", "deepshift"],
  ["deep-shift", "deepshift"],
]);

const members: { readonly [K in PluginKind]: readonly (keyof Kinds[K] & string)[] } = {
  backend: ["check", "compile", "emit", "load", "simulate", "estimate"],
  quantize: ["bits", "intBits", "fit", "quantize", "decodeCode", "encodeInt", "levels"],
};

const words: { readonly [K in PluginKind]: string } = { backend: "target", quantize: "scheme" };

/** Names of nirkit's own plugins of a kind. */
export function ownPlugins(kind: PluginKind): readonly string[] {
  return [...own[kind].keys()];
}

/**
 * Finds a plugin: `NAME` among nirkit's own, then the package `nirkit-backend-NAME` (`nirkit-quantize-NAME`), then
 * `NAME` as a package or a path, the last two seen from `folder`.
 *
 * @throws UsageError `E_PLUGIN_NOT_FOUND`, `E_PLUGIN_LOAD` with the reason, `E_PLUGIN_CONTRACT`
 */
export async function loadPlugin<K extends PluginKind>(
  kind: K,
  name: string,
  folder: string,
): Promise<Kinds[K]> {
  const mine = own[kind].get((kind === "quantize" ? spellings.get(name) : undefined) ?? name);
  if (mine !== undefined) return (await mine()) as Kinds[K];
  const candidates = /^(\.{0,2}[/\\]|[a-z]:)/i.test(name)
    ? [resolve(folder, name)]
    : [...(/^[a-z0-9][a-z0-9._-]*$/i.test(name) ? [`nirkit-${kind}-${name}`] : []), name];
  for (const candidate of candidates) {
    const file = await locate(candidate, folder);
    if (file !== undefined) return checked(kind, candidate, await load(candidate, file));
  }
  const { cliDiagnostic } = await import("./diagnostics.ts");
  const detail = { kind: words[kind], name, tried: candidates, own: ownPlugins(kind) };
  throw new UsageError([cliDiagnostic("E_PLUGIN_NOT_FOUND", name, detail)]);
}

async function locate(candidate: string, folder: string): Promise<string | undefined> {
  try {
    return createRequire(pathToFileURL(join(folder, "nirkit.js"))).resolve(candidate);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw await unloadable(candidate, error);
  }
}

async function load(candidate: string, file: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
    return module.default;
  } catch (error) {
    throw await unloadable(candidate, error);
  }
}

async function checked<K extends PluginKind>(kind: K, module: string, value: unknown): Promise<Kinds[K]> {
  const reason = contractBreach(kind, value);
  if (reason === undefined) return value as Kinds[K];
  const { cliDiagnostic } = await import("./diagnostics.ts");
  throw new UsageError([cliDiagnostic("E_PLUGIN_CONTRACT", module, { module, reason })]);
}

function contractBreach(kind: PluginKind, value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "there is no object as default export";
  const found = value as Readonly<Record<string, unknown>>;
  if (kind === "backend" && found.contract !== 1)
    return `contract is ${String(found.contract)}, 1 is known here`;
  const label = kind === "backend" ? "name" : "scheme";
  if (typeof found[label] !== "string") return `${label} is not a text`;
  const missing = members[kind].find((member) => typeof found[member] !== "function");
  return missing === undefined ? undefined : `${missing} is not a function`;
}

async function unloadable(module: string, error: unknown): Promise<UsageError> {
  const { cliDiagnostic } = await import("./diagnostics.ts");
  const reason = (error as Error).message.split("\n", 1)[0] ?? "";
  return new UsageError([cliDiagnostic("E_PLUGIN_LOAD", module, { module, reason })]);
}
