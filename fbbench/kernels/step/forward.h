/* Forward: pre-activations and signs of a slice of a layer, a committee's majorities, and what the classifier says. */

/* Rows of int16 (padded to 64), values first .. last - 1 of them, to sign bits, and in ternary arithmetic to the non-zero
   plane. Other bits are 0. */
static void signs_of(const int16_t *z, int64_t z_stride, int64_t n, int64_t first, int64_t last, bit_rows out,
                     int64_t stride)
{
    const int64_t words = words_of(last);
    for (int64_t i = 0; i < n; i++)
        for (int64_t w = 0; w < words; w++) {
            uint64_t valid = w == words - 1 ? tail_of(last) : ~UINT64_C(0), negative, zero;
            valid &= w == first / 64 ? ~UINT64_C(0) << (first % 64) : ~UINT64_C(0);
            sign_word16(z + i * z_stride + 64 * w, &negative, &zero);
            store_signs(out.sign, out.mask, i * stride + w, negative, zero, valid);
        }
}

/* Bits [first, first + count) of a row, summed as +-1 (0 where the mask is 0). */
static int64_t sum_bits(const uint64_t *sign, const uint64_t *mask, int64_t first, int64_t count)
{
    int64_t total = 0;
    for (int64_t b = first; b < first + count;) {
        const int64_t w = b / 64, offset = b % 64;
        const int64_t here = 64 - offset < first + count - b ? 64 - offset : first + count - b;
        const uint64_t window = tail_of(here) << offset;
        const int64_t ones = __builtin_popcountll(sign[w] & window);
        total += 2 * ones - (mask ? __builtin_popcountll(mask[w] & window) : here);
        b += here;
    }
    return total;
}

/* The majorities of a slice's groups of members, a committee's outputs. */
static void majorities(const fbb_layer *layer, const slice *part, bit_rows units, int64_t stride, int64_t n,
                       bit_rows read, int64_t read_stride)
{
    const int64_t g = layer->group_size, words = words_of(part->last - part->read_base);
    for (int64_t i = 0; i < n; i++) {
        uint64_t *sign = read.sign + i * read_stride, *mask = read.mask ? read.mask + i * read_stride : NULL;
        memset(sign, 0, (size_t)words * 8);
        if (mask)
            memset(mask, 0, (size_t)words * 8);
        for (int64_t j = part->first; j < part->last; j++) {
            const int64_t total = sum_bits(units.sign + i * stride, units.mask ? units.mask + i * stride : NULL,
                                           j * g - part->base, g),
                          at = j - part->read_base;
            if (mask ? total > 0 : total >= 0)
                sign[at / 64] |= UINT64_C(1) << (at % 64);
            if (mask && total)
                mask[at / 64] |= UINT64_C(1) << (at % 64);
        }
    }
}

/* A slice of a layer on n rows: pre-activations, activations and, in a committee, majorities. */
static void activate(const fbb_layer *layer, const slice *part, const workspace *ws, const private_space *own,
                     bit_rows x, int64_t x_stride, int64_t n, bit_rows out, int64_t out_stride, bit_rows read,
                     int64_t read_stride)
{
    const int64_t at = part->begin * layer->in_words, first = part->begin - part->base;
    const planes input = {x.sign, x.mask, n, x_stride};
    const planes weight = {layer->sign + at, layer->mask ? layer->mask + at : NULL, part->end - part->begin,
                           layer->in_words};
    product_rows(input, weight, layer->fan_in, own->z + first, ws->z_stride, own->scratch);
    signs_of(own->z, ws->z_stride, n, first, part->end - part->base, out, out_stride);
    if (layer->committee)
        majorities(layer, part, out, out_stride, n, read, read_stride);
}

/* What the classifier says of n rows. Few classes, many rows: the rows lie side by side, so that the search for the best
   classes runs along them. */
static void read_out(const fbb_layer *layer, const workspace *ws, const private_space *own, bit_rows read,
                     int64_t stride, int64_t n)
{
    const planes classifier = {layer->p_sign, layer->p_mask, layer->n_classes, words_of(layer->n_read)};
    const planes activations = {read.sign, read.mask, n, stride};
    product_rows(classifier, activations, layer->n_read, own->y, ws->y_stride, own->scratch);
}
