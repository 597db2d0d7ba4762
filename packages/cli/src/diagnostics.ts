/** Codes of `nirkit`, the command line. */
import { type DiagnosticFactory, type DiagnosticText, defineDiagnostics } from "@nirkit/graph";

const list = (names: readonly string[]): string =>
  names.length === 0 ? "none" : names.slice(0, 16).join(", ");

const table = {
  E_INTERNAL: (d: { message: string; known: boolean }): DiagnosticText => ({
    message: d.known
      ? d.message
      : `${d.message} (a defect in nirkit: please report it with the input that led here)`,
    hint: "--debug shows where it happened",
  }),
  E_FILE_READ: (d: { reason: string }): DiagnosticText => ({ message: `Cannot be read: ${d.reason}` }),
  E_FILE_WRITE: (d: { reason: string }): DiagnosticText => ({
    message: `Cannot be written: ${d.reason}`,
    hint: "Nothing was left behind",
  }),
  E_EXISTS: (_: object): DiagnosticText => ({
    message: "Exists already",
    hint: "Pass --force to replace it, or choose another name",
  }),
  E_FOREIGN_FILES: (d: { files: readonly string[] }): DiagnosticText => ({
    message: `The folder holds what nirkit did not write there: ${list(d.files)}`,
    hint: "Move these files away, or choose another folder; --force replaces only nirkit's own",
  }),
  E_DATA_FORMAT: (d: { reason: string }): DiagnosticText => ({
    message: `Is not data that nirkit reads: ${d.reason}`,
    hint: "Give an .npz with x of shape [samples, time, ...features] and optional y of shape [samples], or DATASET:PATH",
  }),
  E_DATA_KEY: (d: { wanted: readonly string[]; found: readonly string[] }): DiagnosticText => ({
    message: `Has no array ${d.wanted.map((k) => `"${k}"`).join(" or ")}; it has ${list(d.found)}`,
    hint: "Save it with np.savez(file, x=x, y=y), x of shape [samples, time, ...features]; with several Input nodes one key per node",
  }),
  E_DATA_SHAPE: (d: { found: readonly number[]; expected: string; node: string }): DiagnosticText => ({
    message: `Has shape [${d.found.join(", ")}], but Input "${d.node}" needs ${d.expected}`,
    hint: "Time comes before the features; reshape the array, for example x.reshape(samples, time, -1)",
  }),
  E_DATA_COUNT: (d: { found: number; expected: number; than: string }): DiagnosticText => ({
    message: `Has ${d.found} samples, but ${d.than} has ${d.expected}`,
  }),
  E_DATA_EMPTY: (d: { shape: readonly number[] }): DiagnosticText => ({
    message: `Has shape [${d.shape.join(", ")}]: no samples, or no time steps`,
  }),
  E_DATA_DTYPE: (d: { found: string; expected: string }): DiagnosticText => ({
    message: `Has dtype ${d.found}, but ${d.expected} is needed`,
    hint: "Convert it with .astype(...) before saving",
  }),
  E_DATA_NON_FINITE: (d: { index: number; value: string }): DiagnosticText => ({
    message: `Holds ${d.value} at flat index ${d.index}; finite numbers are needed`,
  }),
  E_DATA_LABEL: (d: { index: number; label: number; classes: number }): DiagnosticText => ({
    message: `Label ${d.label} of sample ${d.index} is not one of the ${d.classes} classes 0 to ${d.classes - 1}`,
    hint: "Labels are class indices from 0; the number of classes is the size of the Output node",
  }),
  E_DATASET_SHAPE: (d: {
    found: readonly number[];
    expected: readonly number[];
    node: string;
    flat: boolean;
  }): DiagnosticText => ({
    message: `Gives steps of shape [${d.found.join(", ")}], but Input "${d.node}" needs [${d.expected.join(", ")}]`,
    hint: d.flat
      ? "Pass --data-options flatten"
      : "Change the steps with --data-options (downsample, polarity, flatten), or take the network that fits the data",
  }),
  E_DATA_NO_LABELS: (_: object): DiagnosticText => ({
    message: "Has no labels y, so there is no accuracy to compute",
    hint: "Add y of shape [samples] with class indices, or use nirkit simulate for outputs alone",
  }),
  E_DT_MISSING: (d: { usual: number | undefined }): DiagnosticText => ({
    message: "No time step is given, and the file does not carry one",
    hint: `Pass --dt STEP in the unit of tau${d.usual === undefined ? ", often 1e-4 or 1e-3" : `; --dt ${d.usual} fits this network or dialect`}`,
  }),
  E_DT_CONFLICT: (d: { asked: number; quantized: number }): DiagnosticText => ({
    message: `--dt ${d.asked} is asked for, but the graph was quantized for ${d.quantized}`,
    hint: `Leave --dt out, or quantize the float network again with --dt ${d.asked}`,
  }),
  W_ALREADY_QUANTIZED: (_: object): DiagnosticText => ({
    message: "The graph is quantized already; its rounded weights are rounded once more",
    hint: "Start from the float network, which still has what the first rounding lost",
  }),
  E_DIALECT_CONFLICT: (d: { dialect: string; differing: readonly string[] }): DiagnosticText => ({
    message: `--dialect ${d.dialect} is asked for, but the graph was quantized for ${list(d.differing)}`,
    hint: `Leave --dialect out, or quantize the float network again with --dialect ${d.dialect}`,
  }),
  W_DIALECT_DIFFERS: (d: {
    dialect: string;
    differing: readonly string[];
    trained?: boolean;
  }): DiagnosticText => ({
    message: `The float run is in ${d.dialect}, but the graph was ${d.trained === true ? "trained" : "quantized"} for ${list(d.differing)}`,
    hint:
      d.trained === true
        ? "Training told other spikes than this run"
        : "Its integers and the hardware give other spikes than this run",
  }),
  H_DIALECT_OF_FILE: (d: { dialect: string; trained?: boolean }): DiagnosticText => ({
    message: `No --dialect is given: ${d.dialect} is used, which the graph was ${d.trained === true ? "trained" : "quantized"} for`,
  }),
  H_DIALECT_CHOSEN: (d: {
    dialect: string;
    dt: number | undefined;
    reasons: readonly string[];
  }): DiagnosticText => ({
    message: `${d.dialect} is chosen. ${d.reasons.join(". ")}`,
    hint: `Name another with --dialect${d.dt === undefined ? "" : `; the file looks made for --dt ${d.dt}`}`,
  }),
  E_NOT_QUANTIZED: (d: { command: string }): DiagnosticText => ({
    message: "The graph is not quantized; integers and hardware need exact integer weights",
    hint: `Run ${d.command}`,
  }),
  E_OUTPUTS: (d: { names: readonly string[] }): DiagnosticText => ({
    message: `The graph has ${d.names.length} Output nodes (${list(d.names)}); a class is read from one`,
    hint: "Name it with --output NODE",
  }),
  E_UNKNOWN_OUTPUT: (d: { name: string; names: readonly string[] }): DiagnosticText => ({
    message: `There is no Output node "${d.name}"`,
    hint: `The graph has ${list(d.names)}`,
  }),
  E_UNKNOWN_RECORD: (d: { name: string; known: readonly string[] }): DiagnosticText => ({
    message: `"${d.name}" is no node that can be recorded`,
    hint: `The graph has ${list(d.known)}`,
  }),
  E_PLUGIN_NOT_FOUND: (d: {
    kind: string;
    name: string;
    tried: readonly string[];
    own: readonly string[];
  }): DiagnosticText => ({
    message: `There is no ${d.kind} "${d.name}"; looked for ${d.tried.join(", ")}`,
    hint: `nirkit has ${list(d.own)}; a third party's is installed with npm install in this folder`,
  }),
  E_PLUGIN_LOAD: (d: { module: string; reason: string }): DiagnosticText => ({
    message: `${d.module} was found but cannot be loaded: ${d.reason}`,
  }),
  E_PLUGIN_CONTRACT: (d: { module: string; reason: string }): DiagnosticText => ({
    message: `${d.module} does not export what the contract asks for: ${d.reason}`,
    hint: "Its default export has to be one object that follows the contract of its kind",
  }),
  E_DEPLOYMENT: (d: { reason: string }): DiagnosticText => ({
    message: `Is not a deployment that nirkit compile wrote: ${d.reason}`,
    hint: "Give the folder that was named with nirkit compile -o",
  }),
  E_DEPLOYMENT_VERSION: (d: { written: string; installed: string; backend: string }): DiagnosticText => ({
    message: `Was written by version ${d.written} of back end ${d.backend}; ${d.installed} is installed`,
    hint: "Compile the network again",
  }),
  E_NOT_AS_EMITTED: (d: { backend: string }): DiagnosticText => ({
    message: `Is not what back end ${d.backend} emits for model.nir, though its hash in deployment.json fits`,
    hint: "Compile again; an artefact that was edited by hand is proved by its own test bench, not here",
  }),
  E_MODEL_CHANGED: (d: { expected: string; found: string }): DiagnosticText => ({
    message: `The graph has hash ${d.found.slice(0, 12)}…, but ${d.expected.slice(0, 12)}… was compiled`,
    hint: "model.nir was edited; compile again",
  }),
  E_MISMATCH: (d: {
    engine: string;
    sample: number;
    layer: string;
    step: number;
    neuron: number;
    signal: string;
    expected: number;
    got: number;
  }): DiagnosticText => ({
    message: `${d.engine} differs from the golden network: ${d.sample < 0 ? "" : `sample ${d.sample}, `}layer ${d.layer}, ${d.step < 0 ? "" : `step ${d.step}, `}neuron ${d.neuron}, ${d.signal} expected ${d.expected}, got ${d.got}${d.sample < 0 ? " (no sample shows it)" : ""}`,
  }),
  E_VERIFY_FAILED: (d: { engine: string; reason: string }): DiagnosticText => ({
    message: `${d.engine} did not pass: ${d.reason}`,
  }),
  E_TOOL_MISSING: (d: { tool: string; get: string }): DiagnosticText => ({
    message: `${d.tool} is not installed, so it verified nothing`,
    hint: `Get it with ${d.get}`,
  }),
  W_TOOL_MISSING: (d: { tool: string; get: string }): DiagnosticText => ({
    message: `${d.tool} is not installed and was skipped`,
    hint: `Get it with ${d.get}`,
  }),
  H_EXTENSION_LOWERED: (_: object): DiagnosticText => ({
    message:
      "Extension nodes are written with plain ones that compute the same, before anything is run or quantized",
    hint: "nirkit convert --lower-extensions shows the network that is used",
  }),
  H_QONNX_CUT: (_: object): DiagnosticText => ({
    message:
      "ONNX has no spiking neurons: what each receives is an output of the model, what it sends an input",
    hint: "metadata_props lists the neurons under nirkit:neurons",
  }),
  E_YOSYS_PACKAGE: (d: { package: string }): DiagnosticText => ({
    message: `${d.package} is not installed`,
    hint: `Run npm install ${d.package} in this folder or beside nirkit, or install Yosys itself and leave --yosys wasm out`,
  }),
  H_NO_ACTIVITY: (_: object): DiagnosticText => ({
    message: "No --data is given: figures that depend on events are left out or count none",
    hint: "Pass --data FILE.npz with samples that the network will see",
  }),
  W_TARGET_FPS: (d: {
    cycles: number;
    reached: number;
    asked: number;
    clockMhz: number;
  }): DiagnosticText => ({
    message:
      `The busiest sample takes ${d.cycles} cycles: ${d.reached} per second at ${d.clockMhz} MHz, not ${d.asked},` +
      " with the fastest lanes that were found",
    hint: "Give --fifo-depth more beats, --clock-mhz a faster clock where timing allows it, or leave out --lanes",
  }),
  H_RANDOM_VECTORS: (d: { samples: number; steps: number; seed: number }): DiagnosticText => ({
    message: `No --data is given: ${d.samples} random samples of ${d.steps} steps are used, seed ${d.seed}`,
    hint: "Real data reaches the states that matter; pass --data FILE.npz",
  }),
} as const;

/** Makes the diagnostics of the command line. */
export const cliDiagnostic: DiagnosticFactory<typeof table> = defineDiagnostics(table);
