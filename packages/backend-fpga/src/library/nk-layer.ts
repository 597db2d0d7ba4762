/** A layer: words of weights into accumulators, one sweep of all neurons per step. */
import { neuronConnections, neuronParameters } from "./neuron-parameters.ts";

/** Verilog of nk_layer. */
export const nkLayer: string = `\
// Accumulators and neurons of one layer, P lanes, K words of neurons, fed by ARCS arcs (nk_arc).
//   event  ACC[i] += what its arc says                  one word per cycle
//   tick   taken when it is next in every arc; arcs with lower numbers are served first
//          (REC: replay the spikes of the last step,)   K + R * K cycles for R spikes
//          then every neuron is updated, one word per cycle (nk_neurons),
//          ACC = 0                                    (HOLD: kept until eos)
//          and the spikes (or, for a readout, all U') leave, dense in index order, a map by y, x
//          and then channel; the tick follows
//   eos    a tick, then ACC, U, J and the bitmaps are cleared, K cycles
// SDELAY: the spikes of the last step leave, and are replayed, instead of those of this step.
// Formats: r RB.0, ACC AB.0; the weights' are in nk_arc, the neurons' in nk_neurons.
module nk_layer #(
  parameter ARCS    = 1,
  parameter CARRY   = 0,     // an arc or the recurrence negates through the carry
  parameter FORWARD = 0,     // an arc leaves out words, so that events follow each other on one
  parameter CONV    = 0,     // the neurons are a map
  parameter N       = 1,     // neurons
  parameter P       = 1,     // lanes
  parameter K       = 1,     // words of neurons
  parameter KW      = 1,     // bits of k
  parameter PK      = 1,     // words of a parameter: K, or those of the channels
  parameter PKW     = 1,     // bits of their address
  parameter G       = 1,     // groups
  parameter CO      = 1,     // channels of a group, width of the map
  parameter OX      = 1,
  parameter KO      = 1,     // words of the channels of a group
  parameter OCB     = 1,     // bits of the coordinates
  parameter OYB     = 1,
  parameter OXB     = 1,
  parameter OAW     = 1,     // bits of a neuron index
  parameter OVB     = 0,     // bits of an output value: VB for a readout, 0 for spikes
  parameter REC     = 0,     // recurrent projection N to N, one step late
  parameter RCODE   = 0,     // its code
  parameter RB      = 2,     // its weight bits
  parameter RSH     = 0,     // its left shift
  parameter RAW     = 1,     // bits of its weight address, clog2(N * K)
  parameter R_FILE  = "",
${neuronParameters}  parameter RING    = 0,     // a delay of its own for every neuron
  parameter RING_RB = 1,     // bits of a sum that are kept
  parameter RING_RW = 1,     // bits of a delay
  parameter RING_FILE = "",
  parameter LOAD    = 0,     // images are loaded (nk_image)
  parameter [7:0] ID = 0,    // first one of the layer
  parameter HOLD    = 0,
  parameter DSP     = 0,     // hard multipliers
  parameter STYLE   = "auto", // ram_style of the memories that are written
  parameter RSTYLE  = "auto"  // rom_style of the images
) (
  input  wire                clk,
  input  wire                rst,
  input  wire [ARCS-1:0]     arc_event,     // an event is next in the arc
  input  wire [ARCS-1:0]     arc_tick,      // a tick is next
  input  wire [ARCS-1:0]     arc_eos,       // which is an eos
  output wire [ARCS-1:0]     arc_take,      // what is next is taken
  output wire [ARCS-1:0]     arc_run,       // its words are issued, one per cycle
  input  wire [ARCS-1:0]     arc_issue,     // a word is
  input  wire [ARCS*KW-1:0]  arc_k,         // into accumulators k
  input  wire [ARCS-1:0]     arc_last,      // last cycle of the event
  input  wire [ARCS*P*AB-1:0] arc_terms,    // what the word issued last adds, less its carries
  input  wire [ARCS*P-1:0]   arc_ones,
  output wire                out_valid,
  input  wire                out_ready,
  output wire [1+OVB+OAW:0]  out_beat,      // { kind, val (OVB > 0), index }
  output wire                busy,
  output wire [15:0]         clamped,       // states that are clamped in this cycle
  input  wire [33:0]         load           // of images
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
  wire          event_issue = |arc_issue;  // a weight word of the event is issued
  wire [KW-1:0] event_k;
  wire          event_last;  // last cycle of the event

  wire          slot     = (state == IDLE) || (state == ACC && event_last);
  wire          is_event = |arc_event;
  wire          accept   = slot && (is_event || (&arc_tick));
  wire          clear    = (state == CLEAR);
  wire          advance  = upd2 && word_ready;
  wire          add      = event_issue || play;
  wire          sweep    = (state == SWEEP) && (!upd2 || word_ready);
  wire          issue    = add || sweep;
  wire [KW-1:0] ki       = play ? play_k : event_issue ? event_k : k;

  assign busy     = (state != IDLE);

  wire [P*AB-1:0] terms;     // of the word issued last
  wire [P-1:0]    ones;
  generate
    if (ARCS == 1) begin : g_arc
      assign arc_take   = slot;
      assign arc_run    = (state == ACC);
      assign event_k    = arc_k;
      assign event_last = arc_last;
      assign terms      = arc_terms;
      assign ones       = arc_ones;
    end else begin : g_arcs
      localparam [ARCS-1:0] LOWEST = 1;
      reg [ARCS-1:0] serves;  // arc of the event
      reg [ARCS-1:0] served;  // arc of the word issued last
      reg [KW-1:0]   k_of;
      reg [P*AB-1:0] terms_of;
      reg [P-1:0]    ones_of_arc;
      integer a;
      assign arc_take   = !accept ? {ARCS{1'b0}}
                        : is_event ? arc_event & (~arc_event + LOWEST) : {ARCS{1'b1}};
      assign arc_run    = (state == ACC) ? serves : {ARCS{1'b0}};
      assign event_last = |(arc_last & serves);
      assign event_k    = k_of;
      assign terms      = terms_of;
      assign ones       = ones_of_arc;
      always @(posedge clk) begin
        if (accept) serves <= arc_take;
        if (event_issue) served <= serves;
      end
      always @* begin
        k_of        = {KW{1'b0}};
        terms_of    = {(P*AB){1'b0}};
        ones_of_arc = {P{1'b0}};
        for (a = 0; a < ARCS; a = a + 1) begin
          k_of        = k_of | (arc_k[a*KW +: KW] & {KW{serves[a]}});
          terms_of    = terms_of | (arc_terms[a*P*AB +: P*AB] & {(P*AB){served[a]}});
          ones_of_arc = ones_of_arc | (arc_ones[a*P +: P] & {P{served[a]}});
        end
      end
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
    if (accept) eos <= !is_event && (|arc_eos);
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
  wire [P*AB-1:0] a_ram;
  wire [P*AB-1:0] a_old;     // ACC of word k2
  wire [P*AB-1:0] a_new;     // ACC + w * val
  wire            a_zero = clear || (advance && HOLD == 0);

  nk_ram #(.W(P*AB), .DEPTH(K), .AW(KW), .STYLE(STYLE)) accumulators (
    .clk(clk), .we(a_zero || add2), .waddr(clear ? k : k2),
    .wdata(a_zero ? {(P*AB){1'b0}} : a_new), .re(issue), .raddr(ki), .q(a_ram)
  );

  generate
    if (ROWS == 1 || FORWARD != 0) begin : g_forward
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

  wire [P*AB-1:0] addends;   // what this cycle adds: an event's row or a replayed one
  wire [P-1:0]    carries;
  genvar g;
  generate
    for (g = 0; g < P; g = g + 1) begin : g_lane
      if (CARRY == 0) begin : g_sum
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
      nk_image #(
        .W(P*RB), .DEPTH(N*K), .AW(RAW), .FILE(R_FILE), .STYLE(RSTYLE), .LOAD(LOAD),
        .ID(ID + 8'd1)
      ) weights (
        .clk(clk), .re(play), .addr(r_at), .q(r_word), .load(load)
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
      localparam [31:0] NEXT = P;
      assign pk = k;
      always @(posedge clk) if (sweep) begin
        tail2 <= (k == KLAST);
        base2 <= (k == {KW{1'b0}}) ? {OAW{1'b0}} : base2 + NEXT[OAW-1:0];
      end
    end
  endgenerate
  wire [P*VB-1:0] u_new;     // U' of word k2
  wire [P-1:0]    clamped_u;
  wire [P-1:0]    clamped_j;
  wire            unused_u = &{1'b0, u_new};  // leaves from a readout alone
  // Sums that are read for an event toggle nothing in the neurons.
  wire [P*AB-1:0] a_update = a_old & {(P*AB){upd2}};
  wire [P*AB-1:0] a_late;    // of as many steps ago as each neuron is late
  generate
    if (RING != 0) begin : g_ring
      nk_ring #(
        .P(P), .K(K), .KW(KW), .PK(PK), .PKW(PKW), .AB(AB), .RB(RING_RB), .RW(RING_RW),
        .FILE(RING_FILE), .STYLE(STYLE), .RSTYLE(RSTYLE)
      ) ring (
        .clk(clk), .clear(clear), .re(sweep), .we(advance), .step(tick_done), .k(k), .k2(k2),
        .pk(pk), .in(a_update), .out(a_late)
      );
    end else begin : g_on_time
      wire unused_ring = (RING_RB + RING_RW == 0) && &{1'b0, RING_FILE};
      assign a_late = a_update;
    end
  endgenerate

  nk_neurons #(
    .P(P), .K(K), .KW(KW), .PK(PK), .PKW(PKW),
${neuronConnections}    .LOAD(LOAD), .ID(ID), .DSP(DSP), .STYLE(STYLE), .RSTYLE(RSTYLE)
  ) neurons (
    .clk(clk), .clear(clear), .re(sweep), .we(advance), .k(k), .k2(k2), .pk(pk), .in_use(in_use),
    .acc(a_late), .u_new(u_new), .flags(flags), .clamped(clamped_u), .clamped_j(clamped_j),
    .load(load)
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
