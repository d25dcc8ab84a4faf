/* Small things that every kernel file needs. */
#ifndef FBB_COMMON_H
#define FBB_COMMON_H
#include <stdlib.h>
#include <string.h>
#include "kernels.h"

#define INLINE inline __attribute__((always_inline))

static inline int64_t words_of(int64_t bits) { return (bits + 63) / 64; }

static inline int64_t whole(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }

static inline uint64_t tail_of(int64_t bits) { return bits % 64 ? (UINT64_C(1) << (bits % 64)) - 1 : ~UINT64_C(0); }

/* The lowest `bits` bits, at most all 64. */
static inline uint64_t tail_of_at_most(int64_t bits) { return bits >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << bits) - 1; }

static inline int bit_of(const uint64_t *row, int64_t i) { return (int)((row[i / 64] >> (i % 64)) & 1); }

/* 64 bits of a row from bit `first` on; the row has a word behind its end. */
static inline uint64_t bits_from(const uint64_t *row, int64_t first)
{
    const uint64_t low = row[first / 64] >> (first % 64);
    return first % 64 ? low | row[first / 64 + 1] << (64 - first % 64) : low;
}

/* Eight bits as the lowest of eight bytes. */
static inline uint64_t bits_as_bytes(uint64_t bits)
{
    const uint64_t spread = ((bits & 0xFF) * UINT64_C(0x0101010101010101)) & UINT64_C(0x8040201008040201);
    return ((spread + UINT64_C(0x7F7F7F7F7F7F7F7F)) >> 7) & UINT64_C(0x0101010101010101);
}

typedef struct {
    uint64_t *sign, *mask;
} bit_rows; /* mask NULL: no zeros */

/* n rows of bits, `stride` words apart, that are read. */
typedef struct {
    const uint64_t *sign, *mask;
    int64_t n, stride;
} planes;

static inline bit_rows from_word(bit_rows bits, int64_t word)
{ return (bit_rows){bits.sign + word, bits.mask ? bits.mask + word : NULL}; }

static inline bit_rows at_row(bit_rows bits, int64_t row, int64_t stride) { return from_word(bits, row * stride); }

/* Word `at` of a sign plane and, where there are zeros (mask not NULL), of the non-zero plane. */
static INLINE void store_signs(uint64_t *sign, uint64_t *mask, int64_t at, uint64_t negative, uint64_t zero,
                               uint64_t valid)
{
    if (mask) {
        mask[at] = ~zero & valid;
        sign[at] = ~negative & ~zero & valid;
    } else
        sign[at] = ~negative & valid;
}

/* Makes the compiler believe that a register was changed, so that a loop that measures is not done just once. */
#if defined(FBB_EMULATE_AVX512) /* wider than any register */
#define KEEP(v) __asm__ volatile("" : "+m"(v))
#elif defined(__x86_64__)
#define KEEP(v) __asm__ volatile("" : "+v"(v))
#elif defined(__aarch64__)
#define KEEP(v) __asm__ volatile("" : "+w"(v))
#else
#define KEEP(v) __asm__ volatile("" : "+m"(v))
#endif

/* The counter-based generator of random.py. */
#define GOLDEN UINT64_C(0x9E3779B97F4A7C15)
#define FIRST_FACTOR UINT64_C(0xBF58476D1CE4E5B9)
#define SECOND_FACTOR UINT64_C(0x94D049BB133111EB)

/* splitmix64's output function (Steele, Lea, Flood 2014); random.py has the same. */
static inline uint64_t mix64(uint64_t v)
{
    v = (v ^ (v >> 30)) * FIRST_FACTOR;
    v = (v ^ (v >> 27)) * SECOND_FACTOR;
    return v ^ (v >> 31);
}

/* Reinforcement draws, see draws.h. */
#define FIELD_BITS 30 /* of a draw: five positions; the 34 bits above them say how many weights are hit */
#define HIT_CHUNK 256

typedef struct {
    uint64_t draw[HIT_CHUNK]; /* of every word */
    uint64_t bits[HIT_CHUNK]; /* its first two hits, if it has so many */
    uint64_t hit[HIT_CHUNK / 64],
        several[HIT_CHUNK / 64]; /* the words that are hit, and whose bits want more, as bits */
} hits;

#define NOBODY UINT32_MAX /* no unit of a group is wrong */
#endif
