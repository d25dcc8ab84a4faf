// A random draw a weight: a Fibonacci shift register of 16 bits (taps 16, 15, 13, 4, all 65 535 states), and whether its
// state lies below a threshold. STEPS = 16 makes all bits new; with 1, draws that follow each other hang together.
module draw #(parameter STEPS = 16) (input [15:0] state, input [15:0] threshold, output [15:0] next, output hit);
  wire [15:0] at [0:STEPS];
  assign at[0] = state;
  genvar i;
  generate
    for (i = 0; i < STEPS; i = i + 1) begin : step
      assign at[i+1] = {at[i][14:0], at[i][15] ^ at[i][14] ^ at[i][12] ^ at[i][3]};
    end
  endgenerate
  assign next = at[STEPS];
  assign hit = next < threshold;
endmodule

// The library's own random word: splitmix64's output function (Steele, Lea, Flood 2014).
module random_word (input [63:0] counter, output [63:0] word);
  wire [63:0] a = (counter ^ (counter >> 30)) * 64'hBF58476D1CE4E5B9;
  wire [63:0] b = (a ^ (a >> 27)) * 64'h94D049BB133111EB;
  assign word = b ^ (b >> 31);
endmodule
