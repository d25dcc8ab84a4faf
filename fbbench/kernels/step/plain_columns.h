/* Column work in plain C, for paths without better instructions. Expects static and sign_word16. */

/* Column b of the bit planes (a count's bits, lowest first) as byte b. */
static void counts_of(const uint64_t *planes, int depth, int64_t stride, uint8_t *counts)
{
    for (int byte = 0; byte < 8; byte++) {
        uint64_t eight_counts = 0;
        for (int p = 0; p < depth; p++)
            eight_counts |= bits_as_bytes(planes[p * stride] >> (8 * byte)) << p;
        __builtin_memcpy(counts + 8 * byte, &eight_counts, 8);
    }
}

static void settle8(int8_t *restrict h, const int8_t *restrict increment, int bound, uint64_t *negative, uint64_t *zero)
{
    int16_t wide[64];
    for (int b = 0; b < 64; b++) {
        int16_t v = (int16_t)(h[b] + increment[b]);
        v = v > bound ? (int16_t)bound : v;
        v = v < -bound ? (int16_t)-bound : v;
        h[b] = (int8_t)v;
        wide[b] = v;
    }
    sign_word16(wide, negative, zero);
}
