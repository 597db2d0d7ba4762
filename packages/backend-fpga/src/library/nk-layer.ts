/** A layer: event-driven weight words into accumulators, one sweep of all neurons per step. */
export const nkLayer: string = `\
// A projection and its neurons, P lanes, K words of neurons.
//   event  ACC[i] += w[i, addr] * val << WSH            one word per cycle
//          CONV 0: dense, the K = ceil(N / P) words of its row (nk_rows)
//          CONV 1: convolution, KO words for every kernel position it meets (nk_taps)
//   tick   (REC: replay the spikes of the last step,)   K + R * K cycles for R spikes
//          then every neuron is updated, one word per cycle (nk_neurons),
//          ACC = 0                                    (HOLD: kept until eos)
//          and the spikes (or, for a readout, all U') leave, dense in index order, a map by y, x
//          and then channel; the tick follows
//   eos    a tick, then ACC, U, J and the bitmaps are cleared, K cycles
// SDELAY: the spikes of the last step leave, and are replayed, instead of those of this step.
// Formats: w WB.0, r RB.0, ACC AB.0; the neurons' are in nk_neurons.
module nk_layer #(
  parameter CONV    = 0,
  parameter NI      = 1,     // input addresses
  parameter N       = 1,     // neurons
  parameter P       = 1,     // lanes
  parameter K       = 1,     // words of neurons
  parameter KW      = 1,     // bits of k
  parameter PK      = 1,     // words of a parameter: K, or those of the channels
  parameter PKW     = 1,     // bits of their address
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
  parameter CO      = 1,     // output channels of a group, height and width of the output
  parameter OY      = 1,
  parameter OX      = 1,
  parameter KO      = 1,     // words of the output channels of a group
  parameter OCB     = 1,     // bits of the output coordinates
  parameter OYB     = 1,
  parameter OXB     = 1,
  parameter IAW     = 1,     // bits of an input address
  parameter OAW     = 1,     // bits of a neuron index
  parameter VALB    = 0,     // bits of an input value, signed; 0: spikes
  parameter OVB     = 0,     // bits of an output value: VB for a readout, 0 for spikes
  parameter CODE    = 0,     // 0 integers, 1 and 2 powers of two (nk_lane)
  parameter WB      = 2,     // weight bits
  parameter WSH     = 0,     // left shift of the products
  parameter WAW     = 1,     // bits of the address of a weight word
  parameter WD      = 1,     // weight words
  parameter W_FILE  = "",
  parameter REC     = 0,     // recurrent projection N to N, one step late
  parameter RCODE   = 0,     // its code
  parameter RB      = 2,     // its weight bits
  parameter RSH     = 0,     // its left shift
  parameter RAW     = 1,     // bits of its weight address, clog2(N * K)
  parameter R_FILE  = "",
  parameter AB      = 8,     // accumulator bits
  parameter F       = 0,     // fractional bits of the state
  parameter VB      = 8,     // state bits
  parameter XW      = 12,    // bits of x and of all that is compared with it
  parameter signed [XW-1:0] VMIN = 0,
  parameter signed [XW-1:0] VMAX = 0,
  parameter WRAP    = 0,
  parameter STATE   = 1,     // 0: no membrane, x = in
  parameter CUBA    = 0,     // 0 none, 1 order new, 2 order old
  parameter LEAK    = 0,     // 0 none or shift, 1 mul
  parameter LSHIFT  = 0,
  parameter LMB     = 2,     // bits of the factor, read as signed
  parameter signed [LMB-1:0] LMUL = 0,
  parameter LROUND  = 0,
  parameter LMUL_MEM = 0,    // one factor per neuron
  parameter LMUL_FILE = "",
  parameter SLEAK   = 0,     // the same for J
  parameter SSHIFT  = 0,
  parameter SMB     = 2,
  parameter signed [SMB-1:0] SMUL = 0,
  parameter SROUND  = 0,
  parameter SMUL_MEM = 0,
  parameter SMUL_FILE = "",
  parameter SPIKING = 1,
  parameter RESET   = 0,     // 0 none, 1 value, 2 subtract
  parameter RDELAY  = 0,
  parameter SDELAY  = 0,
  parameter signed [XW-1:0] TH = 0,
  parameter TH_MEM  = 0,
  parameter TH_FILE = "",
  parameter signed [XW-1:0] SUB = 0,
  parameter SUB_MEM = 0,
  parameter SUB_FILE = "",
  parameter signed [XW-1:0] VR = 0,
  parameter VR_MEM  = 0,
  parameter VR_FILE = "",
  parameter signed [XW-1:0] BIAS = 0,
  parameter BIAS_MEM = 0,
  parameter BIAS_FILE = "",
  parameter HOLD    = 0,
  parameter DSP     = 0,     // hard multipliers
  parameter STYLE   = "auto", // ram_style of the memories that are written
  parameter RSTYLE  = "auto"  // rom_style of the images
) (
  input  wire                clk,
  input  wire                rst,
  input  wire                in_valid,
  output wire                in_ready,
  input  wire [1+VALB+IAW:0] in_beat,       // { kind, val (VALB > 0), addr }
  output wire                out_valid,
  input  wire                out_ready,
  output wire [1+OVB+OAW:0]  out_beat,      // { kind, val (OVB > 0), index }
  output wire                busy,
  output wire [15:0]         clamped        // states that are clamped in this cycle
);
  localparam [31:0]   KMAX  = K - 1;
  localparam [KW-1:0] KLAST = KMAX[KW-1:0];
  localparam [KW-1:0] KONE  = 1;
  localparam LANES = (CONV != 0) ? CO : N;                // neurons that share the last word
  localparam TAILS = (LANES + P - 1) / P * P - LANES;     // lanes of it without one
  localparam [P-1:0]  TAIL  = {P{1'b1}} >> TAILS;
  localparam ROWS  = (CONV != 0) ? KO : K;                // consecutive words of an event

  localparam [2:0] CLEAR = 3'd0, IDLE = 3'd1, ACC = 3'd2, SCAN = 3'd3, SWEEP = 3'd4, DRAIN = 3'd5;

  // Control
  reg [2:0]     state;
  reg [KW-1:0]  k;           // word that is cleared or swept
  reg           eos;
  reg           add2;        // stage 2 accumulates word k2
  reg           upd2;        // stage 2 updates word k2
  reg [KW-1:0]  k2;

  wire          word_ready;  // the serialiser takes the word of stage 2
  wire          tick_done;
  wire          play;        // a recurrent row is issued
  wire [KW-1:0] play_k;
  wire          scan_last;
  wire          event_issue; // a weight word of the event is issued
  wire [KW-1:0] event_k;
  wire [WAW-1:0] event_at;
  wire          event_last;  // last cycle of the event

  wire          accept   = in_valid && in_ready;
  wire [1:0]    kind     = in_beat[1+VALB+IAW:VALB+IAW];
  wire          is_event = (kind == 2'd0);
  wire          clear    = (state == CLEAR);
  wire          advance  = upd2 && word_ready;
  wire          add      = event_issue || play;
  wire          sweep    = (state == SWEEP) && (!upd2 || word_ready);
  wire          issue    = add || sweep;
  wire [KW-1:0] ki       = play ? play_k : event_issue ? event_k : k;

  assign in_ready = (state == IDLE) || (state == ACC && event_last);
  assign busy     = (state != IDLE);

  generate
    if (CONV != 0) begin : g_taps
      nk_taps #(
        .C(C), .H(H), .W(W), .CB(CB), .YB(YB), .XB(XB), .KY(KY), .KX(KX), .SY(SY), .SX(SX),
        .PY(PY), .PX(PX), .DY(DY), .DX(DX), .OY(OY), .OX(OX), .G(G), .KO(KO), .JY(JY), .JX(JX),
        .QY(QY), .QX(QX), .KW(KW), .WAW(WAW)
      ) words (
        .clk(clk), .start(accept), .addr(in_beat[IAW-1:0]), .run(state == ACC),
        .issue(event_issue), .k(event_k), .at(event_at), .last(event_last)
      );
    end else begin : g_rows
      nk_rows #(.NI(NI), .K(K), .KW(KW), .IAW(IAW), .WAW(WAW)) words (
        .clk(clk), .start(accept), .addr(in_beat[IAW-1:0]), .run(state == ACC),
        .issue(event_issue), .k(event_k), .at(event_at), .last(event_last)
      );
    end
  endgenerate

  always @(posedge clk) begin
    if (rst) begin
      state <= CLEAR;
      k     <= {KW{1'b0}};
    end else if (accept) begin
      state <= is_event ? ACC : ((REC != 0) ? SCAN : SWEEP);
      k     <= {KW{1'b0}};
    end else begin
      case (state)
        CLEAR: begin
          k <= (k == KLAST) ? {KW{1'b0}} : k + KONE;
          if (k == KLAST) state <= IDLE;
        end
        ACC: if (event_last) state <= IDLE;
        SCAN: if (scan_last) state <= SWEEP;
        SWEEP: if (sweep) begin
          k <= (k == KLAST) ? {KW{1'b0}} : k + KONE;
          if (k == KLAST) state <= DRAIN;
        end
        DRAIN: if (tick_done) state <= eos ? CLEAR : IDLE;
        default: state <= state;
      endcase
    end
    if (accept) eos <= kind[1];
    if (rst) begin
      add2 <= 1'b0;
      upd2 <= 1'b0;
    end else begin
      add2 <= add;
      upd2 <= sweep || (upd2 && !word_ready);
    end
    if (issue) k2 <= ki;
  end

  // Accumulators
  wire [P*WB-1:0] w_word;
  wire [P*AB-1:0] a_ram;
  wire [P*AB-1:0] a_old;     // ACC of word k2
  wire [P*AB-1:0] a_new;     // ACC + w * val
  wire            a_zero = clear || (advance && HOLD == 0);

  nk_rom #(.W(P*WB), .DEPTH(WD), .AW(WAW), .FILE(W_FILE), .STYLE(RSTYLE)) weights (
    .clk(clk), .re(event_issue), .addr(event_at), .q(w_word)
  );
  nk_ram #(.W(P*AB), .DEPTH(K), .AW(KW), .STYLE(STYLE)) accumulators (
    .clk(clk), .we(a_zero || add2), .waddr(clear ? k : k2),
    .wdata(a_zero ? {(P*AB){1'b0}} : a_new), .re(issue), .raddr(ki), .q(a_ram)
  );

  generate
    if (ROWS == 1) begin : g_forward
      // The word may be read in the cycle in which its last sum is written: take that sum.
      reg            fresh;
      reg [P*AB-1:0] sum;
      always @(posedge clk) if (issue) begin
        fresh <= add2 && (ki == k2);
        sum   <= a_new;
      end
      assign a_old = fresh ? sum : a_ram;
    end else begin : g_stored
      assign a_old = a_ram;
    end
  endgenerate

  localparam VW = (VALB > 0) ? VALB : 1;
  wire [P*AB-1:0] terms;     // what the event adds, less its carries
  wire [P-1:0]    ones;
  wire [P*AB-1:0] addends;   // what this cycle adds: an event's row or a replayed one
  wire [P-1:0]    carries;
  wire [VW-1:0]   val2;      // value of the event of stage 2
  genvar g;
  generate
    if (VALB == 0) begin : g_no_value
      assign val2 = 1'b1;
    end else begin : g_value
      reg [VALB-1:0] val;    // value of the event that is issued
      reg [VALB-1:0] held;
      always @(posedge clk) begin
        if (accept) val <= in_beat[VALB+IAW-1:IAW];
        if (event_issue) held <= val;
      end
      assign val2 = held;
    end
    for (g = 0; g < P; g = g + 1) begin : g_lane
      nk_lane #(.CODE(CODE), .WB(WB), .VALB(VALB), .VW(VW), .AB(AB), .SH(WSH), .DSP(DSP)) lane (
        .code(w_word[g*WB +: WB]), .val(val2), .term(terms[g*AB +: AB]), .one(ones[g])
      );
      if (CODE == 0 && (REC == 0 || RCODE == 0)) begin : g_sum
        wire unused_carry = &{1'b0, carries[g]};
        assign a_new[g*AB +: AB] = a_old[g*AB +: AB] + addends[g*AB +: AB];
      end else begin : g_sum
        wire [AB:0] sum = {a_old[g*AB +: AB], 1'b1} + {addends[g*AB +: AB], carries[g]};
        wire unused_end = &{1'b0, sum[0]};
        assign a_new[g*AB +: AB] = sum[AB:1];
      end
    end
  endgenerate

  // Recurrence
  wire [P-1:0] flags;        // what leaves
  generate
    if (REC != 0) begin : g_replay
      wire [RAW-1:0]  r_at;
      wire [P*RB-1:0] r_word;
      reg             play2;
      nk_replay #(.P(P), .K(K), .KW(KW), .RW(OAW), .WAW(RAW), .STYLE(STYLE)) replay (
        .clk(clk), .we(clear || advance), .waddr(clear ? k : k2),
        .wdata(clear ? {P{1'b0}} : flags), .run(state == SCAN), .play(play), .k(play_k),
        .at(r_at), .last(scan_last)
      );
      nk_rom #(.W(P*RB), .DEPTH(N*K), .AW(RAW), .FILE(R_FILE), .STYLE(RSTYLE)) weights (
        .clk(clk), .re(play), .addr(r_at), .q(r_word)
      );
      always @(posedge clk) play2 <= play;
      for (g = 0; g < P; g = g + 1) begin : g_lane
        wire [AB-1:0] term;
        wire          one;
        nk_lane #(.CODE(RCODE), .WB(RB), .AB(AB), .SH(RSH)) lane (
          .code(r_word[g*RB +: RB]), .val(1'b1), .term(term), .one(one)
        );
        assign addends[g*AB +: AB] = play2 ? term : terms[g*AB +: AB];
        assign carries[g]          = play2 ? one : ones[g];
      end
    end else begin : g_forward_only
      assign play      = 1'b0;
      assign play_k    = {KW{1'b0}};
      assign scan_last = 1'b1;
      assign addends   = terms;
      assign carries   = ones;
    end
  endgenerate

  // Neurons
  wire [PKW-1:0]  pk;        // parameter word of word k
  reg             tail2;     // the last word of its group, or of all
  reg [OAW-1:0]   base2;     // address of lane 0 of word k2
  wire [P-1:0]    in_use = tail2 ? TAIL : {P{1'b1}};
  generate
    if (CONV != 0) begin : g_map
      wire [OCB+OYB+OXB-1:0] base;
      wire [((G * KO > 1) ? $clog2(G * KO) : 1)-1:0] channel_word;
      wire tail;
      nk_walk #(
        .P(P), .G(G), .KO(KO), .CO(CO), .OX(OX), .CB(OCB), .YB(OYB), .XB(OXB),
        .PKW((G * KO > 1) ? $clog2(G * KO) : 1)
      ) walk (
        .clk(clk), .first(state != SWEEP), .go(sweep), .base(base), .pk(channel_word), .tail(tail)
      );
      if (PK == K && PK != G * KO) begin : g_own
        wire unused_word = &{1'b0, channel_word};
        assign pk = k;
      end else begin : g_channel
        assign pk = channel_word;
      end
      always @(posedge clk) if (sweep) begin
        tail2 <= tail;
        base2 <= base;
      end
    end else begin : g_vector
      localparam [31:0] STEP = P;
      assign pk = k;
      always @(posedge clk) if (sweep) begin
        tail2 <= (k == KLAST);
        base2 <= (k == {KW{1'b0}}) ? {OAW{1'b0}} : base2 + STEP[OAW-1:0];
      end
    end
  endgenerate
  wire [P*VB-1:0] u_new;     // U' of word k2
  wire [P-1:0]    clamped_u;
  wire [P-1:0]    clamped_j;
  wire            unused_u = &{1'b0, u_new};  // leaves from a readout alone
  // Sums that are read for an event toggle nothing in the neurons.
  wire [P*AB-1:0] a_update = a_old & {(P*AB){upd2}};

  nk_neurons #(
    .P(P), .K(K), .KW(KW), .PK(PK), .PKW(PKW), .AB(AB), .F(F), .VB(VB), .XW(XW), .VMIN(VMIN),
    .VMAX(VMAX), .WRAP(WRAP),
    .STATE(STATE), .CUBA(CUBA), .LEAK(LEAK), .LSHIFT(LSHIFT), .LMB(LMB), .LMUL(LMUL),
    .LROUND(LROUND), .LMUL_MEM(LMUL_MEM), .LMUL_FILE(LMUL_FILE), .SLEAK(SLEAK), .SSHIFT(SSHIFT),
    .SMB(SMB), .SMUL(SMUL), .SROUND(SROUND), .SMUL_MEM(SMUL_MEM), .SMUL_FILE(SMUL_FILE),
    .SPIKING(SPIKING), .RESET(RESET), .RDELAY(RDELAY), .SDELAY(SDELAY), .TH(TH), .TH_MEM(TH_MEM),
    .TH_FILE(TH_FILE), .SUB(SUB), .SUB_MEM(SUB_MEM), .SUB_FILE(SUB_FILE), .VR(VR), .VR_MEM(VR_MEM),
    .VR_FILE(VR_FILE), .BIAS(BIAS), .BIAS_MEM(BIAS_MEM), .BIAS_FILE(BIAS_FILE), .DSP(DSP),
    .STYLE(STYLE), .RSTYLE(RSTYLE)
  ) neurons (
    .clk(clk), .clear(clear), .re(sweep), .we(advance), .k(k), .k2(k2), .pk(pk), .in_use(in_use),
    .acc(a_update), .u_new(u_new), .flags(flags), .clamped(clamped_u), .clamped_j(clamped_j)
  );

  function [15:0] ones_of;
    input [P-1:0] u;
    input [P-1:0] j;
    integer i;
    begin
      ones_of = 16'd0;
      for (i = 0; i < P; i = i + 1) ones_of = ones_of + {15'd0, u[i]} + {15'd0, j[i]};
    end
  endfunction
  assign clamped = advance ? ones_of(clamped_u, clamped_j) : 16'd0;

  // Output
  localparam LSH = (CONV != 0) ? OYB + OXB : 0;
  generate
    if (OVB > 0) begin : g_values
      nk_serial #(.P(P), .VB(OVB), .AW(OAW), .LSH(LSH)) serial (
        .clk(clk), .rst(rst), .word_valid(upd2), .word_ready(word_ready), .word({u_new, flags}),
        .word_base(base2), .word_last(k2 == KLAST), .word_eos(eos),
        .out_valid(out_valid), .out_ready(out_ready), .out_beat(out_beat), .done(tick_done)
      );
    end else begin : g_events
      nk_serial #(.P(P), .VB(0), .AW(OAW), .LSH(LSH)) serial (
        .clk(clk), .rst(rst), .word_valid(upd2), .word_ready(word_ready), .word(flags),
        .word_base(base2), .word_last(k2 == KLAST), .word_eos(eos),
        .out_valid(out_valid), .out_ready(out_ready), .out_beat(out_beat), .done(tick_done)
      );
    end
  endgenerate
endmodule
`;
