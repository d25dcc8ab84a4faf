/* Learns from records on the standard input, each a packed row and its label (int32_t), and says after every mini-batch
   how many of its rows were right before they were learnt from. */
#include "model.h"
#include <stdio.h>
#include <string.h>

#ifndef FBB_BATCH
#define FBB_BATCH 20
#endif

int main(void)
{
    static uint32_t rows[FBB_BATCH * FBB_ROW_WORDS], record[FBB_ROW_WORDS + 1];
    static int32_t labels[FBB_BATCH];
    int32_t n = 0;
    size_t got;
    do {
        if ((got = fread(record, sizeof record, 1, stdin)) == 1) {
            memcpy(rows + n * FBB_ROW_WORDS, record, FBB_ROW_WORDS * sizeof record[0]);
            memcpy(labels + n++, record + FBB_ROW_WORDS, sizeof labels[0]);
        }
        if (n == FBB_BATCH || (n && !got)) {
            const int32_t right = fbb_learn(rows, labels, n);
            if (right < 0) {
                fprintf(stderr, "labels are 0 .. %d\n", FBB_CLASSES - 1);
                return 1;
            }
            printf("%ld of %ld\n", (long)right, (long)n);
            n = 0;
        }
    } while (got);
    return 0;
}
