/* Packing and re-binarising whole arrays: done once a data set or once a network, so portable C is enough. */
#include "common.h"

int64_t fbb_pack(const int8_t *x, int64_t n, int64_t d, uint64_t *out)
{
    const int64_t words = words_of(d);
    for (int64_t i = 0; i < n; i++)
        for (int64_t w = 0; w < words; w++) {
            const int64_t first = i * d + 64 * w, left = d - 64 * w < 64 ? d - 64 * w : 64;
            uint64_t word = 0;
            unsigned odd_one_out = 0;
            for (int64_t b = 0; b < left; b++) {
                const int8_t v = x[first + b];
                odd_one_out |= (v != 1) & (v != -1);
                word |= (uint64_t)(v > 0) << b;
            }
            if (odd_one_out)
                for (int64_t b = 0; b < left; b++)
                    if (x[first + b] != 1 && x[first + b] != -1)
                        return first + b;
            out[i * words + w] = word;
        }
    return -1;
}

void fbb_unpack(const uint64_t *bits, int64_t n, int64_t d, int8_t *out)
{
    const int64_t words = words_of(d);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < d; j++)
            out[i * d + j] = (int8_t)(2 * (int)((bits[i * words + j / 64] >> (j % 64)) & 1) - 1);
}

void fbb_binarise(const void *hidden, int32_t hidden_bits, int64_t n, int64_t d, uint64_t *sign, uint64_t *mask)
{
    const int64_t words = words_of(d);
    const int8_t *h8 = hidden;
    const int16_t *h16 = hidden;
    for (int64_t i = 0; i < n; i++)
        for (int64_t w = 0; w < words; w++) {
            uint64_t s = 0, m = 0;
            for (int64_t b = 0; b < 64 && 64 * w + b < d; b++) {
                const int64_t at = 64 * (i * words + w) + b;
                const int h = hidden_bits == 8 ? h8[at] : h16[at];
                s |= (uint64_t)(mask ? h > 0 : h >= 0) << b;
                m |= (uint64_t)(h != 0) << b;
            }
            sign[i * words + w] = s;
            if (mask)
                mask[i * words + w] = m;
        }
}
