/* A random order of items: the one that sorts a word of the generator each. */
#include "common.h"

#define DIGIT 11 /* bits of a digit; three are sorted by, from the top */
#define DIGITS 3
#define FIRST_BIT (64 - DIGITS * DIGIT)

static inline uint64_t digit_of(uint64_t word, int digit)
{
    return (word >> (FIRST_BIT + DIGIT * digit)) & ((1 << DIGIT) - 1);
}

_Static_assert(DIGITS % 2, "the last pass ends in the other array");

/* Sorts n words, nearly all of which differ in their upper DIGITS * DIGIT bits: by these digit by digit, the lowest first,
   then what is left by insertion. `other` has room for n more; the result lies in `other`. */
static void sort_words(uint64_t *words, uint64_t *other, int64_t n)
{
    uint32_t starts[DIGITS][1 << DIGIT] = {{0}};
    for (int64_t i = 0; i < n; i++)
        for (int d = 0; d < DIGITS; d++)
            starts[d][digit_of(words[i], d)]++;
    for (int d = 0; d < DIGITS; d++) {
        uint32_t before = 0;
        for (int v = 0; v < 1 << DIGIT; v++) {
            const uint32_t here = starts[d][v];
            starts[d][v] = before;
            before += here;
        }
        for (int64_t i = 0; i < n; i++)
            other[starts[d][digit_of(words[i], d)]++] = words[i];
        uint64_t *sorted = other;
        other = words;
        words = sorted;
    }
    for (int64_t i = 1; i < n; i++) {
        const uint64_t word = words[i];
        int64_t at = i;
        for (; at > 0 && words[at - 1] > word; at--)
            words[at] = words[at - 1];
        words[at] = word;
    }
}

int fbb_order(uint64_t key, int64_t n, int64_t *order)
{
    uint64_t low = 0; /* room for an item's number in the lower bits of its word */
    while (low < (uint64_t)n - 1)
        low = 2 * low + 1;
    uint64_t *words = malloc((size_t)n * 8), *sorted = (uint64_t *)order;
    int decided = 1;
    if (!words)
        return -1;
    for (int64_t i = 0; i < n; i++)
        words[i] = (mix64(key + GOLDEN * (uint64_t)(i + 1)) & ~low) | (uint64_t)i;
    sort_words(words, sorted, n);
    for (int64_t i = 1; i < n; i++)
        decided &= (sorted[i] ^ sorted[i - 1]) > low;
    for (int64_t i = 0; i < n; i++)
        sorted[i] &= low;
    free(words);
    return decided;
}
