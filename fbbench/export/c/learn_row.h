/* The class with the highest score but for the label, the first of equals. */
static int32_t fbb_rival(const int32_t *scores, int32_t label)
{
    int32_t rival = label ? 0 : 1, c;
    for (c = rival + 1; c < FBB_CLASSES; c++)
        if (c != label && scores[c] > scores[rival])
            rival = c;
    return rival;
}

/* Learns from n rows (n, FBB_ROW_WORDS) and labels 0 .. FBB_CLASSES - 1, one by one, as a pass of the library's
   train_epoch. Returns how many were right before; -1, and nothing changes, if a label is out of range. */
static inline int32_t fbb_learn(const uint32_t *rows, const int32_t *labels, int32_t n)
{
    int32_t r, right = 0;
    for (r = 0; r < n; r++)
        if (labels[r] < 0 || labels[r] >= FBB_CLASSES)
            return -1;
    for (r = 0; r < n; r++, rows += FBB_ROW_WORDS) {
        uint32_t units[FBB_UNIT_WORDS + 1];
        int32_t scores[FBB_CLASSES], label = labels[r], rival, lead;
        fbb_units(rows, units);
        fbb_scores_of_units(rows, units, scores);
        rival = fbb_rival(scores, label);
        lead = scores[label] - scores[rival];
        right += lead > 0 || (lead == 0 && label < rival);
        fbb_correct(rows, units, label, rival, lead);
    }
    return right;
}
