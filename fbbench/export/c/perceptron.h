/* Adds weights, negated where a bit is 0. */
static int32_t fbb_signed_sum(const int16_t *weights, const uint32_t *bits, int32_t n)
{
    int32_t total = 0, i;
    for (i = 0; i < n; i++)
        total += (bits[i / 32] >> (i % 32)) & 1 ? weights[i] : -weights[i];
    return total;
}

/* The scores of the classes on a packed row of FBB_INPUTS bits: 1 is +1, bit i is bit i % 32 of word i / 32, and bits
   past the last are 0. */
static void fbb_scores(const uint32_t *row, int32_t *scores)
{
    uint32_t units[FBB_UNIT_WORDS + 1];
    int32_t c;
    fbb_units(row, units);
    for (c = 0; c < FBB_CLASSES; c++) {
        const int16_t *weights = fbb_weights + c * (FBB_INPUTS + FBB_UNITS);
        scores[c] = fbb_signed_sum(weights, row, FBB_INPUTS) + fbb_signed_sum(weights + FBB_INPUTS, units, FBB_UNITS);
    }
}
