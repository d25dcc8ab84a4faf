/* Learns from a mini-batch of n rows (n, FBB_ROW_WORDS), at most FBB_BATCH, and labels 0 .. FBB_CLASSES - 1, as the
   library's train_batch. Returns how many were right before; -1, and nothing changes, if n or a label is out of range. */
static inline int32_t fbb_learn(const uint32_t *rows, const int32_t *labels, int32_t n)
{
    int32_t r, l, k, w, right = 0;
    if (n < 1 || n > FBB_BATCH)
        return -1;
    for (r = 0; r < n; r++)
        if (labels[r] < 0 || labels[r] >= FBB_CLASSES)
            return -1;
    for (l = 0; l < FBB_LAYERS; l++)
        fbb_batch.triggered[l] = 0;
    for (r = 0; r < n; r++) {
        for (w = 0; w < FBB_ALL_WORDS; w++)
            fbb_batch.chosen[r][w] = fbb_batch.wanted[r][w] = 0;
        right += fbb_look_at(r, rows + r * FBB_ROW_WORDS, labels[r]);
    }
    for (l = 0; l < FBB_LAYERS; l++)
        if (fbb_batch.triggered[l]) {
            const uint64_t key = fbb_mixed(fbb_trained[l].stream + FBB_GOLDEN * (fbb_state.steps + 1));
            for (k = 0; k < fbb_layers[l].n_units; k++)
                fbb_settle_unit(l, k, rows, n, key);
        }
    fbb_state.steps++;
    return right;
}
