/** The dense core: event-driven weight rows into accumulators, one sweep of all neurons per step. */
export const nkDense: string = `\
// Linear or affine projection and its neurons, P lanes, K = ceil(N / P) words per row.
//   event  ACC[i] += w[i, addr] * val << WSH            K cycles
//   tick   (REC: replay the spikes of the last step,)   K + R * K cycles for R spikes
//          then for every neuron, one word per cycle
//            in  = (ACC << F) + B
//            x   = leak(U) + in                         LIF, IF, LI, I (CUBA = 0)
//            J'  = clamp(leak_s(J) + in), x = leak(U) + (CUBA == 1 ? J' : J)
//            s   = x >= TH                              (TH folds > and >=)
//            y   = s ? (RESET == 1 ? VR : RESET == 2 ? x - SUB : x) : x
//            U'  = clamp(y)                             WRAP: low VB bits instead
//            ACC = 0                                    (HOLD: kept until eos)
//          and the spikes (or, for a readout, all U') leave in index order, then the tick
//   eos    a tick, then ACC, U, J and the bitmaps are cleared, K cycles
// RDELAY: the reset is applied one step later, to the neurons whose bit of the last step is set:
//   RESET 1  the step starts from U = VR;  RESET 2  x = leak(U) + in - SUB
// SDELAY: the spikes of the last step leave (and are replayed) instead of those of this step.
// Formats: w WB.0, ACC AB.0; U, J VB and x, B, TH, SUB, VR XW bits, all with F fractional bits.
module nk_dense #(
  parameter NI      = 1,     // input addresses
  parameter N       = 1,     // neurons
  parameter P       = 1,     // lanes
  parameter IAW     = 1,     // bits of an input address
  parameter OAW     = 1,     // bits of a neuron index
  parameter VALB    = 0,     // bits of an input value, signed; 0: spikes
  parameter OVB     = 0,     // bits of an output value: VB for a readout, 0 for spikes
  parameter WB      = 2,     // weight bits, signed
  parameter WSH     = 0,     // left shift of the products
  parameter WAW     = 1,     // bits of a weight address, clog2(NI * K)
  parameter W_FILE  = "",
  parameter REC     = 0,     // recurrent projection N to N, one step late
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
  parameter STYLE   = "auto" // ram_style of all memories
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

  nk_rom #(.W(P*WB), .DEPTH(NI*K), .AW(WAW), .FILE(W_FILE), .STYLE(STYLE)) weights (
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

  wire [P*AB-1:0] terms;     // what the event adds
  wire [P*AB-1:0] addends;   // what this cycle adds: an event's row or a replayed one
  genvar g;
  generate
    if (VALB == 0) begin : g_add
      for (g = 0; g < P; g = g + 1) begin : g_lane
        wire signed [AB-1:0] w = {{(AB-WB){w_word[g*WB+WB-1]}}, w_word[g*WB +: WB]};
        assign terms[g*AB +: AB] = w <<< WSH;
      end
    end else begin : g_mac
      reg [VALB-1:0] val;    // value of the event that is issued
      reg [VALB-1:0] val2;   // the same in stage 2
      always @(posedge clk) begin
        if (accept) val <= in_beat[VALB+IAW-1:IAW];
        if (state == ACC) val2 <= val;
      end
      wire signed [AB-1:0] v = {{(AB-VALB){val2[VALB-1]}}, val2};
      for (g = 0; g < P; g = g + 1) begin : g_lane
        wire signed [AB-1:0] w = {{(AB-WB){w_word[g*WB+WB-1]}}, w_word[g*WB +: WB]};
        if (DSP != 0) begin : g_dsp
          (* use_dsp = "yes" *) wire signed [AB-1:0] p;
          assign p = w * v;
          assign terms[g*AB +: AB] = p <<< WSH;
        end else begin : g_lut
          (* use_dsp = "no" *) wire signed [AB-1:0] p;
          assign p = w * v;
          assign terms[g*AB +: AB] = p <<< WSH;
        end
      end
    end
    for (g = 0; g < P; g = g + 1) begin : g_sum
      assign a_new[g*AB +: AB] = a_old[g*AB +: AB] + addends[g*AB +: AB];
    end
  endgenerate

  // Recurrence
  wire [P-1:0] spikes;       // of word k2; all lanes in use for a readout
  wire [P-1:0] fired;        // spikes of the last step, of word k2
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
      nk_rom #(.W(P*RB), .DEPTH(N*K), .AW(RAW), .FILE(R_FILE), .STYLE(STYLE)) weights (
        .clk(clk), .re(play), .addr(r_at), .q(r_word)
      );
      always @(posedge clk) play2 <= play;
      for (g = 0; g < P; g = g + 1) begin : g_lane
        wire signed [AB-1:0] w = {{(AB-RB){r_word[g*RB+RB-1]}}, r_word[g*RB +: RB]};
        wire signed [AB-1:0] p = w <<< RSH;
        assign addends[g*AB +: AB] = play2 ? p : terms[g*AB +: AB];
      end
    end else begin : g_forward_only
      assign play      = 1'b0;
      assign play_k    = {KW{1'b0}};
      assign scan_last = 1'b1;
      assign addends   = terms;
    end
  endgenerate

  // Neurons
  wire [P*XW-1:0] bias;
  wire [P*XW-1:0] ins;       // (ACC << F) + B
  wire [P*XW-1:0] x0;        // leak(U) + in
  wire [P*XW-1:0] x;         // before the spike test
  wire [P*XW-1:0] y;         // after the reset
  wire [P*VB-1:0] u_new;     // U'
  wire            unused_u = &{1'b0, u_new};  // read only where there is state or a readout
  wire [P*XW-1:0] vr;
  wire            unused_vr = &{1'b0, vr};   // read only where a reset sets it

  generate
    if (BIAS_MEM != 0) begin : g_bias
      nk_rom #(.W(P*XW), .DEPTH(K), .AW(KW), .FILE(BIAS_FILE), .STYLE(STYLE)) rom (
        .clk(clk), .re(sweep), .addr(k), .q(bias)
      );
    end else begin : g_bias
      assign bias = {P{BIAS}};
    end

    for (g = 0; g < P; g = g + 1) begin : g_neuron
      wire signed [XW-1:0] a = {{(XW-AB){a_old[g*AB+AB-1]}}, a_old[g*AB +: AB]};
      wire signed [XW-1:0] yg = y[g*XW +: XW];
      assign ins[g*XW +: XW] = (a <<< F) + $signed(bias[g*XW +: XW]);
      if (WRAP != 0) begin : g_wrap
        wire unused_carry = &{1'b0, yg};
        assign u_new[g*VB +: VB] = yg[VB-1:0];
      end else begin : g_clamp
        assign u_new[g*VB +: VB] =
          (yg > VMAX) ? VMAX[VB-1:0] : (yg < VMIN) ? VMIN[VB-1:0] : yg[VB-1:0];
      end
    end

    if (STATE == 0) begin : g_stateless
      assign x0 = ins;
    end else begin : g_state
      wire [P*VB-1:0]  u;
      wire [P*XW-1:0]  drive;      // added to leak(U)
      wire [P*LMB-1:0] factor;

      nk_ram #(.W(P*VB), .DEPTH(K), .AW(KW), .STYLE(STYLE)) membranes (
        .clk(clk), .we(clear || advance), .waddr(clear ? k : k2),
        .wdata(clear ? {(P*VB){1'b0}} : u_new), .re(sweep), .raddr(k), .q(u)
      );
      if (LMUL_MEM != 0) begin : g_factor
        nk_rom #(.W(P*LMB), .DEPTH(K), .AW(KW), .FILE(LMUL_FILE), .STYLE(STYLE)) rom (
          .clk(clk), .re(sweep), .addr(k), .q(factor)
        );
      end else begin : g_factor
        assign factor = {P{LMUL}};
      end

      if (CUBA == 0) begin : g_direct
        assign drive = ins;
      end else begin : g_current
        wire [P*VB-1:0]  j;
        wire [P*VB-1:0]  j_new;
        wire [P*SMB-1:0] s_factor;
        nk_ram #(.W(P*VB), .DEPTH(K), .AW(KW), .STYLE(STYLE)) currents (
          .clk(clk), .we(clear || advance), .waddr(clear ? k : k2),
          .wdata(clear ? {(P*VB){1'b0}} : j_new), .re(sweep), .raddr(k), .q(j)
        );
        if (SMUL_MEM != 0) begin : g_factor
          nk_rom #(.W(P*SMB), .DEPTH(K), .AW(KW), .FILE(SMUL_FILE), .STYLE(STYLE)) rom (
            .clk(clk), .re(sweep), .addr(k), .q(s_factor)
          );
        end else begin : g_factor
          assign s_factor = {P{SMUL}};
        end
        for (g = 0; g < P; g = g + 1) begin : g_lane
          wire signed [XW-1:0] leaked;
          wire signed [XW-1:0] jx = leaked + $signed(ins[g*XW +: XW]);
          wire signed [VB-1:0] jn;
          wire signed [VB-1:0] jo = j[g*VB +: VB];
          wire signed [VB-1:0] jd = (CUBA == 1) ? jn : jo;
          if (SLEAK == 0) begin : g_leak
            wire unused_factor = &{1'b0, s_factor[g*SMB +: SMB]};
            nk_leak #(.VB(VB), .XW(XW), .SHIFT(SSHIFT)) leak (.u(jo), .y(leaked));
          end else begin : g_leak
            nk_leak_mul #(.VB(VB), .XW(XW), .MB(SMB), .SHIFT(SSHIFT), .ROUND(SROUND), .DSP(DSP))
              leak (.u(jo), .mul(s_factor[g*SMB +: SMB]), .y(leaked));
          end
          if (WRAP != 0) begin : g_wrap
            wire unused_carry = &{1'b0, jx};
            assign jn = jx[VB-1:0];
          end else begin : g_clamp
            assign jn = (jx > VMAX) ? VMAX[VB-1:0] : (jx < VMIN) ? VMIN[VB-1:0] : jx[VB-1:0];
          end
          assign j_new[g*VB +: VB] = jn;
          assign drive[g*XW +: XW] = {{(XW-VB){jd[VB-1]}}, jd};
        end
      end

      for (g = 0; g < P; g = g + 1) begin : g_lane
        wire signed [VB-1:0] ug;
        if (RDELAY != 0 && RESET == 1) begin : g_start
          wire unused_high = &{1'b0, vr[g*XW +: XW]};
          assign ug = fired[g] ? vr[g*XW +: VB] : u[g*VB +: VB];
        end else begin : g_start
          assign ug = u[g*VB +: VB];
        end
        wire signed [XW-1:0] leaked;
        if (LEAK == 0) begin : g_leak
          wire unused_factor = &{1'b0, factor[g*LMB +: LMB]};
          nk_leak #(.VB(VB), .XW(XW), .SHIFT(LSHIFT)) leak (.u(ug), .y(leaked));
        end else begin : g_leak
          nk_leak_mul #(.VB(VB), .XW(XW), .MB(LMB), .SHIFT(LSHIFT), .ROUND(LROUND), .DSP(DSP))
            leak (.u(ug), .mul(factor[g*LMB +: LMB]), .y(leaked));
        end
        assign x0[g*XW +: XW] = leaked + $signed(drive[g*XW +: XW]);
      end
    end
  endgenerate

  // Spikes
  wire [P-1:0] in_use = (k2 == KLAST) ? TAIL : {P{1'b1}};
  generate
    if (SPIKING == 0) begin : g_readout
      assign spikes = in_use;
      assign vr     = {P{VR}};
      assign x      = x0;
      assign y      = x;
    end else begin : g_fire
      wire [P*XW-1:0] th;
      if (TH_MEM != 0) begin : g_th
        nk_rom #(.W(P*XW), .DEPTH(K), .AW(KW), .FILE(TH_FILE), .STYLE(STYLE)) rom (
          .clk(clk), .re(sweep), .addr(k), .q(th)
        );
      end else begin : g_th
        assign th = {P{TH}};
      end
      for (g = 0; g < P; g = g + 1) begin : g_lane
        assign spikes[g] = in_use[g] && ($signed(x[g*XW +: XW]) >= $signed(th[g*XW +: XW]));
      end

      if (VR_MEM != 0) begin : g_vr
        nk_rom #(.W(P*XW), .DEPTH(K), .AW(KW), .FILE(VR_FILE), .STYLE(STYLE)) rom (
          .clk(clk), .re(sweep), .addr(k), .q(vr)
        );
      end else begin : g_vr
        assign vr = {P{VR}};
      end
      if (RESET != 2) begin : g_x
        assign x = x0;
      end
      if (RESET == 1 && RDELAY == 0) begin : g_value
        for (g = 0; g < P; g = g + 1) begin : g_lane
          assign y[g*XW +: XW] = spikes[g] ? vr[g*XW +: XW] : x[g*XW +: XW];
        end
      end else if (RESET == 2) begin : g_subtract
        wire [P*XW-1:0] sub;
        if (SUB_MEM != 0) begin : g_sub
          nk_rom #(.W(P*XW), .DEPTH(K), .AW(KW), .FILE(SUB_FILE), .STYLE(STYLE)) rom (
            .clk(clk), .re(sweep), .addr(k), .q(sub)
          );
        end else begin : g_sub
          assign sub = {P{SUB}};
        end
        for (g = 0; g < P; g = g + 1) begin : g_lane
          wire late  = (RDELAY != 0) && fired[g];
          wire early = (RDELAY == 0) && spikes[g];
          assign x[g*XW +: XW] = late ? x0[g*XW +: XW] - sub[g*XW +: XW] : x0[g*XW +: XW];
          assign y[g*XW +: XW] = early ? x[g*XW +: XW] - sub[g*XW +: XW] : x[g*XW +: XW];
        end
      end else begin : g_keep
        assign y = x;
      end
    end
  endgenerate

  // Output
  generate
    if (SDELAY != 0 || RDELAY != 0) begin : g_last_step
      nk_ram #(.W(P), .DEPTH(K), .AW(KW), .STYLE(STYLE)) bitmap (
        .clk(clk), .we(clear || advance), .waddr(clear ? k : k2),
        .wdata(clear ? {P{1'b0}} : spikes), .re(sweep), .raddr(k), .q(fired)
      );
    end else begin : g_last_step
      assign fired = {P{1'b0}};
    end
    assign flags = (SDELAY != 0) ? fired : spikes;
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
