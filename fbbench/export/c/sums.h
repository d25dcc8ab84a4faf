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
