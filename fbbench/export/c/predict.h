/* The class, 0 .. FBB_CLASSES - 1, with the highest score; of equal ones the lowest. */
static inline int32_t fbb_predict(const uint32_t *row)
{
    int32_t scores[FBB_CLASSES], best = 0, c;
    fbb_scores(row, scores);
    for (c = 1; c < FBB_CLASSES; c++)
        if (scores[c] > scores[best])
            best = c;
    return best;
}
