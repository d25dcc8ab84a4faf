static void fbb_put(uint32_t *bits, uint32_t *mask, int32_t at, int32_t value)
{
    if (mask ? value > 0 : value >= 0)
        bits[at / 32] |= (uint32_t)1 << (at % 32);
    if (mask && value)
        mask[at / 32] |= (uint32_t)1 << (at % 32);
}

static void fbb_clear(uint32_t *bits, uint32_t *mask, int32_t n)
{
    int32_t w;
    for (w = 0; w < fbb_words(n); w++) {
        bits[w] = 0;
        if (mask)
            mask[w] = 0;
    }
}

/* The signs of a layer's sums, and the sums themselves where z is given. */
static void fbb_activate(const fbb_layer *layer, const uint32_t *x, const uint32_t *x_mask, uint32_t *out,
                         uint32_t *out_mask, int16_t *z)
{
    const int32_t words = fbb_words(layer->fan_in);
    int32_t k;
    fbb_clear(out, out_mask, layer->n_units);
    for (k = 0; k < layer->n_units; k++) {
        const int32_t sum = fbb_product(x, x_mask, layer->sign + k * words,
                                        layer->mask ? layer->mask + k * words : 0, layer->fan_in, words);
        fbb_put(out, out_mask, k, sum);
        if (z)
            z[k] = (int16_t)sum;
    }
}
