/** A memory that starts with an image and can be written. */
export const nkStore: string = `\
// One write port, one read port, synchronous read. A read of the address that is written in the
// same cycle may return any word. q holds its value while re is low.
module nk_store #(
  parameter W     = 8,       // bits of a word
  parameter DEPTH = 2,       // words, one per line of FILE
  parameter AW    = 1,       // address bits, clog2(DEPTH), at least 1
  parameter FILE  = "",      // $readmemh image
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

  generate
    if (FILE != "") begin : g_image
      initial $readmemh(FILE, mem, 0, DEPTH - 1);
    end
  endgenerate
  always @(posedge clk) begin
    if (we) mem[waddr] <= wdata;
    if (re) q <= mem[raddr];
  end
endmodule
`;
