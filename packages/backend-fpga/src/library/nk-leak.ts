/** Leak of one state: none or shift. */
export const nkLeak: string = `\
// y = u             (SHIFT = 0: no leak)
// y = u - (u >>> SHIFT)
module nk_leak #(
  parameter VB    = 8,       // bits of u
  parameter XW    = 10,      // bits of y, XW >= VB
  parameter SHIFT = 0        // 0 no leak, else 1 .. 31
) (
  input  wire signed [VB-1:0] u,
  output wire signed [XW-1:0] y
);
  wire signed [XW-1:0] ux = {{(XW-VB){u[VB-1]}}, u};

  generate
    if (SHIFT == 0) begin : g_none
      assign y = ux;
    end else begin : g_shift
      assign y = ux - (ux >>> SHIFT);
    end
  endgenerate
endmodule
`;
