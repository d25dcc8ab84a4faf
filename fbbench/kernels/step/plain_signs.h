/* Signs in plain C, for paths without better instructions. */

/* Bytes 0x80 to bits, gathered eight at a time by a multiplication. */
static inline uint64_t gather_tops(const uint8_t *tops)
{
    uint64_t out = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t eight_tops;
        memcpy(&eight_tops, tops + 8 * i, 8);
        out |= (((eight_tops >> 7) * UINT64_C(0x0102040810204080)) >> 56) << (8 * i);
    }
    return out;
}

/* Which of 64 values are negative, and which are 0. */
static void sign_word16(const int16_t *z, uint64_t *negative, uint64_t *zero)
{
    uint8_t below[64], none[64];
    for (int b = 0; b < 64; b++) {
        below[b] = z[b] < 0 ? 0x80 : 0;
        none[b] = z[b] == 0 ? 0x80 : 0;
    }
    *negative = gather_tops(below);
    *zero = gather_tops(none);
}
