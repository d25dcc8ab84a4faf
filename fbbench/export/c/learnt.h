/* The activations of a layer; the perceptron's weights of its units, negated where they are -1, are added to the
   scores. */
static void fbb_read_layer(int32_t l, const uint32_t *x, const uint32_t *x_mask, uint32_t *out, uint32_t *out_mask,
                           int32_t *scores)
{
    const int16_t *weights = fbb_reader;
    int32_t c, k;
    fbb_activate(fbb_layers + l, x, x_mask, out, out_mask, 0);
    for (k = 0; k < l; k++)
        weights += fbb_layers[k].n_units;
    for (c = 0; c < FBB_CLASSES; c++, weights += FBB_READ)
        for (k = 0; k < fbb_layers[l].n_units; k++)
            scores[c] += (out[k / 32] >> (k % 32)) & 1 ? weights[k] : -weights[k];
}
