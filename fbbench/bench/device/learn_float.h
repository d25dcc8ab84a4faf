/* SGD in float32, row by row, as one writes it in C: softmax is left out (its gradient is a score less a target), so that
   no exponential is counted. Said are the bits of the sum of squares of all weights. */
#include <stdint.h>
#include "network.h"
#include "rows.h"

static float a[N_SIZES][MOST], error[2][MOST];

static uint32_t fbb_work(void)
{
    int32_t row, l, i, j;
    union { float sum; uint32_t bits; } said = {0};
    fbb_begin();
    for (row = 0; row < N_ROWS; row++) {
        const uint32_t *bits = rows + row * ROW_WORDS;
        float *weights = w, *end;
        for (i = 0; i < sizes[0]; i++)
            a[0][i] = (bits[i / 32] >> (i % 32)) & 1 ? 1.0f : -1.0f;
        for (l = 0; l + 1 < N_SIZES; l++)
            for (j = 0; j < sizes[l + 1]; j++) {
                float sum = 0;
                for (i = 0; i < sizes[l]; i++)
                    sum += *weights++ * a[l][i];
                a[l + 1][j] = sum > 0 || l + 2 == N_SIZES ? sum : 0;
            }
        end = weights;
        for (j = 0; j < sizes[N_SIZES - 1]; j++)
            error[(N_SIZES - 1) % 2][j] = a[N_SIZES - 1][j] - (j == labels[row]);
        for (l = N_SIZES - 2; l >= 0; l--) {
            float *above = error[(l + 1) % 2], *below = error[l % 2];
            end -= sizes[l] * sizes[l + 1];
            for (i = 0; i < sizes[l]; i++)
                below[i] = 0;
            for (j = 0; j < sizes[l + 1]; j++) {
                const float step = 0.01f * above[j];
                float *of = end + j * sizes[l];
                if (l == 0)
                    for (i = 0; i < sizes[l]; i++)
                        of[i] -= step * a[l][i];
                else
                    for (i = 0; i < sizes[l]; i++) {
                        below[i] += of[i] * above[j];
                        of[i] -= step * a[l][i];
                    }
            }
            for (i = 0; i < sizes[l]; i++)
                below[i] = a[l][i] > 0 ? below[i] : 0;
        }
    }
    fbb_end();
    for (i = 0; i < N_WEIGHTS; i++)
        said.sum += w[i] * w[i];
    return said.bits;
}
