/** Codes of `@nirkit/backend-fpga`. */
import { type DiagnosticFactory, defineDiagnostics } from "@nirkit/graph";

const list = (names: readonly string[]): string => names.slice(0, 10).join(", ") || "none";

const table = {
  E_FPGA_NO_ACTIVITY: (d: { names: readonly string[] }) => ({
    message: `Lanes for a rate need the events per sample of ${d.names.map((name) => `"${name}"`).join(", ")}`,
    hint: "Give samples with --data, or activity as JSON: { steps, events: { NODE: events per sample } }",
  }),
  E_FPGA_TARGET_FPS: (d: { lanes: number; cycles: number; budget: number; fps: number }) => ({
    message: `Even with ${d.lanes} lanes it takes about ${Math.ceil(d.cycles)} cycles per sample; ${Math.floor(d.budget)} are left`,
    hint: `Ask for at most ${Math.floor(d.fps)} samples per second, raise clockMhz, or use fewer steps`,
  }),
  E_FPGA_UNROLLED: (d: { why: string; weights: number; limit: number }) => ({
    message: `${d.why}, so its windows are multiplied out to ${d.weights} weights; at most ${d.limit} are taken`,
    hint: "A core of its own has a single convolution or window sum over a map that is no recurrence, with window sums in front that do not overlap",
  }),
  E_FPGA_UNSUPPORTED_TOPOLOGY: (d: { found: string; expected: string }) => ({
    message: `${d.found}; expected ${d.expected}`,
    hint: "A design has at least one Input, one layer, and one Output that something leads to",
  }),
  E_FPGA_DELAY_TOO_LONG: (d: { source: string; delay: number; beats: number; limit: number }) => ({
    message: `What comes ${d.delay} steps late from "${d.source}" takes a memory of ${d.beats} beats, at most ${d.limit} are built`,
    hint: "Shorten the delay, or put it behind the layer with fewer neurons",
  }),
  E_FPGA_NON_INTEGER_PLAN: (d: { model: string }) => ({
    message: `The population has float32 state (${d.model})`,
    hint: 'Lower the quantized graph with neuron: "integer"',
  }),
  E_FPGA_DYNAMIC_MASK: (d: { node: string }) => ({
    message: `The projection has a mask that is evaluated at run time (${d.node})`,
    hint: "Bake the mask into the weights first",
  }),
  E_FPGA_STATE_LEVELS: (d: { levels: number }) => ({
    message: `The state is stored on a grid of ${d.levels} levels that are not the multiples of one step`,
    hint: "Take a grid with equal steps and a level at 0, such as a number of bits",
  }),
  E_FPGA_ACC_TOO_WIDE: (d: { what: string; bits: number; limit: number }) => ({
    message: `${d.what} needs ${d.bits} bits, at most ${d.limit} are built`,
    hint: "Use fewer fractional bits, narrower weights or inputs, or a smaller fan-in",
  }),
  E_FPGA_STATE_TOO_NARROW: (d: { vReset: number; bits: number }) => ({
    message: `A delayed reset starts from ${d.vReset}, which ${d.bits} state bits do not hold`,
    hint: "Quantize with more state bits",
  }),
  E_FPGA_LEAK_UNREPRESENTABLE: (d: { found: string }) => ({
    message: `The leak has ${d.found}`,
    hint: "Shifts up to 31 and non-negative factors below 2^31 are built",
  }),
  E_FPGA_PER_NEURON_LEAK_DSP: (d: { neurons: number; lanes: number }) => ({
    message: `${d.neurons} neurons have leak factors of their own, which takes ${d.lanes} real multipliers`,
    hint: 'Choose where they go with mul "dsp" or "lut", or quantize with one time constant per layer',
  }),
  E_FPGA_ADDRESS_TOO_WIDE: (d: { size: number; bits: number }) => ({
    message: `${d.size} addresses do not fit the ${d.bits} address bits of the stream`,
    hint: "Set streamWidth to 64",
  }),
  E_FPGA_INPUT_TOO_WIDE: (d: { bits: number; limit: number }) => ({
    message: `Input values have ${d.bits} bits, the stream carries ${d.limit}`,
    hint: "Quantize the input to at most 8 bits, or set streamWidth to 64",
  }),
  E_FPGA_READOUT_TOO_WIDE: (d: { bits: number }) => ({
    message: `The states that leave have ${d.bits} bits, a word carries 30`,
    hint: "Quantize the last layer with at most 30 state bits",
  }),
  E_FPGA_READOUT: (d: { readout: string; found: string; hint: string }) => ({
    message: `The readout ${d.readout} has no hardware here: ${d.found}`,
    hint: `${d.hint}`,
  }),
  E_FPGA_HOLD_RECURRENT: (_: object) => ({
    message: "holdInput keeps the sums of the layers that an Input feeds, and here something else meets it",
    hint: "Leave holdInput off: other layers, recurrence and delays change from step to step",
  }),
  E_FPGA_INPUT_VARIES: (d: { step: number; index: number }) => ({
    message: `With holdInput every step has the same input, but address ${d.index} differs in step ${d.step}`,
    hint: "Compile without holdInput for input that changes over time",
  }),
  E_FPGA_INPUT: (d: { found: string; expected: string }) => ({
    message: `The input does not fit the port: ${d.found}, expected ${d.expected}`,
    hint: "Give one tensor [time, ...shape] or one event list per sample, for the one input of the design",
  }),
  E_FPGA_NAME_COLLISION: (d: { name: string }) => ({
    message: `"${d.name}" is a reserved word or the name of a library module`,
    hint: "Choose another design name",
  }),
  E_FPGA_NO_LUT_RAM: (d: { board: string }) => ({
    message: `The device of ${d.board} has no LUT RAM`,
    hint: 'Choose memStyle "block" or "registers"',
  }),
  E_FPGA_UNKNOWN_LAYER: (d: { name: string; known: readonly string[] }) => ({
    message: `There is no layer "${d.name}" to set lanes for`,
    hint: `The layers are ${list(d.known)}; write NODE=P, with P from 1 to 1024`,
  }),
  E_FPGA_CAPACITY: (d: {
    resource: string;
    needed: number;
    available: number;
    board: string;
    largest: string;
    fits: string;
  }) => ({
    message: `The design needs about ${d.needed} ${d.resource}, ${d.board} has ${d.available}; largest: ${d.largest}`,
    hint: `${d.fits}`,
  }),
  E_FPGA_ARTEFACT: (d: { file: string; found: string }) => ({
    message: `${d.file} is not what the back end emits: ${d.found}`,
    hint: "Compile again into an empty folder",
  }),
  E_FPGA_MISMATCH: (d: { text: string }) => ({
    message: `${d.text}`,
    hint: "The folder holds something else than the compiled network; compile it again",
  }),
  E_FPGA_TOOL: (d: { tool: string; found: string }) => ({
    message: `${d.tool} did not do its work: ${d.found}`,
    hint: "Synthesis takes Yosys, on the PATH or from npm (@yowasp/yosys); toggles take Icarus (iverilog, vvp) on the PATH",
  }),
  E_FPGA_COMPARE: (d: { found: string; other: string }) => ({
    message: `The designs cannot be compared: ${d.found} differ between ${d.other}`,
    hint: "Compare plans of one network, with the same layers, lanes and neurons",
  }),
  E_FPGA_LOADABLE: (d: { found: string; hint: string }) => ({
    message: `Weights cannot be loaded: ${d.found}`,
    hint: `${d.hint}`,
  }),
  E_FPGA_LOAD: (d: { found: string }) => ({
    message: `The network cannot be loaded into the design: ${d.found}`,
    hint: 'Compile a design of its own, or quantize as the one that was compiled with weights "ram"',
  }),
  W_FPGA_ROWS_DENSE: (_: object) => ({
    message: "Its weight rows stay dense: without their zeros they take neither fewer cycles nor fewer bits",
    hint: "Only words without any weight are left out, and none of a convolution; fewer lanes make words emptier",
  }),
  W_FPGA_IDLE_LANES: (d: { lanes: number; neurons: number }) => ({
    message: `${d.lanes} lanes are built for ${d.neurons} neurons, so ${d.lanes - d.neurons} never work`,
    hint: "Give this layer lanes of its own, or lower pe",
  }),
  W_FPGA_SATURATION_POSSIBLE: (d: { reach: string; vMin: number; vMax: number }) => ({
    message: `The state may reach ${d.reach} in size and saturates at ${d.vMin} and ${d.vMax}`,
    hint: "Simulation and hardware saturate alike; more state bits avoid it",
  }),
} as const;

/** Makes a diagnostic of this package. */
export const fpgaDiagnostic: DiagnosticFactory<typeof table> = defineDiagnostics(table);
