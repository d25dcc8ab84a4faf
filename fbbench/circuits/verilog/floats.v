// Floating-point numbers with EXP bits of exponent and MAN of mantissa, rounded to the nearest, ties to even. With
// SUBNORMALS = 0, numbers below the least normal one are 0, as inputs and as results. Every NaN is the same, quiet one.

// What a number is.
module unpacked #(parameter EXP = 8, parameter MAN = 23, parameter SUBNORMALS = 0)
    (input [EXP+MAN:0] x, output negative, output [EXP-1:0] exponent, output [MAN:0] mantissa,
     output zero, output infinite, output nan);
  wire [EXP-1:0] e = x[EXP+MAN-1:MAN];
  wire [MAN-1:0] m = x[MAN-1:0];
  wire small = ~|e, large = &e;
  assign negative = x[EXP+MAN];
  assign zero = SUBNORMALS ? small & ~|m : small;
  assign infinite = large & ~|m;
  assign nan = large & |m;
  assign exponent = SUBNORMALS ? {e[EXP-1:1], e[0] | small} : e;
  assign mantissa = SUBNORMALS ? {~small, m} : {~small, m & {MAN{~small}}};
endmodule

// Zeros before the first 1 of N bits.
module leading_zeros #(parameter N = 24, parameter BITS = $clog2(N + 1)) (input [N-1:0] x, output [BITS-1:0] n);
  generate
    if (N == 1) assign n = !x;
    else begin
      localparam RIGHT = 1 << ($clog2(N) - 1), LEFT = N - RIGHT;
      wire [BITS-1:0] left, right;
      leading_zeros #(.N(LEFT), .BITS(BITS)) of_left(x[N-1:RIGHT], left);
      leading_zeros #(.N(RIGHT), .BITS(BITS)) of_right(x[RIGHT-1:0], right);
      assign n = |x[N-1:RIGHT] ? left : right + LEFT;
    end
  endgenerate
endmodule

// The product. Two formats: the result's, OUT_EXP and OUT_MAN, may be wider; OUT_EXP >= EXP.
module float_multiply #(parameter EXP = 8, parameter MAN = 23, parameter OUT_EXP = 8, parameter OUT_MAN = 23,
                        parameter SUBNORMALS = 0)
    (input [EXP+MAN:0] a, input [EXP+MAN:0] b, output [OUT_EXP+OUT_MAN:0] product);
  localparam WIDE = 2 * MAN + 2;             // bits of the product of mantissas
  localparam SHIFTS = OUT_EXP + 2;           // bits of an exponent that cannot overflow, signed
  localparam BIAS = 2 * ((1 << (EXP - 1)) - 1) - ((1 << (OUT_EXP - 1)) - 1);
  wire a_negative, b_negative, a_zero, b_zero, a_infinite, b_infinite, a_nan, b_nan;
  wire [EXP-1:0] a_exponent, b_exponent;
  wire [MAN:0] a_mantissa, b_mantissa;
  unpacked #(.EXP(EXP), .MAN(MAN), .SUBNORMALS(SUBNORMALS)) of_a(a, a_negative, a_exponent, a_mantissa, a_zero, a_infinite, a_nan);
  unpacked #(.EXP(EXP), .MAN(MAN), .SUBNORMALS(SUBNORMALS)) of_b(b, b_negative, b_exponent, b_mantissa, b_zero, b_infinite, b_nan);
  wire negative = a_negative ^ b_negative;
  wire zero = a_zero | b_zero, nan = a_nan | b_nan | (a_infinite & b_zero) | (a_zero & b_infinite);
  wire infinite = a_infinite | b_infinite;
  wire [WIDE-1:0] p;
  unsigned_multiply #(.BITS(MAN + 1)) multiply(a_mantissa, b_mantissa, p);
  wire signed [SHIFTS-1:0] e = $signed({2'b00, {(OUT_EXP-EXP){1'b0}}, a_exponent}) + $signed({2'b00, {(OUT_EXP-EXP){1'b0}}, b_exponent}) - BIAS;  // where the first bit of p weighs 2
  wire [WIDE-1:0] shifted;
  wire signed [SHIFTS-1:0] exponent;  // of a number whose first bit is shifted[WIDE-1]; 0 where that bit is 0
  wire more;                          // bits were lost
  generate
    if (SUBNORMALS) begin
      wire [$clog2(WIDE+1)-1:0] empty;
      leading_zeros #(.N(WIDE)) count(p, empty);
      wire signed [SHIFTS-1:0] room = e;  // places to the left until the exponent would be that of subnormals
      wire right = room < 0;
      wire [SHIFTS-1:0] back = -room;
      wire far = right & (back > WIDE);
      wire [$clog2(WIDE+1)-1:0] down = back;
      wire fits = $signed({1'b0, empty}) <= room;
      wire [$clog2(WIDE+1)-1:0] up = fits ? empty : room;
      wire [WIDE-1:0] lower = far ? 0 : p >> (right ? down : 0);
      wire [WIDE-1:0] again = lower << (right ? 0 : down);
      assign more = right & (far ? |p : |(p & ~({WIDE{1'b1}} << down)));
      assign shifted = right ? lower : p << up;
      assign exponent = right ? 0 : e + 1 - up;
    end else begin
      assign shifted = p[WIDE-1] ? p : {p[WIDE-2:0], 1'b0};
      assign exponent = p[WIDE-1] ? e + 1 : e;
      assign more = 1'b0;
    end
  endgenerate
  rounded #(.EXP(OUT_EXP), .MAN(OUT_MAN), .WIDE(WIDE), .SHIFTS(SHIFTS), .SUBNORMALS(SUBNORMALS))
    round(negative, exponent, shifted, more, zero, infinite, nan, product);
endmodule

// A number of sign, exponent and a mantissa of WIDE bits whose first is the leading one, as the nearest of a format.
module rounded #(parameter EXP = 8, parameter MAN = 23, parameter WIDE = 48, parameter SHIFTS = 10, parameter SUBNORMALS = 0)
    (input negative, input signed [SHIFTS-1:0] exponent, input [WIDE-1:0] mantissa, input more, input zero,
     input infinite, input nan, output [EXP+MAN:0] x);
  localparam MOST = (1 << EXP) - 1;
  wire [MAN:0] kept;
  wire up;
  generate
    if (WIDE > MAN + 1) begin
      wire [WIDE-1:0] m = mantissa;
      assign kept = m[WIDE-1:WIDE-1-MAN];
      wire half = m[WIDE-2-MAN];
      wire rest;
      if (WIDE > MAN + 2) assign rest = |m[WIDE-3-MAN:0] | more; else assign rest = more;
      assign up = half & (rest | kept[0]);
    end else begin
      assign kept = {mantissa, {(MAN+1-WIDE){1'b0}}};
      assign up = 1'b0;
    end
  endgenerate
  wire [SHIFTS-1:0] base = SUBNORMALS ? (kept[MAN] ? exponent : 0) : exponent;
  wire signed [SHIFTS+MAN-1:0] all = {base, kept[MAN-1:0]} + up;  // a carry makes the exponent one more
  wire signed [SHIFTS-1:0] e = all[SHIFTS+MAN-1:MAN];
  wire over = ~e[SHIFTS-1] & (e >= MOST);
  wire under = SUBNORMALS ? 1'b0 : e[SHIFTS-1] | ~|e;
  wire large = over | infinite;
  wire none = (zero | under) & ~large;
  assign x = nan ? {1'b0, {EXP{1'b1}}, 1'b1, {(MAN-1){1'b0}}}
           : {negative, (e[EXP-1:0] | {EXP{large}}) & {EXP{~none}}, all[MAN-1:0] & {MAN{~(large | none)}}};
endmodule

// The sum.
module float_add #(parameter EXP = 8, parameter MAN = 23, parameter SUBNORMALS = 0)
    (input [EXP+MAN:0] a, input [EXP+MAN:0] b, output [EXP+MAN:0] sum);
  localparam WIDE = MAN + 4;  // guard, round and sticky bit behind the mantissa
  localparam SHIFTS = EXP + 2;
  wire swap = a[EXP+MAN-1:0] < b[EXP+MAN-1:0];
  wire [EXP+MAN:0] differ = a ^ b;
  wire [EXP+MAN:0] major = a ^ (differ & {(EXP+MAN+1){swap}}), minor = major ^ differ;
  wire x_negative, y_negative, x_zero, y_zero, x_infinite, y_infinite, x_nan, y_nan;
  wire [EXP-1:0] x_exponent, y_exponent;
  wire [MAN:0] x_mantissa, y_mantissa;
  unpacked #(.EXP(EXP), .MAN(MAN), .SUBNORMALS(SUBNORMALS)) of_x(major, x_negative, x_exponent, x_mantissa, x_zero, x_infinite, x_nan);
  unpacked #(.EXP(EXP), .MAN(MAN), .SUBNORMALS(SUBNORMALS)) of_y(minor, y_negative, y_exponent, y_mantissa, y_zero, y_infinite, y_nan);
  wire subtract = x_negative ^ y_negative;
  wire [EXP-1:0] distance = x_exponent - y_exponent;
  localparam PLACES = $clog2(WIDE + 1);
  wire far = |distance[EXP-1:PLACES] | (distance[PLACES-1:0] >= WIDE);
  wire [WIDE-1:0] placed = {y_mantissa, 3'b000};
  wire [WIDE-1:0] moved = placed >> distance[PLACES-1:0];
  wire lost = |(placed & ~({WIDE{1'b1}} << distance[PLACES-1:0]));
  wire [WIDE-1:0] addend = far ? {{(WIDE-1){1'b0}}, |y_mantissa} : {moved[WIDE-1:1], moved[0] | lost};
  wire [WIDE:0] total;
  ripple #(.BITS(WIDE)) add({x_mantissa, 3'b000}, addend ^ {WIDE{subtract}}, subtract, total);
  wire carry = total[WIDE] & ~subtract;
  wire [WIDE-1:0] t = total[WIDE-1:0];
  wire [$clog2(WIDE+1)-1:0] empty;
  leading_zeros #(.N(WIDE)) count(t, empty);
  wire none = ~carry & ~|t;
  wire signed [SHIFTS-1:0] e = {2'b00, x_exponent};
  wire [$clog2(WIDE+1)-1:0] up;
  generate
    if (SUBNORMALS) begin
      wire fits = {2'b00, empty} < e;
      assign up = fits ? empty : e - 1;
    end else assign up = empty;
  endgenerate
  wire [WIDE-1:0] shifted = carry ? {1'b1, t[WIDE-1:1]} : t << up;
  wire signed [SHIFTS-1:0] exponent = carry ? e + 1 : e - up;
  wire nan = x_nan | y_nan | (x_infinite & y_infinite & subtract);
  wire negative = none ? x_negative & y_negative : x_negative;
  rounded #(.EXP(EXP), .MAN(MAN), .WIDE(WIDE), .SHIFTS(SHIFTS), .SUBNORMALS(SUBNORMALS))
    round(negative, exponent, shifted, carry & t[0], none, x_infinite, nan, sum);
endmodule

// The quotient, by restoring division: a bit of it a row.
module float_divide #(parameter EXP = 8, parameter MAN = 23) (input [EXP+MAN:0] a, input [EXP+MAN:0] b, output [EXP+MAN:0] quotient);
  localparam STEPS = MAN + 3, SHIFTS = EXP + 2, BIAS = (1 << (EXP - 1)) - 1;
  wire a_negative, b_negative, a_zero, b_zero, a_infinite, b_infinite, a_nan, b_nan;
  wire [EXP-1:0] a_exponent, b_exponent;
  wire [MAN:0] a_mantissa, b_mantissa;
  unpacked #(.EXP(EXP), .MAN(MAN)) of_a(a, a_negative, a_exponent, a_mantissa, a_zero, a_infinite, a_nan);
  unpacked #(.EXP(EXP), .MAN(MAN)) of_b(b, b_negative, b_exponent, b_mantissa, b_zero, b_infinite, b_nan);
  wire [MAN+1:0] rest [0:STEPS];
  wire [STEPS-1:0] q;
  assign rest[0] = {1'b0, a_mantissa};
  genvar i;
  generate
    for (i = 0; i < STEPS; i = i + 1) begin : step
      wire [MAN+2:0] less;  // rest - b: the carry says that it is not negative
      ripple #(.BITS(MAN + 2)) subtract(rest[i], ~{1'b0, b_mantissa}, 1'b1, less);
      assign q[STEPS-1-i] = less[MAN+2];
      wire [MAN+1:0] left = less[MAN+2] ? less[MAN+1:0] : rest[i];
      assign rest[i+1] = {left[MAN:0], 1'b0};
    end
  endgenerate
  wire signed [SHIFTS-1:0] e = $signed({2'b00, a_exponent}) - $signed({2'b00, b_exponent}) + BIAS;
  wire [STEPS-1:0] shifted = q[STEPS-1] ? q : {q[STEPS-2:0], 1'b0};
  wire signed [SHIFTS-1:0] exponent = q[STEPS-1] ? e : e - 1;
  rounded #(.EXP(EXP), .MAN(MAN), .WIDE(STEPS), .SHIFTS(SHIFTS))
    round(a_negative ^ b_negative, exponent, shifted, |rest[STEPS], (a_zero | b_infinite) & ~a_infinite & ~b_zero,
          a_infinite | b_zero, a_nan | b_nan | (a_zero & b_zero) | (a_infinite & b_infinite), quotient);
endmodule

// The square root, by restoring digits: a bit of it a row.
module float_root #(parameter EXP = 8, parameter MAN = 23) (input [EXP+MAN:0] a, output [EXP+MAN:0] root);
  localparam STEPS = MAN + 2, SHIFTS = EXP + 2, BIAS = (1 << (EXP - 1)) - 1;
  wire negative, zero, infinite, nan;
  wire [EXP-1:0] exponent;
  wire [MAN:0] mantissa;
  unpacked #(.EXP(EXP), .MAN(MAN)) of_a(a, negative, exponent, mantissa, zero, infinite, nan);
  wire odd = ~exponent[0];  // the exponent less its odd bias
  wire [2*STEPS-1:0] square = odd ? {mantissa, {(2*STEPS-MAN-1){1'b0}}} : {1'b0, mantissa, {(2*STEPS-MAN-2){1'b0}}};
  wire [STEPS+1:0] rest [0:STEPS];
  wire [STEPS-1:0] q [0:STEPS];
  assign rest[0] = 0;
  assign q[0] = 0;
  genvar i;
  generate
    for (i = 0; i < STEPS; i = i + 1) begin : step
      wire [STEPS+1:0] with_two = {rest[i][STEPS-1:0], square[2*STEPS-1-2*i -: 2]};
      wire [STEPS+2:0] less;
      ripple #(.BITS(STEPS + 2)) subtract(with_two, ~{q[i][STEPS-1:0], 2'b01}, 1'b1, less);
      assign rest[i+1] = less[STEPS+2] ? less[STEPS+1:0] : with_two;
      assign q[i+1] = {q[i][STEPS-2:0], less[STEPS+2]};
    end
  endgenerate
  wire [SHIFTS-1:0] e = ({2'b00, exponent} + BIAS - odd) >> 1;
  rounded #(.EXP(EXP), .MAN(MAN), .WIDE(STEPS), .SHIFTS(SHIFTS))
    round(negative & zero, e, q[STEPS], |rest[STEPS], zero, infinite & ~negative, nan | (negative & ~zero), root);
endmodule
