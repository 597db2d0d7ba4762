/** Pooling: where an event of a map lands in the pooled map. */
export const nkPool: string = `\
// Sum over windows that do not overlap: every event keeps its value and takes the address of its
// window; one outside all windows is taken and dropped. No state, no cycle.
module nk_pool #(
  parameter VALB = 0,        // bits of the value
  parameter CB   = 1,        // bits of c, y, x that come in
  parameter YB   = 1,
  parameter XB   = 1,
  parameter H    = 1,
  parameter W    = 1,
  parameter KY   = 1,        // window
  parameter KX   = 1,
  parameter SY   = 1,        // stride, at least the window
  parameter SX   = 1,
  parameter PY   = 0,        // zeros in front
  parameter PX   = 0,
  parameter OY   = 1,        // pooled size
  parameter OX   = 1,
  parameter OYB  = 1,        // bits of y, x that leave
  parameter OXB  = 1
) (
  input  wire                       in_valid,
  output wire                       in_ready,
  input  wire [1+VALB+CB+YB+XB:0]   in_beat,
  output wire                       out_valid,
  input  wire                       out_ready,
  output wire [1+VALB+CB+OYB+OXB:0] out_beat
);
  localparam TY = $clog2(KY + 1);
  localparam TX = $clog2(KX + 1);
  wire [TY-1:0]  ny;
  wire [TX-1:0]  nx;
  localparam KYB = (KY > 1) ? $clog2(KY) : 1;
  localparam KXB = (KX > 1) ? $clog2(KX) : 1;
  wire [KYB-1:0] unused_ky;
  wire [KXB-1:0] unused_kx;
  wire unused_taps = &{1'b0, unused_ky, unused_kx};
  wire [OYB-1:0] oy;
  wire [OXB-1:0] ox;
  nk_tap_range #(
    .N(H), .NB(YB), .K(KY), .S(SY), .PAD(PY), .O(OY), .CB(TY), .KB(KYB), .OB(OYB)
  ) range_y (.i(in_beat[YB+XB-1:XB]), .count(ny), .k(unused_ky), .o(oy));
  nk_tap_range #(
    .N(W), .NB(XB), .K(KX), .S(SX), .PAD(PX), .O(OX), .CB(TX), .KB(KXB), .OB(OXB)
  ) range_x (.i(in_beat[XB-1:0]), .count(nx), .k(unused_kx), .o(ox));

  wire is_event = (in_beat[1+VALB+CB+YB+XB:VALB+CB+YB+XB] == 2'd0);
  wire drop     = is_event && (ny == {TY{1'b0}} || nx == {TX{1'b0}});
  assign out_valid = in_valid && !drop;
  assign in_ready  = drop || out_ready;
  assign out_beat  = is_event ? {in_beat[1+VALB+CB+YB+XB:YB+XB], oy, ox}
                              : {in_beat[1+VALB+CB+YB+XB:YB+XB], {(OYB+OXB){1'b0}}};
endmodule
`;
