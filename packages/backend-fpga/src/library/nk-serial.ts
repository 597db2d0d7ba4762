/** Serialiser: spike words in, one beat per cycle out. */
export const nkSerial: string = `\
// Takes one word of P lanes and sends one event per set flag, lowest lane first; after the last
// word of a step it sends the tick (or eos). A word of s flags is held max(1, s) cycles.
// Beat = { kind[1:0], val[VB-1:0] (only if VB > 0), addr[AW-1:0] }, kind 0 event, 1 tick, 2 eos.
module nk_serial #(
  parameter P  = 1,          // lanes
  parameter VB = 0,          // bits of the value of a lane, 0 for spikes
  parameter AW = 1,          // address bits; lanes past the last neuron are never flagged
  parameter LSH = 0          // one lane further is 1 << LSH in the address
) (
  input  wire                  clk,
  input  wire                  rst,
  input  wire                  word_valid,
  output wire                  word_ready,
  input  wire [P*(1+VB)-1:0]   word,          // { values, flags }
  input  wire [AW-1:0]         word_base,     // address of lane 0
  input  wire                  word_last,     // the tick follows
  input  wire                  word_eos,      // the tick is an eos
  output wire                  out_valid,
  input  wire                  out_ready,
  output wire [1+VB+AW:0]      out_beat,
  output wire                  done           // the tick leaves in this cycle
);
  localparam [P-1:0] ONE = 1;

  reg          busy;
  reg [P-1:0]  flags;
  reg [AW-1:0] base;
  reg          last;
  reg          eos;

  function [AW-1:0] lowest;
    input [P-1:0] set;
    integer i;
    begin
      lowest = {AW{1'b0}};
      for (i = P - 1; i >= 0; i = i - 1)
        if (set[i]) lowest = i[AW-1:0];
    end
  endfunction

  wire          some = |flags;
  wire [P-1:0]  rest = flags & (flags - ONE);
  wire          more = |rest;
  wire [AW-1:0] addr = some ? base + (lowest(flags) << LSH) : {AW{1'b0}};
  wire [1:0]    kind = some ? 2'd0 : (eos ? 2'd2 : 2'd1);
  wire          take = word_valid && word_ready;
  wire          fire = out_valid && out_ready;

  assign out_valid  = busy && (some || last);
  assign word_ready = !busy || (!last && !more && (!some || out_ready));
  assign done       = fire && !some;

  generate
    if (VB > 0) begin : g_value
      reg [P*VB-1:0] vals;
      reg [VB-1:0]   val;
      integer i;
      always @(posedge clk) if (take) vals <= word[P*(1+VB)-1:P];
      always @* begin
        val = {VB{1'b0}};
        for (i = P - 1; i >= 0; i = i - 1)
          if (flags[i]) val = vals[i*VB +: VB];
      end
      assign out_beat = {kind, val, addr};
    end else begin : g_spike
      assign out_beat = {kind, addr};
    end
  endgenerate

  always @(posedge clk) begin
    if (rst) busy <= 1'b0;
    else if (take) busy <= 1'b1;
    else if (done || (busy && word_ready)) busy <= 1'b0;
    if (take) begin
      flags <= word[P-1:0];
      last  <= word_last;
      eos   <= word_eos;
      base  <= word_base;
    end else if (fire) begin
      flags <= rest;
    end
  end
endmodule
`;
