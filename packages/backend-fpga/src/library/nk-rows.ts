/** Weight words of one event of a dense projection. */
export const nkRows: string = `\
// One event of a dense projection asks for the K words of its row, one per cycle from the cycle
// after start on: weight words addr * K + k into accumulator words k = 0 .. K - 1.
module nk_rows #(
  parameter NI  = 1,         // rows
  parameter K   = 1,         // words per row
  parameter KW  = 1,         // bits of k
  parameter IAW = 1,         // bits of a row
  parameter WAW = 1          // bits of the address of a weight word, clog2(NI * K)
) (
  input  wire           clk,
  input  wire           start,
  input  wire [IAW-1:0] addr,
  input  wire           run,        // one word per cycle
  output wire           issue,
  output wire [KW-1:0]  k,
  output wire [WAW-1:0] at,
  output wire           last
);
  localparam [31:0]   KMAX  = K - 1;
  localparam [KW-1:0] KLAST = KMAX[KW-1:0];
  localparam [KW-1:0] ONE   = 1;
  localparam [WAW-1:0] NEXT = 1;

  reg  [KW-1:0]  count;
  reg  [WAW-1:0] address;
  wire [WAW-1:0] row;

  generate
    if (NI > 1) begin : g_row
      assign row = {{(WAW-IAW){1'b0}}, addr} * K[WAW-1:0];
    end else begin : g_one_row
      wire unused_addr = &{1'b0, addr};
      assign row = {WAW{1'b0}};
    end
  endgenerate

  assign issue = run;
  assign k     = count;
  assign at    = address;
  assign last  = (count == KLAST);

  always @(posedge clk) begin
    if (start) begin
      count   <= {KW{1'b0}};
      address <= row;
    end else if (run) begin
      count   <= count + ONE;
      address <= address + NEXT;
    end
  end
endmodule
`;
