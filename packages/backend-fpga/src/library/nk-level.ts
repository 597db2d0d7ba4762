/** A stored state as what it stands for. */
export const nkLevel: string = `\
// STEP times a stored state: a product with a constant, or a shift.
module nk_level #(
  parameter VB  = 8,         // bits of a state
  parameter SB  = 8,         // bits of a stored one
  parameter [31:0] STEP = 1
) (
  input  wire [SB-1:0] stored,
  output wire [VB-1:0] level
);
  generate
    if (STEP == 32'd1) begin : g_every
      assign level = stored;
    end else begin : g_multiple
      wire [VB-1:0] wide = {{(VB-SB){stored[SB-1]}}, stored};
      assign level = wide * STEP[VB-1:0];
    end
  endgenerate
endmodule
`;
