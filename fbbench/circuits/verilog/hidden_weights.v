// Hidden weights: odd integers of BITS bits in two's complement, from -(2^(BITS-1) - 1) on.

// k moved by 1, down where the direction is down: no bit of the result needs more than one exclusive or, as turning all
// bits twice cancels.
module moved_by_one #(parameter K = 7) (input [K-1:0] k, input down, input go, output [K-1:0] moved, output full);
  wire [K-1:0] u = k ^ {K{down}};
  wire [K:0] ones;  // all lower bits are 1
  assign ones[0] = 1'b1;
  assign full = ones[K];
  genvar i;
  generate
    for (i = 0; i < K; i = i + 1) begin : bit_of
      assign ones[i+1] = ones[i] & u[i];
      assign moved[i] = k[i] ^ (ones[i] & go);
    end
  endgenerate
endmodule

// One move by +-2, kept within the bits.
module saturating_step #(parameter BITS = 8) (input [BITS-1:0] h, input up, output [BITS-1:0] moved);
  localparam K = BITS - 1;
  wire full;  // h = 2 k + 1; all bits of k but its sign are those of the last weight in this direction
  wire go = ~(full & (h[BITS-1] ^ up));
  moved_by_one #(.K(K - 1)) lower(h[BITS-2:1], ~up, go, moved[BITS-2:1], full);
  assign moved[BITS-1] = h[BITS-1] ^ (full & go);
  assign moved[0] = 1'b1;
endmodule

// One move by 2 away from 0 where the reinforcement has drawn the weight, kept within the bits.
module reinforcement #(parameter BITS = 8) (input [BITS-1:0] h, input drawn, output [BITS-1:0] moved);
  wire full;
  moved_by_one #(.K(BITS - 2)) lower(h[BITS-2:1], h[BITS-1], drawn & ~full, moved[BITS-2:1], full);
  assign moved[BITS-1] = h[BITS-1];
  assign moved[0] = 1'b1;
endmodule

// What a mini-batch adds to a weight, counted in units of 2: no bound on the way.
module accumulate #(parameter BITS = 8)
    (input [BITS-1:0] sum, input x, input desired, input chosen, output [BITS-1:0] moved);
  wire down = x ^ desired;
  assign moved = sum + {{(BITS-1){down & chosen}}, chosen};
endmodule

// The end of a mini-batch for one weight: what it adds, the reinforcement, one clip, the sign.
module settle #(parameter BITS = 8, parameter SUM_BITS = 8)
    (input [BITS-1:0] h, input [SUM_BITS-1:0] sum, input drawn, output [BITS-1:0] settled, output w);
  localparam K = BITS - 1, WIDE = (K > SUM_BITS ? K : SUM_BITS) + 1;
  wire [WIDE-1:0] moved = {{(WIDE-K){h[BITS-1]}}, h[BITS-1:1]} + {{(WIDE-SUM_BITS){sum[SUM_BITS-1]}}, sum};
  wire negative = moved[WIDE-1];
  wire [WIDE-2:0] away = moved[WIDE-2:0] ^ {(WIDE-1){negative}};
  wire [WIDE-1:0] reinforced = {1'b0, away} + drawn;
  wire over = |reinforced[WIDE-1:K-1];
  assign settled = {negative, (reinforced[K-2:0] | {(K-1){over}}) ^ {(K-1){negative}}, 1'b1};
  assign w = ~negative;
endmodule
