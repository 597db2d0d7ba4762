/** One shift of a weight that has several. */
export const nkShift: string = `\
// p = m == 0 ? 0 : val << (m - 1), sign-extended. The value is gated before the shifter, and the
// shift by m drops its lowest bit.
module nk_shift #(
  parameter VALB = 2,        // bits of the value, signed
  parameter MB   = 1,        // bits of m
  parameter TOP  = 0,        // its largest value less 1
  parameter AB   = 8         // at least VALB + TOP
) (
  input  wire [VALB-1:0] val,
  input  wire [MB-1:0]   m,
  output wire [AB-1:0]   p
);
  localparam PB = VALB + TOP + 1;
  wire [PB-1:0] ax = {{(TOP+1){val[VALB-1]}}, val} & {PB{|m}};
  wire [PB-1:0] sh = ax << m;
  wire unused_end  = &{1'b0, sh[0]};
  assign p = {{(AB-PB+1){sh[PB-1]}}, sh[PB-1:1]};
endmodule
`;
