/* Reads packed rows, FBB_ROW_WORDS words of 32 bits each, from the standard input and prints the class of each. */
#include <stdio.h>
#include "model.h"

int main(void)
{
    uint32_t row[FBB_ROW_WORDS];
    while (fread(row, sizeof row, 1, stdin) == 1)
        printf("%d\n", (int)fbb_predict(row));
    return 0;
}
