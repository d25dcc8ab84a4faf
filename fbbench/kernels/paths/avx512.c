/* The AVX-512 path (VPOPCNTDQ + BW): eight units side by side in a vector, one xor, one popcount and one addition
   for 512 bits, sums kept in registers for a tile of rows and units.

   Built a second time with FBB_EMULATE_AVX512, where the instructions that need the hardware are loops: the same
   product, slow, on any machine, so that tests can compare it. Selection, draws, update and the perceptron's sums have no
   such twin; the plain ones stand in, and what is written here for them is tested on AVX-512 hardware alone. */
#include "common.h"

#if defined(__x86_64__) || defined(FBB_EMULATE_AVX512)

typedef uint64_t eight __attribute__((vector_size(64)));
typedef int16_t eight16 __attribute__((vector_size(16)));

#define LANE_WORDS 8

#ifdef FBB_EMULATE_AVX512
#define FBB_PATH fbb_avx512_emulated
#define FBB_NAME "avx512-emulated"

static inline void ones_of(eight *v)
{
    for (int i = 0; i < 8; i++)
        (*v)[i] = (uint64_t)__builtin_popcountll((*v)[i]);
}

static inline void ones_of_16(eight *v)
{
    for (int i = 0; i < 8; i++) {
        uint64_t counts = 0;
        for (int part = 0; part < 64; part += 16)
            counts |= (uint64_t)__builtin_popcountll(((*v)[i] >> part) & 0xFFFF) << part;
        (*v)[i] = counts;
    }
}

static inline eight differing(const eight *a, const eight *b, const eight *mask) { return (*a ^ *b) & *mask; }

static inline void add_16(eight *a, const eight *b)
{
    typedef uint16_t parts __attribute__((vector_size(64)));
    *a = (eight)((parts)*a + (parts)*b);
}

static inline void subtract_16(eight *a, const eight *b)
{
    typedef uint16_t parts __attribute__((vector_size(64)));
    *a = (eight)((parts)*a - (parts)*b);
}

static inline eight load_words(const uint64_t *from, int64_t n)
{
    eight v = {0};
    __builtin_memcpy(&v, from, (size_t)n * 8);
    return v;
}

static void transpose(eight v[8])
{
    eight turned[8];
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 8; j++)
            turned[j][i] = v[i][j];
    __builtin_memcpy(v, turned, sizeof turned);
}

#include "plain_signs.h"
#include "plain_columns.h"
#else
#include <immintrin.h>
#include "target.h"
#include "threads.h"
/* cpu.c must ask for all of these. */
REGION_BEGIN("sse4.1,avx2,avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,avx512bitalg,popcnt,bmi,bmi2,prfchw")
#define FBB_PATH fbb_avx512
#define FBB_NAME "avx512"

static INLINE void ones_of(eight *v) { *v = (eight)_mm512_popcnt_epi64((__m512i)*v); }

static INLINE void ones_of_16(eight *v) { *v = (eight)_mm512_popcnt_epi16((__m512i)*v); }

/* Where a and b differ, of a mask: one instruction, which the compiler does not find. */
static INLINE eight differing(const eight *a, const eight *b, const eight *mask)
{ return (eight)_mm512_ternarylogic_epi64((__m512i)*a, (__m512i)*b, (__m512i)*mask, 0x28); }

static INLINE void add_16(eight *a, const eight *b) { *a = (eight)_mm512_add_epi16((__m512i)*a, (__m512i)*b); }

static INLINE void subtract_16(eight *a, const eight *b) { *a = (eight)_mm512_sub_epi16((__m512i)*a, (__m512i)*b); }

/* n <= 8 words, then zeros. */
static INLINE eight load_words(const uint64_t *from, int64_t n)
{ return (eight)_mm512_maskz_loadu_epi64((__mmask8)((1u << n) - 1), from); }

/* 8 x 8 words, turned. */
static INLINE void transpose(eight v[8])
{
    __m512i a[8], b[8];
    for (int i = 0; i < 8; i += 2) {
        a[i] = _mm512_unpacklo_epi64((__m512i)v[i], (__m512i)v[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi64((__m512i)v[i], (__m512i)v[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            b[i + j] = _mm512_shuffle_i64x2(a[i + j], a[i + j + 2], 0x88);
            b[i + j + 2] = _mm512_shuffle_i64x2(a[i + j], a[i + j + 2], 0xDD);
        }
    for (int j = 0; j < 4; j++) { /* lanes 0 and 4 of word j, then 2 and 6 */
        v[j] = (eight)_mm512_shuffle_i64x2(b[j], b[j + 4], 0x88);
        v[j + 4] = (eight)_mm512_shuffle_i64x2(b[j], b[j + 4], 0xDD);
    }
}

static INLINE void sign_word16(const int16_t *z, uint64_t *negative, uint64_t *zero)
{
    const __m512i a = _mm512_loadu_si512(z), b = _mm512_loadu_si512(z + 32);
    *negative = _mm512_movepi16_mask(a) | (uint64_t)_mm512_movepi16_mask(b) << 32;
    *zero = _mm512_testn_epi16_mask(a, a) | (uint64_t)_mm512_testn_epi16_mask(b, b) << 32;
}

/* perceptron.h's: a word of bits is a mask of 64 bytes, and bytes above 0 are summed by eights. */
#define PATH_SUMS_BYTES
static INLINE void spread_row(const uint64_t *bits, int64_t words, int8_t *spread)
{ (void)bits, (void)words, (void)spread; }

static int64_t signed_sum(const int8_t *weights, const uint64_t *bits, const int8_t *spread, int64_t words)
{
    (void)spread;
    const __m512i zero = _mm512_setzero_si512(), above = _mm512_set1_epi8((char)0x80);
    __m512i total = zero;
    for (int64_t w = 0; w < words; w++) {
        __m512i v = _mm512_loadu_si512(weights + 64 * w);
        v = _mm512_mask_sub_epi8(v, ~bits[w], zero, v);
        total = _mm512_add_epi64(total, _mm512_sad_epu8(_mm512_xor_si512(v, above), zero));
    }
    return _mm512_reduce_add_epi64(total) - 128 * 64 * words;
}

static int64_t signed_sum16(const int16_t *sums, const uint64_t *bits, const int8_t *spread, int64_t words)
{
    (void)spread;
    const __m512i zero = _mm512_setzero_si512(), one = _mm512_set1_epi16(1);
    __m512i total = zero;
    for (int64_t w = 0; w < 2 * words; w++) {
        __m512i v = _mm512_loadu_si512(sums + 32 * w);
        v = _mm512_mask_sub_epi16(v, (__mmask32) ~(bits[w / 2] >> (32 * (w % 2))), zero, v);
        total = _mm512_add_epi32(total, _mm512_madd_epi16(v, one));
    }
    return _mm512_reduce_add_epi64(_mm512_add_epi64(_mm512_cvtepi32_epi64(_mm512_castsi512_si256(total)),
                                                    _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64(total, 1))));
}

/* Whole vectors are stored: a masked store takes Zen 4 tens of cycles. */
static INLINE __m512i moved(__m512i old, uint64_t up, uint64_t valid, int step, int bound)
{
    const __m512i by = _mm512_mask_blend_epi8(up, _mm512_set1_epi8((char)-step), _mm512_set1_epi8((char)step));
    const __m512i to = _mm512_adds_epi8(old, _mm512_maskz_mov_epi8(valid, by));
    return _mm512_max_epi8(_mm512_min_epi8(to, _mm512_set1_epi8((char)bound)), _mm512_set1_epi8((char)-bound));
}

static INLINE void move_word(int8_t *weights, uint64_t up, uint64_t valid, int step, int bound)
{ _mm512_storeu_si512(weights, moved(_mm512_loadu_si512(weights), up, valid, step, bound)); }

/* sign_perceptron.h's. */
#define PATH_COUNTS_DIFFERENCES
static int64_t differences(const uint64_t *a, const uint64_t *b, int64_t words)
{
    __m512i total = _mm512_setzero_si512();
    for (int64_t w = 0; w < words; w += 8) {
        const __mmask8 here = words - w < 8 ? (__mmask8)((1u << (words - w)) - 1) : (__mmask8)255;
        const __m512i differ = _mm512_xor_si512(_mm512_maskz_loadu_epi64(here, a + w), _mm512_maskz_loadu_epi64(here, b + w));
        total = _mm512_add_epi64(total, _mm512_popcnt_epi64(differ));
    }
    return _mm512_reduce_add_epi64(total);
}

#define PATH_MOVES_SIGNS
static INLINE uint64_t move_signs(int8_t *hidden, uint64_t up, uint64_t valid, int bound)
{
    const __m512i to = moved(_mm512_loadu_si512(hidden), up, valid, 2, bound);
    _mm512_storeu_si512(hidden, to);
    return _mm512_cmpgt_epi8_mask(to, _mm512_setzero_si512());
}

#define PATH_ADDS_VOTES
static INLINE void add_votes(uint8_t *votes, uint64_t bits, int times)
{
    const __m512i old = _mm512_loadu_si512(votes);
    _mm512_storeu_si512(votes, _mm512_mask_add_epi8(old, bits, old, _mm512_set1_epi8((char)times)));
}

/* update.h's increments_of: a word of bits is a mask of 64 bytes. Sums wrap, the results do not. */
#define PATH_COUNTS
static INLINE void increments_of(const uint64_t *ones, const uint64_t *all, int depth, int64_t n, uint64_t valid,
                                 int8_t *increment)
{
    __m512i sum = all ? _mm512_setzero_si512() : _mm512_set1_epi8((char)(-2 * n));
    for (int p = 0; p < depth; p++)
        sum = _mm512_mask_add_epi8(sum, ones[p * LANE_WORDS], sum, _mm512_set1_epi8((char)(4 << p)));
    for (int p = 0; all && p < depth; p++)
        sum = _mm512_mask_sub_epi8(sum, all[p * LANE_WORDS], sum, _mm512_set1_epi8((char)(2 << p)));
    _mm512_storeu_si512(increment, _mm512_maskz_mov_epi8(valid, sum));
}

/* A saturating addition is enough: the bound lies within int8 and the increments came as one sum. */
static INLINE void settle8(int8_t *h, const int8_t *increment, int bound, uint64_t *negative, uint64_t *zero)
{
    __m512i v = _mm512_adds_epi8(_mm512_loadu_si512(h), _mm512_loadu_si512(increment));
    v = _mm512_max_epi8(_mm512_min_epi8(v, _mm512_set1_epi8((char)bound)), _mm512_set1_epi8((char)-bound));
    _mm512_storeu_si512(h, v);
    *negative = _mm512_movepi8_mask(v);
    *zero = _mm512_testn_epi8_mask(v, v);
}

#define PATH_SETTLES16
static INLINE void settle16(int16_t *h, const int8_t *increment, int bound, uint64_t *negative, uint64_t *zero)
{
    *negative = *zero = 0;
    for (int half = 0; half < 2; half++) {
        const __m256i bytes = _mm256_loadu_si256((const __m256i *)(increment + 32 * half));
        __m512i v = _mm512_adds_epi16(_mm512_loadu_si512(h + 32 * half), _mm512_cvtepi8_epi16(bytes));
        v = _mm512_max_epi16(_mm512_min_epi16(v, _mm512_set1_epi16((short)bound)), _mm512_set1_epi16((short)-bound));
        _mm512_storeu_si512(h + 32 * half, v);
        *negative |= (uint64_t)_mm512_movepi16_mask(v) << (32 * half);
        *zero |= (uint64_t)_mm512_testn_epi16_mask(v, v) << (32 * half);
    }
}

/* draws.h's find_hits, eight words at a time. */
#define PATH_FINDS_HITS
static INLINE void find_hits(uint64_t key, const uint64_t *cuts, int64_t first, int64_t n, hits *found)
{
    const __m512i one = _mm512_set1_epi64(1), field = _mm512_set1_epi64(63);
    const __m512i one_hit = _mm512_set1_epi64((int64_t)cuts[0]), two_hits = _mm512_set1_epi64((int64_t)cuts[1]);
    const __m512i three_hits = _mm512_set1_epi64((int64_t)cuts[2]);
    const __m512i steps =
        _mm512_mullo_epi64(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0), _mm512_set1_epi64((int64_t)GOLDEN));
    __m512i counter = _mm512_add_epi64(_mm512_set1_epi64((int64_t)(key + GOLDEN * (uint64_t)(first + 1))), steps);
    for (int64_t i = 0; i < n; i += 8) { /* a chunk is whole vectors; words past n are masked out at the end */
        __m512i v = _mm512_xor_si512(counter, _mm512_srli_epi64(counter, 30)); /* mix64 */
        v = _mm512_mullo_epi64(v, _mm512_set1_epi64((int64_t)FIRST_FACTOR));
        v = _mm512_xor_si512(v, _mm512_srli_epi64(v, 27));
        v = _mm512_mullo_epi64(v, _mm512_set1_epi64((int64_t)SECOND_FACTOR));
        v = _mm512_xor_si512(v, _mm512_srli_epi64(v, 31));
        const __m512i level = _mm512_srli_epi64(v, FIELD_BITS);
        const __m512i bit = _mm512_sllv_epi64(one, _mm512_and_si512(v, field));
        const __m512i other = _mm512_sllv_epi64(one, _mm512_and_si512(_mm512_srli_epi64(v, 6), field));
        const __mmask8 twice = _mm512_cmpge_epu64_mask(level, two_hits);
        ((uint8_t *)found->hit)[i / 8] = _mm512_cmpge_epu64_mask(level, one_hit);
        ((uint8_t *)found->several)[i / 8] =
            _mm512_cmpge_epu64_mask(level, three_hits) | _mm512_mask_cmpeq_epi64_mask(twice, bit, other);
        _mm512_storeu_si512(found->draw + i, v);
        _mm512_storeu_si512(found->bits + i, _mm512_mask_or_epi64(bit, twice, bit, other));
        counter = _mm512_add_epi64(counter, _mm512_set1_epi64((int64_t)(8 * GOLDEN)));
    }
    for (int64_t block = 0; block < HIT_CHUNK / 64; block++) {
        const uint64_t here = n > 64 * block ? tail_of_at_most(n - 64 * block) : 0;
        found->hit[block] &= here;
        found->several[block] &= here;
    }
}

/* draws.h's reinforce_word: all hit weights of a word at once. */
#define PATH_REINFORCES8
#define PATH_REINFORCES16
static INLINE void reinforce_word8(int8_t *h, uint64_t bits, int bound)
{
    __m512i v = _mm512_loadu_si512(h);
    const __m512i step = _mm512_mask_blend_epi8(_mm512_movepi8_mask(v), _mm512_set1_epi8(2), _mm512_set1_epi8(-2));
    v = _mm512_mask_adds_epi8(v, bits & _mm512_test_epi8_mask(v, v), v, step);
    v = _mm512_max_epi8(_mm512_min_epi8(v, _mm512_set1_epi8((char)bound)), _mm512_set1_epi8((char)-bound));
    _mm512_storeu_si512(h, v);
}

static INLINE void reinforce_word16(int16_t *h, uint64_t bits, int bound)
{
    for (int half = 0; half < 2; half++) {
        __m512i v = _mm512_loadu_si512(h + 32 * half);
        const __mmask32 hit = (__mmask32)(bits >> (32 * half)) & _mm512_test_epi16_mask(v, v);
        v = _mm512_mask_adds_epi16(v, hit & ~_mm512_movepi16_mask(v), v, _mm512_set1_epi16(2));
        v = _mm512_mask_subs_epi16(v, hit & _mm512_movepi16_mask(v), v, _mm512_set1_epi16(2));
        v = _mm512_max_epi16(_mm512_min_epi16(v, _mm512_set1_epi16((short)bound)), _mm512_set1_epi16((short)-bound));
        _mm512_storeu_si512(h + 32 * half, v);
    }
}

/* The wrong unit with the smallest |z| among `vectors` times 32, two or four, and its |z|, which is returned; wrong units
   are bits of `low` and `high`. Sizes stay in registers between the search of the smallest and the search of its place. */
static INLINE uint32_t smallest_of(const int vectors, const int16_t *z, uint64_t low, uint64_t high, uint32_t *at)
{
    const __mmask32 m[4] = {(__mmask32)low, (__mmask32)(low >> 32), (__mmask32)high, (__mmask32)(high >> 32)};
    const __m512i most = _mm512_set1_epi16(-1);
    __m512i size[4], least = most;
    for (int i = 0; i < vectors; i++) {
        size[i] = _mm512_mask_abs_epi16(most, m[i], _mm512_maskz_loadu_epi16(m[i], z + 32 * i));
        least = _mm512_min_epu16(least, size[i]);
    }
    const __m256i half = _mm256_min_epu16(_mm512_castsi512_si256(least), _mm512_extracti64x4_epi64(least, 1));
    const __m128i quarter = _mm_min_epu16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    const __m128i first = _mm_minpos_epu16(quarter);
    const __m512i wanted = _mm512_broadcastw_epi16(first);
    uint64_t here[2] = {0, 0};
    for (int i = 0; i < vectors; i++)
        here[i / 2] |= (uint64_t)_mm512_cmpeq_epi16_mask(size[i], wanted) << (32 * (i % 2));
    *at = (uint32_t)_tzcnt_u64(here[0]); /* 64 where there is none: no branch, for it is chance in which half it lies */
    if (vectors == 4)
        *at += (uint32_t)_tzcnt_u64(here[1]) & -(*at >> 6);
    return (uint32_t)_mm_extract_epi16(first, 0);
}

/* selection.h's easiest. */
#define PATH_FINDS_EASIEST
static INLINE uint32_t easiest(const int16_t *z, const uint64_t *wrong, int64_t first, int64_t group_size)
{
    uint32_t best = UINT32_MAX, best_at = NOBODY;
    for (int64_t k = 0; k < group_size; k += 128) {
        const int64_t left = group_size - k;
        const uint64_t low = bits_from(wrong, first + k) & tail_of_at_most(left);
        const uint64_t high = left > 64 ? bits_from(wrong, first + k + 64) & tail_of_at_most(left - 64) : 0;
        if (!(low | high))
            continue;
        uint32_t at;
        const uint32_t size = left > 64 ? smallest_of(4, z + k, low, high, &at) : smallest_of(2, z + k, low, 0, &at);
        if (size < best) {
            best = size;
            best_at = (uint32_t)k + at;
        }
    }
    return best_at;
}
#endif

/* A tile is ROWS rows by four vectors of eight units, whose sums stay in registers: 32 units, unit 4 * lane + v in
   vector v, so that four sums of 64 bits, moved together, are 32 sums of 16 bits in order. The last units, if they fill
   three vectors or fewer, lie there in order.

   Where the last word of a row holds at most 16 bits (fan-ins 784, 525, 135 ...), those of four units fill one word:
   a row's are repeated four times, and one vector of sums of 16 bits stands for four of 64. */
#define ROWS 6
#define VECTORS 4
#define UNITS (8 * VECTORS)
#define MAX_TAIL 16
#define FOUR_TIMES UINT64_C(0x0001000100010001)

enum { BINARY, WEIGHTS_TERNARY, BOTH_TERNARY };

static int64_t product_scratch(int64_t n, int64_t k, int64_t fan_in, int ternary)
{
    (void)k, (void)ternary;
    return 2 * VECTORS * words_of(fan_in) * (int64_t)sizeof(eight) + 2 * n * 8;
}

typedef struct {
    const uint64_t *xs, *xm;
    eight ws, wm;
} tails; /* x: a word per row; weights: of 32 units */

/* Four vectors of sums, each below 2^16, as one of 32. */
static INLINE eight side_by_side(const eight *sums) { return sums[0] | sums[1] << 16 | sums[2] << 32 | sums[3] << 48; }

/* `rows` rows and `vectors` vectors of units; the constants are known where it is inlined. With tails, `words` are
   those before them. */
static INLINE void tile(const int kind, const int rows, const int vectors, const int tailed, const uint64_t *xs,
                        const uint64_t *xm, int64_t x_stride, const eight *ws, const eight *wm, const tails *ends,
                        int64_t row, const eight *present, int64_t words, int16_t *z, int64_t stride)
{
    xs += row * x_stride;
    xm += xm ? row * x_stride : 0;
    z += row * stride;
    eight differ[ROWS][VECTORS], both[ROWS][VECTORS];
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vectors; v++)
            differ[i][v] = both[i][v] = (eight){0};
    for (int64_t w = 0; w < words; w++)
        for (int i = 0; i < rows; i++)
            for (int v = 0; v < vectors; v++) {
                const eight x = (eight){0} + xs[i * x_stride + w];
                eight d;
                if (kind == BINARY)
                    d = ws[w * vectors + v] ^ x;
                if (kind == WEIGHTS_TERNARY)
                    d = differing(ws + w * vectors + v, &x, wm + w * vectors + v);
                if (kind == BOTH_TERNARY) {
                    eight m = wm[w * vectors + v] & xm[i * x_stride + w];
                    d = differing(ws + w * vectors + v, &x, &m);
                    ones_of(&m);
                    both[i][v] += m;
                }
                ones_of(&d);
                differ[i][v] += d;
            }
    for (int i = 0; i < rows; i++) {
        if (vectors == VECTORS) { /* all in parts of 16 bits from here on */
            eight d = side_by_side(differ[i]), m = kind == BOTH_TERNARY ? side_by_side(both[i]) : present[0];
            if (tailed) {
                eight d_end = ends->ws ^ ends->xs[row + i];
                if (kind == WEIGHTS_TERNARY)
                    d_end &= ends->wm;
                if (kind == BOTH_TERNARY) {
                    eight m_end = ends->wm & ends->xm[row + i];
                    d_end &= m_end;
                    ones_of_16(&m_end);
                    add_16(&m, &m_end);
                }
                ones_of_16(&d_end);
                add_16(&d, &d_end);
            }
            subtract_16(&m, &d);
            subtract_16(&m, &d);
            __builtin_memcpy(z + i * stride, &m, sizeof m);
        } else
            for (int v = 0; v < vectors; v++) {
                const eight sum = (kind == BOTH_TERNARY ? both[i][v] : present[v]) - (differ[i][v] << 1);
                const eight16 narrow = __builtin_convertvector(sum, eight16);
                __builtin_memcpy(z + i * stride + 8 * v, &narrow, sizeof narrow);
            }
    }
}

/* All rows against a group of units. Both planes of a ternary tile need twice the sums: it has half the rows. */
#define ROWS_OF(kind, tall, vectors, tailed, words)                                                                    \
    for (; i + (tall) <= n; i += (tall))                                                                               \
    tile(kind, tall, vectors, tailed, input.sign, input.mask, input.stride, ws, wm, &ends, i, present, words, z + u,   \
         stride)
#define ALL_ROWS(kind, vectors, tailed, words)                                                                         \
    do {                                                                                                               \
        int64_t i = 0;                                                                                                 \
        if (kind != BOTH_TERNARY)                                                                                      \
            ROWS_OF(kind, ROWS, vectors, tailed, words);                                                               \
        ROWS_OF(kind, ROWS / 2, vectors, tailed, words);                                                               \
        ROWS_OF(kind, 2, vectors, tailed, words);                                                                      \
        ROWS_OF(kind, 1, vectors, tailed, words);                                                                      \
    } while (0)
#define ALL_KINDS(vectors, tailed, words)                                                                              \
    do {                                                                                                               \
        if (!weight.mask)                                                                                                   \
            ALL_ROWS(BINARY, vectors, tailed, words);                                                                  \
        else if (!input.mask)                                                                                              \
            ALL_ROWS(WEIGHTS_TERNARY, vectors, tailed, words);                                                         \
        else                                                                                                           \
            ALL_ROWS(BOTH_TERNARY, vectors, tailed, words);                                                            \
    } while (0)

/* Eight rows of one plane, `step` units apart, side by side: out[w * vectors] is word w of all. Lanes past the last
   unit repeat it. */
static void interleave(const uint64_t *plane, int64_t stride, int64_t units, int64_t step, int64_t words,
                       int64_t vectors, eight *out)
{
    const uint64_t *rows[8];
    for (int64_t i = 0; i < 8; i++)
        rows[i] = plane + (step * i < units ? step * i : units - 1) * stride;
    int64_t w = 0;
    for (; w + 8 <= words; w += 8) {
        eight v[8];
        for (int i = 0; i < 8; i++)
            __builtin_memcpy(&v[i], rows[i] + w, sizeof v[i]);
        transpose(v);
        for (int i = 0; i < 8; i++)
            out[(w + i) * vectors] = v[i];
    }
    if (words - w > 2) { /* the last eight words, some of them once more */
        const int64_t last = words >= 8 ? words - 8 : 0;
        eight v[8];
        for (int i = 0; i < 8; i++)
            v[i] = load_words(rows[i] + last, words >= 8 ? 8 : words);
        transpose(v);
        for (; w < words; w++)
            out[w * vectors] = v[w - last];
    }
    for (; w < words; w++)
        out[w * vectors] =
            (eight){rows[0][w], rows[1][w], rows[2][w], rows[3][w], rows[4][w], rows[5][w], rows[6][w], rows[7][w]};
}

static void product_rows(planes input, planes weight, int64_t fan_in, int16_t *z, int64_t stride, void *scratch)
{
    const int64_t n = input.n, k = weight.n, words = words_of(fan_in);
    const int tailed = fan_in % 64 && fan_in % 64 <= MAX_TAIL;
    uint64_t *ends_of_x = (uint64_t *)((eight *)scratch + 2 * VECTORS * words);
    tails ends = {ends_of_x, ends_of_x + n, {0}, {0}};
    for (int64_t i = 0; tailed && i < n; i++) {
        ends_of_x[i] = input.sign[i * input.stride + words - 1] * FOUR_TIMES;
        ends_of_x[n + i] = input.mask ? input.mask[i * input.stride + words - 1] * FOUR_TIMES : 0;
    }
    for (int64_t u = 0; u < k;) {
        const int64_t left = k - u, vectors = left < UNITS ? (left + 7) / 8 : VECTORS;
        const int64_t step = vectors == VECTORS ? VECTORS : 1;
        eight *ws = scratch, *wm = ws + vectors * words;
        eight present[VECTORS];
        for (int64_t v = 0; v < vectors; v++) {
            const int64_t first = vectors == VECTORS ? v : 8 * v;
            interleave(weight.sign + (u + first) * weight.stride, weight.stride, left - first, step, words, vectors,
                       ws + v);
            present[v] = (eight){0} + (uint64_t)fan_in;
            if (!weight.mask)
                continue;
            interleave(weight.mask + (u + first) * weight.stride, weight.stride, left - first, step, words, vectors,
                       wm + v);
            present[v] = (eight){0};
            for (int64_t w = 0; w < words; w++) {
                eight ones = wm[w * vectors + v];
                ones_of(&ones);
                present[v] += ones;
            }
        }
        if (vectors == VECTORS)
            present[0] = side_by_side(present);
        if (vectors == VECTORS && tailed) {
            ends.ws = side_by_side(ws + (words - 1) * VECTORS);
            if (weight.mask)
                ends.wm = side_by_side(wm + (words - 1) * VECTORS);
            ALL_KINDS(4, 1, words - 1);
        } else
            switch (vectors) {
            case 4:
                ALL_KINDS(4, 0, words);
                break;
            case 3:
                ALL_KINDS(3, 0, words);
                break;
            case 2:
                ALL_KINDS(2, 0, words);
                break;
            default:
                ALL_KINDS(1, 0, words);
            }
        u += 8 * vectors; /* z has room for whole vectors */
    }
}

/* Eight independent sums, and nothing that waits for a popcount but its own addition. */
static int64_t roof_steps(int64_t steps)
{
    eight sums[8] = {{0}}, x = {1, 2, 3, 4, 5, 6, 7, 8}, w = x << 7;
    for (int64_t s = 0; s < steps; s++)
        for (int i = 0; i < 8; i++) {
            eight v = x ^ w;
            ones_of(&v);
            sums[i] += v;
            KEEP(x);
            KEEP(sums[i]);
        }
    return steps * 8 * 512;
}

#include "body.h"
#ifndef FBB_EMULATE_AVX512
REGION_END
#endif
#else
const fbb_path fbb_avx512 = {.name = "avx512"};
#endif
