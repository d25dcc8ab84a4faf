/* Squares of 64 x 64 bits, turned: bit j of word i and bit i of word j change places. */
#ifndef FBB_TRANSPOSE_BITS
#define FBB_TRANSPOSE_BITS
#include "lanes.h"

#define TRANSPOSE(type, a)                                                                                             \
    uint64_t mask = UINT64_C(0x00000000FFFFFFFF);                                                                      \
    for (int j = 32; j; j >>= 1, mask ^= mask << j)                                                                    \
        for (int first = 0; first < 64; first += 2 * j)                                                                \
            for (int k = first; k < first + j; k++) {                                                                  \
                const type t = (((a)[k] >> j) ^ (a)[k + j]) & mask;                                                    \
                (a)[k] ^= t << j;                                                                                      \
                (a)[k + j] ^= t;                                                                                       \
            }

static void transpose_bits(uint64_t *a) { TRANSPOSE(uint64_t, a) }

/* As many squares side by side as a vector has words. */
static void transpose_lanes(lanes *a) { TRANSPOSE(lanes, a) }
#undef TRANSPOSE
#endif
