/* The portable path: no special instructions. Many rows and units are counted by bit slices, see sliced.h. Of few, and of
   activations with zeros, two units lie side by side in a 128-bit vector (which every 64-bit machine has, and the compiler
   splits elsewhere), and ones are counted with carry-save adders: eight words enter, one weight-eight plane leaves, and
   only planes are counted by SWAR. */
#include "common.h"

#define FBB_PATH fbb_portable
#define FBB_NAME "portable"
#define LANE_WORDS 2

typedef uint64_t pair __attribute__((vector_size(16)));

#define ALL(c) ((pair){(c), (c)})

/* Carry-save adder: *low + 2 * returned = *low + a + b, bit by bit. */
static inline pair carry_save(pair *low, pair a, pair b)
{
    const pair half = a ^ b, carry = (a & b) | (half & *low);
    *low ^= half;
    return carry;
}

/* Ones of every byte. */
static inline pair byte_counts(pair v)
{
    v = v - ((v >> 1) & ALL(UINT64_C(0x5555555555555555)));
    v = (v & ALL(UINT64_C(0x3333333333333333))) + ((v >> 2) & ALL(UINT64_C(0x3333333333333333)));
    return (v + (v >> 4)) & ALL(UINT64_C(0x0F0F0F0F0F0F0F0F));
}

/* Sum of the bytes of each half. */
static inline pair byte_sum(pair v)
{
    v = (v & ALL(UINT64_C(0x00FF00FF00FF00FF))) + ((v >> 8) & ALL(UINT64_C(0x00FF00FF00FF00FF)));
    v = v + (v >> 16);
    v = v + (v >> 32);
    return v & ALL(0xFFFF);
}

enum { BINARY, WEIGHTS_TERNARY, BOTH_TERNARY, BOTH_PRESENT };

/* The bits to count: where x and w differ (and neither is 0), or where both are present. */
static inline pair at_word(const int kind, const pair *xs, const pair *xm, const pair *ws, const pair *wm, int64_t w)
{
    switch (kind) {
    case BINARY:
        return xs[w] ^ ws[w];
    case WEIGHTS_TERNARY:
        return (xs[w] ^ ws[w]) & wm[w];
    case BOTH_TERNARY:
        return (xs[w] ^ ws[w]) & wm[w] & xm[w];
    default:
        return wm[w] & xm[w];
    }
}

static inline __attribute__((always_inline)) pair count(const int kind, const pair *xs, const pair *xm, const pair *ws,
                                                        const pair *wm, int64_t words)
{
    pair ones = ALL(0), twos = ALL(0), fours = ALL(0), eights = ALL(0), bytes = ALL(0), total = ALL(0);
    int64_t w = 0, groups = 0;
#define AT(i) at_word(kind, xs, xm, ws, wm, w + (i))
    for (; w + 8 <= words; w += 8) {
        const pair t0 = carry_save(&ones, AT(0), AT(1)), t1 = carry_save(&ones, AT(2), AT(3));
        const pair f0 = carry_save(&twos, t0, t1);
        const pair t2 = carry_save(&ones, AT(4), AT(5)), t3 = carry_save(&ones, AT(6), AT(7));
        const pair f1 = carry_save(&twos, t2, t3);
        bytes += byte_counts(carry_save(&fours, f0, f1));
        if (++groups % 31 == 0) { /* a byte holds 31 * 8 */
            total += byte_sum(bytes) << 3;
            bytes = ALL(0);
        }
    }
    total += byte_sum(bytes) << 3;
    if (w + 4 <= words) {
        const pair t0 = carry_save(&ones, AT(0), AT(1)), t1 = carry_save(&ones, AT(2), AT(3));
        const pair f0 = carry_save(&twos, t0, t1);
        eights = fours & f0;
        fours ^= f0;
        w += 4;
    }
    for (; w < words; w++) { /* at most three words: the planes hold 7 + 7 */
        pair carry = AT(0), next;
        next = ones & carry, ones ^= carry, carry = next;
        next = twos & carry, twos ^= carry, carry = next;
        next = fours & carry, fours ^= carry, carry = next;
        eights |= carry;
    }
#undef AT
    bytes = byte_counts(ones) + (byte_counts(twos) << 1) + (byte_counts(fours) << 2) + (byte_counts(eights) << 3);
    return total + byte_sum(bytes);
}

#define FEWEST_UNITS 80
#include "sliced.h"

static int64_t product_scratch(int64_t n, int64_t k, int64_t fan_in, int ternary)
{
    const int64_t pairs = (2 * n + 2) * words_of(fan_in) * (int64_t)sizeof(pair); /* x twice over, two units */
    const int64_t sliced = sliced_scratch(n, k, fan_in);
    (void)ternary;
    return pairs > sliced ? pairs : sliced;
}

static void product_rows(planes input, planes weight, int64_t fan_in, int16_t *z, int64_t stride, void *scratch)
{
    const int64_t n = input.n, k = weight.n, words = words_of(fan_in);
    const int64_t first = sliced_product(input, weight, fan_in, z, stride, scratch);
    if (first == k)
        return;
    pair *xs = scratch, *xm = xs + n * words, *ws = xm + n * words, *wm = ws + words;
    for (int64_t i = 0; i < n; i++)
        for (int64_t w = 0; w < words; w++)
            xs[i * words + w] = ALL(input.sign[i * input.stride + w]);
    for (int64_t i = 0; input.mask && i < n; i++)
        for (int64_t w = 0; w < words; w++)
            xm[i * words + w] = ALL(input.mask[i * input.stride + w]);
    for (int64_t u = first; u < k; u += 2) {
        const int64_t a = u * weight.stride, b = u + 1 < k ? a + weight.stride : a;
        pair base = {(uint64_t)fan_in, (uint64_t)fan_in};
        for (int64_t w = 0; w < words; w++)
            ws[w] = (pair){weight.sign[a + w], weight.sign[b + w]};
        if (weight.mask) {
            for (int64_t w = 0; w < words; w++)
                wm[w] = (pair){weight.mask[a + w], weight.mask[b + w]};
            if (!input.mask)
                base = count(BOTH_PRESENT, NULL, wm, NULL, wm, words);
        }
        for (int64_t i = 0; i < n; i++) {
            pair differ;
            if (!weight.mask)
                differ = count(BINARY, xs + i * words, NULL, ws, NULL, words);
            else if (!input.mask)
                differ = count(WEIGHTS_TERNARY, xs + i * words, NULL, ws, wm, words);
            else {
                base = count(BOTH_PRESENT, NULL, xm + i * words, NULL, wm, words);
                differ = count(BOTH_TERNARY, xs + i * words, xm + i * words, ws, wm, words);
            }
            const pair sum = base - (differ << 1);
            z[i * stride + u] = (int16_t)sum[0];
            z[i * stride + u + 1] = (int16_t)sum[1]; /* rows are padded, so there is room for a last odd unit */
        }
    }
}

/* sign_perceptron.h's: two words of a row side by side. */
#define PATH_COUNTS_DIFFERENCES
static int64_t differences(const uint64_t *a, const uint64_t *b, int64_t words)
{
    pair bytes = ALL(0), total = ALL(0);
    for (int64_t w = 0; w < words; w += 2) {
        const pair v = {a[w] ^ b[w], w + 1 < words ? a[w + 1] ^ b[w + 1] : 0};
        bytes += byte_counts(v);
        if (w % 62 == 60) { /* a byte holds 31 * 8 */
            total += byte_sum(bytes);
            bytes = ALL(0);
        }
    }
    total += byte_sum(bytes);
    return (int64_t)(total[0] + total[1]);
}

#include "plain_signs.h"
#include "plain_columns.h"

/* Two words into a carry-save adder, four adders side by side. */
static int64_t roof_steps(int64_t steps)
{
    pair ones[4], twos[4], x[4], w = ALL(UINT64_C(0x0123456789ABCDEF));
    for (int i = 0; i < 4; i++)
        ones[i] = twos[i] = x[i] = w + (uint64_t)i;
    for (int64_t s = 0; s < steps; s++)
        for (int i = 0; i < 4; i++) {
            twos[i] ^= carry_save(&ones[i], x[i] ^ w, x[i] ^ ones[i]);
            KEEP(x[i]);
            KEEP(twos[i]);
        }
    return steps * 4 * 2 * 128;
}

#include "body.h"
