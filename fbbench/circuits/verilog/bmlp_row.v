// One row through a layer of the multi-layer trainer in binary arithmetic, up to which units it moves: units, their signs,
// the fixed classifier's scores, trigger, and in every group the easiest wrong unit. Moves and the end of a mini-batch
// are a circuit a weight: accumulate and settle.
module bmlp_row #(parameter D = 64, parameter K = 15, parameter C = 5, parameter G = 5, parameter MARGIN = 2,
                  parameter LABEL = $clog2(C))
    (input [D-1:0] x, input [K*D-1:0] w, input [C*K-1:0] p, input [LABEL-1:0] label,
     output [K-1:0] chosen, output [K-1:0] desired, output triggered, output right);
  localparam BITS = $clog2(D + 1), SCORE = $clog2(K + 1);
  wire [K-1:0] a;
  wire [K*BITS-1:0] differ;
  wire [C*SCORE-1:0] scores;
  genvar i;
  generate
    for (i = 0; i < K; i = i + 1) begin : unit_of
      unit #(.N(D)) of(x, w[i*D +: D], a[i], differ[i*BITS +: BITS]);
    end
    for (i = 0; i < C; i = i + 1) begin : class
      score #(.N(K)) of(a, p[i*K +: K], scores[i*SCORE +: SCORE]);
    end
  endgenerate
  wire [LABEL-1:0] winner;
  wire [SCORE-1:0] least;
  argmax #(.CLASSES(C), .BITS(SCORE)) find(scores, winner, least);
  assign right = winner == label;
  trigger #(.CLASSES(C), .BITS(SCORE)) leads(scores, label, MARGIN, triggered);
  reg [K-1:0] of_label;
  integer j;
  always @* begin
    of_label = 0;
    for (j = 0; j < C; j = j + 1) of_label = of_label | (p[j*K +: K] & {K{label == j}});
  end
  assign desired = of_label;
  wire [K-1:0] wrong = (a ^ desired) & {K{triggered}};
  generate
    for (i = 0; i < K / G; i = i + 1) begin : group
      easiest #(.G(G), .N(D)) of(wrong[i*G +: G], a[i*G +: G], differ[i*G*BITS +: G*BITS], chosen[i*G +: G]);
    end
  endgenerate
endmodule
