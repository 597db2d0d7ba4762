/** One lane: what an event adds to one accumulator. */
export const nkLane: string = `\
// What an event of value val adds to an accumulator: term + one, modulo 2^AB.
//   CODE 0  w = code, two's complement              term = (w * val) << SH, one = 0
//   CODE 1  code = { s, m }, w = m == 0 ? 0 : (-1)^s 2^(m-1)
//   CODE 2  code = { s, m }, w = (-1)^s 2^m
// A power of two shifts and, for s, inverts; the + 1 of the negation is left to the carry-in of
// the adder behind (one). For CODE 1 the value is gated before the shifter, so that a zero weight
// toggles nothing behind it, and the shift by m drops its lowest bit: nothing computes m - 1.
// VALB 0: spikes, val = 1; a power of two is then a decoder, without a shifter.
// Formats: code WB.0, val VALB.0, term AB.0.
module nk_lane #(
  parameter CODE = 0,
  parameter WB   = 2,        // bits of the code, at least 2 for CODE 1 and 2
  parameter VALB = 0,        // bits of the value, signed
  parameter VW   = 1,        // bits of the port val: VALB, or 1
  parameter AB   = 8,        // bits of the accumulator: at least those of the product
  parameter SH   = 0,        // left shift of the product
  parameter DSP  = 0         // hard multipliers
) (
  input  wire [WB-1:0] code,
  input  wire [VW-1:0] val,
  output wire [AB-1:0] term,
  output wire          one
);
  wire unused_val = &{1'b0, val};     // no value with spikes
  generate
    if (CODE == 0) begin : g_integer
      wire signed [AB-1:0] w = {{(AB-WB){code[WB-1]}}, code};
      assign one = 1'b0;
      if (VALB == 0) begin : g_spike
        assign term = w <<< SH;
      end else begin : g_mac
        wire signed [AB-1:0] v = {{(AB-VALB){val[VALB-1]}}, val};
        if (DSP != 0) begin : g_dsp
          (* use_dsp = "yes" *) wire signed [AB-1:0] p;
          assign p = w * v;
          assign term = p <<< SH;
        end else begin : g_lut
          (* use_dsp = "no" *) wire signed [AB-1:0] p;
          assign p = w * v;
          assign term = p <<< SH;
        end
      end
    end else begin : g_power
      localparam D  = (CODE == 1) ? 1 : 0;            // the bit that the shift drops
      wire [WB-2:0] m  = code[WB-2:0];
      wire          nz = (CODE == 1) ? |m : 1'b1;
      wire          sg = code[WB-1] && nz;
      assign one = sg;
      if (VALB == 0) begin : g_spike
        wire [AB:0]   hot = {{AB{1'b0}}, 1'b1} << m;
        wire [AB-1:0] p   = hot[AB-1+D:D];
        wire unused_end   = &{1'b0, hot[0], hot[AB]};
        assign term = (p << SH) ^ {AB{sg}};
      end else begin : g_bac
        localparam PB = VALB + (1 << (WB-1)) - 1;     // bits of the shifted value
        wire [PB-1:0] ax = {{(PB-VALB){val[VALB-1]}}, val} & {PB{nz}};
        wire [PB-1:0] sh = ax << m;
        wire unused_end  = &{1'b0, sh[0]};
        wire [AB-1:0] p  = {{(AB-PB+D){sh[PB-1]}}, sh[PB-1:D]};
        assign term = (p << SH) ^ {AB{sg}};
      end
    end
  endgenerate
endmodule
`;
