/** From the address of a map to its row-major index. */
export const nkFlatten: string = `\
// Address { c, y, x } of a map to the index (c * H + y) * W + x. No state, no cycle.
module nk_flatten #(
  parameter VALB = 0,        // bits of the value
  parameter CB   = 1,        // bits of c, y, x
  parameter YB   = 1,
  parameter XB   = 1,
  parameter H    = 1,
  parameter W    = 1,
  parameter AW   = 1         // bits of the index
) (
  input  wire                     in_valid,
  output wire                     in_ready,
  input  wire [1+VALB+CB+YB+XB:0] in_beat,
  output wire                     out_valid,
  input  wire                     out_ready,
  output wire [1+VALB+AW:0]       out_beat
);
  wire [31:0] c = {{(32-CB){1'b0}}, in_beat[CB+YB+XB-1:YB+XB]};
  wire [31:0] y = {{(32-YB){1'b0}}, in_beat[YB+XB-1:XB]};
  wire [31:0] x = {{(32-XB){1'b0}}, in_beat[XB-1:0]};
  wire [31:0] index = (c * H + y) * W + x;
  wire unused_high = &{1'b0, index[31:AW]};
  assign out_valid = in_valid;
  assign in_ready  = out_ready;
  assign out_beat  = {in_beat[1+VALB+CB+YB+XB:CB+YB+XB], index[AW-1:0]};
endmodule
`;
