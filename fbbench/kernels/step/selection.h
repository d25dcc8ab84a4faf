/* Which rows trigger a layer, and which units they choose. */

#ifndef PATH_FINDS_EASIEST
#define LANES16 (LANE_WORDS > 4 ? 16 : 4 * LANE_WORDS) /* a lane's bit must lie in 16 */
typedef int16_t lanes16 __attribute__((vector_size(2 * LANES16)));

/* |z| of wrong units and INT16_MAX of others, in `size`; which lanes are wrong, in `wrong`. */
static inline void wrong_sizes(const int16_t *z, uint64_t bits, lanes16 *size, lanes16 *wrong)
{
    lanes16 v, bit_of_lane, none = {0};
    for (int i = 0; i < LANES16; i++)
        bit_of_lane[i] = (int16_t)(1 << i);
    memcpy(&v, z, sizeof v);
    const lanes16 below = v < 0;
    *wrong = ((none + (int16_t)bits) & bit_of_lane) != 0;
    *size = (((v ^ below) - below) & *wrong) | (~*wrong & INT16_MAX);
}

/* The wrong unit of a group with the smallest |z|, the lowest index among equals; NOBODY if none is wrong. z begins at
   the group, whose wrong units are the bits from `first` on. May read, not use, a vector's length past the group. */
static uint32_t easiest(const int16_t *z, const uint64_t *wrong, int64_t first, int64_t group_size)
{
    lanes16 least = (lanes16){0} + INT16_MAX, size, is_wrong;
    for (int64_t k = 0; k < group_size; k += LANES16) {
        wrong_sizes(z + k, bits_from(wrong, first + k) & tail_of_at_most(group_size - k), &size, &is_wrong);
        const lanes16 less = size < least;
        least = (size & less) | (least & ~less);
    }
    int16_t smallest = INT16_MAX;
    for (int i = 0; i < LANES16; i++)
        smallest = least[i] < smallest ? least[i] : smallest;
    for (int64_t k = 0; k < group_size; k += LANES16) {
        wrong_sizes(z + k, bits_from(wrong, first + k) & tail_of_at_most(group_size - k), &size, &is_wrong);
        const lanes16 here = (size == smallest) & is_wrong;
        uint64_t any = 0, words[LANES16 / 4];
        memcpy(words, &here, sizeof here);
        for (int i = 0; i < LANES16 / 4; i++)
            any |= words[i];
        for (int i = 0; any && i < LANES16; i++)
            if (here[i])
                return (uint32_t)(k + i);
    }
    return NOBODY;
}
#endif

#define SIDE 64 /* rows whose classes are searched side by side */

/* Tells which of n rows trigger, those that are wrong and those whose winner leads by less than the margin, and returns
   how many are right. y: scores (n_classes, rows), of rows padded to SIDE. */
static int64_t find_triggers(const int16_t *y, int64_t y_stride, int64_t n, int64_t n_classes, const int32_t *labels,
                             int64_t margin, uint8_t *triggered)
{
    int64_t n_right = 0;
    for (int64_t first = 0; first < n; first += SIDE) {
        int16_t top[SIDE], second[SIDE], winner[SIDE];
        const int64_t here = n - first < SIDE ? n - first : SIDE;
        memcpy(top, y + first, sizeof top);
        for (int i = 0; i < SIDE; i++) {
            second[i] = INT16_MIN;
            winner[i] = 0;
        }
        for (int16_t c = 1; c < n_classes; c++) {
            const int16_t *score = y + c * y_stride + first;
            for (int i = 0; i < SIDE; i++) {
                const int16_t behind = score[i] < top[i] ? score[i] : top[i];
                second[i] = behind > second[i] ? behind : second[i];
                winner[i] = score[i] > top[i] ? c : winner[i];
                top[i] = score[i] > top[i] ? score[i] : top[i];
            }
        }
        for (int64_t i = 0; i < here; i++) {
            const int right = winner[i] == labels[first + i];
            n_right += right;
            triggered[first + i] = (uint8_t)(!right || top[i] - second[i] < margin);
        }
    }
    return n_right;
}

/* Where a row is the opposite of what is desired; neither is ever where one of them is 0. Leaves a word of 0 behind. */
static void wrong_bits(int64_t words, bit_rows row, bit_rows desired, uint64_t *wrong)
{
    for (int64_t w = 0; w < words; w++)
        wrong[w] = row.sign[w] ^ desired.sign[w];
    for (int64_t w = 0; row.mask && w < words; w++)
        wrong[w] &= row.mask[w] & desired.mask[w];
    wrong[words] = 0;
}

/* Fills chosen[j - from] with the unit that group j of one triggered row corrects, or NOBODY, for j = from .. to - 1.
   z begins at group `from`, whose wrong units are the bits from `at` on; read_wrong, a committee's, has a bit a group. */
static void choose_units(const fbb_layer *layer, int64_t from, int64_t to, const int16_t *z, const uint64_t *wrong,
                         int64_t at, const uint64_t *read_wrong, uint32_t *chosen)
{
    const int64_t g = layer->group_size;
    for (int64_t j = from; j < to; j++, z += g, at += g, chosen++) {
        uint32_t unit = NOBODY;
        if (g == 1)
            unit = bit_of(wrong, at) ? 0 : NOBODY;
        else if (!read_wrong || bit_of(read_wrong, j))
            unit = easiest(z, wrong, at, g);
        *chosen = unit == NOBODY ? NOBODY : unit + (uint32_t)(j * g);
    }
}

/* The rows among begin .. end - 1 that triggered, in order; returns their number. No branches: it is chance who does. */
static int64_t list_triggered(const uint8_t *triggered, int64_t begin, int64_t end, int32_t *rows)
{
    int64_t count = 0;
    for (int64_t i = begin; i < end; i++) {
        rows[count] = (int32_t)i;
        count += triggered[i];
    }
    return count;
}
