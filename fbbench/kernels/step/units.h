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

/* The bits of some units, turned: a word of rows for each, LANE_WORDS words apart. The first n_pairs are pairs, which are
   1 where their first two wires agree. fan_in is known where this is inlined. */
static INLINE void units_of(const uint32_t *wires, const int fan_in, int64_t n_pairs, int64_t n_units,
                            const uint64_t *columns, uint64_t *out)
{
    int64_t u = 0;
    for (; u < n_pairs && u < n_units; u++)
        out[u * LANE_WORDS] = ~(columns[wires[u * fan_in]] ^ columns[wires[u * fan_in + 1]]);
    for (; u < n_units; u++)
        out[u * LANE_WORDS] = majority_of(wires + u * fan_in, fan_in, columns);
}

/* Squares of bits side by side: word g of all 64 rows is bit square g. */
typedef union {
    lanes rows[BLOCK];
    uint64_t words[BLOCK][LANE_WORDS];
} squares;

/* The columns of some words of n rows, and the same negated. */
static void read_columns(const uint64_t *rows, int64_t stride, int64_t n, int64_t words, uint64_t *columns)
{
    squares turned = {{{0}}};
    for (int64_t i = 0; i < n; i++)
        memcpy(turned.words[i], rows + i * stride, (size_t)words * 8);
    transpose_lanes(turned.rows);
    for (int64_t g = 0; g < words; g++)
        for (int64_t i = 0; i < BLOCK; i++) {
            columns[2 * (64 * g + i)] = turned.words[i][g];
            columns[2 * (64 * g + i) + 1] = ~turned.words[i][g];
        }
}

/* The bits of units from `first` on, some words of them, in n rows. Words lie side by side, so that a row of them is
   written at once. */
static void compute_units(const fbb_units *p, int64_t first, const uint64_t *columns, int64_t n, int64_t words,
                          uint64_t *rows, int64_t stride)
{
    squares turned = {{{0}}};
    for (int64_t g = 0; g < words; g++, first += 64) {
        const int64_t here = p->n_units - first < 64 ? p->n_units - first : 64;
        const uint32_t *wires = p->wires + first * p->fan_in;
        if (p->fan_in == 3)
            units_of(wires, 3, p->n_pairs - first, here, columns, &turned.words[0][g]);
        else if (p->fan_in == 5)
            units_of(wires, 5, p->n_pairs - first, here, columns, &turned.words[0][g]);
        else
            units_of(wires, (int)p->fan_in, p->n_pairs - first, here, columns, &turned.words[0][g]);
    }
    transpose_lanes(turned.rows);
    for (int64_t i = 0; i < n; i++)
        memcpy(rows + i * stride, turned.words[i], (size_t)words * 8);
}

/* The bits that a perceptron reads of n <= BLOCK rows: features (BLOCK, words), each a row's input words, then its
   units'. columns: room for 2 * 64 * in_words words, every input's bits in all rows, and the same negated. */
static void read_rows(const fbb_units *p, const uint64_t *x, const int64_t *order, int64_t n, uint64_t *columns,
                      uint64_t *features)
{
    const int64_t words = words_read(p);
    for (int64_t i = 0; i < n; i++)
        memcpy(features + i * words, x + (order ? order[i] : i) * p->in_words, (size_t)p->in_words * 8);
    if (!p->n_units)
        return;
    for (int64_t w = 0; w < p->in_words; w += LANE_WORDS)
        read_columns(features + w, words, n, p->in_words - w < LANE_WORDS ? p->in_words - w : LANE_WORDS,
                     columns + 2 * 64 * w);
    for (int64_t w = p->in_words; w < words; w += LANE_WORDS)
        compute_units(p, 64 * (w - p->in_words), columns, n, words - w < LANE_WORDS ? words - w : LANE_WORDS,
                      features + w, words);
}
