// Adders of bits, the parts of everything that counts.

// Five gates: x + y + z = s + 2 c.
module full_adder(input x, input y, input z, output s, output c);
  wire p = x ^ y;
  assign s = p ^ z;
  assign c = ~(~(x & y) & ~(p & z));
endmodule

// Two full adders in eight gates where two numbers of a pair are read as one of them, x, and whether they differ, p
// (the MDFA of Demenkov, Kojevnikov, Kulikov and Yaroslavtsev, Inf. Process. Lett. 110, 2010):
// z + x1 + y1 + x2 + y2 = s + 2 (x + y), of which the pair x, p is given.
module pair_adder(input z, input x1, input p1, input x2, input p2, output s, output x, output p);
  wire sum = z ^ p1;
  wire differs = (x1 ^ z) | p1;
  assign s = sum ^ p2;
  assign x = differs ^ sum;
  assign p = differs ^ ((x2 ^ sum) & ~p2);
endmodule

// n = a + b + carry.
module ripple #(parameter BITS = 8) (input [BITS-1:0] a, input [BITS-1:0] b, input carry, output [BITS:0] n);
  wire [BITS:0] c;
  assign c[0] = carry;
  genvar i;
  generate
    for (i = 0; i < BITS; i = i + 1) begin : bit_of
      full_adder add(a[i], b[i], c[i], n[i], c[i+1]);
    end
  endgenerate
  assign n[BITS] = c[BITS];
endmodule
