/** Door of the design: AXI4-Stream words in, trimmed and checked beats out. */
export const nkAxisIn: string = `\
// Word of 32 bits: [31:30] kind, [29:22] val, [21:0] addr; of 64 bits: [63:62], [61:32], [31:0].
// kind 0 event, 1 tick (end of step), 2 eos (end of sample: a tick, then all state is cleared).
// A beat that breaks the rules is taken, dropped and remembered until reset or clear:
//   bad[0] kind 3   bad[1] no such address bad[2] value out of range   bad[3] TLAST is not eos
// (bad[3] alone does not drop the beat.)
module nk_axis_in #(
  parameter DW   = 32,       // 32 or 64
  parameter NI   = 2,        // input addresses
  parameter AW   = 1,        // bits of the trimmed address
  parameter MAP  = 0,        // the address is { c, y, x }
  parameter C    = 1,
  parameter H    = 1,
  parameter W    = 1,
  parameter YB   = 1,        // bits of y and x; c has the others of AW
  parameter XB   = 1,
  parameter VALB = 0,        // bits of the trimmed value, signed; 0: spikes, which carry val 1
  parameter VAL_UNSIGNED = 0 // val is unsigned and has VALB - 1 bits
) (
  input  wire               clk,
  input  wire               rst,
  input  wire [DW-1:0]      s_axis_tdata,
  input  wire               s_axis_tvalid,
  input  wire               s_axis_tlast,
  output wire               s_axis_tready,
  output wire               out_valid,
  input  wire               out_ready,
  output wire [1+VALB+AW:0] out_beat,
  output reg  [3:0]         bad,
  input  wire [3:0]         clear   // of bad
);
  localparam AB = (DW == 64) ? 32 : 22;     // bits of the address field
  localparam FB = DW - 2 - AB;              // bits of the value field

  wire [1:0]    kind = s_axis_tdata[DW-1:DW-2];
  wire [FB-1:0] val  = s_axis_tdata[DW-3:AB];
  wire [AB-1:0] addr = s_axis_tdata[AB-1:0];
  wire is_event = (kind == 2'd0);
  wire val_ok;
  wire bad_kind = (kind == 2'd3);
  wire addr_ok;
  wire bad_addr = is_event && !addr_ok;
  wire bad_val  = is_event && !val_ok;
  wire bad_last = (s_axis_tlast != (kind == 2'd2));

  assign out_valid     = s_axis_tvalid && !bad_kind && !bad_addr && !bad_val;
  assign s_axis_tready = out_ready;

  generate
    if (MAP != 0) begin : g_map
      localparam CB = AB - YB - XB;
      localparam [31:0] C_END = C;
      localparam [31:0] Y_END = H;
      localparam [31:0] X_END = W;
      assign addr_ok = ({1'b0, addr[AB-1:YB+XB]} < C_END[CB:0])
                    && ({1'b0, addr[YB+XB-1:XB]} < Y_END[YB:0])
                    && ({1'b0, addr[XB-1:0]} < X_END[XB:0]);
    end else begin : g_index
      localparam [31:0] TOP = NI - 1;
      assign addr_ok = (addr <= TOP[AB-1:0]);
    end
    if (VALB == 0) begin : g_spike
      localparam [FB-1:0] ONE = 1;
      assign val_ok   = (val == ONE);
      assign out_beat = {kind, addr[AW-1:0]};
    end else if (VAL_UNSIGNED != 0) begin : g_unsigned
      wire [FB:0] wide = {1'b0, val};
      assign val_ok   = (wide[FB:VALB-1] == {(FB-VALB+2){1'b0}});
      assign out_beat = {kind, wide[VALB-1:0], addr[AW-1:0]};
    end else begin : g_signed
      assign val_ok   = (val[FB-1:VALB-1] == {(FB-VALB+1){val[VALB-1]}});
      assign out_beat = {kind, val[VALB-1:0], addr[AW-1:0]};
    end
  endgenerate

  always @(posedge clk) begin
    if (rst) bad <= 4'd0;
    else if (s_axis_tvalid && s_axis_tready)
      bad <= (bad & ~clear) | {bad_last, bad_val, bad_addr, bad_kind};
    else bad <= bad & ~clear;
  end
endmodule
`;
