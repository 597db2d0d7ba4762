/** An image: fixed in the bitstream, or loaded over the registers. */
export const nkImage: string = `\
// Synchronous read; q holds its value while re is low. LOAD 0: nk_rom. Otherwise FILE is what the
// memory starts with, and load = { start, write, data } replaces it: start names an image in the
// top 8 bits and a word of it in the others, and every word is written in chunks of 32 bits, the
// low one first, and the next word follows. Not to be written while a sample is in the design.
module nk_image #(
  parameter W     = 8,       // bits of a word, lane 0 in the low bits
  parameter DEPTH = 2,       // words, one per line of FILE
  parameter AW    = 1,       // address bits, clog2(DEPTH), at least 1
  parameter FILE  = "",
  parameter STYLE = "auto",  // rom_style or ram_style
  parameter LOAD  = 0,
  parameter [7:0] ID = 0     // of the image
) (
  input  wire          clk,
  input  wire          re,
  input  wire [AW-1:0] addr,
  output wire [W-1:0]  q,
  input  wire [33:0]   load
);
  generate
    if (LOAD == 0) begin : g_fixed
      wire unused_load = &{1'b0, load, ID};
      nk_rom #(.W(W), .DEPTH(DEPTH), .AW(AW), .FILE(FILE), .STYLE(STYLE)) words (
        .clk(clk), .re(re), .addr(addr), .q(q)
      );
    end else begin : g_loaded
      localparam CHUNKS = (W + 31) / 32;
      localparam CB     = (CHUNKS > 1) ? $clog2(CHUNKS) : 1;
      localparam [31:0]   CMAX  = CHUNKS - 1;
      localparam [CB-1:0] CLAST = CMAX[CB-1:0];
      localparam [CB-1:0] CONE  = 1;
      localparam [AW-1:0] AONE  = 1;
      wire          start = load[33];
      wire          write = load[32];
      reg           mine;
      reg  [CB-1:0] chunk;
      reg  [AW-1:0] at;
      wire [32*CHUNKS-1:0] word;
      wire          we = write && mine && (chunk == CLAST);
      wire unused_high = &{1'b0, word, load[23:0]};
      if (CHUNKS > 1) begin : g_chunks
        reg [32*CHUNKS-33:0] held;       // chunks of the word so far, the last one highest
        assign word = {load[31:0], held};
        if (CHUNKS > 2) begin : g_shift
          always @(posedge clk)
            if (write && mine) held <= {load[31:0], held[32*CHUNKS-33:32]};
        end else begin : g_keep
          always @(posedge clk) if (write && mine) held <= load[31:0];
        end
      end else begin : g_one
        assign word = load[31:0];
      end
      always @(posedge clk) begin
        if (start) begin
          mine  <= (load[31:24] == ID);
          at    <= load[AW-1:0];
          chunk <= {CB{1'b0}};
        end else if (write && mine) begin
          chunk <= (chunk == CLAST) ? {CB{1'b0}} : chunk + CONE;
          if (chunk == CLAST) at <= at + AONE;
        end
      end
      nk_store #(.W(W), .DEPTH(DEPTH), .AW(AW), .FILE(FILE), .STYLE(STYLE)) words (
        .clk(clk), .we(we), .waddr(at), .wdata(word[W-1:0]), .re(re), .raddr(addr), .q(q)
      );
    end
  endgenerate
endmodule
`;
