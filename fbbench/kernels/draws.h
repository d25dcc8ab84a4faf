/* Reinforcement: which weights are drawn, and what happens to them. random.py says what is drawn; a word of 64
   weights costs one random word, and further ones only where it has more than five hits. */

/* splitmix64's output function (Steele, Lea, Flood 2014); random.py has the same. */
FBB_FN inline uint64_t mix64(uint64_t v)
{
    v = (v ^ (v >> 30)) * FIRST_FACTOR;
    v = (v ^ (v >> 27)) * SECOND_FACTOR;
    return v ^ (v >> 31);
}

#ifndef PATH_FINDS_HITS
/* The words among first .. first + n - 1 (n <= HIT_CHUNK) of which at least one weight is hit. */
FBB_FN void find_hits(uint64_t key, uint64_t cut, int64_t first, int64_t n, hits *found)
{
    int64_t count = 0;
    uint64_t counter = key + GOLDEN * (uint64_t)(first + 1);
    for (int64_t i = 0; i < n; i++, counter += GOLDEN) { /* no branch: a hit moves on, a miss is overwritten */
        const uint64_t draw = mix64(counter);
        found->draw[count] = draw;
        found->at[count] = (uint32_t)i;
        count += (draw >> FIELD_BITS) >= cut;
    }
    found->n = count;
}
#endif

/* The weights of a word that a draw hits (one at least): how many by its upper bits, which ones by fields of 6 bits,
   of which those seen before are passed over. More than half are drawn as those that are not hit. */
FBB_FN uint64_t hit_bits(uint64_t draw, const uint64_t *cuts)
{
    uint64_t bits = UINT64_C(1) << (draw & 63), fields = draw >> 6, more = draw;
    int n = 1, left = 4;
    while (n < 64 && (draw >> FIELD_BITS) >= cuts[n])
        n++;
    const int wanted = n <= 32 ? n : 64 - n;
    if (!wanted)
        return ~UINT64_C(0);
    for (int have = 1; have < wanted;) {
        if (!left) {
            more += GOLDEN;
            fields = mix64(more);
            left = 10;
        }
        const uint64_t bit = UINT64_C(1) << (fields & 63);
        have += !(bits & bit);
        bits |= bit;
        fields >>= 6;
        left--;
    }
    return n <= 32 ? bits : ~bits;
}

FBB_FN void bernoulli(uint64_t key, const uint64_t *cuts, int64_t n_words, uint64_t *out)
{
    hits found;
    memset(out, 0, (size_t)n_words * 8);
    for (int64_t first = 0; first < n_words; first += HIT_CHUNK) {
        find_hits(key, cuts[0], first, n_words - first < HIT_CHUNK ? n_words - first : HIT_CHUNK, &found);
        for (int64_t i = 0; i < found.n; i++)
            out[first + found.at[i]] = hit_bits(found.draw[i], cuts);
    }
}

/* h += 2 * sign(h), clipped. 0 stays 0, the columns past the fan-in with it. */
#define REINFORCE(type, bits_)                                                                                         \
    do {                                                                                                               \
        type *const h64 = (type *)layer->hidden + 64 * (first + found.at[i]);                                          \
        for (uint64_t bits = (bits_); bits; bits &= bits - 1) {                                                        \
            type *const h = h64 + __builtin_ctzll(bits);                                                               \
            int v = *h;                                                                                                \
            v += 2 * ((v > 0) - (v < 0));                                                                              \
            v = v > bound ? bound : v;                                                                                 \
            *h = (type)(v < -bound ? -bound : v);                                                                      \
        }                                                                                                              \
    } while (0)

/* Reinforces words begin .. end - 1 of a layer's hidden weights. No sign changes, so nothing is re-binarised. */
FBB_FN void reinforce(const fbb_layer *layer, uint64_t key, int64_t begin, int64_t end)
{
    const int bound = (int)layer->bound;
    hits found;
    if (layer->cuts[0] >> (64 - FIELD_BITS))
        return; /* probability 0 */
    for (int64_t first = begin; first < end; first += HIT_CHUNK) {
        find_hits(key, layer->cuts[0], first, end - first < HIT_CHUNK ? end - first : HIT_CHUNK, &found);
        for (int64_t i = 0; i < found.n; i++) {
            if (layer->hidden_bits == 8)
                REINFORCE(int8_t, hit_bits(found.draw[i], layer->cuts));
            else
                REINFORCE(int16_t, hit_bits(found.draw[i], layer->cuts));
        }
    }
}
