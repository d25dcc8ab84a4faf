/* The majorities of groups of units. */
static void fbb_majorities(const fbb_layer *layer, const uint32_t *units, const uint32_t *mask, uint32_t *out,
                           uint32_t *out_mask)
{
    const int32_t group = layer->n_units / layer->n_read;
    int32_t j, k;
    fbb_clear(out, out_mask, layer->n_read);
    for (j = 0; j < layer->n_read; j++) {
        int32_t sum = 0;
        for (k = j * group; k < (j + 1) * group; k++)
            if (!mask || (mask[k / 32] >> (k % 32)) & 1)
                sum += (units[k / 32] >> (k % 32)) & 1 ? 1 : -1;
        fbb_put(out, out_mask, j, sum);
    }
}

static void fbb_add_scores(const fbb_layer *layer, const uint32_t *read, const uint32_t *read_mask, int32_t *scores)
{
    const int32_t words = fbb_words(layer->n_read);
    int32_t c;
    for (c = 0; c < FBB_CLASSES; c++)
        scores[c] += fbb_product(read, read_mask, layer->p_sign + c * words,
                                 layer->p_mask ? layer->p_mask + c * words : 0, layer->n_read, words);
}
