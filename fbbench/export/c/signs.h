static void fbb_scores_of_units(const uint32_t *row, const uint32_t *units, int32_t *scores)
{
    const uint32_t *weights = fbb_weights;
    int32_t c, p;
    for (c = 0; c < FBB_CLASSES; c++)
        scores[c] = 0;
    for (p = 0; p < FBB_PLANES; p++)
        for (c = 0; c < FBB_CLASSES; c++, weights += FBB_INPUT_WORDS + FBB_UNIT_WORDS) {
            const int32_t inputs = FBB_INPUTS - fbb_differ(row, weights, FBB_INPUT_WORDS);
            const int32_t of_units = FBB_UNITS - fbb_differ(units, weights + FBB_INPUT_WORDS, FBB_UNIT_WORDS);
            scores[c] += FBB_INPUT_WEIGHT * inputs + of_units;
        }
}
