/** Read-only memory filled from a hex image. */
export const nkRom: string = `\
// Synchronous read; q holds its value while re is low. FILE is a plain name: run the simulator in
// the folder that holds the images.
module nk_rom #(
  parameter W     = 8,       // bits of a word, lane 0 in the low bits
  parameter DEPTH = 2,       // words, one per line of FILE
  parameter AW    = 1,       // address bits, clog2(DEPTH), at least 1
  parameter FILE  = "",      // $readmemh image; without one all words are 0
  parameter STYLE = "auto"   // rom_style
) (
  input  wire          clk,
  input  wire          re,
  input  wire [AW-1:0] addr,
  output reg  [W-1:0]  q
);
  localparam WORDS = (DEPTH > 2) ? DEPTH : 2;  // one word still has a 1-bit address
  (* rom_style = STYLE *) reg [W-1:0] mem [0:WORDS-1];
  wire unused_style = &{1'b0, STYLE};          // read by synthesis alone

  generate
    if (FILE != "") begin : g_image
      initial $readmemh(FILE, mem, 0, DEPTH - 1);
    end else begin : g_zero
      integer i;
      initial for (i = 0; i < WORDS; i = i + 1) mem[i] = {W{1'b0}};
    end
  endgenerate

  always @(posedge clk) if (re) q <= mem[addr];
endmodule
`;
