/** An arc that is D steps late. */
export const nkDelay: string = `\
// A buffer that begins every sample with D ticks, so that the layer behind sees the events of D
// steps ago. When that layer ends its sample (flush, with the beat that it takes), what is left of
// the sample is dropped up to its eos, and the next sample begins. A beat pushed in cycle c is
// offered from cycle c + 2 on.
// DEPTH: no dead lock if it holds D steps with all events and one more tick.
module nk_delay #(
  parameter W     = 8,       // bits of a beat, its kind on top
  parameter D     = 1,       // steps
  parameter DB    = 1,       // bits of D
  parameter DEPTH = 4,       // beats, at least 2
  parameter AW    = 2,       // clog2(DEPTH)
  parameter STYLE = "auto"
) (
  input  wire         clk,
  input  wire         rst,
  input  wire         flush,
  input  wire         in_valid,
  output wire         in_ready,
  input  wire [W-1:0] in_beat,
  output wire         out_valid,
  input  wire         out_ready,
  output wire [W-1:0] out_beat
);
  localparam [31:0]   STEPS = D;
  localparam [31:0]   ROOM  = DEPTH;
  localparam [31:0]   TOP   = DEPTH - 1;
  localparam [AW:0]   FULL  = ROOM[AW:0];
  localparam [AW-1:0] LAST  = TOP[AW-1:0];
  localparam [AW:0]   ONE   = 1;
  localparam [AW-1:0] NEXT  = 1;
  localparam [DB-1:0] TICK  = 1;

  reg  [DB-1:0] left;        // ticks that the sample still begins with
  reg           drops;       // until the eos of the last sample
  reg  [AW-1:0] head;
  reg  [AW-1:0] tail;
  reg  [AW:0]   level;       // beats in the memory
  reg           shown;       // q is a beat
  wire [W-1:0]  q;

  wire starts = (left != {DB{1'b0}});
  wire push   = in_valid && in_ready;
  wire pop    = shown && !starts && (drops || out_ready);
  wire fetch  = (level != {(AW+1){1'b0}}) && (!shown || pop);

  assign in_ready  = (level != FULL);
  assign out_valid = starts || (shown && !drops);
  assign out_beat  = starts ? {2'd1, {(W-2){1'b0}}} : q;

  nk_ram #(.W(W), .DEPTH(DEPTH), .AW(AW), .STYLE(STYLE)) beats (
    .clk(clk), .we(push), .waddr(tail), .wdata(in_beat), .re(fetch), .raddr(head), .q(q)
  );

  always @(posedge clk) begin
    if (rst) begin
      left  <= STEPS[DB-1:0];
      drops <= 1'b0;
      head  <= {AW{1'b0}};
      tail  <= {AW{1'b0}};
      level <= {(AW+1){1'b0}};
      shown <= 1'b0;
    end else begin
      if (flush) begin
        left  <= {DB{1'b0}};
        drops <= 1'b1;
      end else if (drops && pop && q[W-1]) begin
        left  <= STEPS[DB-1:0];
        drops <= 1'b0;
      end else if (starts && out_ready) left <= left - TICK;
      if (push) tail <= (tail == LAST) ? {AW{1'b0}} : tail + NEXT;
      if (fetch) head <= (head == LAST) ? {AW{1'b0}} : head + NEXT;
      if (push && !fetch) level <= level + ONE;
      if (fetch && !push) level <= level - ONE;
      shown <= fetch || (shown && !pop);
    end
  end
endmodule
`;
