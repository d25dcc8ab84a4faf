/* Reinforcement: which weights are drawn, and what happens to them. random.py says what is drawn; a word of 64
   weights costs one random word, and further ones only where it has more than five hits. */

#ifndef PATH_FINDS_HITS
/* Words first .. first + n - 1, n <= HIT_CHUNK, counted from `first`. No branches: it is chance who is hit. */
FBB_FN void find_hits(uint64_t key, const uint64_t *cuts, int64_t first, int64_t n, hits *found)
{
    uint64_t counter = key + GOLDEN * (uint64_t)(first + 1);
    found->n_once = found->n_often = 0;
    for (int64_t w = 0; w < n; w++, counter += GOLDEN) {
        const uint64_t draw = mix64(counter), level = draw >> FIELD_BITS;
        found->once[found->n_once] = 64 * (uint64_t)w + (draw & 63);
        found->n_once += level >= cuts[0] && level < cuts[1];
        found->often[found->n_often] = (uint64_t)w;
        found->n_often += level >= cuts[1];
    }
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

/* The hit weights of the word that many of a chunk's words are counted from `first`. */
FBB_FN uint64_t hits_of(uint64_t key, const uint64_t *cuts, int64_t first, uint64_t word)
{
    return hit_bits(mix64(key + GOLDEN * ((uint64_t)first + word + 1)), cuts);
}

FBB_FN void bernoulli(uint64_t key, const uint64_t *cuts, int64_t n_words, uint64_t *out)
{
    hits found;
    memset(out, 0, (size_t)n_words * 8);
    for (int64_t first = 0; first < n_words; first += HIT_CHUNK, out += HIT_CHUNK) {
        find_hits(key, cuts, first, n_words - first < HIT_CHUNK ? n_words - first : HIT_CHUNK, &found);
        for (int64_t i = 0; i < found.n_once; i++)
            out[found.once[i] / 64] = UINT64_C(1) << (found.once[i] % 64);
        for (int64_t i = 0; i < found.n_often; i++)
            out[found.often[i]] = hits_of(key, cuts, first, found.often[i]);
    }
}

/* h + 2 * sign(h), clipped. 0 stays 0, the columns past the fan-in with it. */
static INLINE int reinforced(int h, int bound)
{
    const int v = h + 2 * ((h > 0) - (h < 0)), least = v < bound ? v : bound;
    return least > -bound ? least : -bound;
}

#ifndef PATH_REINFORCES8
/* The weights at h whose bit is 1. */
FBB_FN INLINE void reinforce_word8(int8_t *h, uint64_t bits, int bound)
{
    for (; bits; bits &= bits - 1)
        h[__builtin_ctzll(bits)] = (int8_t)reinforced(h[__builtin_ctzll(bits)], bound);
}
#endif
#ifndef PATH_REINFORCES16
FBB_FN INLINE void reinforce_word16(int16_t *h, uint64_t bits, int bound)
{
    for (; bits; bits &= bits - 1)
        h[__builtin_ctzll(bits)] = (int16_t)reinforced(h[__builtin_ctzll(bits)], bound);
}
#endif

/* Reinforces words begin .. end - 1 of a layer's hidden weights. No sign changes, so nothing is re-binarised. */
FBB_FN void reinforce(const fbb_layer *layer, uint64_t key, int64_t begin, int64_t end)
{
    const int bound = (int)layer->bound;
    hits found;
    if (layer->cuts[0] >> (64 - FIELD_BITS))
        return; /* probability 0 */
    for (int64_t first = begin; first < end; first += HIT_CHUNK) {
        find_hits(key, layer->cuts, first, end - first < HIT_CHUNK ? end - first : HIT_CHUNK, &found);
#define REINFORCE_CHUNK(type, reinforce_word)                                                                          \
    do {                                                                                                               \
        type *h = (type *)layer->hidden + 64 * first;                                                                  \
        for (int64_t i = 0; i < found.n_once; i++)                                                                     \
            h[found.once[i]] = (type)reinforced(h[found.once[i]], bound);                                              \
        for (int64_t i = 0; i < found.n_often; i++)                                                                    \
            reinforce_word(h + 64 * found.often[i], hits_of(key, layer->cuts, first, found.often[i]), bound);          \
    } while (0)
        if (layer->hidden_bits == 8)
            REINFORCE_CHUNK(int8_t, reinforce_word8);
        else
            REINFORCE_CHUNK(int16_t, reinforce_word16);
#undef REINFORCE_CHUNK
    }
}
