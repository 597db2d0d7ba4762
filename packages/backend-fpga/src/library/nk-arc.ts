/** One arc into a layer: the events of one source and the weights that they meet. */
export const nkArc: string = `\
// The beats of one source in front of a layer (nk_layer), which takes them and says when the words
// of an event are issued, one per cycle from the cycle after it is taken on. What a word adds to
// the accumulators k of P lanes, w[i, addr] * val << SH, follows one cycle later as terms + ones.
//   CONV 0  dense, the K words of its row (nk_rows), or with SPARSE those of them that hold a
//           weight (nk_sparse)
//   CONV 1  convolution, KO words for every kernel position it meets (nk_taps)
// Formats: w WB.0, val VALB.0, terms AB.0.
module nk_arc #(
  parameter CONV    = 0,
  parameter NI      = 1,     // addresses
  parameter P       = 1,     // lanes
  parameter K       = 1,     // words of a row
  parameter KW      = 1,     // bits of the address of an accumulator word
  parameter C       = 1,     // convolution: input channels, height, width
  parameter H       = 1,
  parameter W       = 1,
  parameter CB      = 1,     // bits of their coordinates
  parameter YB      = 1,
  parameter XB      = 1,
  parameter KY      = 1,     // kernel
  parameter KX      = 1,
  parameter SY      = 1,     // stride
  parameter SX      = 1,
  parameter PY      = 0,     // zeros in front
  parameter PX      = 0,
  parameter DY      = 1,     // dilation
  parameter DX      = 1,
  parameter JY      = 1,     // SY / gcd(SY, DY)
  parameter JX      = 1,
  parameter QY      = 1,     // DY / gcd(SY, DY)
  parameter QX      = 1,
  parameter G       = 1,     // groups
  parameter OY      = 1,     // output
  parameter OX      = 1,
  parameter KO      = 1,     // words of the output channels of a group
  parameter IAW     = 1,     // bits of an address
  parameter VALB    = 0,     // bits of a value, signed; 0: spikes
  parameter CODE    = 0,     // 0 integers, 1 and 2 powers of two, 3 and 4 sums of T (nk_lane)
  parameter T       = 2,     // shifts of a weight, and the largest exponent of each (CODE 3, 4)
  parameter E1      = 0,
  parameter E2      = 0,
  parameter E3      = 0,
  parameter WB      = 2,     // weight bits
  parameter WSH     = 0,     // left shift of the products
  parameter WAW     = 1,     // bits of the address of a weight word
  parameter WD      = 1,     // weight words
  parameter W_FILE  = "",
  parameter SPARSE  = 0,     // dense rows: 0 all words, else the FORM of nk_sparse
  parameter RUNB    = 1,     // bits of a run, above the lanes of a weight word (SPARSE 3)
  parameter M_FILE  = "",    // its tables
  parameter S_FILE  = "",
  parameter AB      = 8,     // accumulator bits
  parameter LOAD    = 0,     // the weights are loaded (nk_image)
  parameter [7:0] ID = 0,    // of their image
  parameter DSP     = 0,     // hard multipliers
  parameter RSTYLE  = "auto"  // rom_style of the image
) (
  input  wire                clk,
  input  wire                in_valid,
  output wire                in_ready,
  input  wire [1+VALB+IAW:0] in_beat,       // { kind, val (VALB > 0), addr }
  output wire                has_event,     // an event is next
  output wire                has_tick,      // a tick is next
  output wire                has_eos,       // which is an eos
  input  wire                take,          // what is next is taken
  input  wire                run,           // the words of the event are issued
  output wire                issue,         // a word is
  output wire [KW-1:0]       k,             // into accumulators k
  output wire                last,          // last cycle of the event
  output wire [P*AB-1:0]     terms,         // what the word issued last adds, less its carries
  output wire [P-1:0]        ones,
  input  wire [33:0]         load           // of images
);
  localparam VW = (VALB > 0) ? VALB : 1;

  wire [1:0]      kind  = in_beat[1+VALB+IAW:VALB+IAW];
  wire            start = in_valid && take;
  wire [WAW-1:0]  at;
  localparam WW = P * WB + ((SPARSE == 3) ? RUNB : 0);
  wire [WW-1:0]   word;
  wire [RUNB-1:0] next_run;  // words of zeros in front of the next word of the row
  wire [VW-1:0]   val2;      // value of the event of the word
  genvar g;

  assign in_ready  = take;
  assign has_event = in_valid && (kind == 2'd0);
  assign has_tick  = in_valid && (kind != 2'd0);
  assign has_eos   = has_tick && kind[1];

  generate
    if (CONV != 0) begin : g_taps
      nk_taps #(
        .C(C), .H(H), .W(W), .CB(CB), .YB(YB), .XB(XB), .KY(KY), .KX(KX), .SY(SY), .SX(SX),
        .PY(PY), .PX(PX), .DY(DY), .DX(DX), .OY(OY), .OX(OX), .G(G), .KO(KO), .JY(JY), .JX(JX),
        .QY(QY), .QX(QX), .KW(KW), .WAW(WAW)
      ) words (
        .clk(clk), .start(start), .addr(in_beat[IAW-1:0]), .run(run),
        .issue(issue), .k(k), .at(at), .last(last)
      );
    end else if (SPARSE != 0) begin : g_sparse
      nk_sparse #(
        .FORM(SPARSE), .NI(NI), .K(K), .KW(KW), .IAW(IAW), .WAW(WAW), .RUNB(RUNB),
        .M_FILE(M_FILE), .S_FILE(S_FILE), .RSTYLE(RSTYLE)
      ) words (
        .clk(clk), .start(start), .addr(in_beat[IAW-1:0]), .run(run), .next_run(next_run),
        .issue(issue), .k(k), .at(at), .last(last)
      );
    end else begin : g_rows
      nk_rows #(.NI(NI), .K(K), .KW(KW), .IAW(IAW), .WAW(WAW)) words (
        .clk(clk), .start(start), .addr(in_beat[IAW-1:0]), .run(run),
        .issue(issue), .k(k), .at(at), .last(last)
      );
    end
    if (SPARSE == 3) begin : g_run
      assign next_run = word[WW-1:P*WB];
    end else begin : g_no_run
      wire unused_run = &{1'b0, next_run};
      assign next_run = {RUNB{1'b0}};
    end
  endgenerate

  nk_image #(
    .W(WW), .DEPTH(WD), .AW(WAW), .FILE(W_FILE), .STYLE(RSTYLE), .LOAD(LOAD), .ID(ID)
  ) weights (
    .clk(clk), .re(issue), .addr(at), .q(word), .load(load)
  );

  generate
    if (VALB == 0) begin : g_no_value
      assign val2 = 1'b1;
    end else begin : g_value
      reg [VALB-1:0] val;    // value of the event that is issued
      reg [VALB-1:0] held;
      always @(posedge clk) begin
        if (start) val <= in_beat[VALB+IAW-1:IAW];
        if (issue) held <= val;
      end
      assign val2 = held;
    end
    for (g = 0; g < P; g = g + 1) begin : g_lane
      nk_lane #(
        .CODE(CODE), .WB(WB), .VALB(VALB), .VW(VW), .AB(AB), .SH(WSH), .T(T), .E1(E1), .E2(E2),
        .E3(E3), .DSP(DSP)
      ) lane (
        .code(word[g*WB +: WB]), .val(val2), .term(terms[g*AB +: AB]), .one(ones[g])
      );
    end
  endgenerate
endmodule
`;
