/** Leak of one state: multiplication by mul / 2^SHIFT with a stated rounding. */
export const nkLeakMul: string = `\
// y = (u * mul) >>> SHIFT, exact over the integers, rounded
//   ROUND 0  floor         p >>> SHIFT                                   with p = u * mul
//   ROUND 1  toward zero   (p + (p < 0 ? 2^SHIFT - 1 : 0)) >>> SHIFT
//   ROUND 2  nearest even  (p + 2^(SHIFT-1) - 1 + bit SHIFT of p) >>> SHIFT
// A constant mul becomes shifts and adds; DSP asks for a hard multiplier.
module nk_leak_mul #(
  parameter VB    = 8,       // bits of u
  parameter XW    = 10,      // bits of y, wide enough for every result
  parameter MB    = 2,       // bits of mul, read as signed: a leading 0 above the factor
  parameter SHIFT = 1,       // 0 .. 31
  parameter ROUND = 0,
  parameter DSP   = 0
) (
  input  wire signed [VB-1:0] u,
  input  wire signed [MB-1:0] mul,
  output wire signed [XW-1:0] y
);
  localparam PB = VB + MB;                  // bits of the product
  localparam QB = ((PB > XW) ? PB : XW) + 1;
  localparam signed [QB-1:0] ONE = 1;
  localparam signed [QB-1:0] BELOW = (ONE <<< SHIFT) - ONE;

  wire signed [PB-1:0] ue = {{MB{u[VB-1]}}, u};
  wire signed [PB-1:0] me = {{VB{mul[MB-1]}}, mul};
  wire signed [PB-1:0] p;
  generate
    if (DSP != 0) begin : g_dsp
      (* use_dsp = "yes" *) wire signed [PB-1:0] product;
      assign product = ue * me;
      assign p = product;
    end else begin : g_lut
      (* use_dsp = "no" *) wire signed [PB-1:0] product;
      assign product = ue * me;
      assign p = product;
    end
  endgenerate

  wire signed [QB-1:0] pe = {{(QB-PB){p[PB-1]}}, p};
  wire signed [QB-1:0] offset;
  generate
    if (ROUND == 1 && SHIFT > 0) begin : g_zero
      assign offset = p[PB-1] ? BELOW : {QB{1'b0}};
    end else if (ROUND == 2 && SHIFT > 0) begin : g_even
      assign offset = (BELOW >>> 1) + {{(QB-1){1'b0}}, pe[SHIFT]};
    end else begin : g_floor
      assign offset = {QB{1'b0}};
    end
  endgenerate

  wire signed [QB-1:0] q = (pe + offset) >>> SHIFT;
  assign y = q[XW-1:0];
  wire unused_sign = &{1'b0, q[QB-1:XW]};   // copies of the sign of y
endmodule
`;
