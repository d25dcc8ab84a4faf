/* The last layer's classifier on its sums, in place of their signs. */
static void fbb_add_scores_of_sums(const fbb_layer *layer, const int16_t *z, int32_t *scores)
{
    const int32_t words = fbb_words(layer->n_read);
    int32_t c, k;
    for (c = 0; c < FBB_CLASSES; c++)
        for (k = 0; k < layer->n_units; k++) {
            const uint32_t *sign = layer->p_sign + c * words, *mask = layer->p_mask ? layer->p_mask + c * words : 0;
            if (!mask || (mask[k / 32] >> (k % 32)) & 1)
                scores[c] += (sign[k / 32] >> (k % 32)) & 1 ? z[k] : -z[k];
        }
}

/* The activations of a layer; of the last one the scores, too. */
static void fbb_read_layer(int32_t l, const uint32_t *x, const uint32_t *x_mask, uint32_t *out, uint32_t *out_mask,
                           int32_t *scores)
{
    int16_t z[FBB_MOST_UNITS];
    fbb_activate(fbb_layers + l, x, x_mask, out, out_mask, z);
    if (fbb_layers[l].is_read)
        fbb_add_scores_of_sums(fbb_layers + l, z, scores);
}
