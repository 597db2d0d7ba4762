/** Models of the Xilinx 7 cells that an array of lanes is made of, with the delays of the simulation of netlists. */

/** LUTs of 400 ps, carries of 50 ps per bit and 150 ps to the sum, flip-flops of 100 ps. */
export function xc7Models(): string {
  return [
    "`timescale 1ps/1ps",
    ...[1, 2, 3, 4, 5, 6].map(lut),
    carry,
    ...["FDRE", "FDSE"].map(flipFlop),
    inverter,
    shiftRegister,
  ].join("\n");
}

function lut(inputs: number): string {
  const pins = Array.from({ length: inputs }, (_, k) => `I${k}`);
  return [
    `module LUT${inputs}(output O, ${pins.map((pin) => `input ${pin}`).join(", ")});`,
    `  parameter [${2 ** inputs - 1}:0] INIT = 0;`,
    `  assign #400 O = INIT[{${pins.reverse().join(", ")}}];`,
    "endmodule",
  ].join("\n");
}

const inverter = "module INV(output O, input I);\n  assign #400 O = !I;\nendmodule\n";

const shiftRegister = `\
module SRL16E(output Q, input A0, input A1, input A2, input A3, input CE, input CLK, input D);
  parameter [15:0] INIT = 0;
  parameter [0:0] IS_CLK_INVERTED = 1'b0;
  reg [15:0] r;
  initial r = INIT;
  assign #100 Q = r[{A3, A2, A1, A0}];
  always @(posedge CLK) if (CE) r <= {r[14:0], D};
endmodule`;

const carry = `\
module CARRY4(output [3:0] CO, output [3:0] O, input CI, input CYINIT, input [3:0] DI, input [3:0] S);
  wire [4:0] c;
  assign c[0] = CI || CYINIT;
  genvar i;
  generate for (i = 0; i < 4; i = i + 1) begin : g_bit
    assign #50 c[i+1] = S[i] ? c[i] : DI[i];
    assign #150 O[i] = S[i] ^ c[i];
    assign CO[i] = c[i+1];
  end endgenerate
endmodule`;

function flipFlop(name: string): string {
  const [pin, value] = name === "FDRE" ? ["R", "1'b0"] : ["S", "1'b1"];
  return `\
module ${name}(output reg Q, input C, input CE, input D, input ${pin});
  parameter [0:0] INIT = ${value};
  parameter [0:0] IS_C_INVERTED = 1'b0;
  parameter [0:0] IS_D_INVERTED = 1'b0;
  parameter [0:0] IS_${pin}_INVERTED = 1'b0;
  initial Q = (INIT === 1'b1);
  always @(posedge C) if (${pin}) Q <= #100 ${value}; else if (CE) Q <= #100 D;
endmodule`;
}
