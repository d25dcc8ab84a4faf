/* Bits that are 1. */
static int32_t fbb_ones(uint32_t v)
{
    v -= (v >> 1) & 0x55555555u;
    v = (v & 0x33333333u) + ((v >> 2) & 0x33333333u);
    return (int32_t)((((v + (v >> 4)) & 0x0F0F0F0Fu) * 0x01010101u) >> 24);
}

/* How many bits of n words are 1, words being an expression of i: eight at a time through carry-save adders. */
#define FBB_ADD(high, low, b, c) (half = (low) ^ (b), high = ((low) & (b)) | (half & (c)), low = half ^ (c))
#define FBB_COUNT(n, word)                                                                                             \
    uint32_t ones = 0, twos = 0, fours = 0, eights, two[2], four[2], half;                                             \
    int32_t i = 0, total = 0;                                                                                          \
    for (; i + 8 <= (n); i += 8) {                                                                                     \
        FBB_ADD(two[0], ones, word(i), word(i + 1));                                                                   \
        FBB_ADD(two[1], ones, word(i + 2), word(i + 3));                                                               \
        FBB_ADD(four[0], twos, two[0], two[1]);                                                                        \
        FBB_ADD(two[0], ones, word(i + 4), word(i + 5));                                                               \
        FBB_ADD(two[1], ones, word(i + 6), word(i + 7));                                                               \
        FBB_ADD(four[1], twos, two[0], two[1]);                                                                        \
        FBB_ADD(eights, fours, four[0], four[1]);                                                                      \
        total += fbb_ones(eights);                                                                                     \
    }                                                                                                                  \
    total *= 8;                                                                                                        \
    if (i)                                                                                                             \
        total += 4 * fbb_ones(fours) + 2 * fbb_ones(twos) + fbb_ones(ones);                                            \
    for (; i < (n); i++)                                                                                               \
        total += fbb_ones(word(i));                                                                                    \
    return total

/* In how many places two rows of words differ. */
static int32_t fbb_differ(const uint32_t *a, const uint32_t *b, int32_t words)
{
#define FBB_WORD(at) (a[at] ^ b[at])
    FBB_COUNT(words, FBB_WORD);
#undef FBB_WORD
}
