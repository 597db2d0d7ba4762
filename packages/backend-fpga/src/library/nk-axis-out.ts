/** Exit of the design: trimmed beats in, AXI4-Stream words out. */
export const nkAxisOut: string = `\
// Spikes (VB = 0) leave as events of val 1; readout values (VB > 0) as sign-extended val.
// Ticks and eos carry val 0 and addr 0. TLAST is 1 exactly on eos.
module nk_axis_out #(
  parameter DW = 32,         // 32 or 64
  parameter AW = 1,          // bits of the trimmed address
  parameter VB = 0           // bits of the trimmed value, signed; 0: spikes
) (
  input  wire             in_valid,
  output wire             in_ready,
  input  wire [1+VB+AW:0] in_beat,
  output wire [DW-1:0]    m_axis_tdata,
  output wire             m_axis_tvalid,
  output wire             m_axis_tlast,
  input  wire             m_axis_tready
);
  localparam AB = (DW == 64) ? 32 : 22;     // bits of the address field
  localparam FB = DW - 2 - AB;              // bits of the value field

  wire [1:0]    kind = in_beat[1+VB+AW:VB+AW];
  wire [AB-1:0] addr = {{(AB-AW){1'b0}}, in_beat[AW-1:0]};
  wire [FB-1:0] val;

  generate
    if (VB == 0) begin : g_spike
      assign val = {{(FB-1){1'b0}}, (kind == 2'd0)};
    end else begin : g_value
      assign val = {{(FB-VB){in_beat[VB+AW-1]}}, in_beat[VB+AW-1:AW]};
    end
  endgenerate

  assign in_ready      = m_axis_tready;
  assign m_axis_tdata  = {kind, val, addr};
  assign m_axis_tvalid = in_valid;
  assign m_axis_tlast  = (kind == 2'd2);
endmodule
`;
