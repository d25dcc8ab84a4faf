/* Detection: what the target region of every path (paths/) lets the compiler use, and nothing less; but for prfchw, a hint
   that processors without it pass over. Compiled with the compiler's baseline flags: nothing here may need an extension. */
#include "kernels.h"

int fbb_decide(uint32_t leaf1_ecx, uint32_t leaf7_ebx, uint32_t leaf7_ecx, uint64_t xcr0)
{
    int offers = 0;
    const int osxsave = (leaf1_ecx >> 27) & 1;
    const int ymm_saved = osxsave && (xcr0 & 0x06) == 0x06; /* xmm and ymm state */
    const int zmm_saved = osxsave && (xcr0 & 0xE6) == 0xE6; /* and opmask, zmm0-15, zmm16-31 */
    const int popcnt = (leaf1_ecx >> 23) & 1;
    const int avx = (leaf1_ecx >> 28) & 1;
    const int bmi = (leaf7_ebx >> 3) & (leaf7_ebx >> 8) & 1; /* BMI1 and BMI2 */
    const int avx2 = popcnt && avx && bmi && ((leaf7_ebx >> 5) & 1) && ymm_saved;
    const int f = (leaf7_ebx >> 16) & 1, dq = (leaf7_ebx >> 17) & 1, bw = (leaf7_ebx >> 30) & 1;
    const int vl = (leaf7_ebx >> 31) & 1, vpopcntdq = (leaf7_ecx >> 14) & 1;
    const int bitalg = (leaf7_ecx >> 12) & 1;
    if (popcnt)
        offers |= FBB_HAS_popcnt;
    if (avx2)
        offers |= FBB_HAS_avx2;
    if (avx2 && f && dq && bw && vl && vpopcntdq && bitalg && zmm_saved)
        offers |= FBB_HAS_avx512;
    return offers;
}

#if defined(__x86_64__)
#include <cpuid.h>

static uint64_t read_xcr0(void)
{
    uint32_t lo, hi;
    __asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
    return ((uint64_t)hi << 32) | lo;
}

int fbb_detect(void)
{
    uint32_t a, b, c, d, leaf1_ecx, leaf7_ebx = 0, leaf7_ecx = 0;
    if (!__get_cpuid(1, &a, &b, &leaf1_ecx, &d))
        return 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        leaf7_ebx = b;
        leaf7_ecx = c;
    }
    return fbb_decide(leaf1_ecx, leaf7_ebx, leaf7_ecx, (leaf1_ecx >> 27) & 1 ? read_xcr0() : 0);
}
#elif defined(__aarch64__)
int fbb_detect(void) { return FBB_HAS_neon; /* part of every 64-bit ARM */ }
#else
int fbb_detect(void) { return 0; }
#endif
