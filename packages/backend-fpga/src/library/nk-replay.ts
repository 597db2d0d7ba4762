/** Recurrence: remembers the spikes of a step and replays them as events before the next sweep. */
export const nkReplay: string = `\
// The sweep of step t writes one bit per neuron. While run is high (between the tick and the sweep
// of step t + 1) the words are scanned in order and every set bit asks for K accumulations with its
// row of the recurrent weights: K + R * K cycles for R spikes. The scan ends before the sweep
// overwrites the words, so one bitmap is enough.
module nk_replay #(
  parameter P     = 1,       // lanes
  parameter K     = 1,       // words per row, ceil(N / P)
  parameter KW    = 1,       // bits of k
  parameter RW    = 1,       // bits of a row, clog2(N)
  parameter WAW   = 1,       // bits of the address of a recurrent weight word
  parameter STYLE = "auto"
) (
  input  wire           clk,
  input  wire           we,         // write one word of spikes
  input  wire [KW-1:0]  waddr,
  input  wire [P-1:0]   wdata,
  input  wire           run,        // scanning
  output wire           play,       // issue the weight word \`at\` into accumulator word \`k\`
  output wire [KW-1:0]  k,
  output wire [WAW-1:0] at,
  output wire           last        // last cycle of the scan
);
  localparam [31:0]   KMAX  = K - 1;
  localparam [KW-1:0] KLAST = KMAX[KW-1:0];
  localparam [KW-1:0] ONE   = 1;
  localparam [P-1:0]  PONE  = 1;
  localparam [WAW-1:0] NEXT = 1;

  reg             playing;
  reg [P-1:0]     pending;   // spikes of the word that still wait
  reg [KW-1:0]    word;      // word under the scan
  reg [RW-1:0]    base;      // neuron of lane 0 of that word
  reg [KW-1:0]    count;
  reg [WAW-1:0]   address;
  wire [P-1:0]    fresh;     // bitmap word \`word\`, in the cycle after the scan moved to it

  function [RW-1:0] lowest;
    input [P-1:0] set;
    integer i;
    begin
      lowest = {RW{1'b0}};
      for (i = P - 1; i >= 0; i = i - 1)
        if (set[i]) lowest = i[RW-1:0];
    end
  endfunction

  // First weight word of a row.
  function [WAW-1:0] start;
    input [RW-1:0] row;
    start = {{(WAW-RW){1'b0}}, row} * K[WAW-1:0];
  endfunction

  wire [KW-1:0] ahead    = (run && word != KLAST) ? word + ONE : {KW{1'b0}};
  wire          row_ends = playing && (count == KLAST);
  wire [P-1:0]  todo     = playing ? pending : fresh;
  wire          word_ends = (playing ? row_ends : 1'b1) && !(|todo);

  assign play = run && playing;
  assign k    = count;
  assign at   = address;
  assign last = word_ends && (word == KLAST);

  nk_ram #(.W(P), .DEPTH(K), .AW(KW), .STYLE(STYLE)) bitmap (
    .clk(clk), .we(we), .waddr(waddr), .wdata(wdata), .re(1'b1), .raddr(ahead), .q(fresh)
  );

  always @(posedge clk) begin
    if (!run) begin
      playing <= 1'b0;
      word    <= {KW{1'b0}};
      base    <= {RW{1'b0}};
      count   <= {KW{1'b0}};
    end else if (word_ends) begin
      playing <= 1'b0;
      word    <= ahead;
      base    <= base + P[RW-1:0];
      count   <= {KW{1'b0}};
    end else if (!playing || row_ends) begin
      playing <= 1'b1;
      pending <= todo & (todo - PONE);
      address <= start(base + lowest(todo));
      count   <= {KW{1'b0}};
    end else begin
      address <= address + NEXT;
      count   <= count + ONE;
    end
  end
endmodule
`;
