/** The dense core: event-driven weight rows into accumulators, one sweep of all neurons per step. */
export const nkDense: string = `\
// Linear or affine projection and its neurons, P lanes, K = ceil(N / P) words per row.
//   event  ACC[i] += w[i, addr] * val << WSH            K cycles
//   tick   (REC: replay the spikes of the last step,)   K + R * K cycles for R spikes
//          then every neuron is updated, one word per cycle (nk_neurons),
//          ACC = 0                                    (HOLD: kept until eos)
//          and the spikes (or, for a readout, all U') leave in index order, then the tick
//   eos    a tick, then ACC, U, J and the bitmaps are cleared, K cycles
// SDELAY: the spikes of the last step leave, and are replayed, instead of those of this step.
// Formats: w WB.0, r RB.0, ACC AB.0; the neurons' are in nk_neurons.
module nk_dense #(
  parameter NI      = 1,     // input addresses
  parameter N       = 1,     // neurons
  parameter P       = 1,     // lanes
  parameter IAW     = 1,     // bits of an input address
  parameter OAW     = 1,     // bits of a neuron index
  parameter VALB    = 0,     // bits of an input value, signed; 0: spikes
  parameter OVB     = 0,     // bits of an output value: VB for a readout, 0 for spikes
  parameter CODE    = 0,     // 0 integers, 1 and 2 powers of two (nk_lane)
  parameter WB      = 2,     // weight bits
  parameter WSH     = 0,     // left shift of the products
  parameter WAW     = 1,     // bits of a weight address, clog2(NI * K)
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
  output wire                busy
);
  localparam K  = (N + P - 1) / P;
  localparam KW = (K > 1) ? $clog2(K) : 1;
  localparam [31:0]   KMAX  = K - 1;
  localparam [KW-1:0] KLAST = KMAX[KW-1:0];
  localparam [KW-1:0] KONE  = 1;
  localparam [WAW-1:0] NEXT = 1;
  localparam [P-1:0]  TAIL  = {P{1'b1}} >> (K * P - N);   // lanes in use in the last word

  localparam [2:0] CLEAR = 3'd0, IDLE = 3'd1, ACC = 3'd2, SCAN = 3'd3, SWEEP = 3'd4, DRAIN = 3'd5;

  // Control
  reg [2:0]     state;
  reg [KW-1:0]  k;           // word that is issued
  reg [WAW-1:0] at;          // weight word that is issued
  reg           eos;
  reg           add2;        // stage 2 accumulates word k2
  reg           upd2;        // stage 2 updates word k2
  reg [KW-1:0]  k2;

  wire          word_ready;  // the serialiser takes the word of stage 2
  wire          tick_done;
  wire          play;        // a recurrent row is issued
  wire [KW-1:0] play_k;
  wire          scan_last;

  wire          accept   = in_valid && in_ready;
  wire [1:0]    kind     = in_beat[1+VALB+IAW:VALB+IAW];
  wire          is_event = (kind == 2'd0);
  wire          clear    = (state == CLEAR);
  wire          advance  = upd2 && word_ready;
  wire          add      = (state == ACC) || play;
  wire          sweep    = (state == SWEEP) && (!upd2 || word_ready);
  wire          issue    = add || sweep;
  wire [KW-1:0] ki       = play ? play_k : k;

  assign in_ready = (state == IDLE) || (state == ACC && k == KLAST);
  assign busy     = (state != IDLE);

  wire [WAW-1:0] row;        // first weight word of the accepted event
  generate
    if (NI > 1) begin : g_row
      assign row = {{(WAW-IAW){1'b0}}, in_beat[IAW-1:0]} * K[WAW-1:0];
    end else begin : g_one_row
      wire unused_addr = &{1'b0, in_beat[IAW-1:0]};
      assign row = {WAW{1'b0}};
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
        ACC: begin
          k <= (k == KLAST) ? {KW{1'b0}} : k + KONE;
          if (k == KLAST) state <= IDLE;
        end
        SCAN: if (scan_last) state <= SWEEP;
        SWEEP: if (sweep) begin
          k <= (k == KLAST) ? {KW{1'b0}} : k + KONE;
          if (k == KLAST) state <= DRAIN;
        end
        DRAIN: if (tick_done) state <= eos ? CLEAR : IDLE;
        default: state <= state;
      endcase
    end
    if (accept) begin
      at  <= row;
      eos <= kind[1];
    end else begin
      at  <= at + NEXT;
    end
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

  nk_rom #(.W(P*WB), .DEPTH(NI*K), .AW(WAW), .FILE(W_FILE), .STYLE(RSTYLE)) weights (
    .clk(clk), .re(state == ACC), .addr(at), .q(w_word)
  );
  nk_ram #(.W(P*AB), .DEPTH(K), .AW(KW), .STYLE(STYLE)) accumulators (
    .clk(clk), .we(a_zero || add2), .waddr(clear ? k : k2),
    .wdata(a_zero ? {(P*AB){1'b0}} : a_new), .re(issue), .raddr(ki), .q(a_ram)
  );

  generate
    if (K == 1) begin : g_forward
      // The word is read in the cycle in which its last sum is written: take that sum.
      reg            fresh;
      reg [P*AB-1:0] sum;
      always @(posedge clk) if (issue) begin
        fresh <= add2;
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
        if (state == ACC) held <= val;
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
  wire [P-1:0]    in_use = (k2 == KLAST) ? TAIL : {P{1'b1}};
  wire [P*VB-1:0] u_new;     // U' of word k2
  wire            unused_u = &{1'b0, u_new};  // leaves from a readout alone

  nk_neurons #(
    .P(P), .K(K), .KW(KW), .AB(AB), .F(F), .VB(VB), .XW(XW), .VMIN(VMIN), .VMAX(VMAX), .WRAP(WRAP),
    .STATE(STATE), .CUBA(CUBA), .LEAK(LEAK), .LSHIFT(LSHIFT), .LMB(LMB), .LMUL(LMUL),
    .LROUND(LROUND), .LMUL_MEM(LMUL_MEM), .LMUL_FILE(LMUL_FILE), .SLEAK(SLEAK), .SSHIFT(SSHIFT),
    .SMB(SMB), .SMUL(SMUL), .SROUND(SROUND), .SMUL_MEM(SMUL_MEM), .SMUL_FILE(SMUL_FILE),
    .SPIKING(SPIKING), .RESET(RESET), .RDELAY(RDELAY), .SDELAY(SDELAY), .TH(TH), .TH_MEM(TH_MEM),
    .TH_FILE(TH_FILE), .SUB(SUB), .SUB_MEM(SUB_MEM), .SUB_FILE(SUB_FILE), .VR(VR), .VR_MEM(VR_MEM),
    .VR_FILE(VR_FILE), .BIAS(BIAS), .BIAS_MEM(BIAS_MEM), .BIAS_FILE(BIAS_FILE), .DSP(DSP),
    .STYLE(STYLE), .RSTYLE(RSTYLE)
  ) neurons (
    .clk(clk), .clear(clear), .re(sweep), .we(advance), .k(k), .k2(k2), .in_use(in_use),
    .acc(a_old), .u_new(u_new), .flags(flags)
  );

  // Output
  generate
    if (OVB > 0) begin : g_values
      nk_serial #(.P(P), .VB(OVB), .AW(OAW)) serial (
        .clk(clk), .rst(rst), .word_valid(upd2), .word_ready(word_ready), .word({u_new, flags}),
        .word_first(k2 == {KW{1'b0}}), .word_last(k2 == KLAST), .word_eos(eos),
        .out_valid(out_valid), .out_ready(out_ready), .out_beat(out_beat), .done(tick_done)
      );
    end else begin : g_events
      nk_serial #(.P(P), .VB(0), .AW(OAW)) serial (
        .clk(clk), .rst(rst), .word_valid(upd2), .word_ready(word_ready), .word(flags),
        .word_first(k2 == {KW{1'b0}}), .word_last(k2 == KLAST), .word_eos(eos),
        .out_valid(out_valid), .out_ready(out_ready), .out_beat(out_beat), .done(tick_done)
      );
    end
  endgenerate
endmodule
`;
