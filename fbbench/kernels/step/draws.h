/* Reinforcement: which weights are drawn, and what happens to them. random.py says what is drawn; a word of 64
   weights costs one random word, and further ones only where it has more than five hits. */

#ifndef PATH_FINDS_HITS
/* Draws for words first .. first + n - 1, n <= HIT_CHUNK. */
static void find_hits(uint64_t key, const uint64_t *cuts, int64_t first, int64_t n, hits *found)
{
    uint64_t counter = key + GOLDEN * (uint64_t)(first + 1);
    for (int64_t block = 0; block < HIT_CHUNK / 64; block++) {
        uint64_t hit = 0, several = 0;
        for (int64_t i = 64 * block; i < 64 * (block + 1) && i < n; i++, counter += GOLDEN) {
            const uint64_t draw = mix64(counter), level = draw >> FIELD_BITS;
            found->draw[i] = draw;
            const uint64_t one = UINT64_C(1) << (draw & 63), other = UINT64_C(1) << (draw >> 6 & 63);
            const uint64_t twice = level >= cuts[1];
            found->bits[i] = one | (other & -twice);
            hit |= (uint64_t)(level >= cuts[0]) << (i % 64);
            several |= ((level >= cuts[2]) | (twice & (one == other))) << (i % 64);
        }
        found->hit[block] = hit;
        found->several[block] = several;
    }
}
#endif

/* The weights of a word that a draw hits (one at least): how many by its upper bits, which ones by fields of 6 bits,
   of which those seen before are passed over. More than half are drawn as those that are not hit. */
static uint64_t hit_bits(uint64_t draw, const uint64_t *cuts)
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

/* Runs `what` with w = the number of every word of the chunk that a set of them holds. */
#define EACH_WORD(set, what)                                                                                           \
    for (int64_t block_ = 0; block_ < HIT_CHUNK / 64; block_++)                                                        \
        for (uint64_t left_ = (set)[block_]; left_; left_ &= left_ - 1) {                                              \
            const int64_t w = 64 * block_ + __builtin_ctzll(left_);                                                    \
            what;                                                                                                      \
        }

/* Draws for words first .. first + n - 1; all their hits in found->bits. Two hits of a word are as cheap as one: few words
   have more, or twice the same. */
static void draw_hits(uint64_t key, const uint64_t *cuts, int64_t first, int64_t n, hits *found)
{
    find_hits(key, cuts, first, n, found);
    EACH_WORD(found->several, found->bits[w] = hit_bits(found->draw[w], cuts))
}

static void bernoulli(uint64_t key, const uint64_t *cuts, int64_t n_words, uint64_t *out)
{
    hits found;
    memset(out, 0, (size_t)n_words * 8);
    for (int64_t first = 0; first < n_words; first += HIT_CHUNK) {
        draw_hits(key, cuts, first, n_words - first < HIT_CHUNK ? n_words - first : HIT_CHUNK, &found);
        EACH_WORD(found.hit, out[first + w] = found.bits[w])
    }
}

/* h += 2 * sign(h), clipped, for the weights at h whose bit is 1. 0 stays 0, the columns past the fan-in with it. */
#define REINFORCE_WORD(type)                                                                                           \
    for (; bits; bits &= bits - 1) {                                                                                   \
        type *const at = h + __builtin_ctzll(bits);                                                                    \
        int v = *at;                                                                                                   \
        v += 2 * ((v > 0) - (v < 0));                                                                                  \
        v = v > bound ? bound : v;                                                                                     \
        *at = (type)(v < -bound ? -bound : v);                                                                         \
    }

#ifndef PATH_REINFORCES8
static INLINE void reinforce_word8(int8_t *h, uint64_t bits, int bound) { REINFORCE_WORD(int8_t) }
#endif
#ifndef PATH_REINFORCES16
static INLINE void reinforce_word16(int16_t *h, uint64_t bits, int bound) { REINFORCE_WORD(int16_t) }
#endif

/* Reinforces words begin .. end - 1 of a layer's hidden weights. No sign changes, so nothing is re-binarised. */
static void reinforce(const fbb_layer *layer, uint64_t key, int64_t begin, int64_t end)
{
    const int bound = (int)layer->bound;
    hits found;
    if (layer->cuts[0] >> (64 - FIELD_BITS))
        return; /* probability 0 */
    for (int64_t first = begin; first < end; first += HIT_CHUNK) {
        draw_hits(key, layer->cuts, first, end - first < HIT_CHUNK ? end - first : HIT_CHUNK, &found);
        if (layer->hidden_bits == 8)
            EACH_WORD(found.hit, reinforce_word8((int8_t *)layer->hidden + 64 * (first + w), found.bits[w], bound))
        else
            EACH_WORD(found.hit, reinforce_word16((int16_t *)layer->hidden + 64 * (first + w), found.bits[w], bound))
    }
}
