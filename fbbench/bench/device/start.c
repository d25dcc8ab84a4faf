/* What a microcontroller does from its reset on: some work between two markers, and a word about it to the emulator.
   work.h has fbb_work, which calls fbb_begin before and fbb_end behind what is counted, and returns a number to be said. */
#include <stdint.h>

extern uint32_t fbb_stack_top[], fbb_stack_bottom[];
extern uint32_t fbb_data_from[], fbb_data_begin[], fbb_data_end[], fbb_bss_begin[], fbb_bss_end[];

#define PAINT 0xA5A5A5A5u

__attribute__((noinline)) void fbb_begin(void) { __asm__ volatile("" ::: "memory"); }
__attribute__((noinline)) void fbb_end(void) { __asm__ volatile("" ::: "memory"); }

#include "work.h"

/* Semihosting: the emulator does it. */
static void call_host(uint32_t operation, const void *what)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = what;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void say(uint32_t number)
{
    char digits[12];
    int at = 11;
    digits[at] = 0;
    digits[--at] = '\n';
    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    call_host(0x04, digits + at); /* SYS_WRITE0 */
}

/* Paints the stack below its own frame. */
__attribute__((noinline)) static void paint(void)
{
    volatile uint32_t here = 0, *at = fbb_stack_bottom;
    while (at < &here - 16)
        *at++ = PAINT;
}

__attribute__((noinline)) static uint32_t painted_over(void)
{
    const volatile uint32_t *at = fbb_stack_bottom;
    while (*at == PAINT)
        at++;
    return (uint32_t)((uintptr_t)fbb_stack_top - (uintptr_t)at);
}

/* Not within fbb_reset, which would keep registers of the floating-point unit before that is on. */
__attribute__((noinline)) static void run(void)
{
    uint32_t found;
    paint();
    found = fbb_work();
    say(found);
    say(painted_over());
    call_host(0x18, (const void *)0x20026); /* SYS_EXIT, as it should be */
    for (;;)
        ;
}

void fbb_reset(void)
{
    volatile uint32_t *to = fbb_data_begin;
    const uint32_t *from = fbb_data_from;
#ifdef __ARM_FP
    *(volatile uint32_t *)0xE000ED88 |= 0xFu << 20; /* CPACR: the floating-point unit */
#endif
    while (to < fbb_data_end)
        *to++ = *from++;
    for (to = fbb_bss_begin; to < fbb_bss_end;)
        *to++ = 0;
    run();
}

__attribute__((section(".vectors"), used)) const void *const fbb_vectors[] = {fbb_stack_top, (const void *)fbb_reset};
