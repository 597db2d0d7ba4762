/** Readout: values of all classes over a sample, and the class that wins. */
export const nkReadout: string = `\
// Watches the beats of the last layer and keeps for every class c, over the steps of a sample:
//   MODE 0 spikeCount     spikes                          wins: most
//   MODE 1 firstSpike     step of the first, or all ones  wins: first
//   MODE 2 maxMembrane    largest state                   wins: largest
//   MODE 3 lastMembrane   state of the last step          wins: largest
//   MODE 4 sumMembrane    sum of the states               wins: largest
// The lowest index wins a tie; where nothing has fired class 0 wins with score 0 in MODE 0, and in
// MODE 1 class and score are FFFFFFFF. Modes 2 to 4 get the states of all classes in every step.
// Two banks: the values of a sample are there from its eos on until the next eos.
module nk_readout #(
  parameter MODE = 0,
  parameter AW   = 1,        // bits of a class
  parameter VB   = 0,        // bits of a state, signed; 0: spikes
  parameter W    = 32        // bits of a value
) (
  input  wire             clk,
  input  wire             rst,
  input  wire             fire,       // the beat leaves in this cycle
  input  wire [1+VB+AW:0] beat,
  output reg              result_valid,
  output reg  [31:0]      result_class,
  output reg  [63:0]      result_score,
  input  wire             get,        // value of class get_at is wanted
  input  wire [7:0]       get_at,
  output reg              got,        // it is there
  output wire [63:0]      value
);
  localparam D = 1 << AW;
  localparam [AW-1:0] C_ZERO = 0;
  localparam [W-1:0]  ONE    = 1;
  localparam SIGNED = (MODE > 1) ? 1 : 0;

  function [63:0] wide;
    input [W-1:0] v;
    wide = {{(65-W){(SIGNED != 0) && v[W-1]}}, v[W-2:0]} | ({63'd0, v[W-1]} << (W - 1));
  endfunction

  // Stage 1: a beat, or a read between beats
  wire [1:0]    kind  = beat[1+VB+AW:VB+AW];
  wire [AW-1:0] at    = beat[AW-1:0];
  wire          event1 = fire && (kind == 2'd0);
  wire          eos1   = fire && (kind == 2'd2);
  wire          grant  = get && !event1 && !got;
  wire [AW-1:0] look;
  reg           run;                  // bank of the running sample
  reg  [D-1:0]  seen;                 // classes that have a value in it
  reg  [D-1:0]  shown;                // in the other one
  reg  [31:0]   step;
  reg           starts;               // no event in this step yet
  reg           event2;
  reg           eos2;
  reg           eos3;
  reg           event3;
  reg           run2;
  reg           seen2;
  reg           start2;
  reg  [AW-1:0] at2;
  reg  [31:0]   step2;
  wire [W-1:0]  old;
  wire [W-1:0]  fresh;

  generate
    if (AW > 8) begin : g_pad
      assign look = {{(AW-8){1'b0}}, get_at};
    end else begin : g_cut
      wire unused_at = &{1'b0, get_at};
      assign look = get_at[AW-1:0];
    end
  endgenerate

  nk_ram #(.W(W), .DEPTH(2 * D), .AW(AW + 1)) values (
    .clk(clk), .we(event2), .waddr({run2, at2}), .wdata(fresh), .re(event1 || grant),
    .raddr(event1 ? {run, at} : {!run, look}), .q(old)
  );

  always @(posedge clk) begin
    event2 <= event1 && !rst;
    eos2   <= eos1 && !rst;
    got    <= grant && !rst;
    if (event1) begin
      at2    <= at;
      run2   <= run;
      start2 <= starts;
      step2  <= step;
    end
    if (event1 || grant) seen2 <= event1 ? seen[at] : shown[look];
    if (rst) begin
      run    <= 1'b0;
      seen   <= {D{1'b0}};
      shown  <= {D{1'b0}};
      step   <= 32'd0;
      starts <= 1'b1;
    end else if (fire) begin
      if (event1) seen[at] <= 1'b1;
      starts <= !event1;
      if (kind == 2'd1) step <= step + 32'd1;
      if (eos1) begin
        run   <= !run;
        shown <= seen;
        seen  <= {D{1'b0}};
        step  <= 32'd0;
      end
    end
  end

  // Stage 2: the new value of the class
  generate
    if (MODE == 0) begin : g_count
      wire unused_step = &{1'b0, step2};
      assign fresh = (seen2 ? old : {W{1'b0}}) + ONE;
    end else if (MODE == 1) begin : g_first
      assign fresh = seen2 ? old : step2;
    end else begin : g_state
      reg  [VB-1:0] state2;
      wire signed [W-1:0] state = {{(W-VB+1){state2[VB-1]}}, state2[VB-2:0]};
      wire unused_step = &{1'b0, step2};
      always @(posedge clk) if (event1) state2 <= beat[VB+AW-1:AW];
      if (MODE == 2) begin : g_max
        assign fresh = (seen2 && $signed(old) > state) ? old : state;
      end else if (MODE == 3) begin : g_last
        assign fresh = state;
      end else begin : g_sum
        assign fresh = (seen2 ? old : {W{1'b0}}) + state;
      end
    end
  endgenerate
  assign value = seen2 ? wide(old) : (MODE == 1) ? 64'h00000000ffffffff : 64'd0;

  // Stage 3: the class that wins
  reg  [AW-1:0]      at3;
  reg                start3;
  reg  signed [W:0]  fresh3;
  reg                any;
  reg  [AW-1:0]      best;
  reg  signed [W:0]  score;
  wire               tie    = (fresh3 == score) && (at3 < best);
  wire               more   = (MODE == 1) ? (fresh3 < score) : (fresh3 > score);
  wire               better = !any || (SIGNED != 0 && start3) || more || tie;
  wire [63:0]        none   = (MODE == 1) ? 64'h00000000ffffffff : 64'd0;

  always @(posedge clk) begin
    event3 <= event2 && !rst;
    eos3   <= eos2 && !rst;
    result_valid <= eos3 && !rst;
    if (event2) begin
      at3    <= at2;
      start3 <= start2;
      fresh3 <= {(SIGNED != 0) && fresh[W-1], fresh};
    end
    if (rst || eos3) begin
      any   <= 1'b0;
      best  <= C_ZERO;
      score <= {(W+1){1'b0}};
    end else if (event3 && better) begin
      any   <= 1'b1;
      best  <= at3;
      score <= fresh3;
    end
    if (rst) begin
      result_class <= none[31:0];
      result_score <= none;
    end else if (eos3) begin
      result_class <= any ? {{(32-AW){1'b0}}, best} : none[31:0];
      result_score <= any ? wide(score[W-1:0]) : none;
    end
  end
endmodule
`;
