/* Fixed units over the bits of a row, for a block of rows at once: XNORs of two bits and majorities of a few. reference.py
   has the readable form. */

#define BLOCK 64 /* rows whose units are computed at a time: a word has a bit of each */

/* Words of a row of features. */
static inline int64_t words_read(const fbb_units *p) { return p->in_words + words_of(p->n_units); }

/* The bits of a word of features that inputs or units have. */
static inline uint64_t valid_of(const fbb_units *p, int64_t word)
{
    return word == p->in_words - 1          ? tail_of(p->n_inputs)
           : word == words_read(p) - 1 ? tail_of(p->n_units)
                                            : ~UINT64_C(0);
}

/* The majority of an odd number of bits, in 64 rows at once. A wire names a column. */
static INLINE uint64_t majority_of(const uint32_t *wires, const int fan_in, const uint64_t *columns)
{
#define WIRE(i) columns[wires[i]]
    if (fan_in == 1)
        return WIRE(0);
    if (fan_in <= 5) {
        const uint64_t a = WIRE(0), b = WIRE(1), c = WIRE(2), two = (a & b) | ((a | b) & c);
        if (fan_in == 3)
            return two;
        const uint64_t one = a ^ b ^ c, d = WIRE(3), e = WIRE(4);
        return (two & (one | d | e)) | (one & d & e);
    }
    uint64_t planes[4] = {0}; /* vertical counters, of at most 15 */
    for (int i = 0; i < fan_in; i++) {
        uint64_t carry = WIRE(i);
        for (int p = 0; p < 4; p++) {
            const uint64_t both = planes[p] & carry;
            planes[p] ^= carry;
            carry = both;
        }
    }
    uint64_t more = 0, equal = ~UINT64_C(0); /* is the count above fan_in / 2? */
    for (int p = 3; p >= 0; p--) {
        const uint64_t bit = (fan_in / 2 >> p) & 1 ? ~UINT64_C(0) : 0;
        more |= equal & planes[p] & ~bit;
        equal &= ~(planes[p] ^ bit);
    }
    return more;
#undef WIRE
}

/* The bits of some units, turned: a word of rows for each. The first n_pairs are pairs, which are 1 where their first two
   wires agree. fan_in is known where this is inlined. */
static INLINE void units_of(const uint32_t *wires, const int fan_in, int64_t n_pairs, int64_t n_units,
                            const uint64_t *columns, uint64_t *out)
{
    int64_t u = 0;
    for (; u < n_pairs && u < n_units; u++)
        out[u] = ~(columns[wires[u * fan_in]] ^ columns[wires[u * fan_in + 1]]);
    for (; u < n_units; u++)
        out[u] = majority_of(wires + u * fan_in, fan_in, columns);
}

/* The bits that a perceptron reads of n <= BLOCK rows: features (BLOCK, words), each a row's input words, then its
   units'. columns: room for 2 * 64 * in_words words, every input's bits in all rows, and the same negated. */
static void read_rows(const fbb_units *p, const uint64_t *x, const int64_t *order, int64_t n, uint64_t *columns,
                      uint64_t *features)
{
    const int64_t words = words_read(p);
    uint64_t turned[BLOCK];
    for (int64_t i = 0; i < n; i++)
        memcpy(features + i * words, x + (order ? order[i] : i) * p->in_words, (size_t)p->in_words * 8);
    if (!p->n_units)
        return;
    for (int64_t w = 0; w < p->in_words; w++) {
        for (int64_t i = 0; i < BLOCK; i++)
            turned[i] = i < n ? features[i * words + w] : 0;
        transpose_bits(turned);
        for (int64_t i = 0; i < BLOCK; i++) {
            columns[2 * (64 * w + i)] = turned[i];
            columns[2 * (64 * w + i) + 1] = ~turned[i];
        }
    }
    for (int64_t first = 0; first < p->n_units; first += 64) {
        const int64_t here = p->n_units - first < 64 ? p->n_units - first : 64;
        const uint32_t *wires = p->wires + first * p->fan_in;
        memset(turned, 0, sizeof turned);
        if (p->fan_in == 3)
            units_of(wires, 3, p->n_pairs - first, here, columns, turned);
        else if (p->fan_in == 5)
            units_of(wires, 5, p->n_pairs - first, here, columns, turned);
        else
            units_of(wires, (int)p->fan_in, p->n_pairs - first, here, columns, turned);
        transpose_bits(turned);
        for (int64_t i = 0; i < n; i++)
            features[i * words + p->in_words + first / 64] = turned[i];
    }
}
