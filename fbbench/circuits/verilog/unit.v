// A unit of fan-in N: what of an input agrees with the weights (1 is +1), counted; its sign, of which that of 0 is +1.
module unit #(parameter N = 784, parameter BITS = $clog2(N + 1))
    (input [N-1:0] x, input [N-1:0] w, output a, output [BITS-1:0] differ);
  popcount #(.N(N)) count(x ^ w, differ);
  assign a = differ <= N / 2;
endmodule

// A score: the same without the sign.
module score #(parameter N = 784, parameter BITS = $clog2(N + 1))
    (input [N-1:0] x, input [N-1:0] w, output [BITS-1:0] differ);
  popcount #(.N(N)) count(x ^ w, differ);
endmodule

// A unit of ternary arithmetic: weights and inputs have a plane of what is not 0; z = not 0 in both - 2 differ, in two's
// complement. With INPUT_ZEROS = 0, the input is +-1.
module ternary_unit #(parameter N = 784, parameter INPUT_ZEROS = 1, parameter BITS = $clog2(N + 1))
    (input [N-1:0] x, input [N-1:0] x_there, input [N-1:0] w, input [N-1:0] w_there,
     output [BITS:0] z, output a, output a_there);
  wire [N-1:0] there = INPUT_ZEROS ? x_there & w_there : w_there;
  wire [BITS-1:0] counted, differ;
  popcount #(.N(N)) nonzero(there, counted);
  popcount #(.N(N)) count((x ^ w) & there, differ);
  assign z = {1'b0, counted} - {differ, 1'b0};
  assign a = ~z[BITS] & a_there;
  assign a_there = |z;
endmodule

// Sign of the sum of N members of a committee (N odd), or of N wires of a unit of the recommended network.
module majority #(parameter N = 5) (input [N-1:0] x, output y);
  localparam BITS = $clog2(N + 1);
  wire [BITS-1:0] n;
  popcount #(.N(N)) count(x, n);
  assign y = n > N / 2;
endmodule
