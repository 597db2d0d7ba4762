/** The order in which the neurons of a map are swept. */
export const nkWalk: string = `\
// Walks over the words of a map { c, y, x }: y, then x, then groups, then the KO words of a group;
// a step per cycle of go, from the beginning with first. Gives the address of lane 0, the parameter
// word of its channels, and whether it is the last word of its group.
module nk_walk #(
  parameter P   = 1,         // lanes
  parameter G   = 1,         // groups
  parameter KO  = 1,         // words of a group
  parameter CO  = 1,         // channels of a group
  parameter OX  = 1,
  parameter CB  = 1,         // bits of c, y, x
  parameter YB  = 1,
  parameter XB  = 1,
  parameter PKW = 1          // bits of a parameter word, clog2(G * KO)
) (
  input  wire                clk,
  input  wire                first,      // the next word is the first one
  input  wire                go,         // this word is done
  output wire [CB+YB+XB-1:0] base,
  output wire [PKW-1:0]      pk,
  output wire                tail
);
  localparam [31:0] PK_MAX = G * KO - 1;
  localparam [31:0] KO_MAX = KO - 1;
  localparam [31:0] X_MAX  = OX - 1;
  localparam [31:0] SKIP   = CO - (KO - 1) * P;          // from the last word to the next group
  localparam [31:0] LANES  = P;
  localparam KOB = (KO > 1) ? $clog2(KO) : 1;
  localparam [PKW-1:0] PK_ONE = 1;
  localparam [KOB-1:0] KO_ONE = 1;
  localparam [XB-1:0]  X_ONE  = 1;
  localparam [YB-1:0]  Y_ONE  = 1;

  reg [CB-1:0]  c;
  reg [YB-1:0]  y;
  reg [XB-1:0]  x;
  reg [PKW-1:0] word;
  reg [KOB-1:0] ko;

  wire channels_end = (word == PK_MAX[PKW-1:0]);
  wire row_ends     = (x == X_MAX[XB-1:0]);

  assign tail = (ko == KO_MAX[KOB-1:0]);
  assign base = {c, y, x};
  assign pk   = word;

  always @(posedge clk) begin
    if (first) begin
      c    <= {CB{1'b0}};
      y    <= {YB{1'b0}};
      x    <= {XB{1'b0}};
      word <= {PKW{1'b0}};
      ko   <= {KOB{1'b0}};
    end else if (go) begin
      word <= channels_end ? {PKW{1'b0}} : word + PK_ONE;
      ko   <= tail ? {KOB{1'b0}} : ko + KO_ONE;
      c    <= channels_end ? {CB{1'b0}} : tail ? c + SKIP[CB-1:0] : c + LANES[CB-1:0];
      if (channels_end) begin
        x <= row_ends ? {XB{1'b0}} : x + X_ONE;
        if (row_ends) y <= y + Y_ONE;
      end
    end
  end
endmodule
`;
