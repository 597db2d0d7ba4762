/** Models of the iCE40 cells whose delay the simulation of a netlist knows, and the bench that drives it. */

/** Cells of the netlist that are renamed before simulation, and the names of their models. */
export const gateCells: readonly (readonly [cell: string, model: string])[] = [
  ["SB_LUT4", "NK_LUT4"],
  ["SB_CARRY", "NK_CARRY"],
  ["SB_RAM40_4K", "NK_RAM40"],
];

const rows = Array.from({ length: 16 }, (_, k) => `INIT_${k.toString(16).toUpperCase()}`);

/**
 * LUTs of 400 ps and carries of 50 ps per bit with inertial delay, or of none; memories that read 0 before their first
 * read, so that nothing unknown circulates where the real cells hold one value or another.
 */
export function gateModels(hasDelays: boolean): string {
  const delay = (picoseconds: number): string => (hasDelays ? `#${picoseconds} ` : "");
  return `\
\`timescale 1ps/1ps
module NK_LUT4(output O, input I0, input I1, input I2, input I3);
  parameter [15:0] LUT_INIT = 16'd0;
  assign ${delay(400)}O = LUT_INIT[{I3, I2, I1, I0}];
endmodule
module NK_CARRY(output CO, input I0, input I1, input CI);
  assign ${delay(50)}CO = (I0 && I1) || ((I0 || I1) && CI);
endmodule
module NK_RAM40(
  output [15:0] RDATA, input RCLK, input RCLKE, input RE, input [10:0] RADDR,
  input WCLK, input WCLKE, input WE, input [10:0] WADDR, input [15:0] MASK, input [15:0] WDATA
);
  parameter WRITE_MODE = 0;
  parameter READ_MODE = 0;
${rows.map((row) => `  parameter [255:0] ${row} = 256'd0;`).join("\n")}
  wire [15:0] q;
  SB_RAM40_4K #(
    .WRITE_MODE(WRITE_MODE), .READ_MODE(READ_MODE),
    ${rows.map((row) => `.${row}(${row})`).join(", ")}
  ) ram (
    .RDATA(q), .RCLK(RCLK), .RCLKE(RCLKE), .RE(RE), .RADDR(RADDR), .WCLK(WCLK), .WCLKE(WCLKE),
    .WE(WE), .WADDR(WADDR), .MASK(MASK), .WDATA(WDATA)
  );
  genvar i;
  generate for (i = 0; i < 16; i = i + 1) begin : g_bit
    assign RDATA[i] = (q[i] === 1'b1);
  end endgenerate
endmodule
`;
}

/** What a bench needs to know of the design. */
export interface GateBench {
  readonly top: string;
  /** Inputs besides the two streams, held at 0. */
  readonly idle: readonly string[];
  readonly inputWidth: number;
  readonly outputWidth: number;
  /** Cycles before the dump begins, counted from the first word in. */
  readonly warmUp: number;
  /** Cycles of the dump. */
  readonly cycles: number;
}

/**
 * Sends in.mem without pauses and takes everything, for a fixed number of cycles: nothing waits for an answer, so it
 * ends whatever the netlist does. Words that leave are compared with exp.mem.
 */
export function gateBench({ top, idle, inputWidth, outputWidth, warmUp, cycles }: GateBench): string {
  return `\
\`timescale 1ps/1ps
module gate_tb;
  reg aclk = 1'b0;
  reg aresetn = 1'b0;
  reg [${inputWidth - 1}:0] data = 0;
  reg [${inputWidth - 1}:0] word;
  reg valid = 1'b0;
  wire ready;
  wire [${outputWidth - 1}:0] out_data;
  reg  [${outputWidth - 1}:0] want;
  wire out_valid;
  wire [4:0] status;
  integer in_file, exp_file;
  integer cycle = 0, first = 0, beats = 0, wrong = 0;

  ${top} dut (
    .aclk(aclk), .aresetn(aresetn), .s_axis_tdata(data), .s_axis_tvalid(valid),
    .s_axis_tready(ready), .s_axis_tlast(data[${inputWidth - 1}:${inputWidth - 2}] == 2'd2),
    .m_axis_tdata(out_data), .m_axis_tvalid(out_valid), .m_axis_tready(1'b1), .status(status)${idle.map((name) => `, .${name}(0)`).join("")}
  );
  always #50000 aclk = !aclk;
  initial begin
    in_file = $fopen("in.mem", "r");
    exp_file = $fopen("exp.mem", "r");
    $dumpfile("gate.vcd");
    $dumpvars(1, dut);
    $dumpoff;
  end
  always @(posedge aclk) begin
    cycle = cycle + 1;
    aresetn <= (cycle > 8);
    if (first == 0 && valid && ready === 1'b1) first = cycle;
    if (cycle > 20 && (!valid || ready === 1'b1)) begin
      valid <= ($fscanf(in_file, "%h", word) == 1);
      data <= word;
    end
    if (out_valid === 1'b1) begin
      beats = beats + 1;
      if ($fscanf(exp_file, "%h", want) != 1 || out_data !== want) wrong = wrong + 1;
    end
    if (first != 0 && cycle == first + ${warmUp}) $dumpon;
    if (cycle >= ${warmUp + cycles + 4096} || (first != 0 && cycle == first + ${warmUp + cycles})) begin
      $display("NIRKIT_GATE cycles=%0d beats=%0d wrong=%0d", (first == 0) ? 0 : cycle - first, beats, wrong);
      $finish;
    end
  end
endmodule
`;
}
