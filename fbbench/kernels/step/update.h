/* What the chosen units learn from a mini-batch: increments are counted bit-sliced, added once, clipped once, and the
   unit is re-binarised. */

#define MAX_PLANES 6                      /* bit planes of a vertical counter */
#define MAX_CHUNK ((1 << MAX_PLANES) - 1) /* rows it can count: increments of +-2 each stay in int8 */

_Static_assert(2 * MAX_CHUNK <= INT8_MAX, "every path keeps a chunk's increments in int8");

/* An entry is 2 * row + (1 where the unit should have been negative). */
#define ENTRY(row, negative) ((uint32_t)(2 * (row) + (negative)))

/* The products of an entry's desired sign and its activations at x, as bits. */
static INLINE lanes entry_bits(uint32_t entry, const uint64_t *x, const uint64_t *x_mask, int64_t stride)
{
    lanes v, m;
    memcpy(&v, x + (int64_t)(entry >> 1) * stride, sizeof v);
    v ^= -(uint64_t)(entry & 1);
    if (x_mask) {
        memcpy(&m, x_mask + (int64_t)(entry >> 1) * stride, sizeof m);
        v &= m;
    }
    return v;
}

/* Counts the bits of up to MAX_CHUNK entries in bit planes, column by column, by carry-save addition; returns the
   number of planes. With `present`, counts where the activation is not 0. */
static INLINE int count_entries(const uint32_t *entries, int64_t n, const uint64_t *x, const uint64_t *x_mask,
                                int64_t stride, int present, lanes *planes)
{
#define BITS(e)                                                                                                        \
    (present ? entry_bits(entries[e] & ~1u, x_mask, NULL, stride) : entry_bits(entries[e], x, x_mask, stride))
    if (n <= 3) { /* the common case, in registers */
        const lanes a = BITS(0);
        planes[0] = a;
        if (n == 1)
            return 1;
        const lanes b = BITS(1), half = a ^ b;
        planes[0] = half;
        planes[1] = a & b;
        if (n == 2)
            return 2;
        const lanes c = BITS(2);
        planes[0] = half ^ c;
        planes[1] = (a & b) | (half & c);
        return 2;
    }
    int depth = 0;
    for (int64_t e = 0; e < n; e++) {
        lanes carry = BITS(e);
        for (int p = 0; p < depth; p++) {
            const lanes both = planes[p] & carry;
            planes[p] ^= carry;
            carry = both;
        }
        if (!((e + 1) & e)) /* the count reaches a power of two: one plane more */
            planes[depth++] = carry;
    }
    return depth;
#undef BITS
}

#ifndef PATH_COUNTS
/* The increments that n counted entries give to 64 weights: 2 * (times +1 - times -1), at most 126; 0 where not valid.
   `all`: planes that count the activations which are not 0; NULL: there are no zeros. */
static void increments_of(const uint64_t *ones, const uint64_t *all, int depth, int64_t n, uint64_t valid,
                          int8_t *increment)
{
    uint8_t some[64], total[64];
    counts_of(ones, depth, LANE_WORDS, some);
    if (all)
        counts_of(all, depth, LANE_WORDS, total);
    else
        memset(total, (int)n, sizeof total);
    for (int b = 0; b < 64; b++)
        increment[b] = (int8_t)(2 * (2 * some[b] - total[b]));
    if (~valid)
        for (int b = 0; b < 64; b++)
            increment[b] = (valid >> b) & 1 ? increment[b] : 0;
}
#endif

#ifndef PATH_SETTLES16
/* Adds increments to 64 weights, clips, stores and tells the signs. */
static void settle16(int16_t *restrict h, const int8_t *restrict increment, int bound, uint64_t *negative,
                     uint64_t *zero)
{
    for (int b = 0; b < 64; b++) {
        int32_t v = h[b] + increment[b];
        v = v > bound ? bound : v;
        h[b] = (int16_t)(v < -bound ? -bound : v);
    }
    sign_word16(h, negative, zero);
}
#endif

/* The same for either width and increments of any size. */
static void settle_wide(const fbb_layer *layer, int64_t at, const int32_t *increment, uint64_t *negative,
                        uint64_t *zero)
{
    int16_t settled[64];
    const int bound = (int)layer->bound;
    for (int b = 0; b < 64; b++) {
        int32_t v = layer->hidden_bits == 8 ? ((int8_t *)layer->hidden)[at + b] : ((int16_t *)layer->hidden)[at + b];
        v += increment[b];
        v = v > bound ? bound : v < -bound ? -bound : v;
        settled[b] = (int16_t)v;
        if (layer->hidden_bits == 8)
            ((int8_t *)layer->hidden)[at + b] = (int8_t)v;
        else
            ((int16_t *)layer->hidden)[at + b] = (int16_t)v;
    }
    sign_word16(settled, negative, zero);
}

/* A unit chosen more often than the counters hold, LANE_WORDS words of it: sums of 32 bits. */
static void update_often(const fbb_layer *layer, int64_t unit, const uint32_t *entries, int64_t n, const uint64_t *x,
                         const uint64_t *x_mask, int64_t stride, int64_t block)
{
    lanes ones[MAX_PLANES], all[MAX_PLANES];
    int32_t sums[64 * LANE_WORDS] = {0};
    int8_t increment[64];
    const int64_t words = words_of(layer->fan_in);
    for (int64_t e = 0; e < n; e += MAX_CHUNK) {
        const int64_t some = n - e < MAX_CHUNK ? n - e : MAX_CHUNK;
        const int depth = count_entries(entries + e, some, x, x_mask, stride, 0, ones);
        if (x_mask)
            count_entries(entries + e, some, x, x_mask, stride, 1, all);
        for (int64_t w = 0; w < LANE_WORDS && block + w < words; w++) {
            const uint64_t valid = block + w == words - 1 ? tail_of(layer->fan_in) : ~UINT64_C(0);
            increments_of((uint64_t *)ones + w, x_mask ? (uint64_t *)all + w : NULL, depth, some, valid, increment);
            for (int b = 0; b < 64; b++)
                sums[64 * w + b] += increment[b];
        }
    }
    for (int64_t w = 0; w < LANE_WORDS && block + w < words; w++) {
        const uint64_t valid = block + w == words - 1 ? tail_of(layer->fan_in) : ~UINT64_C(0);
        const int64_t at = unit * words + block + w;
        uint64_t negative, zero;
        settle_wide(layer, 64 * at, sums + 64 * w, &negative, &zero);
        store_signs(layer->sign, layer->mask, at, negative, zero, valid);
    }
}

/* Adds what n entries have counted to `count` words of weights from word `at` of the layer on. */
static INLINE void settle_words(const fbb_layer *layer, const int hidden_bits, const int ternary, const int depth,
                                const uint64_t *ones, const uint64_t *all, int64_t n, int64_t at, int64_t count,
                                uint64_t valid)
{
    const int bound = (int)layer->bound;
    int8_t increment[64];
    for (int64_t w = 0; w < count; w++) {
        uint64_t negative, zero;
        increments_of(ones + w, all ? all + w : NULL, depth, n, valid, increment);
        if (hidden_bits == 8)
            settle8((int8_t *)layer->hidden + 64 * (at + w), increment, bound, &negative, &zero);
        else
            settle16((int16_t *)layer->hidden + 64 * (at + w), increment, bound, &negative, &zero);
        store_signs(layer->sign, ternary ? layer->mask : NULL, at + w, negative, zero, valid);
    }
}

/* update_unit for one width and arithmetic, known where it is inlined. */
static INLINE void update_as(const fbb_layer *layer, const int hidden_bits, const int ternary, int64_t unit,
                             const uint32_t *entries, int64_t n, const uint64_t *x, const uint64_t *x_mask,
                             int64_t stride)
{
    lanes ones[MAX_PLANES], all[MAX_PLANES];
    const int64_t words = words_of(layer->fan_in), full = layer->fan_in / 64;
    const uint64_t *some = (const uint64_t *)ones, *total = x_mask ? (const uint64_t *)all : NULL;
    for (int64_t block = 0; block < words; block += LANE_WORDS) {
        const uint64_t *here = x + block, *here_mask = x_mask ? x_mask + block : NULL;
        const int64_t at = unit * words + block, count = full - block < LANE_WORDS ? full - block : LANE_WORDS;
        const int depth = count_entries(entries, n, here, here_mask, stride, 0, ones);
        if (x_mask)
            count_entries(entries, n, here, here_mask, stride, 1, all);
        if (depth == 1) /* most units are chosen once */
            settle_words(layer, hidden_bits, ternary, 1, some, total, n, at, count, ~UINT64_C(0));
        else if (depth == 2)
            settle_words(layer, hidden_bits, ternary, 2, some, total, n, at, count, ~UINT64_C(0));
        else
            settle_words(layer, hidden_bits, ternary, depth, some, total, n, at, count, ~UINT64_C(0));
        if (count < LANE_WORDS && full < words)
            settle_words(layer, hidden_bits, ternary, depth, some + count, total ? total + count : NULL, n, at + count,
                         1, tail_of(layer->fan_in));
    }
}

/* Adds the increments of n >= 1 entries to one unit's hidden weights. x has rows of `stride` words, a multiple of 8. */
static void update_unit(const fbb_layer *layer, int64_t unit, const uint32_t *entries, int64_t n, const uint64_t *x,
                        const uint64_t *x_mask, int64_t stride)
{
    if (n > MAX_CHUNK)
        for (int64_t block = 0; block < words_of(layer->fan_in); block += LANE_WORDS)
            update_often(layer, unit, entries, n, x + block, x_mask ? x_mask + block : NULL, stride, block);
    else if (layer->mask && layer->hidden_bits == 8)
        update_as(layer, 8, 1, unit, entries, n, x, x_mask, stride);
    else if (layer->mask)
        update_as(layer, 16, 1, unit, entries, n, x, x_mask, stride);
    else if (layer->hidden_bits == 8)
        update_as(layer, 8, 0, unit, entries, n, x, NULL, stride);
    else
        update_as(layer, 16, 0, unit, entries, n, x, NULL, stride);
}
