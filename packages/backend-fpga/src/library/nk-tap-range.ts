/** The kernel positions of one axis that reach an output. */
export const nkTapRange: string = `\
// For the input coordinate i of one axis: the kernel positions k with
//   i + PAD - k * DIL = o * S,  0 <= o < O
// as how many there are, the first of them and its o. The others follow in steps of
// S / gcd(S, DIL) in k and -DIL / gcd(S, DIL) in o. A table, worked out when the design is built.
module nk_tap_range #(
  parameter N   = 1,         // input size
  parameter NB  = 1,         // bits of i
  parameter K   = 1,         // kernel size
  parameter S   = 1,         // stride
  parameter PAD = 0,         // zeros in front
  parameter DIL = 1,         // dilation
  parameter O   = 1,         // output size
  parameter CB  = 1,         // bits of the count, clog2(K + 1)
  parameter KB  = 1,         // bits of k
  parameter OB  = 1          // bits of o
) (
  input  wire [NB-1:0] i,
  output wire [CB-1:0] count,
  output wire [KB-1:0] k,
  output wire [OB-1:0] o
);
  localparam E = CB + KB + OB;
  localparam [CB-1:0] ONE = 1;

  function [N*E-1:0] entries;
    input unused;
    integer n;
    integer j;
    integer p;
    integer q;
    reg [CB-1:0] found;
    reg [KB-1:0] first;
    reg [OB-1:0] out;
    begin
      for (n = 0; n < N; n = n + 1) begin
        found = {CB{1'b0}};
        first = {KB{1'b0}};
        out = {OB{1'b0}};
        for (j = 0; j < K; j = j + 1) begin
          p = n + PAD - j * DIL;
          q = p / S;
          if (p >= 0 && q * S == p && q < O) begin
            if (found == {CB{1'b0}}) begin
              first = j[KB-1:0];
              out = q[OB-1:0];
            end
            found = found + ONE;
          end
        end
        entries[n*E +: E] = {found, first, out};
      end
    end
  endfunction

  localparam [N*E-1:0] TABLE = entries(1'b0);
  assign {count, k, o} = TABLE[i*E +: E];
endmodule
`;
