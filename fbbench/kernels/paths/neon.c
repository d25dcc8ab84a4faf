/* The NEON path (every 64-bit ARM): eor, cnt and a byte-wise addition for 128 bits; bytes are widened before they can
   overflow. Two units' words lie side by side in a vector, so that no sum runs across lanes. */
#include "common.h"

#if defined(__aarch64__)
#include <arm_neon.h>

#define FBB_PATH fbb_neon
#define FBB_NAME "neon"
#define LANE_WORDS 2
#define ROWS 4       /* rows of a tile */
#define PAIRS 2      /* pairs of units of a tile */
#define MAX_STEPS 31 /* counts of at most 8 that a byte can sum */

enum { BINARY, WEIGHTS_TERNARY, BOTH_TERNARY };

static int64_t product_scratch(int64_t n, int64_t k, int64_t fan_in, int ternary)
{
    (void)n, (void)k, (void)ternary;
    return 2 * PAIRS * words_of(fan_in) * 16;
}

/* Sums of bytes to two sums of 64 bits. */
static INLINE uint64x2_t widen(uint8x16_t bytes) { return vpaddlq_u32(vpaddlq_u16(vpaddlq_u8(bytes))); }

static INLINE uint8x16_t ones(uint64x2_t v) { return vcntq_u8(vreinterpretq_u8_u64(v)); }

static INLINE void tile(const int kind, const int rows, const uint64_t *xs, const uint64_t *xm, int64_t x_stride,
                        const uint64x2_t *ws, const uint64x2_t *wm, const uint64x2_t *present, int64_t words,
                        int16_t *z, int64_t stride)
{
    uint64x2_t differ[ROWS][PAIRS], both[ROWS][PAIRS];
    for (int i = 0; i < rows; i++)
        for (int p = 0; p < PAIRS; p++)
            differ[i][p] = both[i][p] = vdupq_n_u64(0);
    for (int64_t first = 0; first < words; first += MAX_STEPS) {
        const int64_t end = first + MAX_STEPS < words ? first + MAX_STEPS : words;
        uint8x16_t d[ROWS][PAIRS], m[ROWS][PAIRS];
        for (int i = 0; i < rows; i++)
            for (int p = 0; p < PAIRS; p++)
                d[i][p] = m[i][p] = vdupq_n_u8(0);
        for (int64_t w = first; w < end; w++)
            for (int i = 0; i < rows; i++)
                for (int p = 0; p < PAIRS; p++) {
                    uint64x2_t v = veorq_u64(ws[w * PAIRS + p], vdupq_n_u64(xs[i * x_stride + w]));
                    if (kind == WEIGHTS_TERNARY)
                        v = vandq_u64(v, wm[w * PAIRS + p]);
                    if (kind == BOTH_TERNARY) {
                        const uint64x2_t mask = vandq_u64(wm[w * PAIRS + p], vdupq_n_u64(xm[i * x_stride + w]));
                        v = vandq_u64(v, mask);
                        m[i][p] = vaddq_u8(m[i][p], ones(mask));
                    }
                    d[i][p] = vaddq_u8(d[i][p], ones(v));
                }
        for (int i = 0; i < rows; i++)
            for (int p = 0; p < PAIRS; p++) {
                differ[i][p] = vaddq_u64(differ[i][p], widen(d[i][p]));
                if (kind == BOTH_TERNARY)
                    both[i][p] = vaddq_u64(both[i][p], widen(m[i][p]));
            }
    }
    for (int i = 0; i < rows; i++)
        for (int p = 0; p < PAIRS; p++) {
            const uint64x2_t base = kind == BOTH_TERNARY ? both[i][p] : present[p];
            const uint64x2_t sum = vsubq_u64(base, vshlq_n_u64(differ[i][p], 1));
            z[i * stride + 2 * p] = (int16_t)vgetq_lane_u64(sum, 0);
            z[i * stride + 2 * p + 1] = (int16_t)vgetq_lane_u64(sum, 1);
        }
}

#define ROWS_OF(kind, tall)                                                                                            \
    for (; i + (tall) <= n; i += (tall))                                                                               \
    tile(kind, tall, input.sign + i * input.stride, input.mask + (input.mask ? i * input.stride : 0), input.stride,    \
         ws, wm, present, words, z + i * stride + u, stride)
#define ALL_ROWS(kind)                                                                                                 \
    do {                                                                                                               \
        ROWS_OF(kind, ROWS);                                                                                           \
        ROWS_OF(kind, 1);                                                                                              \
    } while (0)

static void product_rows(planes input, planes weight, int64_t fan_in, int16_t *z, int64_t stride, void *scratch)
{
    const int64_t n = input.n, k = weight.n, words = words_of(fan_in);
    uint64x2_t *ws = scratch, *wm = ws + PAIRS * words, present[PAIRS];
    for (int64_t u = 0; u < k; u += 2 * PAIRS) { /* z has room for whole tiles; units past the last repeat it */
        for (int p = 0; p < PAIRS; p++) {
            const int64_t a = u + 2 * p < k ? u + 2 * p : k - 1, b = a + 1 < k ? a + 1 : k - 1;
            present[p] = vdupq_n_u64((uint64_t)(weight.mask ? 0 : fan_in));
            for (int64_t w = 0; w < words; w++) {
                ws[w * PAIRS + p] =
                    (uint64x2_t){weight.sign[a * weight.stride + w], weight.sign[b * weight.stride + w]};
                if (weight.mask) {
                    wm[w * PAIRS + p] =
                        (uint64x2_t){weight.mask[a * weight.stride + w], weight.mask[b * weight.stride + w]};
                    present[p] = vaddq_u64(present[p], widen(ones(wm[w * PAIRS + p])));
                }
            }
        }
        int64_t i = 0;
        if (!weight.mask)
            ALL_ROWS(BINARY);
        else if (!input.mask)
            ALL_ROWS(WEIGHTS_TERNARY);
        else
            ALL_ROWS(BOTH_TERNARY);
    }
}

/* An xor, a byte-wise popcount and an addition, eight sums. */
static int64_t roof_steps(int64_t steps)
{
    uint8x16_t sums[8];
    uint64x2_t x[8], w = vdupq_n_u64(UINT64_C(0x0123456789ABCDEF));
    for (int i = 0; i < 8; i++) {
        sums[i] = vdupq_n_u8(0);
        x[i] = vdupq_n_u64((uint64_t)i);
    }
    for (int64_t s = 0; s < steps; s++)
        for (int i = 0; i < 8; i++) {
            sums[i] = vaddq_u8(sums[i], ones(veorq_u64(x[i], w)));
            KEEP(x[i]);
            KEEP(sums[i]);
        }
    return steps * 8 * 128;
}

/* sign_perceptron.h's. */
#define PATH_COUNTS_DIFFERENCES
static int64_t differences(const uint64_t *a, const uint64_t *b, int64_t words)
{
    uint64x2_t total = vdupq_n_u64(0);
    int64_t w = 0, sum = 0;
    for (; w + 2 <= words; w += 2)
        total = vaddq_u64(total, widen(ones(veorq_u64(vld1q_u64(a + w), vld1q_u64(b + w)))));
    for (; w < words; w++)
        sum += __builtin_popcountll(a[w] ^ b[w]);
    return sum + (int64_t)(vgetq_lane_u64(total, 0) + vgetq_lane_u64(total, 1));
}

#include "plain_signs.h"
#include "plain_columns.h"
#include "body.h"
#else
const fbb_path fbb_neon = {.name = "neon"};
#endif
