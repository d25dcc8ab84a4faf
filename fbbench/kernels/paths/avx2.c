/* The AVX2 path. There is no vector popcount before AVX-512, but a byte shuffle is a table look-up: four input bits
   choose one of sixteen tables, four weight bits of 32 units index it, and what comes out are 32 partial sums. One
   shuffle and one addition thus do the xnor and the popcount of 128 bits. In ternary arithmetic a table covers two
   positions: two sign bits and two non-zero bits. */
#include "common.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include "target.h"
#include "threads.h"

/* cpu.c must ask for all of these. */
REGION_BEGIN("avx2,popcnt,bmi,bmi2,prfchw")
#define FBB_PATH fbb_avx2
#define FBB_NAME "avx2"
#define LANE_WORDS 4

#define UNITS 32        /* units of a block: one byte lane each */
#define ROWS 8          /* rows of a tile */
#define BYTE_STEPS 63   /* tables of at most 4 that a byte can sum */
#define CHUNK_STEPS 252 /* whose tables, of ROWS rows, stay in the first-level cache */
#define TABLE 16        /* bytes of a table */

static int64_t bytes_of(int64_t fan_in) { return (fan_in + 7) / 8; }

/* The weights of all blocks as table indices; a tile's tables; a block's bytes while they are turned. */
static int64_t product_scratch(int64_t n, int64_t k, int64_t fan_in, int ternary)
{
    const int64_t bytes = bytes_of(fan_in), steps = (ternary ? 4 : 2) * bytes; /* tables */
    (void)n;
    return 16 * TABLE + whole(k, UNITS) * steps + ROWS * (CHUNK_STEPS + 4) * TABLE +
           2 * UNITS * (whole(bytes, 32) + 32);
}

/* table[x][w]: how many of four bits differ; in ternary arithmetic the sum of two products, plus 2. */
static void fill_tables(uint8_t tables[16][TABLE], int ternary)
{
    for (int x = 0; x < 16; x++)
        for (int w = 0; w < 16; w++) {
            int value = __builtin_popcount((unsigned)(x ^ w));
            if (ternary) {
                value = 2;
                for (int p = 0; p < 2; p++) {
                    const int present = (x >> (2 + p)) & (w >> (2 + p)) & 1;
                    value += present ? (((x >> p) ^ (w >> p)) & 1 ? -1 : 1) : 0;
                }
            }
            tables[x][w] = (uint8_t)value;
        }
}

/* Sets the tables of steps from .. from + some - 1 (from a multiple of 4) for one row of a tile: by four sign bits, or in
   ternary arithmetic by two sign bits below two non-zero bits. May set up to three more. */
static INLINE void set_tables(uint8_t by_bits[16][TABLE], const int ternary, const uint8_t *sign, const uint8_t *mask,
                              int64_t from, int64_t some, uint8_t *tables)
{
    const int per_byte = ternary ? 4 : 2;
    for (int64_t s = 0; s < some; s += per_byte) {
        const unsigned signs = sign[(from + s) / per_byte], present = mask ? mask[(from + s) / per_byte] : 255;
        for (int j = 0; j < per_byte; j++) {
            const unsigned bits =
                ternary ? ((signs >> (2 * j)) & 3) | ((present >> (2 * j)) & 3) << 2 : (signs >> (4 * j)) & 15;
            memcpy(tables + TABLE * ROWS * (s + j), by_bits[bits], TABLE);
        }
    }
}

/* 16 rows of 16 bytes, turned. */
static void transpose16(const uint8_t *rows, int64_t stride, uint8_t *out, int64_t out_stride)
{
    __m128i a[16], b[16];
    for (int i = 0; i < 16; i++)
        a[i] = _mm_loadu_si128((const __m128i *)(rows + i * stride));
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 8; i++) {
            b[2 * i] = _mm_unpacklo_epi8(a[i], a[i + 8]);
            b[2 * i + 1] = _mm_unpackhi_epi8(a[i], a[i + 8]);
        }
        for (int i = 0; i < 16; i++)
            a[i] = b[i];
    }
    for (int i = 0; i < 16; i++)
        _mm_storeu_si128((__m128i *)(out + i * out_stride), a[i]);
}

/* A block's rows of one bit plane to turned[byte][unit]; units past the last are 0. */
static void transpose_block(const uint64_t *plane, int64_t stride, int64_t words, int64_t units, int64_t bytes,
                            uint8_t *turned)
{
    uint8_t rows[16 * 16];
    for (int half = 0; half < 2; half++)
        for (int64_t first = 0; first < bytes; first += 16) {
            const int64_t width = 8 * words - first < 16 ? 8 * words - first : 16;
            for (int64_t u = 0; u < 16; u++) {
                uint8_t *row = rows + 16 * u;
                const int64_t unit = 16 * half + u;
                if (unit >= units || width < 16)
                    __builtin_memset(row, 0, 16);
                if (unit < units)
                    __builtin_memcpy(row, (const uint8_t *)(plane + unit * stride) + first, (size_t)width);
            }
            transpose16(rows, 16, turned + UNITS * first + 16 * half, UNITS);
        }
}

/* turned bytes to one vector of 32 indices a step. */
static void split_block(const uint8_t *sign, const uint8_t *mask, int64_t bytes, uint8_t *indices)
{
    const __m256i low4 = _mm256_set1_epi8(15), low2 = _mm256_set1_epi8(3), high2 = _mm256_set1_epi8(12);
    __m256i *out = (__m256i *)indices;
    for (int64_t b = 0; b < bytes; b++) {
        const __m256i s = _mm256_loadu_si256((const __m256i *)(sign + UNITS * b));
        if (!mask) {
            _mm256_storeu_si256(out++, _mm256_and_si256(s, low4));
            _mm256_storeu_si256(out++, _mm256_and_si256(_mm256_srli_epi16(s, 4), low4));
        } else {
            const __m256i m = _mm256_loadu_si256((const __m256i *)(mask + UNITS * b));
#define INDEX(s_, m_) _mm256_or_si256(_mm256_and_si256(s_, low2), _mm256_and_si256(m_, high2))
            _mm256_storeu_si256(out++, INDEX(s, _mm256_slli_epi16(m, 2)));
            _mm256_storeu_si256(out++, INDEX(_mm256_srli_epi16(s, 2), m));
            _mm256_storeu_si256(out++, INDEX(_mm256_srli_epi16(s, 4), _mm256_srli_epi16(m, 2)));
            _mm256_storeu_si256(out++, INDEX(_mm256_srli_epi16(s, 6), _mm256_srli_epi16(m, 4)));
#undef INDEX
        }
    }
}

/* z = base + times * (sum of the tables), or z += it, for `rows` rows and the 32 units of a block; `tables` holds,
   step by step, one table per row. */
static INLINE void sum_tables(const int rows, const uint8_t *tables, const uint8_t *w, int64_t steps, const int times,
                              int base, int add, int16_t *z, int64_t stride)
{
    __m256i low[ROWS], high[ROWS];
    for (int i = 0; i < rows; i++)
        low[i] = high[i] = _mm256_setzero_si256();
    for (int64_t first = 0; first < steps; first += BYTE_STEPS) {
        const int64_t end = first + BYTE_STEPS < steps ? first + BYTE_STEPS : steps;
        __m256i sum[ROWS];
        for (int i = 0; i < rows; i++)
            sum[i] = _mm256_setzero_si256();
        for (int64_t s = first; s < end; s++) {
            const __m256i weights = _mm256_load_si256((const __m256i *)(w + UNITS * s));
            for (int i = 0; i < rows; i++) {
                const __m128i table = _mm_load_si128((const __m128i *)(tables + TABLE * (ROWS * s + i)));
                sum[i] = _mm256_add_epi8(sum[i], _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(table), weights));
                KEEP(sum[i]); /* in this order, so that one register holds every table and no sum is spilled */
            }
        }
        for (int i = 0; i < rows; i++) {
            low[i] = _mm256_add_epi16(low[i], _mm256_cvtepu8_epi16(_mm256_castsi256_si128(sum[i])));
            high[i] = _mm256_add_epi16(high[i], _mm256_cvtepu8_epi16(_mm256_extracti128_si256(sum[i], 1)));
        }
    }
    const __m256i start = _mm256_set1_epi16((int16_t)base), factor = _mm256_set1_epi16((int16_t)times);
    for (int i = 0; i < rows; i++) {
        __m256i *out = (__m256i *)(z + i * stride);
        low[i] = _mm256_mullo_epi16(factor, low[i]);
        high[i] = _mm256_mullo_epi16(factor, high[i]);
        _mm256_storeu_si256(out, _mm256_add_epi16(add ? _mm256_loadu_si256(out) : start, low[i]));
        _mm256_storeu_si256(out + 1, _mm256_add_epi16(add ? _mm256_loadu_si256(out + 1) : start, high[i]));
    }
}

static void product_rows(planes input, planes weight, int64_t fan_in, int16_t *z, int64_t stride, void *scratch)
{
    const int64_t n = input.n, k = weight.n, words = words_of(fan_in), bytes = bytes_of(fan_in);
    const int64_t steps = weight.mask ? (fan_in + 1) / 2 : (fan_in + 3) / 4,
                  block_bytes = (weight.mask ? 4 : 2) * bytes * UNITS;
    uint8_t (*by_bits)[TABLE] = scratch;
    uint8_t *tables = by_bits[16], *weights = tables + ROWS * (CHUNK_STEPS + 4) * TABLE;
    uint8_t *turned_sign = weights + whole(k, UNITS) / UNITS * block_bytes;
    uint8_t *turned_mask = turned_sign + UNITS * (whole(bytes, 32) + 32);
    fill_tables(by_bits, weight.mask != NULL);
    for (int64_t u = 0; u < k; u += UNITS) {
        const int64_t units = k - u < UNITS ? k - u : UNITS;
        transpose_block(weight.sign + u * weight.stride, weight.stride, words, units, bytes, turned_sign);
        if (weight.mask)
            transpose_block(weight.mask + u * weight.stride, weight.stride, words, units, bytes, turned_mask);
        split_block(turned_sign, weight.mask ? turned_mask : NULL, bytes, weights + u / UNITS * block_bytes);
    }
    for (int64_t from = 0; from < steps; from += CHUNK_STEPS) {
        const int64_t some = steps - from < CHUNK_STEPS ? steps - from : CHUNK_STEPS;
        const int base = (int)(weight.mask ? -2 * steps : fan_in);
        for (int64_t first = 0; first < n; first += ROWS) {
            for (int64_t i = 0; i < ROWS; i++) {
                const int64_t row = first + i < n ? first + i : n - 1; /* the last rows stand in for missing ones */
                const uint8_t *sign = (const uint8_t *)(input.sign + row * input.stride);
                const uint8_t *mask = input.mask ? (const uint8_t *)(input.mask + row * input.stride) : NULL;
                if (!weight.mask)
                    set_tables(by_bits, 0, sign, NULL, from, some, tables + TABLE * i);
                else if (!mask) /* what lies past the fan-in meets weights that are 0 */
                    set_tables(by_bits, 1, sign, NULL, from, some, tables + TABLE * i);
                else
                    set_tables(by_bits, 1, sign, mask, from, some, tables + TABLE * i);
            }
            for (int64_t u = 0; u < k; u += UNITS) {
                const uint8_t *w = weights + u / UNITS * block_bytes + UNITS * from;
                int16_t *out = z + first * stride + u;
                const int64_t rows = n - first;
#define SUM(count, times) sum_tables(count, tables, w, some, times, base, from > 0, out, stride)
                if (weight.mask)
                    rows >= 8 ? SUM(8, 1) : rows >= 4 ? SUM(4, 1) : rows >= 2 ? SUM(2, 1) : SUM(1, 1);
                else
                    rows >= 8 ? SUM(8, -2) : rows >= 4 ? SUM(4, -2) : rows >= 2 ? SUM(2, -2) : SUM(1, -2);
#undef SUM
            }
            if (n - first < ROWS && (n - first) & (n - first - 1)) /* one to seven rows: four, two and one of them */
                first -= ROWS - (n - first >= 4 ? 4 : 2);
        }
    }
}

static void sign_word16(const int16_t *z, uint64_t *negative, uint64_t *zero)
{
    const __m256i none = _mm256_setzero_si256();
    uint64_t below = 0, nothing = 0;
    for (int half = 0; half < 2; half++) {
        const __m256i a = _mm256_loadu_si256((const __m256i *)(z + 32 * half));
        const __m256i b = _mm256_loadu_si256((const __m256i *)(z + 32 * half + 16));
        const __m256i sign = _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xD8);
        const __m256i null = _mm256_permute4x64_epi64(
            _mm256_packs_epi16(_mm256_cmpeq_epi16(a, none), _mm256_cmpeq_epi16(b, none)), 0xD8);
        below |= (uint64_t)(uint32_t)_mm256_movemask_epi8(sign) << (32 * half);
        nothing |= (uint64_t)(uint32_t)_mm256_movemask_epi8(null) << (32 * half);
    }
    *negative = below;
    *zero = nothing;
}

/* 32 bits to 32 bytes, 0xFF where the bit is 1. */
static inline __attribute__((always_inline)) __m256i bytes_from_bits(uint32_t bits)
{
    const __m256i byte_of = _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i bit_of_byte = _mm256_set1_epi64x((int64_t)UINT64_C(0x8040201008040201));
    const __m256i spread = _mm256_shuffle_epi8(_mm256_set1_epi32((int32_t)bits), byte_of);
    return _mm256_cmpeq_epi8(_mm256_and_si256(spread, bit_of_byte), bit_of_byte);
}

/* perceptron.h's: bits, spread to bytes of -1 (where 1) and +1, give signs; bytes above 0 are summed by eights. */
#define PATH_SUMS_BYTES
static void spread_row(const uint64_t *bits, int64_t words, int8_t *spread)
{
    const __m256i one = _mm256_set1_epi8(1);
    for (int64_t w = 0; w < 2 * words; w++)
        _mm256_storeu_si256((__m256i *)(spread + 32 * w),
                            _mm256_or_si256(bytes_from_bits((uint32_t)(bits[w / 2] >> (32 * (w % 2)))), one));
}

static int64_t signed_sum(const int8_t *weights, const uint64_t *bits, const int8_t *spread, int64_t words)
{
    (void)bits;
    const __m256i above = _mm256_set1_epi8((char)0x80);
    __m256i total = _mm256_setzero_si256();
    int64_t lanes[4];
    for (int64_t w = 0; w < 2 * words; w++) {
        const __m256i away = _mm256_loadu_si256((const __m256i *)(spread + 32 * w));
        const __m256i v = _mm256_sign_epi8(_mm256_loadu_si256((const __m256i *)(weights + 32 * w)), away);
        total = _mm256_add_epi64(total, _mm256_sad_epu8(_mm256_xor_si256(v, above), _mm256_setzero_si256()));
    }
    _mm256_storeu_si256((__m256i *)lanes, total);
    return 128 * 64 * words - (lanes[0] + lanes[1] + lanes[2] + lanes[3]);
}

static int64_t signed_sum16(const int16_t *sums, const uint64_t *bits, const int8_t *spread, int64_t words)
{
    (void)bits;
    __m256i total = _mm256_setzero_si256();
    int32_t lanes[8];
    int64_t sum = 0;
    for (int64_t w = 0; w < 2 * words; w++) {
        const __m256i away = _mm256_loadu_si256((const __m256i *)(spread + 32 * w));
        const __m256i low = _mm256_cvtepi8_epi16(_mm256_castsi256_si128(away));
        const __m256i high = _mm256_cvtepi8_epi16(_mm256_extracti128_si256(away, 1));
        const __m256i *at = (const __m256i *)(sums + 32 * w);
        total = _mm256_add_epi32(total, _mm256_madd_epi16(_mm256_loadu_si256(at), low));
        total = _mm256_add_epi32(total, _mm256_madd_epi16(_mm256_loadu_si256(at + 1), high));
    }
    _mm256_storeu_si256((__m256i *)lanes, total);
    for (int i = 0; i < 8; i++)
        sum -= lanes[i];
    return sum;
}

static INLINE __m256i moved(__m256i old, uint32_t up, uint32_t valid, int step, int bound)
{
    const __m256i by = _mm256_sub_epi8(_mm256_and_si256(bytes_from_bits(up), _mm256_set1_epi8((char)(2 * step))),
                                       _mm256_set1_epi8((char)step));
    const __m256i to = _mm256_adds_epi8(old, ~valid ? _mm256_and_si256(by, bytes_from_bits(valid)) : by);
    return _mm256_max_epi8(_mm256_min_epi8(to, _mm256_set1_epi8((char)bound)), _mm256_set1_epi8((char)-bound));
}

static INLINE void move_word(int8_t *weights, uint64_t up, uint64_t valid, int step, int bound)
{
    for (int half = 0; half < 2; half++) {
        __m256i *at = (__m256i *)(weights + 32 * half);
        _mm256_storeu_si256(at, moved(_mm256_loadu_si256(at), (uint32_t)(up >> (32 * half)),
                                      (uint32_t)(valid >> (32 * half)), step, bound));
    }
}

/* sign_perceptron.h's. Ones of a nibble by a table; bytes of at most 8 are summed before they can overflow. */
#define PATH_COUNTS_DIFFERENCES
static int64_t differences(const uint64_t *a, const uint64_t *b, int64_t words)
{
    const __m256i low4 = _mm256_set1_epi8(15), zero = _mm256_setzero_si256();
    const __m256i ones = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2,
                                          2, 3, 2, 3, 3, 4);
    __m256i total = zero;
    int64_t lanes[4], w = 0, sum = 0;
    while (w + 4 <= words) {
        const int64_t end = words - w > 4 * 31 ? w + 4 * 31 : words;
        __m256i bytes = zero;
        for (; w + 4 <= end; w += 4) {
            const __m256i v = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(a + w)),
                                               _mm256_loadu_si256((const __m256i *)(b + w)));
            bytes = _mm256_add_epi8(bytes, _mm256_shuffle_epi8(ones, _mm256_and_si256(v, low4)));
            bytes = _mm256_add_epi8(bytes, _mm256_shuffle_epi8(ones, _mm256_and_si256(_mm256_srli_epi16(v, 4), low4)));
        }
        total = _mm256_add_epi64(total, _mm256_sad_epu8(bytes, zero));
    }
    _mm256_storeu_si256((__m256i *)lanes, total);
    for (; w < words; w++)
        sum += __builtin_popcountll(a[w] ^ b[w]);
    return sum + lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

#define PATH_MOVES_SIGNS
static INLINE uint64_t move_signs(int8_t *hidden, uint64_t up, uint64_t valid, int bound)
{
    uint64_t above = 0;
    for (int half = 0; half < 2; half++) {
        __m256i *at = (__m256i *)(hidden + 32 * half);
        const __m256i to = moved(_mm256_loadu_si256(at), (uint32_t)(up >> (32 * half)),
                                 (uint32_t)(valid >> (32 * half)), 2, bound);
        _mm256_storeu_si256(at, to);
        above |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpgt_epi8(to, _mm256_setzero_si256())) << (32 * half);
    }
    return above;
}

#define PATH_ADDS_VOTES
static INLINE void add_votes(uint8_t *votes, uint64_t bits, int times)
{
    for (int half = 0; half < 2; half++) {
        __m256i *at = (__m256i *)(votes + 32 * half);
        const __m256i chosen = bytes_from_bits((uint32_t)(bits >> (32 * half)));
        const __m256i more = _mm256_and_si256(chosen, _mm256_set1_epi8((char)times));
        _mm256_storeu_si256(at, _mm256_add_epi8(_mm256_loadu_si256(at), more));
    }
}

/* update.h's increments_of: a plane's bits, spread to bytes, choose what is added. Sums wrap, the results do not. */
#define PATH_COUNTS
static INLINE void increments_of(const uint64_t *ones, const uint64_t *all, int depth, int64_t n, uint64_t valid,
                                 int8_t *increment)
{
    for (int half = 0; half < 2; half++) {
        __m256i sum = _mm256_set1_epi8((char)(all ? 0 : -2 * n));
        for (int p = 0; p < depth; p++) {
            const __m256i chosen = bytes_from_bits((uint32_t)(ones[p * LANE_WORDS] >> (32 * half)));
            sum = _mm256_add_epi8(sum, _mm256_and_si256(chosen, _mm256_set1_epi8((char)(4 << p))));
        }
        for (int p = 0; all && p < depth; p++) {
            const __m256i chosen = bytes_from_bits((uint32_t)(all[p * LANE_WORDS] >> (32 * half)));
            sum = _mm256_sub_epi8(sum, _mm256_and_si256(chosen, _mm256_set1_epi8((char)(2 << p))));
        }
        if (~valid)
            sum = _mm256_and_si256(sum, bytes_from_bits((uint32_t)(valid >> (32 * half))));
        _mm256_storeu_si256((__m256i *)(increment + 32 * half), sum);
    }
}

/* A saturating addition is enough: the bound lies within int8 and the increments came as one sum. */
static INLINE void settle8(int8_t *h, const int8_t *increment, int bound, uint64_t *negative, uint64_t *zero)
{
    const __m256i most = _mm256_set1_epi8((char)bound), least = _mm256_set1_epi8((char)-bound);
    uint64_t below = 0, nothing = 0;
    for (int half = 0; half < 2; half++) {
        __m256i *at = (__m256i *)(h + 32 * half);
        __m256i v =
            _mm256_adds_epi8(_mm256_loadu_si256(at), _mm256_loadu_si256((const __m256i *)(increment + 32 * half)));
        v = _mm256_max_epi8(_mm256_min_epi8(v, most), least);
        _mm256_storeu_si256(at, v);
        below |= (uint64_t)(uint32_t)_mm256_movemask_epi8(v) << (32 * half);
        nothing |= (uint64_t)(uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(v, _mm256_setzero_si256()))
                   << (32 * half);
    }
    *negative = below;
    *zero = nothing;
}

/* The lower halves of four products of 64 bits. */
static INLINE __m256i times(__m256i a, uint64_t b)
{
    const __m256i low = _mm256_set1_epi64x((int64_t)b), high = _mm256_set1_epi64x((int64_t)(b >> 32));
    const __m256i crossed =
        _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(a, 32), low), _mm256_mul_epu32(a, high));
    return _mm256_add_epi64(_mm256_mul_epu32(a, low), _mm256_slli_epi64(crossed, 32));
}

/* draws.h's find_hits, four words at a time. */
#define PATH_FINDS_HITS
static void find_hits(uint64_t key, const uint64_t *cuts, int64_t first, int64_t n, hits *found)
{
    const __m256i one = _mm256_set1_epi64x(1), field = _mm256_set1_epi64x(63), all = _mm256_set1_epi64x(-1);
    const __m256i one_hit = _mm256_set1_epi64x((int64_t)cuts[0]), two_hits = _mm256_set1_epi64x((int64_t)cuts[1]);
    const __m256i three_hits = _mm256_set1_epi64x((int64_t)cuts[2]);
    const uint64_t start = key + GOLDEN * (uint64_t)(first + 1);
    __m256i counter = _mm256_setr_epi64x((int64_t)start, (int64_t)(start + GOLDEN), (int64_t)(start + 2 * GOLDEN),
                                         (int64_t)(start + 3 * GOLDEN));
    for (int64_t block = 0; block < HIT_CHUNK / 64; block++) {
        uint64_t hit = 0, several = 0;
        for (int64_t i = 64 * block; i < 64 * (block + 1) && i < n; i += 4) {
            __m256i v = _mm256_xor_si256(counter, _mm256_srli_epi64(counter, 30)); /* mix64 */
            v = times(v, FIRST_FACTOR);
            v = _mm256_xor_si256(v, _mm256_srli_epi64(v, 27));
            v = times(v, SECOND_FACTOR);
            v = _mm256_xor_si256(v, _mm256_srli_epi64(v, 31));
            const __m256i level = _mm256_srli_epi64(v, FIELD_BITS); /* 34 bits: compared as signed numbers */
            const __m256i bit = _mm256_sllv_epi64(one, _mm256_and_si256(v, field));
            const __m256i other = _mm256_sllv_epi64(one, _mm256_and_si256(_mm256_srli_epi64(v, 6), field));
            const __m256i missed = _mm256_cmpgt_epi64(one_hit, level), once = _mm256_cmpgt_epi64(two_hits, level);
            const __m256i few = _mm256_andnot_si256(_mm256_andnot_si256(once, _mm256_cmpeq_epi64(bit, other)),
                                                    _mm256_cmpgt_epi64(three_hits, level));
            hit |= (uint64_t)_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_xor_si256(missed, all))) << (i % 64);
            several |= (uint64_t)_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_xor_si256(few, all))) << (i % 64);
            _mm256_storeu_si256((__m256i *)(found->draw + i), v);
            _mm256_storeu_si256((__m256i *)(found->bits + i), _mm256_or_si256(bit, _mm256_andnot_si256(once, other)));
            counter = _mm256_add_epi64(counter, _mm256_set1_epi64x((int64_t)(4 * GOLDEN)));
        }
        const uint64_t here = n > 64 * block ? tail_of_at_most(n - 64 * block) : 0;
        found->hit[block] = hit & here;
        found->several[block] = several & here;
    }
}

/* draws.h's reinforce_word: all hit weights of a word at once; the sign of a 0 is 0. */
#define PATH_REINFORCES8
static INLINE void reinforce_word8(int8_t *h, uint64_t bits, int bound)
{
    for (int half = 0; half < 2; half++) {
        __m256i *at = (__m256i *)(h + 32 * half);
        __m256i v = _mm256_loadu_si256(at);
        const __m256i two = _mm256_and_si256(bytes_from_bits((uint32_t)(bits >> (32 * half))), _mm256_set1_epi8(2));
        v = _mm256_adds_epi8(v, _mm256_sign_epi8(two, v));
        v = _mm256_max_epi8(_mm256_min_epi8(v, _mm256_set1_epi8((char)bound)), _mm256_set1_epi8((char)-bound));
        _mm256_storeu_si256(at, v);
    }
}

/* selection.h's easiest. The sizes of up to 128 units are kept between the search of the smallest and of its place. */
#define PATH_FINDS_EASIEST
static uint32_t easiest(const int16_t *z, const uint64_t *wrong, int64_t first, int64_t group_size)
{
    const __m256i bit_of_lane =
        _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, INT16_MIN);
    uint32_t best = UINT32_MAX, best_at = NOBODY;
    for (int64_t k = 0; k < group_size; k += 128) {
        const int64_t left = group_size - k < 128 ? group_size - k : 128, vectors = (left + 15) / 16;
        const uint64_t low = bits_from(wrong, first + k) & tail_of_at_most(left);
        const uint64_t high = left > 64 ? bits_from(wrong, first + k + 64) & tail_of_at_most(left - 64) : 0;
        __m256i size[8], least = _mm256_set1_epi16(-1);
        if (!(low | high))
            continue;
        for (int64_t v = 0; v < vectors; v++) {
            const __m256i bits = _mm256_set1_epi16((short)((v < 4 ? low : high) >> (16 * (v % 4))));
            const __m256i right = _mm256_cmpeq_epi16(_mm256_and_si256(bits, bit_of_lane), _mm256_setzero_si256());
            const __m256i there = _mm256_abs_epi16(_mm256_loadu_si256((const __m256i *)(z + k + 16 * v)));
            size[v] = _mm256_or_si256(there, right);
            least = _mm256_min_epu16(least, size[v]);
        }
        const __m128i half = _mm_min_epu16(_mm256_castsi256_si128(least), _mm256_extracti128_si256(least, 1));
        const uint32_t smallest = (uint32_t)_mm_extract_epi16(_mm_minpos_epu16(half), 0);
        if (smallest >= best)
            continue;
        const __m256i wanted = _mm256_set1_epi16((short)smallest);
        for (int64_t v = 0; v < vectors; v++) {
            const uint32_t here = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi16(size[v], wanted));
            if (here) {
                best_at = (uint32_t)(k + 16 * v + __builtin_ctz(here) / 2);
                break;
            }
        }
        best = smallest;
    }
    return best_at;
}

/* A table look-up and an addition for each of 32 units, eight sums. */
static int64_t roof_steps(int64_t steps)
{
    __m256i weights = _mm256_set1_epi8(5), table = _mm256_set1_epi8(3), sum0, sum1, sum2, sum3, sum4, sum5, sum6, sum7;
    sum0 = sum1 = sum2 = sum3 = sum4 = sum5 = sum6 = sum7 = table;
    for (int64_t s = 0; s < steps; s++) {
#define ADD(sum)                                                                                                       \
    KEEP(table);                                                                                                       \
    sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(table, weights));                                                   \
    KEEP(sum)
        ADD(sum0);
        ADD(sum1);
        ADD(sum2);
        ADD(sum3);
        ADD(sum4);
        ADD(sum5);
        ADD(sum6);
        ADD(sum7);
#undef ADD
    }
    return steps * 8 * 128;
}

#include "body.h"
REGION_END
#else
const fbb_path fbb_avx2 = {.name = "avx2"};
#endif
