/* The POPCNT path, for x86 processors without AVX2. Many rows and units are counted by bit slices, see sliced.h; of few, and
   of activations with zeros, scalar words, eight sums in registers. */
#include "common.h"

#if defined(__x86_64__)
#include "target.h"
#include "threads.h"

/* cpu.c must ask for all of these. */
REGION_BEGIN("popcnt")
#define FBB_PATH fbb_popcnt
#define FBB_NAME "popcnt"
#define LANE_WORDS 2
#define UNITS 4 /* that share the words of a row */

#define FEWEST_UNITS 96
#include "sliced.h"

static int64_t product_scratch(int64_t n, int64_t k, int64_t fan_in, int ternary)
{
    (void)ternary;
    return sliced_scratch(n, k, fan_in);
}

/* Whether words differ, where neither is 0; masks NULL where there are no zeros. */
static INLINE void tile(const int weights_mask, const int x_mask, const uint64_t *xs, const uint64_t *xm,
                        const uint64_t *ws, const uint64_t *wm, int64_t w_stride, int64_t words, int64_t fan_in,
                        int16_t *z)
{
    int64_t differ[UNITS] = {0}, both[UNITS] = {0};
    for (int64_t w = 0; w < words; w++)
        for (int u = 0; u < UNITS; u++) {
            uint64_t v = xs[w] ^ ws[u * w_stride + w];
            if (weights_mask) {
                const uint64_t m = x_mask ? wm[u * w_stride + w] & xm[w] : wm[u * w_stride + w];
                v &= m;
                both[u] += __builtin_popcountll(m);
            }
            differ[u] += __builtin_popcountll(v);
        }
    for (int u = 0; u < UNITS; u++)
        z[u] = (int16_t)((weights_mask ? both[u] : fan_in) - 2 * differ[u]);
}

static void product_rows(planes input, planes weight, int64_t fan_in, int16_t *z, int64_t stride, void *scratch)
{
    const int64_t n = input.n, k = weight.n, words = words_of(fan_in);
    for (int64_t u = sliced_product(input, weight, fan_in, z, stride, scratch); u < k;) {
        const uint64_t *ws = weight.sign + u * weight.stride,
                       *wm = weight.mask ? weight.mask + u * weight.stride : NULL;
        const int64_t left = k - u;
        for (int64_t i = 0; i < n; i++) {
            const uint64_t *xs = input.sign + i * input.stride, *xm = input.mask ? input.mask + i * input.stride : NULL;
            int16_t *out = z + i * stride + u;
            if (left >= UNITS) {
                if (!weight.mask)
                    tile(0, 0, xs, NULL, ws, NULL, weight.stride, words, fan_in, out);
                else if (!input.mask)
                    tile(1, 0, xs, NULL, ws, wm, weight.stride, words, fan_in, out);
                else
                    tile(1, 1, xs, xm, ws, wm, weight.stride, words, fan_in, out);
                continue;
            }
            int64_t differ = 0, both = 0;
            for (int64_t w = 0; w < words; w++) {
                const uint64_t m = (wm ? wm[w] : ~UINT64_C(0)) & (xm ? xm[w] : ~UINT64_C(0));
                both += __builtin_popcountll(m);
                differ += __builtin_popcountll((xs[w] ^ ws[w]) & m);
            }
            *out = (int16_t)((wm ? both : fan_in) - 2 * differ);
        }
        u += left >= UNITS ? UNITS : 1;
    }
}

/* An xor, a popcount and an addition a word, four sums. */
static int64_t roof_steps(int64_t steps)
{
    uint64_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0, x = 1;
    for (int64_t s = 0; s < steps; s++) {
#define ADD(sum)                                                                                                       \
    sum += (uint64_t)__builtin_popcountll(x ^ (uint64_t)s);                                                            \
    __asm__ volatile("" : "+r"(x), "+r"(sum))
        ADD(sum0);
        ADD(sum1);
        ADD(sum2);
        ADD(sum3);
#undef ADD
    }
    return steps * 4 * 64;
}

#include "plain_signs.h"
#include "plain_columns.h"
#include "body.h"
REGION_END
#else
const fbb_path fbb_popcnt = {.name = "popcnt"};
#endif
