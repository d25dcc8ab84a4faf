/* The training step, shared by every path. A path's C file defines, before it includes this one:
     REGION_BEGIN(...)    from target.h, where it needs instructions that are not everywhere; it ends after this file
     FBB_PATH, FBB_NAME   the symbol and the name of the path
     LANE_WORDS           words of a vector: 1, 2, 4 or 8; increments, slices, squares of bits and rows are in these
     product_scratch(n, k, fan_in, ternary), product_rows(input, weight, fan_in, z, stride, scratch)   the xnor-popcount
                          product: z[i, u] = sum of input[i] * weight[u]. Tail bits of all planes are 0; where weights
                          have no mask, inputs have none. z rows have room for the units rounded up to 64 and are
                          written up to there.
     roof_steps(steps)    its innermost step on registers alone
     sign_word16(z, &negative, &zero)   the signs of 64 values as words of bits
     counts_of(planes, depth, stride, counts)   64 columns of bit planes as 64 bytes, for update.h's increments_of
     settle8(h, increments, bound, &negative, &zero)   64 hidden weights: add, clip, store, tell the signs
   and, where it has better ones than draws.h, selection.h, update.h, perceptron.h and sign_perceptron.h, the functions that those guard by
   PATH_...
   All arithmetic here is on integers. Sizes are checked by the caller.

   Units of every layer are shared among the threads, and what a thread needs of a mini-batch it keeps for itself: rows of
   data, activations, pre-activations, choices. So weights never leave a core; a layer's signs alone go to the others
   (and, where two threads share a group, what each has found there). The threads meet once a layer, or, in a large
   mini-batch, once a chunk of rows: before it, product and signs; after it, classifier, trigger, selection, update and
   reinforcement. (A trained classifier takes one meeting more; error propagation shares rows, see propagation.h.)
   Results are the same for any number of threads. */
#include "threads.h"
#include "lanes.h"
#include "draws.h"
#include "selection.h"
#include "update.h"
#include "workspace.h"
#include "forward.h"
#include "exchange.h"
#include "corrections.h"
#include "training.h"
#include "transpose_bits.h"
#include "propagation.h"
#include "units.h"
#include "perceptron.h"
#include "sign_perceptron.h"
#include "inference.h" /* reads out pre-activations with perceptron.h's sums */

/* ---- Single kernels, for tests and measurements ---- */

static int product(const uint64_t *x_sign, const uint64_t *x_mask, int64_t n, const uint64_t *w_sign,
                   const uint64_t *w_mask, int64_t k, int64_t fan_in, int16_t *z)
{
    const int64_t stride = whole(k, 64), scratch_bytes = whole(product_scratch(n, k, fan_in, w_mask != NULL), 64);
    char *block = malloc((size_t)(scratch_bytes + n * stride * 2 + 64));
    if (!block)
        return -1;
    char *scratch = (char *)(((uintptr_t)block + 63) & ~(uintptr_t)63);
    int16_t *padded = (int16_t *)(scratch + scratch_bytes);
    const planes input = {x_sign, x_mask, n, words_of(fan_in)}, weight = {w_sign, w_mask, k, words_of(fan_in)};
    product_rows(input, weight, fan_in, padded, stride, scratch);
    for (int64_t i = 0; i < n; i++)
        memcpy(z + i * k, padded + i * stride, (size_t)k * 2);
    free(block);
    return 0;
}

static int64_t roof(int64_t steps) { return roof_steps(steps); }

const fbb_path FBB_PATH = {
    .name = FBB_NAME,
    .product = product,
    .rules =
        {
#define FBB_RULE(name, function) function,
#include "rules.def"
#undef FBB_RULE
        },
    .scores = scores,
    .train_perceptron = train_perceptron,
    .perceptron_scores = perceptron_scores,
    .train_signs = train_signs,
    .sign_scores = sign_scores,
    .bernoulli = bernoulli,
    .roof = roof,
};
