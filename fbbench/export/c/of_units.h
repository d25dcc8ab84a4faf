/* The scores of the classes on a packed row of FBB_INPUTS bits: 1 is +1, bit i is bit i % 32 of word i / 32, and bits
   past the last are 0. */
static inline void fbb_scores(const uint32_t *row, int32_t *scores)
{
    uint32_t units[FBB_UNIT_WORDS + 1];
    fbb_units(row, units);
    fbb_scores_of_units(row, units, scores);
}
