// How many of N bits are 1: column after column of pair adders, the sum bit running through a column's adders. Few gates,
// long ways; popcount_tree is the other end.
module popcount #(parameter N = 7, parameter BITS = $clog2(N + 1)) (input [N-1:0] x, output [BITS-1:0] n);
  generate
    if (N == 1) assign n = x;
    else begin
      localparam PAIRS = (N - 1) / 2;
      wire [PAIRS:0] first, differ;
      genvar i;
      for (i = 0; i < PAIRS; i = i + 1) begin : pair
        assign first[i] = x[2*i+1];
        assign differ[i] = x[2*i+1] ^ x[2*i+2];
      end
      if (N % 2 == 1) column #(.PAIRS(PAIRS), .SINGLES(1), .BITS(BITS)) count(first[PAIRS-1:0], differ[PAIRS-1:0], x[0], n);
      else if (N == 2) assign n = {x[0] & x[1], x[0] ^ x[1]};
      else begin : even  // the bit that is left over is added to the lowest of the others' count
        wire [$clog2(N)-1:0] others;
        popcount #(.N(N - 1)) count(x[N-2:0], others);
        wire [BITS:0] c;
        assign c[0] = x[N-1];
        for (i = 0; i < BITS; i = i + 1) begin : add
          if (i < $clog2(N)) begin
            assign n[i] = others[i] ^ c[i];
            assign c[i+1] = others[i] & c[i];
          end else begin
            assign n[i] = c[i];
            assign c[i+1] = 0;
          end
        end
      end
    end
  endgenerate
endmodule

// The bits of a count from one column on: PAIRS pairs (x, p) and at most one single bit of this weight.
module column #(parameter PAIRS = 2, parameter SINGLES = 1, parameter BITS = 3)
    (input [PAIRS-1:0] x, input [PAIRS-1:0] p, input single, output [BITS-1:0] n);
  localparam ADDERS = PAIRS / 2;
  wire [ADDERS:0] sum, next_x, next_p;
  assign sum[0] = SINGLES ? single : 1'b0;
  genvar i;
  generate
    for (i = 0; i < ADDERS; i = i + 1) begin : pair
      pair_adder add(sum[i], x[2*i], p[2*i], x[2*i+1], p[2*i+1], sum[i+1], next_x[i], next_p[i]);
    end
    if (PAIRS % 2 == 1) begin : odd
      wire z = sum[ADDERS];
      assign n[0] = z ^ p[PAIRS-1];
      wire carry = x[PAIRS-1] ^ (p[PAIRS-1] & (x[PAIRS-1] ^ z));
      if (ADDERS > 0) column #(.PAIRS(ADDERS), .SINGLES(1), .BITS(BITS-1)) rest(next_x[ADDERS-1:0], next_p[ADDERS-1:0], carry, n[BITS-1:1]);
      else assign n[BITS-1:1] = carry;
    end else begin : even
      assign n[0] = sum[ADDERS];
      if (ADDERS > 0) column #(.PAIRS(ADDERS), .SINGLES(0), .BITS(BITS-1)) rest(next_x[ADDERS-1:0], next_p[ADDERS-1:0], 1'b0, n[BITS-1:1]);
    end
  endgenerate
endmodule

// The same count from full adders in a tree: the shortest way, a tenth more gates.
module popcount_tree #(parameter N = 7, parameter BITS = $clog2(N + 1)) (input [N-1:0] x, output [BITS-1:0] n);
  generate
    if (N == 1) assign n = x;
    else if (N == 2) assign n = {x[0] & x[1], x[0] ^ x[1]};
    else begin
      localparam LEFT = (1 << ($clog2(N + 1) - 1)) - 1;
      localparam RIGHT = N - 1 - LEFT;
      localparam WIDTH = $clog2(LEFT + 1);
      wire [WIDTH-1:0] a, b;
      popcount_tree #(.N(LEFT)) left(x[LEFT-1:0], a);
      if (RIGHT == 0) assign b = 0;
      else popcount_tree #(.N(RIGHT)) right(x[N-2:LEFT], b[$clog2(RIGHT+1)-1:0]);
      if (RIGHT > 0 && $clog2(RIGHT + 1) < WIDTH) assign b[WIDTH-1:$clog2(RIGHT+1)] = 0;
      ripple #(.BITS(WIDTH)) add(a, b, x[N-1], n);
    end
  endgenerate
endmodule
