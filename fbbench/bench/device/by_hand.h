/* BMLP 784-135-135-10 in binary arithmetic, for this one shape, everything unrolled: what exported C is held against.
   model.h has the weights; only its tables are used. */
#define HALF(high, low, a, b) (high = (a) & (b), low = (a) ^ (b))
#define FULL(high, low, a, b, c) (half = (a) ^ (b), high = ((a) & (b)) | (half & (c)), low = half ^ (c))

static inline __attribute__((always_inline)) uint32_t in_fours(uint32_t v)
{
    v -= (v >> 1) & 0x55555555u;
    return (v & 0x33333333u) + ((v >> 2) & 0x33333333u);
}

static inline __attribute__((always_inline)) uint32_t in_eights(uint32_t v)
{
    return (v & 0x0F0F0F0Fu) + ((v >> 4) & 0x0F0F0F0Fu);
}

static inline __attribute__((always_inline)) uint32_t of_bytes(uint32_t v)
{
    v = (v & 0x00FF00FFu) + ((v >> 8) & 0x00FF00FFu);
    return (v + (v >> 16)) & 0xFFFFu;
}

/* Eight words more into ones, twos and fours; what those hold beyond goes to eights. */
#define EIGHT(eights, at)                                                                                              \
    FULL(two, ones, ones, D(at), D(at + 1));                                                                           \
    FULL(other, ones, ones, D(at + 2), D(at + 3));                                                                     \
    FULL(four, twos, twos, two, other);                                                                                \
    FULL(two, ones, ones, D(at + 4), D(at + 5));                                                                       \
    FULL(other, ones, ones, D(at + 6), D(at + 7));                                                                     \
    FULL(last, twos, twos, two, other);                                                                                \
    FULL(eights, fours, fours, four, last)

static inline __attribute__((always_inline)) uint32_t differ_25(const uint32_t *x, const uint32_t *w)
{
#define D(at) (x[at] ^ w[at])
    uint32_t ones = D(0), twos = 0, fours = 0, two, four, other, last, half, a, b, c, low, sixteens;
    EIGHT(a, 1);
    EIGHT(b, 9);
    EIGHT(c, 17);
    FULL(sixteens, low, a, b, c);
    return of_bytes(in_eights(in_fours(ones) + 2 * in_fours(twos)) + 4 * in_eights(in_fours(fours) + 2 * in_fours(low)) +
                    16 * in_eights(in_fours(sixteens)));
}

static inline __attribute__((always_inline)) uint32_t differ_5(const uint32_t *x, const uint32_t *w)
{
    uint32_t ones, twos, fours, two, half;
    FULL(two, ones, D(0), D(1), D(2));
    FULL(twos, ones, ones, D(3), D(4));
    HALF(fours, twos, twos, two);
    return of_bytes(in_eights(in_fours(ones) + 2 * in_fours(twos)) + 4 * in_eights(in_fours(fours)));
#undef D
}

/* Signs of 135 sums, 32 to a word. */
#define LAYER(differ, x, weights, words, fan_in, out)                                                                  \
    for (k = 0, w = weights; k < 135; k += 32) {                                                                       \
        uint32_t bits = 0, bit;                                                                                        \
        const uint32_t *to = w + (135 - k < 32 ? 135 - k : 32) * words;                                                \
        for (bit = 1; w < to; w += words, bit += bit)                                                                  \
            if (differ(x, w) <= fan_in / 2)                                                                            \
                bits |= bit;                                                                                           \
        *out++ = bits;                                                                                                 \
    }

static int32_t predict_by_hand(const uint32_t *row)
{
    uint32_t first[5], second[5], *out = first, best = 0xFFFFFFFFu;
    const uint32_t *w;
    int32_t k, found = 0;
    LAYER(differ_25, row, fbb_sign_0, 25, 784, out)
    out = second;
    LAYER(differ_5, first, fbb_sign_1, 5, 135, out)
    for (k = 0, w = fbb_p_sign_1; k < 10; k++, w += 5) {
        const uint32_t differ = differ_5(second, w);
        if (differ < best)
            best = differ, found = k;
    }
    return found;
}
