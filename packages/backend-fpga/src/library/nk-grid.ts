/** A state onto the grid on which it is stored. */
export const nkGrid: string = `\
// The multiple of STEP nearest to a state, the lower of two: stored says how many times STEP it is.
// The state lies between the lowest level LOW and the highest one, which SB bits count.
// A power of two drops bits; other steps are taken off the distance from LOW, largest part first.
module nk_grid #(
  parameter VB  = 8,         // bits of a state
  parameter SB  = 8,         // bits of a stored one
  parameter [31:0] STEP = 1,
  parameter signed [VB-1:0] LOW = 0
) (
  input  wire [VB-1:0] kept,
  output wire [SB-1:0] stored,
  output wire [VB-1:0] level
);
  localparam R = $clog2(STEP);
  generate
    if (STEP == 32'd1) begin : g_every
      wire unused_low = &{1'b0, LOW};
      assign stored = kept[SB-1:0];
      assign level  = kept;
    end else if ((32'd1 << R) == STEP) begin : g_shift
      localparam [31:0] HALF = STEP / 2 - 1;
      wire [VB:0] up = {kept[VB-1], kept} + {1'b0, HALF[VB-1:0]};
      wire unused_up = &{1'b0, up, LOW};
      assign stored = up[R+SB-1:R];
      nk_level #(.VB(VB), .SB(SB), .STEP(STEP)) multiple (.stored(stored), .level(level));
    end else begin : g_divide
      localparam QW = VB + 2;
      localparam [31:0] HALF = (STEP - 1) / 2;
      localparam signed [31:0] BELOW = $signed({{(32-VB){LOW[VB-1]}}, LOW}) / $signed(STEP);
      localparam [QW-1:0]  UNIT = STEP[QW-1:0];            // VB is at most 30
      reg  [QW-1:0] rest;
      reg  [SB-1:0] quotient;
      wire unused_rest = &{1'b0, rest, BELOW};
      integer i;
      always @* begin
        rest = {{2{kept[VB-1]}}, kept} - {{2{LOW[VB-1]}}, LOW} + {2'd0, HALF[VB-1:0]};
        quotient = {SB{1'b0}};
        for (i = SB - 1; i >= 0; i = i - 1)
          if (rest >= (UNIT << i)) begin
            rest = rest - (UNIT << i);
            quotient[i] = 1'b1;
          end
      end
      assign stored = quotient + BELOW[SB-1:0];
      nk_level #(.VB(VB), .SB(SB), .STEP(STEP)) multiple (.stored(stored), .level(level));
    end
  endgenerate
endmodule
`;
