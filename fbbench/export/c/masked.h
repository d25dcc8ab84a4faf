/* In how many places two rows of words differ, of those that a mask has. */
static int32_t fbb_differ_within(const uint32_t *a, const uint32_t *b, const uint32_t *mask, int32_t words)
{
#define FBB_WORD(at) ((a[at] ^ b[at]) & mask[at])
    FBB_COUNT(words, FBB_WORD);
#undef FBB_WORD
}

static int32_t fbb_count(const uint32_t *a, int32_t words)
{
#define FBB_WORD(at) (a[at])
    FBB_COUNT(words, FBB_WORD);
#undef FBB_WORD
}

/* The sum of the products of two rows of -1, 0 and +1; a row that has no zeros may have no mask. */
static int32_t fbb_product(const uint32_t *a, const uint32_t *a_mask, const uint32_t *b, const uint32_t *b_mask,
                           int32_t n, int32_t words)
{
    uint32_t both[FBB_MOST_WORDS];
    int32_t i;
    if (!a_mask && !b_mask)
        return n - 2 * fbb_differ(a, b, words);
    for (i = 0; i < words; i++)
        both[i] = a_mask && b_mask ? a_mask[i] & b_mask[i] : a_mask ? a_mask[i] : b_mask[i];
    return fbb_count(both, words) - 2 * fbb_differ_within(a, b, both, words);
}
