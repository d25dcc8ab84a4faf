/* avx512.c without the hardware: for tests, see there. */
#define FBB_EMULATE_AVX512
#include "avx512.c"
