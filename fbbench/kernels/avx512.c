/* The AVX-512 path (VPOPCNTDQ + BW): eight units side by side in a vector, one xor, one popcount and one addition
   for 512 bits, sums kept in registers for a tile of rows and units.

   Built a second time with FBB_EMULATE_AVX512, where the two instructions that need the hardware are loops: the same
   source, slow, on any machine. Tests compare it where the processor lacks AVX-512. */
#include "kernels.h"

#if defined(__x86_64__) || defined(FBB_EMULATE_AVX512)

typedef uint64_t eight __attribute__((vector_size(64)));
typedef int16_t eight16 __attribute__((vector_size(16)));

#ifdef FBB_EMULATE_AVX512
#define FBB_FN static
#define FBB_PATH fbb_avx512_emulated
#define FBB_NAME "avx512-emulated"

static inline void ones_of(eight *v)
{
    for (int i = 0; i < 8; i++)
        (*v)[i] = (uint64_t)__builtin_popcountll((*v)[i]);
}

static void sign_word16(const int16_t *z, uint64_t *negative, uint64_t *zero)
{
    *negative = *zero = 0;
    for (int b = 0; b < 64; b++) {
        *negative |= (uint64_t)(z[b] < 0) << b;
        *zero |= (uint64_t)(z[b] == 0) << b;
    }
}

#include "plain_columns.h"
#else
#include <immintrin.h>
#define FBB_FN static __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vpopcntdq,popcnt,bmi,bmi2")))
#define FBB_PATH fbb_avx512
#define FBB_NAME "avx512"

FBB_FN inline __attribute__((always_inline)) void ones_of(eight *v)
{
    *v = (eight)_mm512_popcnt_epi64((__m512i)*v);
}

FBB_FN void sign_word16(const int16_t *z, uint64_t *negative, uint64_t *zero)
{
    const __m512i a = _mm512_loadu_si512(z), b = _mm512_loadu_si512(z + 32);
    *negative = _mm512_movepi16_mask(a) | (uint64_t)_mm512_movepi16_mask(b) << 32;
    *zero = _mm512_testn_epi16_mask(a, a) | (uint64_t)_mm512_testn_epi16_mask(b, b) << 32;
}

/* Column b of the bit planes (a count's bits, lowest first) as byte b: a word of bits is a mask of 64 bytes. */
FBB_FN void counts_of(const uint64_t *planes, int depth, int64_t stride, uint8_t *counts)
{
    __m512i sum = _mm512_setzero_si512();
    for (int p = 0; p < depth; p++)
        sum = _mm512_or_si512(sum, _mm512_maskz_set1_epi8((__mmask64)planes[p * stride], (char)(1 << p)));
    _mm512_storeu_si512(counts, sum);
}

/* A saturating addition is enough: the bound lies within int8 and the increments came as one sum. */
FBB_FN void settle8(int8_t *h, const int8_t *increment, int bound, uint64_t *negative, uint64_t *zero)
{
    __m512i v = _mm512_adds_epi8(_mm512_loadu_si512(h), _mm512_loadu_si512(increment));
    v = _mm512_max_epi8(_mm512_min_epi8(v, _mm512_set1_epi8((char)bound)), _mm512_set1_epi8((char)-bound));
    _mm512_storeu_si512(h, v);
    *negative = _mm512_movepi8_mask(v);
    *zero = _mm512_testn_epi8_mask(v, v);
}
#endif

#define DRAW_WORDS 8
#define ROWS 8   /* rows of a tile */
#define BLOCKS 3 /* vectors of eight units of a tile: 24 sums stay in registers */

enum { BINARY, WEIGHTS_TERNARY, BOTH_TERNARY };

static int64_t product_scratch(int64_t n, int64_t k, int64_t fan_in)
{
    (void)n, (void)k;
    return 2 * BLOCKS * ((fan_in + 63) / 64) * (int64_t)sizeof(eight);
}

/* A tile of `rows` rows and `blocks` vectors of units; the constants are known where it is inlined. */
FBB_FN inline __attribute__((always_inline)) void
tile(const int kind, const int rows, const int blocks, const uint64_t *xs, const uint64_t *xm, const eight *ws,
     const eight *wm, const eight *present, int64_t words, int16_t *z, int64_t stride)
{
    eight differ[ROWS][BLOCKS], both[ROWS][BLOCKS];
    for (int i = 0; i < rows; i++)
        for (int b = 0; b < blocks; b++)
            differ[i][b] = both[i][b] = (eight){0};
    for (int64_t w = 0; w < words; w++)
        for (int i = 0; i < rows; i++)
            for (int b = 0; b < blocks; b++) {
                eight v = ws[w * blocks + b] ^ xs[i * words + w];
                if (kind == WEIGHTS_TERNARY)
                    v &= wm[w * blocks + b];
                if (kind == BOTH_TERNARY) {
                    eight m = wm[w * blocks + b] & xm[i * words + w];
                    v &= m;
                    ones_of(&m);
                    both[i][b] += m;
                }
                ones_of(&v);
                differ[i][b] += v;
            }
    for (int i = 0; i < rows; i++)
        for (int b = 0; b < blocks; b++) {
            const eight sum = (kind == BOTH_TERNARY ? both[i][b] : present[b]) - (differ[i][b] << 1);
            const eight16 narrow = __builtin_convertvector(sum, eight16);
            __builtin_memcpy(z + i * stride + 8 * b, &narrow, sizeof narrow);
        }
}

/* All rows against one block column. Both planes of a ternary tile need twice the sums, so it has half the rows. */
#define ALL_ROWS(kind, tall, blocks)                                                                                   \
    do {                                                                                                               \
        int64_t i = 0;                                                                                                 \
        for (; i + (tall) <= n; i += (tall))                                                                           \
            tile(kind, tall, blocks, x_sign + i * words, x_mask + (x_mask ? i * words : 0), ws, wm, present, words,    \
                 z + i * stride + u, stride);                                                                          \
        for (; i < n; i++)                                                                                             \
            tile(kind, 1, blocks, x_sign + i * words, x_mask + (x_mask ? i * words : 0), ws, wm, present, words,       \
                 z + i * stride + u, stride);                                                                          \
    } while (0)
#define ALL_KINDS(blocks)                                                                                              \
    do {                                                                                                               \
        if (!w_mask)                                                                                                   \
            ALL_ROWS(BINARY, 8, blocks);                                                                               \
        else if (!x_mask)                                                                                              \
            ALL_ROWS(WEIGHTS_TERNARY, 8, blocks);                                                                      \
        else                                                                                                           \
            ALL_ROWS(BOTH_TERNARY, 4, blocks);                                                                         \
    } while (0)

FBB_FN void product_rows(const uint64_t *x_sign, const uint64_t *x_mask, int64_t n, const uint64_t *w_sign,
                         const uint64_t *w_mask, int64_t k, int64_t fan_in, int16_t *z, int64_t stride, void *scratch)
{
    const int64_t words = (fan_in + 63) / 64;
    for (int64_t u = 0; u < k;) {
        const int64_t vectors = (k - u + 7) / 8, blocks = vectors < BLOCKS ? vectors : BLOCKS;
        eight *ws = scratch, *wm = ws + blocks * words;
        eight present[BLOCKS];
        for (int64_t b = 0; b < blocks; b++) {
            present[b] = (eight){0} + (uint64_t)fan_in;
            for (int64_t lane = 0; lane < 8; lane++) {
                const int64_t unit = u + 8 * b + lane < k ? u + 8 * b + lane : k - 1; /* z rows are padded */
                uint64_t ones = 0;
                for (int64_t w = 0; w < words; w++) {
                    ((uint64_t *)(ws + w * blocks + b))[lane] = w_sign[unit * words + w];
                    if (w_mask) {
                        ((uint64_t *)(wm + w * blocks + b))[lane] = w_mask[unit * words + w];
                        ones += (uint64_t)__builtin_popcountll(w_mask[unit * words + w]);
                    }
                }
                if (w_mask)
                    ((uint64_t *)(present + b))[lane] = ones;
            }
        }
        if (blocks == 3)
            ALL_KINDS(3);
        else if (blocks == 2)
            ALL_KINDS(2);
        else
            ALL_KINDS(1);
        u += 8 * blocks;
    }
}

#include "body.h"
#else
const fbb_path fbb_avx512 = {"avx512", 0, 0, 0, 0};
#endif
