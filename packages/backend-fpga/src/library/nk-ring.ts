/** The sums of past steps, each neuron's as old as its own delay. */
export const nkRing: string = `\
// out = the sum of word k2 of d steps ago, 0 before the first step; d differs between neurons.
// A sum is written to the row of the step in which it is needed, so all lanes read one row.
module nk_ring #(
  parameter P     = 1,       // lanes
  parameter K     = 1,       // words
  parameter KW    = 1,       // bits of k
  parameter PK    = 1,       // words of the delays
  parameter PKW   = 1,       // bits of pk
  parameter AB    = 2,       // bits of a sum
  parameter RB    = 1,       // bits that are kept: AB, or 1 for sums of 0 and 1
  parameter RW    = 1,       // 2^RW rows, more than the longest delay
  parameter FILE  = "",      // delays, RW bits each
  parameter STYLE = "auto",
  parameter RSTYLE = "auto"
) (
  input  wire            clk,
  input  wire            clear,
  input  wire            re,          // read word k
  input  wire            we,          // write word k2
  input  wire            step,        // the step ends
  input  wire [KW-1:0]   k,
  input  wire [KW-1:0]   k2,
  input  wire [PKW-1:0]  pk,          // parameter word of word k
  input  wire [P*AB-1:0] in,          // of word k2
  output wire [P*AB-1:0] out
);
  localparam [RW-1:0] ONE = 1;

  reg  [RW-1:0]   row;       // of this step
  reg  [RW-1:0]   age;       // steps since the clear, as far as it counts
  wire [P*RW-1:0] delays;
  genvar g;

  always @(posedge clk) begin
    if (clear) begin
      row <= {RW{1'b0}};
      age <= {RW{1'b0}};
    end else if (step) begin
      row <= row + ONE;
      if (!(&age)) age <= age + ONE;
    end
  end

  nk_rom #(.W(P*RW), .DEPTH(PK), .AW(PKW), .FILE(FILE), .STYLE(RSTYLE)) rom (
    .clk(clk), .re(re), .addr(pk), .q(delays)
  );

  generate
    for (g = 0; g < P; g = g + 1) begin : g_lane
      wire [RW-1:0] d = delays[g*RW +: RW];
      wire [RB-1:0] old;
      wire [AB-1:0] late;
      nk_ram #(.W(RB), .DEPTH(K << RW), .AW(KW + RW), .STYLE(STYLE)) rows (
        .clk(clk), .we(we), .waddr({k2, row + d}), .wdata(in[g*AB +: RB]),
        .re(re), .raddr({k, row}), .q(old)
      );
      if (RB < AB) begin : g_spike
        assign late = {{(AB-RB){1'b0}}, old};
      end else begin : g_sum
        assign late = old;
      end
      assign out[g*AB +: AB] = (d == {RW{1'b0}}) ? in[g*AB +: AB]
                             : (age < d) ? {AB{1'b0}} : late;
    end
  endgenerate
endmodule
`;
