/* Adds weights, negated where a bit is 0. */
static int32_t fbb_signed_sum(const fbb_weight *weights, const uint32_t *bits, int32_t n)
{
    int32_t total = 0, i;
    for (i = 0; i < n; i++)
        total += (bits[i / 32] >> (i % 32)) & 1 ? weights[i] : -weights[i];
    return total;
}

static void fbb_scores_of_units(const uint32_t *row, const uint32_t *units, int32_t *scores)
{
    int32_t c;
    for (c = 0; c < FBB_CLASSES; c++) {
        const fbb_weight *weights = fbb_weights + c * (FBB_INPUTS + FBB_UNITS);
        scores[c] = fbb_signed_sum(weights, row, FBB_INPUTS) + fbb_signed_sum(weights + FBB_INPUTS, units, FBB_UNITS);
    }
}
