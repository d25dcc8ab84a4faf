/* The scores of the classes on a packed row of FBB_INPUTS bits: 1 is +1, bit i is bit i % 32 of word i / 32, and bits
   past the last are 0. */
static void fbb_scores(const uint32_t *row, int32_t *scores)
{
    uint32_t units[FBB_UNIT_WORDS + 1];
    const uint32_t *weights = fbb_weights;
    int32_t c, p;
    fbb_units(row, units);
    for (c = 0; c < FBB_CLASSES; c++)
        scores[c] = 0;
    for (p = 0; p < FBB_PLANES; p++)
        for (c = 0; c < FBB_CLASSES; c++, weights += FBB_INPUT_WORDS + FBB_UNIT_WORDS) {
            const int32_t inputs = FBB_INPUTS - fbb_differ(row, weights, FBB_INPUT_WORDS);
            const int32_t of_units = FBB_UNITS - fbb_differ(units, weights + FBB_INPUT_WORDS, FBB_UNIT_WORDS);
            scores[c] += FBB_INPUT_WEIGHT * inputs + of_units;
        }
}
