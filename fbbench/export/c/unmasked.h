/* The sum of the products of two rows of -1 and +1. Masks are for networks with zeros. */
static int32_t fbb_product(const uint32_t *a, const uint32_t *a_mask, const uint32_t *b, const uint32_t *b_mask,
                           int32_t n, int32_t words)
{
    (void)a_mask, (void)b_mask;
    return n - 2 * fbb_differ(a, b, words);
}
