/* The product by bit slices, for many rows and units: a vector has one bit of SLICE units, and how often a row differs
   from each is counted in planes of a bit each, by full adders on whole vectors: and, or, xor.

   Inputs are taken by threes. What three inputs add to the count, two planes, depends on the units' weights and on three
   bits of a row: eight cases, made once for all rows (the method of the Four Russians). Sixteen threes go through a tree
   of adders at a time. At the end planes are turned into bytes; units are laid into slices so that these lie in order. */

#include "lanes.h"
#include "transpose_bits.h"

#define SLICE (64 * LANE_WORDS)
#define FEWEST_ROWS 16 /* for which slices pay; the path says FEWEST_UNITS, of the last slice */
#define CASE (2 * (int64_t)sizeof(lanes))  /* bytes of two planes: ones and twos */
#define THREES 16                          /* that are added at a time */
#define MOST_PLANES 15                     /* of a count up to 32 767 */
#define TABLE_THREES (24576 / (8 * CASE) / THREES * THREES) /* whose cases stay in the first-level cache */

typedef uint8_t half_bytes __attribute__((vector_size(4 * LANE_WORDS)));
typedef uint16_t half_sums __attribute__((vector_size(8 * LANE_WORDS)));

/* The inputs of a three lie at one place in three words, side by side, or, of what is left then, in three parts of it. */
typedef struct {
    int64_t words, whole_threes, rest; /* of a row; a multiple of 64; of the last part, at most 64 */
    int64_t n;                         /* all, and some that are 0: a multiple of THREES */
    int depth;                         /* planes of a count */
} threes;

static threes threes_of(int64_t fan_in)
{
    threes all = {.words = words_of(fan_in), .whole_threes = fan_in / 192 * 64, .depth = 6};
    all.rest = (fan_in - 3 * all.whole_threes + 2) / 3;
    all.n = whole(all.whole_threes + all.rest, THREES);
    while (fan_in >> all.depth)
        all.depth++;
    return all;
}

/* The input that a three has at place 0 .. 2; one past the last where it has none. */
static inline int64_t input_of(const threes *all, int64_t three, int place)
{
    const int64_t left = three - all->whole_threes;
    return left < 0            ? 64 * (three / 64 * 3 + place) + three % 64
           : left < all->rest ? 3 * all->whole_threes + place * all->rest + left
                              : 64 * all->words;
}

/* Of whole words, and some of zeros: the inputs that a last three lacks. */
static int64_t slice_columns(const threes *all) { return 64 * all->words + 8; }

/* Bytes of columns of signs and of masks, cases of a piece, sums of rows, and which cases rows have; 0 where there are too
   few rows or units. */
static int64_t sliced_scratch(int64_t n, int64_t k, int64_t fan_in)
{
    if (n < FEWEST_ROWS || k < FEWEST_UNITS)
        return 0;
    const threes all = threes_of(fan_in);
    return (2 * slice_columns(&all) + 16 * TABLE_THREES + n * MOST_PLANES) * (int64_t)sizeof(lanes) + n * all.n + 63;
}

/* Adds three bits in every column: low + 2 * returned = low + a + b. */
static INLINE lanes add_three(lanes *low, lanes a, lanes b)
{
    const lanes half = a ^ b, carry = (a & b) | (half & *low);
    *low ^= half;
    return carry;
}

/* The columns of a plane's rows, `units` of them: bit 8 * b + j of a column is unit 8 * LANE_WORDS * j + b. */
static void slice_units(const uint64_t *plane, int64_t stride, int64_t units, const threes *all, lanes *columns)
{
    for (int64_t w = 0; w < all->words; w++) {
        uint64_t *rows = (uint64_t *)(columns + 64 * w);
        for (int64_t b = 0; b < 8 * LANE_WORDS; b++)
            for (int64_t j = 0; j < 8; j++) {
                const int64_t unit = 8 * LANE_WORDS * j + b, at = 8 * b + j;
                rows[at % 64 * LANE_WORDS + at / 64] = unit < units ? plane[unit * stride + w] : 0;
            }
        transpose_lanes(columns + 64 * w);
    }
    memset(columns + 64 * all->words, 0, (size_t)(slice_columns(all) - 64 * all->words) * sizeof(lanes));
}

/* What three inputs add, in every case: where a weight differs from the row's bit (and is not 0). */
static INLINE void set_cases(const int masked, const lanes w[3], const lanes m[3], lanes *cases)
{
    const lanes ones = ~(lanes){0};
    for (int x = 0; x < (masked ? 8 : 4); x++) {
        lanes v[3];
        for (int i = 0; i < 3; i++) {
            v[i] = (x >> i) & 1 ? ~w[i] : w[i];
            if (masked)
                v[i] &= m[i];
        }
        cases[2 * x + 1] = add_three(&v[0], v[1], v[2]);
        cases[2 * x] = v[0];
        if (!masked) { /* all three the other way: three less what it was */
            cases[2 * (7 - x)] = cases[2 * x] ^ ones;
            cases[2 * (7 - x) + 1] = cases[2 * x + 1] ^ ones;
        }
    }
}

static void set_table(const int masked, const threes *all, const lanes *sign, const lanes *mask, int64_t from,
                      int64_t n, lanes *table)
{
    for (int64_t t = 0; t < n; t++) {
        lanes w[3], m[3];
        for (int place = 0; place < 3; place++) {
            const int64_t input = input_of(all, from + t, place);
            w[place] = sign[input];
            m[place] = masked ? mask[input] : w[place];
        }
        set_cases(masked, w, m, table + 16 * t);
    }
}

/* The cases of 64 threes, bytes of 0 .. 7, whose inputs are the bits of three words. */
static INLINE void cases_of(const uint64_t words[3], uint8_t *cases)
{
    for (int t = 0; t < 64; t += 8) {
        const uint64_t eight =
            bits_as_bytes(words[0] >> t) | bits_as_bytes(words[1] >> t) << 1 | bits_as_bytes(words[2] >> t) << 2;
        memcpy(cases + t, &eight, 8);
    }
}

/* `n` bits of a row of words from bit `first` on, 0 past its end. */
static INLINE uint64_t bits_within(const uint64_t *row, int64_t words, int64_t first, int64_t n)
{
    const int64_t w = first / 64, at = first % 64;
    uint64_t bits = w < words ? row[w] >> at : 0;
    if (at && w + 1 < words)
        bits |= row[w + 1] << (64 - at);
    return bits & tail_of_at_most(n);
}

/* Which case a row is at every three; may write 63 more. */
static void find_cases(const uint64_t *row, const threes *all, uint8_t *cases)
{
    for (int64_t t = 0; t < all->whole_threes; t += 64)
        cases_of(row + 3 * (t / 64), cases + t);
    uint64_t rest[3];
    for (int place = 0; place < 3; place++)
        rest[place] = bits_within(row, all->words, 3 * all->whole_threes + place * all->rest, all->rest);
    if (all->rest)
        cases_of(rest, cases + all->whole_threes);
}

/* Adds n threes, a multiple of THREES, to a row's count. */
static INLINE void add_threes(const lanes *table, const uint8_t *cases, int64_t n, int depth, lanes *count)
{
    lanes p0 = count[0], p1 = count[1], p2 = count[2], p3 = count[3], p4 = count[4], p5 = count[5];
#define ONES(t) (*(const lanes *)((const char *)(table + 16 * (t)) + cases[t] * CASE))
#define TWOS(t) (*(const lanes *)((const char *)(table + 16 * (t)) + cases[t] * CASE + sizeof(lanes)))
#define FOUR_THREES(t, a, b, c)                                                                                        \
    const lanes a##1 = add_three(&p0, ONES(t), ONES(t + 1)), a##2 = add_three(&p0, ONES(t + 2), ONES(t + 3));          \
    const lanes a = add_three(&p1, TWOS(t), TWOS(t + 1)), b = add_three(&p1, TWOS(t + 2), TWOS(t + 3));                \
    const lanes c = add_three(&p1, a##1, a##2)
    for (int64_t t = 0; t < n; t += THREES) {
        FOUR_THREES(t, a0, b0, c0);
        FOUR_THREES(t + 4, a1, b1, c1);
        const lanes d0 = add_three(&p2, a0, b0), d1 = add_three(&p2, a1, b1), d2 = add_three(&p2, c0, c1);
        FOUR_THREES(t + 8, a2, b2, c2);
        FOUR_THREES(t + 12, a3, b3, c3);
        const lanes d3 = add_three(&p2, a2, b2), d4 = add_three(&p2, a3, b3), d5 = add_three(&p2, c2, c3);
        const lanes e0 = add_three(&p3, d0, d1), e1 = add_three(&p3, d2, d3), e2 = add_three(&p3, d4, d5);
        const lanes f0 = add_three(&p4, e0, e1), f1 = p4 & e2;
        p4 ^= e2;
        lanes carry = add_three(&p5, f0, f1);
        for (int p = 6; p < depth; p++) {
            const lanes both = count[p] & carry;
            count[p] ^= carry;
            carry = both;
        }
    }
#undef FOUR_THREES
#undef ONES
#undef TWOS
    count[0] = p0, count[1] = p1, count[2] = p2, count[3] = p3, count[4] = p4, count[5] = p5;
}

/* Eight planes to eight vectors of bytes: byte b of the j-th has bit 8 * b + j of all planes. */
static INLINE void planes_to_bytes(lanes a[8])
{
    const uint64_t masks[3] = {UINT64_C(0x0F0F0F0F0F0F0F0F), UINT64_C(0x3333333333333333),
                               UINT64_C(0x5555555555555555)};
    for (int round = 0; round < 3; round++)
        for (int j = 4 >> round, first = 0; first < 8; first += 2 * j)
            for (int k = first; k < first + j; k++) {
                const lanes t = ((a[k] >> j) ^ a[k + j]) & masks[round];
                a[k] ^= t << j;
                a[k + j] ^= t;
            }
}

/* z = present - 2 * count of the first `units` units, rounded up to 64; present is fan_in where there is none. */
static INLINE void store_counts(const lanes *count, int depth, const int16_t *present, int64_t fan_in, int64_t units,
                                int16_t *z)
{
    lanes low[8], high[8];
    for (int p = 0; p < 8; p++) {
        low[p] = p < depth ? count[p] : (lanes){0};
        high[p] = 8 + p < depth ? count[8 + p] : (lanes){0};
    }
    planes_to_bytes(low);
    if (depth > 8)
        planes_to_bytes(high);
    const half_sums all = (half_sums){0} + (uint16_t)fan_in; /* unsigned: may wrap on the way */
    for (int j = 0; j < 8 && 8 * LANE_WORDS * j < whole(units, 64); j++)
        for (int part = 0; part < 2; part++) {
            const int64_t at = 8 * LANE_WORDS * j + 4 * LANE_WORDS * part;
            half_bytes bytes;
            half_sums base = all, sum;
            memcpy(&bytes, (const char *)&low[j] + 4 * LANE_WORDS * part, sizeof bytes);
            sum = __builtin_convertvector(bytes, half_sums);
            memcpy(&bytes, (const char *)&high[j] + 4 * LANE_WORDS * part, sizeof bytes);
            sum += __builtin_convertvector(bytes, half_sums) << 8;
            if (present)
                memcpy(&base, present + at, sizeof base);
            sum = base - (sum << 1);
            memcpy(z + at, &sum, sizeof sum);
        }
}

/* Rows against `units` units, at most SLICE: z[i * stride + u], written for the units rounded up to 64. Rows have no
   zeros; cases: as find_cases gave them. */
static INLINE void product_of_slice(const int masked, int64_t n_rows, const uint8_t *cases, const threes *all,
                                    planes weight, int64_t fan_in, int16_t *z, int64_t stride, lanes *scratch)
{
    lanes *sign = scratch, *mask = sign + slice_columns(all), *table = mask + slice_columns(all),
          *counts = table + 16 * TABLE_THREES;
    int16_t present[SLICE];
    slice_units(weight.sign, weight.stride, weight.n, all, sign);
    if (masked) {
        slice_units(weight.mask, weight.stride, weight.n, all, mask);
        for (int64_t u = 0; u < SLICE; u++) {
            int64_t total = 0;
            for (int64_t w = 0; w < all->words && u < weight.n; w++)
                total += __builtin_popcountll(weight.mask[u * weight.stride + w]);
            present[u] = (int16_t)total;
        }
    }
    memset(counts, 0, (size_t)(n_rows * all->depth) * sizeof(lanes));
    for (int64_t from = 0; from < all->n; from += TABLE_THREES) {
        const int64_t some = all->n - from < TABLE_THREES ? all->n - from : TABLE_THREES;
        set_table(masked, all, sign, mask, from, some, table);
        for (int64_t i = 0; i < n_rows; i++)
            add_threes(table, cases + i * all->n + from, some, all->depth, counts + i * all->depth);
    }
    for (int64_t i = 0; i < n_rows; i++)
        store_counts(counts + i * all->depth, all->depth, masked ? present : NULL, fan_in, weight.n, z + i * stride);
}

/* The product of rows without zeros and slices of units, the last of at least FEWEST_UNITS; returns how many units that
   are, none of few rows or of rows with zeros. z and scratch as in product_rows. */
static int64_t sliced_product(planes input, planes weight, int64_t fan_in, int16_t *z, int64_t stride, void *scratch)
{
    if (input.n < FEWEST_ROWS || input.mask || weight.n < FEWEST_UNITS)
        return 0;
    const threes all = threes_of(fan_in);
    lanes *behind = (lanes *)scratch + 2 * slice_columns(&all) + 16 * TABLE_THREES + input.n * MOST_PLANES;
    uint8_t *cases = (uint8_t *)behind;
    int64_t u = 0;
    for (int64_t i = 0; i < input.n; i++)
        find_cases(input.sign + i * input.stride, &all, cases + i * all.n);
    for (; weight.n - u >= FEWEST_UNITS; u += SLICE) {
        const int64_t units = weight.n - u < SLICE ? weight.n - u : SLICE;
        const planes part = {weight.sign + u * weight.stride, weight.mask ? weight.mask + u * weight.stride : NULL, units,
                             weight.stride};
        if (weight.mask)
            product_of_slice(1, input.n, cases, &all, part, fan_in, z + u, stride, scratch);
        else
            product_of_slice(0, input.n, cases, &all, part, fan_in, z + u, stride, scratch);
    }
    return u < weight.n ? u : weight.n;
}
