/* In every group the wrong unit with the smallest |z|, the first of equals, is to be corrected. A unit is wrong that is
   not what is wanted of it; in a committee, of what the group's majority is wanted to be, and is not. */
static void fbb_choose(int32_t l, int32_t r, const int16_t *z, const uint32_t *wanted, const uint32_t *wanted_mask,
                       const uint32_t *read, const uint32_t *read_mask)
{
    const fbb_layer *layer = fbb_layers + l;
    const int32_t first = 32 * fbb_trained[l].first_word, group = fbb_trained[l].group_size;
    const int32_t committee = layer->n_read < layer->n_units;
    int32_t from, k, g = 0;
    for (from = 0; from < layer->n_units; from += group, g++) {
        int32_t best = -1, least = INT32_MAX;
        for (k = from; k < from + group; k++) {
            const int32_t of = committee ? g : k, size = z[k] < 0 ? -z[k] : z[k];
            if (size >= least || (wanted_mask && !fbb_bit(wanted_mask, of)))
                continue;
            if (committee && ((read_mask && !fbb_bit(read_mask, of)) || fbb_bit(read, of) == fbb_bit(wanted, of)))
                continue;
            if ((FBB_ZEROS && !z[k]) || fbb_bit(fbb_batch.bits[r], first + k) == fbb_bit(wanted, of))
                continue;
            best = k;
            least = size;
        }
        if (best >= 0) {
            const int32_t at = first + best;
            fbb_batch.chosen[r][at / 32] |= (uint32_t)1 << (at % 32);
            if (fbb_bit(wanted, committee ? g : best))
                fbb_batch.wanted[r][at / 32] |= (uint32_t)1 << (at % 32);
        }
    }
}
