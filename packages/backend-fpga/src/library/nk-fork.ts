/** From one stream to several. */
export const nkFork: string = `\
// Every beat goes to all N branches, to each when that is ready for it; the next beat follows when
// all have taken this one. No combinational path from valid to ready.
module nk_fork #(
  parameter W = 8,           // bits of a beat
  parameter N = 2            // branches
) (
  input  wire         clk,
  input  wire         rst,
  input  wire         in_valid,
  output wire         in_ready,
  input  wire [W-1:0] in_beat,
  output wire [N-1:0] out_valid,
  input  wire [N-1:0] out_ready,
  output wire [W-1:0] out_beat
);
  reg  [N-1:0] done;         // branches that have taken this beat
  wire [N-1:0] soon = done | out_ready;

  assign out_valid = {N{in_valid}} & ~done;
  assign out_beat  = in_beat;
  assign in_ready  = &soon;

  always @(posedge clk) begin
    if (rst) done <= {N{1'b0}};
    else if (in_valid) done <= in_ready ? {N{1'b0}} : soon;
  end
endmodule
`;
