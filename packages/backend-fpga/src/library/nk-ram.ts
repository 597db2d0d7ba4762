/** Simple dual-port memory, the home of accumulators, membranes, currents and spike bitmaps. */
export const nkRam: string = `\
// One write port, one read port, synchronous read. A read of the address that is written in the
// same cycle may return any word: no core uses it, and no register has to stand beside the memory.
// q holds its value while re is low.
module nk_ram #(
  parameter W     = 8,       // bits of a word
  parameter DEPTH = 2,       // words
  parameter AW    = 1,       // address bits, clog2(DEPTH), at least 1
  parameter STYLE = "auto"   // ram_style
) (
  input  wire          clk,
  input  wire          we,
  input  wire [AW-1:0] waddr,
  input  wire [W-1:0]  wdata,
  input  wire          re,
  input  wire [AW-1:0] raddr,
  output reg  [W-1:0]  q
);
  localparam WORDS = (DEPTH > 2) ? DEPTH : 2;  // one word still has a 1-bit address
  (* ram_style = STYLE, no_rw_check, rw_addr_collision = "no" *)
  reg [W-1:0] mem [0:WORDS-1];
  wire unused_style = &{1'b0, STYLE};          // read by synthesis alone

  always @(posedge clk) begin
    if (we) mem[waddr] <= wdata;
    if (re) q <= mem[raddr];
  end
endmodule
`;
