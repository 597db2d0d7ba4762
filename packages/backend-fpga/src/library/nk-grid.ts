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
      localparam [63:0] WIDE = {32'd0, STEP};
      wire [QW*(SB+1)-1:0] rest;       // what is left before bit SB - 1 of it, SB - 2 ...
      wire [SB-1:0]        quotient;
      wire unused_rest = &{1'b0, rest[QW*SB +: QW], BELOW};
      genvar i;
      assign rest[0 +: QW] = {{2{kept[VB-1]}}, kept} - {{2{LOW[VB-1]}}, LOW}
                           + {2'd0, HALF[VB-1:0]};
      for (i = 0; i < SB; i = i + 1) begin : g_bit
        localparam [63:0] PART = WIDE << (SB - 1 - i);
        wire [QW-1:0] left = rest[QW*i +: QW];
        assign quotient[SB-1-i] = (left >= PART[QW-1:0]);
        assign rest[QW*(i+1) +: QW] = quotient[SB-1-i] ? left - PART[QW-1:0] : left;
      end
      assign stored = quotient + BELOW[SB-1:0];
      nk_level #(.VB(VB), .SB(SB), .STEP(STEP)) multiple (.stored(stored), .level(level));
    end
  endgenerate
endmodule
`;
