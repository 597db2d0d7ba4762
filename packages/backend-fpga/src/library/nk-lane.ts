/** One lane: what an event adds to one accumulator. */
export const nkLane: string = `\
// What an event of value val adds to an accumulator: term + one, modulo 2^AB.
//   CODE 0  w = code, two's complement              term = (w * val) << SH, one = 0
//   CODE 1  code = { s, m }, w = m == 0 ? 0 : (-1)^s 2^(m-1)
//   CODE 2  code = { s, m }, w = (-1)^s 2^m
//   CODE 3  code = { s, m1, m2 (, m3) }, w = (-1)^s times the sum of 2^(m-1), 0 where m == 0
//   CODE 4  code = { s1, m1, s2, m2 (, s3, m3) }, w = the sum of (-1)^s 2^(m-1)
// A power of two shifts and, for s, inverts; the + 1 of the negation is left to the carry-in of
// the adder behind (one). For CODE 1 the value is gated before the shifter, so that a zero weight
// toggles nothing behind it, and the shift by m drops its lowest bit: nothing computes m - 1.
// VALB 0: spikes, val = 1; a power of two is then a decoder, without a shifter. CODE 3 and 4 have
// values: T shifters side by side and the adders between them, in the same cycle.
// Formats: code WB.0, val VALB.0, term AB.0.
module nk_lane #(
  parameter CODE = 0,
  parameter WB   = 2,        // bits of the code, at least 2 for CODE 1 and 2
  parameter VALB = 0,        // bits of the value, signed
  parameter VW   = 1,        // bits of the port val: VALB, or 1
  parameter AB   = 8,        // bits of the accumulator: at least those of the product
  parameter SH   = 0,        // left shift of the product
  parameter T    = 2,        // CODE 3 and 4: shifts, 2 or 3, and the largest exponent of each
  parameter E1   = 0,
  parameter E2   = 0,
  parameter E3   = 0,
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
    end else if (CODE > 2) begin : g_shifts
      localparam B2 = $clog2(E2 + 2);
      localparam B1 = $clog2(E1 + 2);
      localparam B3 = (T > 2) ? $clog2(E3 + 2) : 0;
      localparam S  = (CODE == 4) ? 1 : 0;              // bits of a sign in front of every slot
      localparam L2 = (T > 2) ? B3 + S : 0;             // place of the field of a slot
      localparam L1 = L2 + B2 + S;
      wire [AB-1:0] p1;
      wire [AB-1:0] p2;
      wire [AB-1:0] p3;
      wire          s1 = code[WB-1];
      wire          s2 = (CODE == 4) ? code[L2+B2] : 1'b0;
      wire          s3;
      nk_shift #(.VALB(VALB), .MB(B1), .TOP(E1), .AB(AB)) shift_1 (
        .val(val), .m(code[L1 +: B1]), .p(p1)
      );
      nk_shift #(.VALB(VALB), .MB(B2), .TOP(E2), .AB(AB)) shift_2 (
        .val(val), .m(code[L2 +: B2]), .p(p2)
      );
      if (T > 2) begin : g_third
        nk_shift #(.VALB(VALB), .MB(B3), .TOP(E3), .AB(AB)) shift_3 (
          .val(val), .m(code[0 +: B3]), .p(p3)
        );
        assign s3 = (CODE == 4) ? code[B3] : 1'b0;
      end else begin : g_no_third
        assign p3 = {AB{1'b0}};
        assign s3 = 1'b0;
      end
      // Every + 1 goes into the carry of an adder: those of s2 and s3 here, that of s1 behind.
      wire [AB-1:0] t1 = (CODE == 4) ? (p1 << SH) ^ {AB{s1}} : p1 << SH;
      wire [AB:0]   a2 = {t1, 1'b1} + {(p2 << SH) ^ {AB{s2}}, s2};
      wire [AB:0]   a3 = {a2[AB:1], 1'b1} + {(p3 << SH) ^ {AB{s3}}, s3};
      wire unused_ends = &{1'b0, a2[0], a3[0]};
      assign term = (CODE == 4) ? a3[AB:1] : a3[AB:1] ^ {AB{s1}};
      assign one  = s1;
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
