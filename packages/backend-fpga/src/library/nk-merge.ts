/** From several streams to one, step by step. */
export const nkMerge: string = `\
// In every step the events of stream 0, then those of stream 1 and so on, then one tick: the order
// does not depend on when they come.
module nk_merge #(
  parameter W  = 8,          // bits of a beat, its kind on top
  parameter N  = 2,          // streams
  parameter NB = 1           // clog2(N)
) (
  input  wire           clk,
  input  wire           rst,
  input  wire [N-1:0]   in_valid,
  output wire [N-1:0]   in_ready,
  input  wire [N*W-1:0] in_beat,
  output wire           out_valid,
  input  wire           out_ready,
  output wire [W-1:0]   out_beat
);
  localparam [31:0]   TOP  = N - 1;
  localparam [NB-1:0] LAST = TOP[NB-1:0];
  localparam [NB-1:0] NEXT = 1;
  localparam [N-1:0]  ONE  = 1;

  reg  [NB-1:0] turn;
  wire [N-1:0]  serves  = ONE << turn;
  wire          offered = |(in_valid & serves);
  wire          is_tick = |out_beat[W-1:W-2];
  wire          swallow = is_tick && (turn != LAST);  // only the last tick leaves
  wire          taken   = swallow || out_ready;

  assign out_beat  = in_beat[turn*W +: W];
  assign out_valid = offered && !swallow;
  assign in_ready  = taken ? serves : {N{1'b0}};

  always @(posedge clk) begin
    if (rst) turn <= {NB{1'b0}};
    else if (offered && taken && is_tick) turn <= (turn == LAST) ? {NB{1'b0}} : turn + NEXT;
  end
endmodule
`;
