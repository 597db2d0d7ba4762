/** From the words of one stream to those of several Inputs. */
export const nkPorts: string = `\
// The address of an event is { port, local address of LB bits }; it goes to its port alone, with
// the local address. Ticks and eos go to all. An event of a port that is not there goes to port 0
// as it is, which refuses its address.
module nk_ports #(
  parameter DW = 32,         // 32 or 64
  parameter N  = 2,          // ports
  parameter LB = 1           // bits of a local address
) (
  input  wire            clk,
  input  wire            rst,
  input  wire [DW-1:0]   s_axis_tdata,
  input  wire            s_axis_tvalid,
  output wire            s_axis_tready,
  output wire [N-1:0]    out_valid,
  input  wire [N-1:0]    out_ready,
  output wire [DW-1:0]   out_data
);
  localparam AB = (DW == 64) ? 32 : 22;     // bits of the address field
  localparam PB = AB - LB;
  localparam [31:0]  COUNT = N;
  localparam [N-1:0] ONE   = 1;

  reg  [N-1:0]  done;        // ports that have taken this word
  wire [PB-1:0] port   = s_axis_tdata[AB-1:LB];
  wire          known  = ({{(32-PB){1'b0}}, port} < COUNT);
  wire          single = (s_axis_tdata[DW-1:DW-2] == 2'd0);
  wire [N-1:0]  wanted = !single ? {N{1'b1}} : known ? (ONE << port) : ONE;
  wire [N-1:0]  soon   = done | out_ready | ~wanted;

  assign out_valid     = {N{s_axis_tvalid}} & wanted & ~done;
  assign out_data      = {s_axis_tdata[DW-1:AB],
                          (single && known) ? {PB{1'b0}} : port, s_axis_tdata[LB-1:0]};
  assign s_axis_tready = &soon;

  always @(posedge clk) begin
    if (rst) done <= {N{1'b0}};
    else if (s_axis_tvalid) done <= s_axis_tready ? {N{1'b0}} : soon & wanted;
  end
endmodule
`;
