/** Parameters of the neurons, which nk_layer passes on to nk_neurons. */

/** Their declarations. */
export const neuronParameters = `\
  parameter AB      = 8,     // accumulator bits
  parameter F       = 0,     // fractional bits of the state
  parameter VB      = 8,     // state bits
  parameter SB      = 8,     // bits of a stored state: VB, or fewer on a grid
  parameter [31:0] STEP = 1, // of the grid of stored states, which has a level at 0
  parameter XW      = 12,    // bits of x and of all that is compared with it
  parameter signed [XW-1:0] VMIN = 0,
  parameter signed [XW-1:0] VMAX = 0,
  parameter WRAP    = 0,
  parameter STATE   = 1,     // 0: no membrane, x = in
  parameter CUBA    = 0,     // 0 none, 1 order new, 2 order old
  parameter LEAK    = 0,     // 0 none or shift, 1 mul
  parameter LSHIFT  = 0,
  parameter LMB     = 2,     // bits of the factor, read as signed
  parameter signed [LMB-1:0] LMUL = 0,
  parameter LROUND  = 0,
  parameter LMUL_MEM = 0,    // one factor per neuron
  parameter LMUL_FILE = "",
  parameter SLEAK   = 0,     // the same for J
  parameter SSHIFT  = 0,
  parameter SMB     = 2,
  parameter signed [SMB-1:0] SMUL = 0,
  parameter SROUND  = 0,
  parameter SMUL_MEM = 0,
  parameter SMUL_FILE = "",
  parameter SPIKING = 1,
  parameter RESET   = 0,     // 0 none, 1 value, 2 subtract
  parameter RDELAY  = 0,
  parameter SDELAY  = 0,
  parameter signed [XW-1:0] TH = 0,
  parameter TH_MEM  = 0,
  parameter TH_FILE = "",
  parameter signed [XW-1:0] SUB = 0,
  parameter SUB_MEM = 0,
  parameter SUB_FILE = "",
  parameter signed [XW-1:0] VR = 0,
  parameter VR_MEM  = 0,
  parameter VR_FILE = "",
  parameter signed [XW-1:0] BIAS = 0,
  parameter BIAS_MEM = 0,
  parameter BIAS_FILE = "",
`;

const lineLength = 100;

/** Their connections by name, from module to module. */
export const neuronConnections: string = connections(
  [...neuronParameters.matchAll(/^ *parameter [^=]*?(\w+) *=/gm)].map(([, name]) => `.${name}(${name}),`),
);

function connections(entries: readonly string[]): string {
  const lines: string[] = [];
  let line = "   ";
  for (const entry of entries) {
    if (line.length + 1 + entry.length > lineLength) {
      lines.push(line);
      line = "   ";
    }
    line += ` ${entry}`;
  }
  return `${[...lines, line].join("\n")}\n`;
}
