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

// The full product of two numbers without sign.
module unsigned_multiply #(parameter BITS = 24)
    (input [BITS-1:0] a, input [BITS-1:0] b, output [2*BITS-1:0] product);
  wire [BITS:0] partial [0:BITS-1];
  assign partial[0] = {1'b0, a & {BITS{b[0]}}};
  genvar i;
  generate
    for (i = 1; i < BITS; i = i + 1) begin : add_of
      ripple #(.BITS(BITS)) add(partial[i-1][BITS:1], a & {BITS{b[i]}}, 1'b0, partial[i]);
      assign product[i-1] = partial[i-1][0];
    end
  endgenerate
  assign product[2*BITS-1:BITS-1] = partial[BITS-1];
endmodule
