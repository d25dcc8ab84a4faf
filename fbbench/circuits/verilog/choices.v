// What is chosen by comparing.

// The index of the largest of CLASSES scores, the lowest of equals: scores are given as what differs, so of the least.
module argmax #(parameter CLASSES = 10, parameter BITS = 10, parameter INDEX = $clog2(CLASSES))
    (input [CLASSES*BITS-1:0] differ, output [INDEX-1:0] index, output [BITS-1:0] least);
  generate
    if (CLASSES == 1) begin
      assign index = 0;
      assign least = differ;
    end else begin
      localparam LEFT = (CLASSES + 1) / 2, RIGHT = CLASSES - LEFT;
      localparam LEFT_INDEX = LEFT > 1 ? $clog2(LEFT) : 1, RIGHT_INDEX = RIGHT > 1 ? $clog2(RIGHT) : 1;
      wire [LEFT_INDEX-1:0] left_index;
      wire [RIGHT_INDEX-1:0] right_index;
      wire [BITS-1:0] left_least, right_least;
      argmax #(.CLASSES(LEFT), .BITS(BITS), .INDEX(LEFT_INDEX)) left(differ[LEFT*BITS-1:0], left_index, left_least);
      argmax #(.CLASSES(RIGHT), .BITS(BITS), .INDEX(RIGHT_INDEX)) right(differ[CLASSES*BITS-1:LEFT*BITS], right_index, right_least);
      wire [BITS-1:0] unequal = left_least ^ right_least;
      wire [BITS:0] less;  // right < left, up to each bit
      assign less[0] = 1'b0;
      genvar i;
      for (i = 0; i < BITS; i = i + 1) begin : bit_of
        assign less[i+1] = less[i] ^ (unequal[i] & (less[i] ^ left_least[i]));
        assign least[i] = left_least[i] ^ (less[BITS] & unequal[i]);
      end
      wire [INDEX-1:0] right_of = right_index + LEFT;
      assign index = less[BITS] ? right_of : left_index;
    end
  endgenerate
endmodule

// Whether a row triggers a layer: the label's score leads the best of the others by less than the margin. Scores are
// given as what differs; margin: half the margin in scores, rounded up. From 1 on, where a wrong winner leads by 0 or less
// and triggers as well, that is the paper's rule; margin 0 asks for a wrong winner, which argmax tells.
module trigger #(parameter CLASSES = 10, parameter BITS = 10, parameter INDEX = $clog2(CLASSES))
    (input [CLASSES*BITS-1:0] differ, input [INDEX-1:0] label, input [BITS-1:0] margin, output fires);
  wire [CLASSES-1:0] is_label;
  wire [CLASSES*BITS-1:0] others;
  reg [BITS-1:0] of_label;
  genvar i;
  generate
    for (i = 0; i < CLASSES; i = i + 1) begin : class
      assign is_label[i] = label == i;
      assign others[i*BITS +: BITS] = differ[i*BITS +: BITS] | {BITS{is_label[i]}};
    end
  endgenerate
  integer j;
  always @* begin
    of_label = 0;
    for (j = 0; j < CLASSES; j = j + 1) of_label = of_label | (differ[j*BITS +: BITS] & {BITS{is_label[j]}});
  end
  wire [BITS-1:0] best;
  wire [INDEX-1:0] unused;
  argmax #(.CLASSES(CLASSES), .BITS(BITS)) least(others, unused, best);
  assign fires = {1'b0, best} < {1'b0, of_label} + margin;
endmodule

// The wrong unit of a group of G that is the easiest to mend: the least |z|, the first of equals. z = N - 2 differ; a is
// its sign.
module easiest #(parameter G = 35, parameter N = 784, parameter BITS = $clog2(N + 1), parameter AWAY = $clog2(N / 2 + 1))
    (input [G-1:0] wrong, input [G-1:0] a, input [G*BITS-1:0] differ, output [G-1:0] chosen);
  wire [G*AWAY-1:0] away;
  genvar i;
  generate
    for (i = 0; i < G; i = i + 1) begin : unit_of
      distance #(.N(N), .BITS(BITS), .AWAY(AWAY)) of(a[i], differ[i*BITS +: BITS], away[i*AWAY +: AWAY]);
    end
  endgenerate
  wire any;
  wire [AWAY-1:0] least;
  first_least #(.G(G), .BITS(AWAY)) find(wrong, away, 1'b1, chosen, any, least);
endmodule

// |N - 2 differ| / 2, rounded down: the order of |z|. One adder: for a >= 0 the complement of differ - N / 2 - 1.
module distance #(parameter N = 784, parameter BITS = 10, parameter AWAY = 9)
    (input a, input [BITS-1:0] differ, output [AWAY-1:0] away);
  localparam [BITS-1:0] LESS = -(N / 2 + 1);
  wire [BITS:0] t;
  ripple #(.BITS(BITS)) add(differ, LESS, N % 2 == 0 ? ~a : 1'b0, t);
  assign away = t[AWAY-1:0] ^ {AWAY{a}};
endmodule

module first_least #(parameter G = 4, parameter BITS = 10)
    (input [G-1:0] there, input [G*BITS-1:0] value, input taken, output [G-1:0] chosen, output any, output [BITS-1:0] least);
  generate
    if (G == 1) begin
      assign any = there;
      assign least = value;
      assign chosen = taken & there;
    end else begin
      localparam LEFT = (G + 1) / 2, RIGHT = G - LEFT;
      wire left_any, right_any;
      wire [BITS-1:0] left_least, right_least;
      wire [BITS-1:0] unequal = left_least ^ right_least;
      wire [BITS:0] less;
      assign less[0] = 1'b0;
      wire right_wins = right_any & (less[BITS] | ~left_any);
      genvar i;
      for (i = 0; i < BITS; i = i + 1) begin : bit_of
        assign less[i+1] = less[i] ^ (unequal[i] & (less[i] ^ left_least[i]));
        assign least[i] = left_least[i] ^ (right_wins & unequal[i]);
      end
      assign any = left_any | right_any;
      first_least #(.G(LEFT), .BITS(BITS)) left(there[LEFT-1:0], value[LEFT*BITS-1:0], taken & ~right_wins, chosen[LEFT-1:0], left_any, left_least);
      first_least #(.G(RIGHT), .BITS(BITS)) right(there[G-1:LEFT], value[G*BITS-1:LEFT*BITS], taken & right_wins, chosen[G-1:LEFT], right_any, right_least);
    end
  endgenerate
endmodule

// Whether |z| <= cut, BEP's gate: z = N - 2 differ, a its sign, half: cut / 2 rounded down, for even N.
module gate_of_unit #(parameter N = 784, parameter BITS = $clog2(N + 1), parameter AWAY = $clog2(N / 2 + 1))
    (input a, input [BITS-1:0] differ, input [AWAY-1:0] half, output open);
  wire [AWAY-1:0] away;
  distance #(.N(N), .BITS(BITS), .AWAY(AWAY)) of(a, differ, away);
  assign open = away <= half;
endmodule
