/** Weight words of one event of a dense projection whose zeros are left out. */
export const nkSparse: string = `\
// One event of a dense projection asks for the words of its row that hold a weight, one per cycle
// from the cycle after start on, words k ascending:
//   FORM 1  all K words, stored row by row, or none where the row has no weight: a bit per row
//   FORM 2  those whose bit in the mask of the row is set; the stored words of a row follow each
//           other from its start on
//   FORM 3  runs of words of zeros are counted: the run in front of the first word of a row stands
//           beside its start, that of every further word above the one before it; word K - 1 ends
//           the row, and is stored as zeros where it holds none
// A row without a word takes one cycle.
module nk_sparse #(
  parameter FORM   = 1,
  parameter NI     = 1,      // rows
  parameter K      = 1,      // words per row
  parameter KW     = 1,      // bits of k
  parameter IAW    = 1,      // bits of a row
  parameter WAW    = 1,      // bits of the address of a weight word
  parameter RUNB   = 1,      // bits of a run
  parameter M_FILE = "",     // masks
  parameter S_FILE = "",     // { start, run } of every row
  parameter RSTYLE = "auto"
) (
  input  wire            clk,
  input  wire            start,
  input  wire [IAW-1:0]  addr,
  input  wire            run,        // one word per cycle
  input  wire [RUNB-1:0] next_run,   // of the word that was issued last
  output wire            issue,
  output wire [KW-1:0]   k,
  output wire [WAW-1:0]  at,
  output wire            last
);
  localparam [31:0]    KMAX  = K - 1;
  localparam [KW-1:0]  KLAST = KMAX[KW-1:0];
  localparam [KW-1:0]  KONE  = 1;
  localparam [WAW-1:0] AONE  = 1;

  generate
    if (FORM == 1) begin : g_any
      wire any;
      wire row_issue;
      wire row_last;
      wire unused_files = &{1'b0, next_run, S_FILE};
      nk_rom #(.W(1), .DEPTH(NI), .AW(IAW), .FILE(M_FILE), .STYLE(RSTYLE)) masks (
        .clk(clk), .re(start), .addr(addr), .q(any)
      );
      nk_rows #(.NI(NI), .K(K), .KW(KW), .IAW(IAW), .WAW(WAW)) words (
        .clk(clk), .start(start), .addr(addr), .run(run),
        .issue(row_issue), .k(k), .at(at), .last(row_last)
      );
      wire unused_last = &{1'b0, KLAST, KONE, AONE};
      assign issue = row_issue && any;
      assign last  = row_last || !any;
    end else if (FORM == 2) begin : g_mask
      wire [K-1:0]   mask;
      wire [WAW-1:0] first;
      localparam [K-1:0] ONE = 1;
      reg  [K-1:0]   done;
      reg  [WAW-1:0] count;
      wire [K-1:0]   left = mask & ~done;
      wire [K-1:0]   more = left & (left - ONE);    // without the lowest
      wire unused_run = &{1'b0, next_run, KLAST, KONE};

      function [KW-1:0] lowest;
        input [K-1:0] set;
        integer i;
        begin
          lowest = {KW{1'b0}};
          for (i = K - 1; i >= 0; i = i - 1)
            if (set[i]) lowest = i[KW-1:0];
        end
      endfunction

      nk_rom #(.W(K), .DEPTH(NI), .AW(IAW), .FILE(M_FILE), .STYLE(RSTYLE)) masks (
        .clk(clk), .re(start), .addr(addr), .q(mask)
      );
      nk_rom #(.W(WAW), .DEPTH(NI), .AW(IAW), .FILE(S_FILE), .STYLE(RSTYLE)) starts (
        .clk(clk), .re(start), .addr(addr), .q(first)
      );
      assign issue = run && |left;
      assign k     = lowest(left);
      assign at    = first + count;
      assign last  = !(|more);
      always @(posedge clk) begin
        if (start) begin
          done  <= {K{1'b0}};
          count <= {WAW{1'b0}};
        end else if (run) begin
          done  <= ~more;
          count <= count + AONE;
        end
      end
    end else begin : g_runs
      wire [WAW-1:0]  first;
      wire [RUNB-1:0] first_run;
      reg             fresh;     // the next word is the first of its row
      reg  [KW-1:0]   k_next;    // without the run in front of it
      reg  [WAW-1:0]  at_next;
      wire [KW+RUNB-1:0] skip = {{KW{1'b0}}, fresh ? first_run : next_run};
      wire unused_skip = &{1'b0, skip[KW+RUNB-1:KW], M_FILE};

      nk_rom #(.W(WAW + RUNB), .DEPTH(NI), .AW(IAW), .FILE(S_FILE), .STYLE(RSTYLE)) starts (
        .clk(clk), .re(start), .addr(addr), .q({first, first_run})
      );
      assign issue = run;
      assign k     = k_next + skip[KW-1:0];
      assign at    = fresh ? first : at_next;
      assign last  = (k == KLAST);
      always @(posedge clk) begin
        if (start) begin
          fresh  <= 1'b1;
          k_next <= {KW{1'b0}};
        end else if (run) begin
          fresh   <= 1'b0;
          k_next  <= k + KONE;
          at_next <= at + AONE;
        end
      end
    end
  endgenerate
endmodule
`;
