// Whole numbers of several bits.

module integer_add #(parameter BITS = 32) (input [BITS-1:0] a, input [BITS-1:0] b, output [BITS-1:0] sum);
  wire [BITS:0] all;
  ripple #(.BITS(BITS)) add(a, b, 1'b0, all);
  assign sum = all[BITS-1:0];
endmodule

// sum + x w for x = +-1 (1 is +1): a weight added or taken away.
module signed_add #(parameter BITS = 8, parameter SUM_BITS = 24)
    (input [SUM_BITS-1:0] sum, input [BITS-1:0] w, input x, output [SUM_BITS-1:0] moved);
  wire [SUM_BITS-1:0] added = {{(SUM_BITS-BITS){w[BITS-1]}}, w} ^ {SUM_BITS{~x}};
  wire [SUM_BITS:0] all;
  ripple #(.BITS(SUM_BITS)) add(sum, added, ~x, all);
  assign moved = all[SUM_BITS-1:0];
endmodule

// The full product of two signed numbers, row after row of the array.
module integer_multiply #(parameter BITS = 4)
    (input signed [BITS-1:0] a, input signed [BITS-1:0] b, output signed [2*BITS-1:0] product);
  wire [BITS-1:0] row [0:BITS-1];
  wire [BITS:0] partial [0:BITS-1];
  genvar i, j;
  generate  // Baugh and Wooley: the signs' products inverted, two ones added
    for (i = 0; i < BITS; i = i + 1) begin : row_of
      for (j = 0; j < BITS; j = j + 1) begin : bit_of
        if ((i == BITS-1) != (j == BITS-1)) assign row[i][j] = ~(a[j] & b[i]);
        else assign row[i][j] = a[j] & b[i];
      end
    end
    assign partial[0] = {1'b1, row[0]};
    for (i = 1; i < BITS; i = i + 1) begin : add_of
      wire [BITS:0] sum;
      ripple #(.BITS(BITS)) add(partial[i-1][BITS:1], row[i], 1'b0, sum);
      assign product[i-1] = partial[i-1][0];
      assign partial[i] = sum;
    end
  endgenerate
  assign product[2*BITS-2:BITS-1] = partial[BITS-1][BITS-1:0];
  assign product[2*BITS-1] = ~partial[BITS-1][BITS];
endmodule

// The full product of two numbers without sign, its array added by pair adders, column after column.
(* keep_hierarchy *)
module unsigned_multiply #(parameter BITS = 4) (input [BITS-1:0] a, input [BITS-1:0] b, output [2*BITS-1:0] product);
  product_column #(.BITS(BITS), .C(0), .PAIRS(0), .SINGLES(0)) from_first(a, b, 1'b0, 1'b0, 2'b00, product);
endmodule

// The bits of a product from column C on: its own bits of the array, and the pairs and single bits that came over.
module product_column #(parameter BITS = 4, parameter C = 0, parameter PAIRS = 0, parameter SINGLES = 0)
    (input [BITS-1:0] a, input [BITS-1:0] b, input [(PAIRS?PAIRS:1)-1:0] x, input [(PAIRS?PAIRS:1)-1:0] p,
     input [1:0] singles, output [2*BITS-1-C:0] n);
  localparam LOW = C < BITS ? 0 : C - BITS + 1, HIGH = C < BITS ? C : BITS - 1;
  localparam OWN = HIGH >= LOW ? HIGH - LOW + 1 : 0, ALL = OWN + SINGLES;
  localparam MADE = ALL > 0 ? (ALL - 1) / 2 : 0, Q = PAIRS + MADE, ADDERS = Q / 2;
  localparam LEFT = ALL > 0 && ALL % 2 == 0;  // a bit that stands beside the pairs and the first
  wire [ALL:0] ones;
  wire [Q:0] xs, ps;
  wire [ADDERS:0] sum, next_x, next_p;
  genvar i;
  generate
    for (i = 0; i < OWN; i = i + 1) begin : bit_of
      assign ones[i] = a[LOW+i] & b[C-LOW-i];
    end
    for (i = 0; i < SINGLES; i = i + 1) begin : came
      assign ones[OWN+i] = singles[i];
    end
    for (i = 0; i < PAIRS; i = i + 1) begin : given
      assign xs[i] = x[i];
      assign ps[i] = p[i];
    end
    for (i = 0; i < MADE; i = i + 1) begin : pair
      assign xs[PAIRS+i] = ones[1+2*i];
      assign ps[PAIRS+i] = ones[1+2*i] ^ ones[2+2*i];
    end
    if (ALL > 0) assign sum[0] = ones[0]; else assign sum[0] = 1'b0;
    for (i = 0; i < ADDERS; i = i + 1) begin : adder
      pair_adder add(sum[i], xs[2*i], ps[2*i], xs[2*i+1], ps[2*i+1], sum[i+1], next_x[i], next_p[i]);
    end
    wire after, carry, last, over;
    if (Q % 2 == 1) begin : odd
      assign after = sum[ADDERS] ^ ps[Q-1];
      assign carry = xs[Q-1] ^ (ps[Q-1] & (xs[Q-1] ^ sum[ADDERS]));
    end else begin : even
      assign after = sum[ADDERS];
      assign carry = 1'b0;
    end
    if (LEFT) begin : rest
      assign last = after ^ ones[ALL-1];
      assign over = after & ones[ALL-1];
    end else begin : none
      assign last = after;
      assign over = 1'b0;
    end
    assign n[0] = last;
    if (C < 2 * BITS - 1) begin : next
      product_column #(.BITS(BITS), .C(C + 1), .PAIRS(ADDERS), .SINGLES((Q % 2) + LEFT))
        of(a, b, next_x[(ADDERS?ADDERS:1)-1:0], next_p[(ADDERS?ADDERS:1)-1:0],
           (Q % 2 == 1) ? {over, carry} : {1'b0, over}, n[2*BITS-1-C:1]);
    end
  endgenerate
endmodule
