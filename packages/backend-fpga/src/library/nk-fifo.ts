/** First-in first-out buffer between two layers. */
export const nkFifo: string = `\
// A beat pushed in cycle c is offered from cycle c + 1 on. Ready depends on the fill level alone,
// so there is no combinational path between the two sides.
module nk_fifo #(
  parameter W     = 8,       // bits of a beat
  parameter DEPTH = 16,      // beats, a power of two, at least 2
  parameter AW    = 4        // clog2(DEPTH)
) (
  input  wire         clk,
  input  wire         rst,
  input  wire         in_valid,
  output wire         in_ready,
  input  wire [W-1:0] in_beat,
  output wire         out_valid,
  input  wire         out_ready,
  output wire [W-1:0] out_beat
);
  reg [W-1:0]  mem [0:DEPTH-1];
  reg [AW-1:0] head;
  reg [AW-1:0] tail;
  reg [AW:0]   level;        // 0 .. DEPTH

  localparam [31:0]   ROOM  = DEPTH;
  localparam [AW:0]   FULL  = ROOM[AW:0];
  localparam [AW:0]   ONE   = 1;
  localparam [AW-1:0] STEP  = 1;

  wire push = in_valid && in_ready;
  wire pop  = out_valid && out_ready;

  assign in_ready  = (level != FULL);
  assign out_valid = (level != {(AW+1){1'b0}});
  assign out_beat  = mem[head];

  always @(posedge clk) begin
    if (push) mem[tail] <= in_beat;
    if (rst) begin
      head  <= {AW{1'b0}};
      tail  <= {AW{1'b0}};
      level <= {(AW+1){1'b0}};
    end else begin
      if (push) tail <= tail + STEP;
      if (pop) head <= head + STEP;
      if (push && !pop) level <= level + ONE;
      if (pop && !push) level <= level - ONE;
    end
  end
endmodule
`;
