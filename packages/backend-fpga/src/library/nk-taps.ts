/** Weight words of one event of a convolution. */
export const nkTaps: string = `\
// One event { c, y, x } of a convolution asks for the words of every kernel position that reaches
// an output, one per cycle from the cycle after start on: ky, then kx, then the KO words of output
// channels ascending. An event that reaches none takes one cycle.
//   weight word       ((c * KY + ky) * KX + kx) * KO + ko
//   accumulator word  ((oy * OX + ox) * G + g) * KO + ko     g: group of c
module nk_taps #(
  parameter C   = 1,         // input channels
  parameter H   = 1,
  parameter W   = 1,
  parameter CB  = 1,         // bits of c, y, x
  parameter YB  = 1,
  parameter XB  = 1,
  parameter KY  = 1,         // kernel
  parameter KX  = 1,
  parameter SY  = 1,         // stride
  parameter SX  = 1,
  parameter PY  = 0,         // zeros in front
  parameter PX  = 0,
  parameter DY  = 1,         // dilation
  parameter DX  = 1,
  parameter OY  = 1,         // output size
  parameter OX  = 1,
  parameter G   = 1,         // groups
  parameter KO  = 1,         // words of output channels in a group
  parameter JY  = 1,         // from one kernel position to the next, SY / gcd(SY, DY)
  parameter JX  = 1,
  parameter QY  = 1,         // and between their outputs, DY / gcd(SY, DY)
  parameter QX  = 1,
  parameter KW  = 1,         // bits of the address of an accumulator word
  parameter WAW = 1          // bits of the address of a weight word
) (
  input  wire                clk,
  input  wire                start,
  input  wire [CB+YB+XB-1:0] addr,
  input  wire                run,        // one word per cycle
  output wire                issue,
  output wire [KW-1:0]       k,
  output wire [WAW-1:0]      at,
  output wire                last
);
  localparam NYB = $clog2(KY + 1);
  localparam NXB = $clog2(KX + 1);
  localparam KYB = (KY > 1) ? $clog2(KY) : 1;
  localparam KXB = (KX > 1) ? $clog2(KX) : 1;
  localparam OYB = (OY > 1) ? $clog2(OY) : 1;
  localparam OXB = (OX > 1) ? $clog2(OX) : 1;
  localparam KOB = (KO > 1) ? $clog2(KO) : 1;
  localparam GB  = (G > 1) ? $clog2(G) : 1;
  localparam CG  = C / G;    // input channels of a group

  // Address arithmetic in 32 bits, cut to the width of its memory.
  localparam [31:0] W_X = JX * KO - (KO - 1);            // from the last word of a kx to the next
  localparam [31:0] W_Y = JY * KX * KO;
  localparam [31:0] A_X = QX * G * KO + (KO - 1);
  localparam [31:0] A_Y = QY * OX * G * KO;
  localparam [31:0] KO_MAX = KO - 1;
  localparam [KOB-1:0] KO_LAST = KO_MAX[KOB-1:0];
  localparam [KOB-1:0] KO_ONE  = 1;
  localparam [NYB-1:0] Y_ONE   = 1;
  localparam [NXB-1:0] X_ONE   = 1;
  localparam [KW-1:0]  A_ONE   = 1;
  localparam [WAW-1:0] W_ONE   = 1;

  wire [CB-1:0] c = addr[CB+YB+XB-1:YB+XB];
  wire [NYB-1:0] ny;
  wire [NXB-1:0] nx;
  wire [KYB-1:0] ky;
  wire [KXB-1:0] kx;
  wire [OYB-1:0] oy;
  wire [OXB-1:0] ox;
  nk_tap_range #(
    .N(H), .NB(YB), .K(KY), .S(SY), .PAD(PY), .DIL(DY), .O(OY), .CB(NYB), .KB(KYB), .OB(OYB)
  ) range_y (.i(addr[YB+XB-1:XB]), .count(ny), .k(ky), .o(oy));
  nk_tap_range #(
    .N(W), .NB(XB), .K(KX), .S(SX), .PAD(PX), .DIL(DX), .O(OX), .CB(NXB), .KB(KXB), .OB(OXB)
  ) range_x (.i(addr[XB-1:0]), .count(nx), .k(kx), .o(ox));

  wire [GB-1:0] g;
  generate
    if (G == 1) begin : g_one_group
      assign g = 1'b0;
    end else if (CG == 1) begin : g_depthwise
      assign g = c;
    end else begin : g_groups
      localparam UB = $clog2(CG + 1);
      localparam VB = $clog2(CG);
      wire [UB-1:0] unused_count;
      wire [VB-1:0] unused_member;
      nk_tap_range #(.N(C), .NB(CB), .K(CG), .S(CG), .O(G), .CB(UB), .KB(VB), .OB(GB))
        group (.i(c), .count(unused_count), .k(unused_member), .o(g));
      wire unused_group = &{1'b0, unused_count, unused_member};
    end
  endgenerate

  wire [31:0] w_line  = {{(32-CB){1'b0}}, c} * KY + {{(32-KYB){1'b0}}, ky};
  wire [31:0] w_place = w_line * KX + {{(32-KXB){1'b0}}, kx};
  wire [31:0] w32     = w_place * KO;
  wire [31:0] a_place = {{(32-OYB){1'b0}}, oy} * OX + {{(32-OXB){1'b0}}, ox};
  wire [31:0] a32     = (a_place * G + {{(32-GB){1'b0}}, g}) * KO;
  wire unused_high    = &{1'b0, w32[31:WAW], a32[31:KW]};
  wire [WAW-1:0] w_first = w32[WAW-1:0];
  wire [KW-1:0]  a_first = a32[KW-1:0];

  reg            none;       // reaches no output
  reg [NYB-1:0]  y_left;
  reg [NXB-1:0]  x_left;
  reg [NXB-1:0]  x_all;
  reg [KOB-1:0]  ko;
  reg [WAW-1:0]  w_at;
  reg [WAW-1:0]  w_row;      // first word of this ky
  reg [KW-1:0]   a_at;
  reg [KW-1:0]   a_row;

  wire ko_ends = (ko == KO_LAST);
  wire x_ends  = (x_left == {NXB{1'b0}});
  wire y_ends  = (y_left == {NYB{1'b0}});

  assign issue = run && !none;
  assign k     = a_at;
  assign at    = w_at;
  assign last  = none || (ko_ends && x_ends && y_ends);

  always @(posedge clk) begin
    if (start) begin
      none   <= (ny == {NYB{1'b0}}) || (nx == {NXB{1'b0}});
      y_left <= ny - Y_ONE;
      x_left <= nx - X_ONE;
      x_all  <= nx - X_ONE;
      ko     <= {KOB{1'b0}};
      w_at   <= w_first;
      w_row  <= w_first;
      a_at   <= a_first;
      a_row  <= a_first;
    end else if (run) begin
      if (!ko_ends) begin
        ko   <= ko + KO_ONE;
        w_at <= w_at + W_ONE;
        a_at <= a_at + A_ONE;
      end else if (!x_ends) begin
        ko     <= {KOB{1'b0}};
        x_left <= x_left - X_ONE;
        w_at   <= w_at + W_X[WAW-1:0];
        a_at   <= a_at - A_X[KW-1:0];
      end else begin
        ko     <= {KOB{1'b0}};
        x_left <= x_all;
        y_left <= y_left - Y_ONE;
        w_at   <= w_row + W_Y[WAW-1:0];
        w_row  <= w_row + W_Y[WAW-1:0];
        a_at   <= a_row - A_Y[KW-1:0];
        a_row  <= a_row - A_Y[KW-1:0];
      end
    end
  end
endmodule
`;
